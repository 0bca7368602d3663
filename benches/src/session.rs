//! A run from its first look at the host to its last line in the run folder. All benches go
//! through it, so all leave the same evidence.

use crate::congestion::Congestion;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::generator::{Load, wrk};
use crate::idle::IdleSample;
use crate::interrupt::Interrupt;
use crate::load::Sample;
use crate::results::{Label, Results};
use crate::run_folder::{RunFolder, Samples};
use crate::server::Server;
use crate::settings::Idle;
use crate::settings::Settings;

/// The names of the columns that say which sample it is.
const PLACE_COLUMNS: &str = "case,round,turn,contestant";

/// Which sample it is.
#[derive(Debug, Clone, Copy)]
pub struct Place<C, W> {
    /// What is measured.
    pub case: C,
    /// Which repetition, from 0.
    pub round: usize,
    /// Whose turn it is within the round, from 0.
    pub turn: usize,
    /// Who is measured.
    pub contestant: W,
}

/// A run under way. Dropped, it puts the host back as it was.
#[derive(Debug)]
pub struct Session<C, W> {
    settings: Settings,
    interrupt: Interrupt,
    folder: RunFolder,
    environment: Environment,
    results: Results<C, W>,
    loads: Samples,
    /// Made with its first sample: not every bench looks at idle connections.
    idles: Option<Samples>,
    _congestion: Congestion,
}

impl<C: Label, W: Label> Session<C, W> {
    /// Checks the host, opens the run folder, writes down where and how. `programs` are name and
    /// version of each server.
    pub fn start(
        topic: &str,
        settings: Settings,
        mut programs: Vec<(String, String)>,
    ) -> Result<Self, Failure> {
        let interrupt = Interrupt::watch()?;
        programs.push(("wrk".to_owned(), wrk::version()?));
        let folder = RunFolder::create(topic, &settings)?;
        let congestion = Congestion::hold();
        let environment = Environment::at_start(&settings, &congestion, programs);
        folder.write_environment(&environment)?;
        let loads = format!("{PLACE_COLUMNS},{}", Sample::COLUMNS);
        Ok(Self {
            loads: folder.samples("samples.csv", &loads)?,
            idles: None,
            settings,
            interrupt,
            folder,
            environment,
            results: Results::default(),
            _congestion: congestion,
        })
    }

    /// How it is measured.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// `Err(Interrupted)` once somebody has asked for the end.
    pub fn check(&self) -> Result<(), Failure> {
        self.interrupt.check()
    }

    /// The run folder, for what else belongs there.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// Loads `server` with requests for `path` and keeps what it cost.
    pub fn load(
        &mut self,
        place: Place<C, W>,
        server: &Server,
        path: &str,
        load: &Load,
    ) -> Result<(), Failure> {
        let sample = Sample::take(server, path, load, &self.settings)?;
        self.loads.push(&place.row(&sample.row()))?;
        let what = place.title();
        eprintln!(
            "{what}: {:.2} µs per request of the server, {:.2} µs of the client",
            sample.cpu_us,
            sample.client_cpu_us()
        );
        for fault in &sample.report.faults {
            eprintln!("{what}: invalid: {fault}");
        }
        self.results
            .push(place.case, place.round, place.contestant, sample);
        self.interrupt.check()
    }

    /// Fills `server` with idle connections and keeps what they cost.
    pub fn idle(
        &mut self,
        place: Place<C, W>,
        server: &Server,
        path: &str,
        body: &[u8],
        idle: Idle,
    ) -> Result<(), Failure> {
        let sample = IdleSample::take(server, path, body, idle.idle_connections)?;
        let file = match &mut self.idles {
            Some(file) => file,
            none => {
                let columns = format!("{PLACE_COLUMNS},{}", IdleSample::COLUMNS);
                none.insert(self.folder.samples("idle.csv", &columns)?)
            }
        };
        file.push(&place.row(&sample.row()))?;
        eprintln!("{}: {:.0} bytes each", place.title(), sample.rss_each());
        self.results.push_idle(place.contestant, sample);
        self.interrupt.check()
    }

    /// Writes the table and shows it; returns the number of invalid samples.
    pub fn finish(self, table: impl FnOnce(&Results<C, W>) -> String) -> Result<usize, Failure> {
        let environment = self.environment.at_end();
        self.folder.write_environment(&environment)?;
        let page = format!(
            "{}{}\n## Where and how\n\n{}\n",
            table(&self.results),
            self.results.invalid_note(),
            environment.summary()
        );
        self.folder.write("README.md", page.as_bytes())?;
        println!("{page}");
        eprintln!("written to {}", self.folder.path().display());
        Ok(self.results.invalid())
    }
}

impl<C: Label, W: Label> Place<C, W> {
    fn row(&self, figures: &str) -> String {
        let Self {
            case,
            round,
            turn,
            contestant,
        } = self;
        format!("{case},{round},{turn},{contestant},{figures}")
    }

    fn title(&self) -> String {
        format!("{} {} {}", self.case, self.round, self.contestant)
    }
}
