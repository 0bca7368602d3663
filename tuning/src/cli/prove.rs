//! `ringtune prove`: which proofs, where the answers go, and what an interrupt does.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{ArgGroup, Args};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::{DONE, ERROR, USAGE, print, say};
use crate::catalogue::Catalogue;
use crate::prove::{self, About, Options, Proof, ROUNDS_MAX, Ran, Verdict};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["knob", "myth", "all", "list"]))]
pub(super) struct ProveArguments {
    /// Proves the wanted value of this knob; repeatable
    #[arg(long, value_name = "KEY")]
    knob: Vec<String>,
    /// Shows what a recipe about this key really does; repeatable
    #[arg(long, value_name = "KEY")]
    myth: Vec<String>,
    /// Runs every proof: some ten minutes
    #[arg(long, conflicts_with_all = ["knob", "myth", "list"])]
    all: bool,
    /// Lists the proofs and runs none
    #[arg(long, conflicts_with_all = ["knob", "myth"])]
    list: bool,
    /// Rounds with each value, in turns; 4 are the fewest that can show a noisy difference
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u8).range(2..=ROUNDS_MAX as i64))]
    rounds: u8,
    /// No round begins after so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "1800", value_parser = clap::value_parser!(u64).range(1..=86400))]
    time_max: u64,
    /// Changes values of the whole host where a proof is about one, and puts them back
    #[arg(long)]
    allow_host: bool,
    /// The load generator [default: beside this program, or on PATH]
    #[arg(long, value_name = "PATH")]
    ringload: Option<PathBuf>,
    /// The server, with places for folder and address [default: ringmain serve {root} --listen
    /// {listen}]
    #[arg(long, value_name = "CMD")]
    server: Option<String>,
    /// Writes all rounds as JSON; - is standard output, instead of the table
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes one page with a plot for each proof
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Keeps command, host, rounds and page in a new folder in this one
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
}

/// Proves and says what was found.
pub(super) fn prove(arguments: &ProveArguments) -> u8 {
    if arguments.list {
        prove::all().iter().for_each(|proof| print(&listed(proof)));
        return DONE;
    }
    let proofs = match chosen(arguments) {
        Ok(proofs) => proofs,
        Err(why) => {
            say(&why);
            return USAGE;
        }
    };
    let options = Options {
        rounds: usize::from(arguments.rounds),
        time_max: Duration::from_secs(arguments.time_max),
        leave: prove::Leave::from_flag(arguments.allow_host),
        ringload: arguments.ringload.clone(),
        server: arguments.server.clone(),
    };
    let interrupted = match interrupts() {
        Ok(interrupted) => interrupted,
        Err(error) => {
            say(&format!("signals cannot be watched: {error}"));
            return ERROR;
        }
    };
    let is_table = arguments
        .json
        .as_deref()
        .is_none_or(|file| file.as_os_str() != "-");
    let mut each = |ran: &Ran| {
        if is_table {
            print(&prove::line(ran));
        }
    };
    let stop = || interrupted.load(Ordering::Relaxed);
    match prove::prove(proofs, &options, &stop, &mut each) {
        Ok(all) => tell(arguments, &all, is_table),
        Err(hindrance) => {
            say(&hindrance.to_string());
            ERROR
        }
    }
}

fn listed(proof: &Proof) -> String {
    let (about, scenario) = (proof.about.name(), proof.scenario.name());
    let (before, after) = (proof.before.label, proof.after.label);
    format!(
        "{about}  {}  {before} -> {after}  ({scenario})\n      {}\n",
        proof.key, proof.question
    )
}

fn chosen(arguments: &ProveArguments) -> Result<Vec<Proof>, String> {
    let all = prove::all();
    if arguments.all {
        return Ok(all);
    }
    let knobs = arguments.knob.iter().map(|key| (About::Knob, key));
    let wanted: Vec<(About, &String)> = knobs
        .chain(arguments.myth.iter().map(|key| (About::Myth, key)))
        .collect();
    let mut found = Vec::new();
    for (about, key) in wanted {
        let is_meant = |proof: &&Proof| proof.about == about && proof.key == key;
        let meant: Vec<Proof> = all.iter().filter(is_meant).cloned().collect();
        if meant.is_empty() {
            return Err(why_none(about, key, &all));
        }
        found.extend(meant);
    }
    Ok(found)
}

fn why_none(about: About, key: &str, all: &[Proof]) -> String {
    if let Some(other) = all.iter().find(|proof| proof.key == key) {
        return format!(
            "{key} has a proof as a {0}: say --{0} {key}",
            other.about.name()
        );
    }
    let catalogue = match Catalogue::load(None) {
        Ok(catalogue) => catalogue,
        Err(error) => return error.to_string(),
    };
    let is_known = catalogue.knob(key).is_some() || catalogue.myths_about(key).next().is_some();
    if is_known {
        format!(
            "there is no proof of the {} {key}; ringtune prove --list shows those that there are",
            about.name()
        )
    } else {
        catalogue.unknown(key).to_string()
    }
}

/// Set by the first signal; a second one ends the process, and the kernel takes the namespaces.
fn interrupts() -> std::io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, Arc::clone(&interrupted))?;
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(interrupted)
}

fn tell(arguments: &ProveArguments, all: &[Ran], is_table: bool) -> u8 {
    let document = prove::document(all);
    let page = prove::page(all);
    if is_table {
        print(&prove::summary(all));
    } else {
        print(&document);
    }
    let mut code = if all.iter().all(|ran| ran.verdict() == Verdict::NotRun) {
        ERROR
    } else {
        DONE
    };
    let json = arguments.json.as_deref().filter(|_| is_table);
    for (file, text) in [(json, &document), (arguments.html.as_deref(), &page)] {
        if let Some(Err(error)) = file.map(|file| fs::write(file, text)) {
            say(&format!(
                "{}: {error}",
                file.map(|f| f.display().to_string()).unwrap_or_default()
            ));
            code = ERROR;
        }
    }
    if let Some(folder) = &arguments.results {
        let command: Vec<String> = std::env::args().collect();
        match prove::keep(folder, &command, all) {
            Ok(kept) => say(&format!("kept in {}", kept.display())),
            Err(hindrance) => {
                say(&hindrance.to_string());
                code = ERROR;
            }
        }
    }
    code
}
