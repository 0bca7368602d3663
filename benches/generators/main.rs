//! ringload beside wrk: two load generators on the same CPU against the same servers, pairs in one
//! run; and what wrk has not: an open loop, and very many held connections.
//!
//! `cargo run --release -p benches --bin generators` builds ringload and ringmain, takes half an
//! hour, and leaves `results/<date>-<cpu>-generators/`. It needs nginx, wrk, taskset and prlimit on
//! PATH.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use benches::arena::{self, Arena};
use benches::failure::Failure;
use benches::generator::ringload::{Gathering, Ringload};
use benches::generator::{Load, Pipeline};
use benches::program;
use benches::session::{Place, Session};
use benches::settings::{Settings, chosen, exit_code};
use benches::site::SiteFile;
use benches::statistics::turns;
use clap::{Parser, value_parser};

use case::{CONNECTIONS, Case, Closed, Host};
use contestant::Contestant;
use hold::HoldSample;
use open::OpenSample;

mod case;
mod contestant;
mod hold;
mod open;
mod reach;
mod report;

/// Rounds of the held connections at most: their figures hardly spread, and each takes a while.
const HOLD_ROUNDS_MAX: usize = 3;

/// Measures ringload and wrk side by side.
#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
    /// A case to measure: SERVER/1k, /64k, /1m or /close of ringmain, nginx and nginx-copy,
    /// ringmain/pipelined, open or hold; repeatable [default: all].
    #[arg(long, value_parser = case::parse, value_name = "CASE")]
    case: Vec<Case>,
    /// A generator to measure in the closed loops; repeatable [default: all].
    #[arg(long, value_enum, value_name = "GENERATOR")]
    generator: Vec<Contestant>,
    /// Seconds of each open loop.
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..=600))]
    open_seconds: u32,
    /// Connections to hold.
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(100..=1_000_000))]
    hold_connections: u32,
    /// Seconds between the last connection's opening and the last round of requests.
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..=600))]
    hold_seconds: u32,
    /// A ringload that is already built [default: built from this tree].
    #[arg(long, value_name = "PATH")]
    ringload: Option<PathBuf>,
    /// A ringmain that is already built [default: built from this tree].
    #[arg(long, value_name = "PATH")]
    ringmain: Option<PathBuf>,
}

/// What all cases need.
struct Bench {
    flags: Flags,
    contestants: Vec<Contestant>,
    arena: Arena,
    ringload: Ringload,
    session: Session<Closed, Contestant>,
}

/// What only ringload does.
#[derive(Debug, Default)]
struct Own {
    opens: Vec<OpenSample>,
    holds: Vec<HoldSample>,
}

fn main() -> ExitCode {
    exit_code("generators", run(Flags::parse()))
}

/// The number of invalid samples.
fn run(flags: Flags) -> Result<usize, Failure> {
    let cases = chosen(&flags.case, &Case::all());
    let mut bench = Bench::prepare(flags, &cases)?;
    let pipeline = Pipeline::prepare(bench.session.folder())?;
    let mut own = Own::default();
    for case in cases {
        match case {
            Case::Closed(closed) => bench.closed(closed, &pipeline)?,
            Case::Open => own.opens = bench.open()?,
            Case::Hold => own.holds = bench.hold()?,
        }
    }
    let (rounds, contestants) = (bench.flags.settings.rounds().end, bench.contestants);
    bench
        .session
        .finish(|results| report::page(results, &own, &contestants, rounds))
}

impl Bench {
    /// Says what is missing before anything runs.
    fn prepare(flags: Flags, cases: &[Case]) -> Result<Self, Failure> {
        let binary = program::given_or_built(flags.ringload.as_deref(), "ringload")?;
        let ringload = Ringload {
            binary,
            gathering: Gathering::Default,
        };
        let ringmain = program::given_or_built(flags.ringmain.as_deref(), "ringmain")?;
        let arena = Arena::prepare(Some(ringmain), flags.settings.server_cpu)?;
        let mut programs = Vec::new();
        let is_nginx = |case: &Case| match case {
            Case::Closed(closed) => closed.host != Host::Ringmain,
            Case::Open | Case::Hold => false,
        };
        if cases.iter().any(is_nginx) {
            programs.push(("nginx".to_owned(), arena::nginx_version()?));
        }
        let ours = [
            ("ringload", ringload.version()),
            ("ringmain", arena.ringmain_version()),
        ];
        for (name, version) in ours {
            programs.extend(version.map(|version| (name.to_owned(), version)));
        }
        let session = Session::start("generators", flags.settings.clone(), programs)?;
        arena::keep_configurations(session.folder())?;
        Ok(Self {
            contestants: chosen(&flags.generator, &Contestant::ALL),
            flags,
            arena,
            ringload,
            session,
        })
    }

    /// All rounds of one closed loop.
    fn closed(&mut self, case: Closed, pipeline: &Pipeline) -> Result<(), Failure> {
        let file = case.file();
        for round in self.flags.settings.rounds() {
            for (turn, contestant) in turns(&self.contestants, round).into_iter().enumerate() {
                let place = Place {
                    case,
                    round,
                    turn,
                    contestant,
                };
                let load = Load {
                    generator: contestant.generator(&self.ringload.binary),
                    connections: CONNECTIONS,
                    requests: case.requests(pipeline),
                };
                let server = case.host.start(&self.arena)?;
                server.expect(file.path(), &file.body())?;
                self.session.load(place, &server, file.path(), &load)?;
            }
        }
        Ok(())
    }

    /// All rounds of the open loop.
    fn open(&self) -> Result<Vec<OpenSample>, Failure> {
        let file = SiteFile::Kib1;
        let mut rows = self
            .session
            .folder()
            .samples("open.csv", OpenSample::COLUMNS)?;
        let mut samples = Vec::new();
        for round in self.flags.settings.rounds() {
            let server = Host::Ringmain.start(&self.arena)?;
            server.expect(file.path(), &file.body())?;
            let url = format!("http://{}{}", server.address(), file.path());
            let cpu = self.flags.settings.client_cpu;
            let sample = OpenSample::take(&self.ringload, &url, cpu, self.flags.open_seconds)?;
            let row = sample.row(round);
            eprintln!("open: {row}");
            rows.push(&row)?;
            samples.push(sample);
            self.session.check()?;
        }
        Ok(samples)
    }

    /// All rounds of the held connections.
    fn hold(&self) -> Result<Vec<HoldSample>, Failure> {
        let file = SiteFile::Kib1;
        let mut rows = self
            .session
            .folder()
            .samples("hold.csv", HoldSample::COLUMNS)?;
        let mut samples = Vec::new();
        for round in self.flags.settings.rounds().take(HOLD_ROUNDS_MAX) {
            let server = hold::start(&self.arena, self.flags.hold_connections)?;
            server.expect(file.path(), &file.body())?;
            let sample = HoldSample::take(
                &self.ringload.binary,
                &server,
                self.flags.settings.client_cpu,
                self.flags.hold_connections,
                self.flags.hold_seconds,
            )?;
            let row = sample.row(round);
            eprintln!("hold: {row}");
            rows.push(&row)?;
            samples.push(sample);
            self.session.check()?;
        }
        Ok(samples)
    }
}
