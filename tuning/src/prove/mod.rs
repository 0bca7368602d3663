//! `prove`: does a value help here? It measures before it says so.
//!
//! A proof is data ([`Proof`]): two values, a scenario that stresses what they govern, the figure
//! that decides and the counters that should move. Rounds with the one and the other value take
//! turns, each in fresh network namespaces, and an exact test has the last word. It refuses to
//! claim anything without a counter or a difference, and tells "not run" from "no effect".

mod counters;
mod global;
mod hindrance;
mod json;
mod keep;
mod page;
mod programs;
mod proof;
mod proofs;
mod render;
pub mod scenario;
mod server;
mod sockets;
mod space;
mod statistics;
mod verdict;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use self::global::Leave;
pub use self::hindrance::Hindrance;
pub use self::json::document;
pub use self::keep::keep;
pub use self::page::page;
pub use self::proof::{About, Better, Change, Figure, Proof, Ran, Round, Side, Way};
pub use self::proofs::all;
pub use self::render::{line, summary};
pub use self::statistics::ROUNDS_MAX;
pub use self::verdict::{Comparison, Grounds, Verdict};

use self::global::Borrowed;
use self::scenario::{Programs, Scenario, Stage};
use crate::apply::Lock;

/// How to prove.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rounds with each value.
    pub rounds: usize,
    /// No round begins after so long.
    pub time_max: Duration,
    /// Whether values of the whole host may be changed.
    pub leave: Leave,
    /// `ringload`, where it is not beside this program or on PATH.
    pub ringload: Option<PathBuf>,
    /// The server's command with `{listen}` and `{root}` in it, where it is not ringmain's.
    pub server: Option<String>,
}

/// Runs proofs one after the other; each is handed out when it is done.
///
/// # Errors
/// Says why nothing can be proved here: no root, no program to make namespaces with.
pub fn prove(
    proofs: Vec<Proof>,
    options: &Options,
    interrupted: &dyn Fn() -> bool,
    each: &mut dyn FnMut(&Ran),
) -> Result<Vec<Ran>, Hindrance> {
    space::possible()?;
    let _lock = lock(options.leave)?;
    programs::raise_own_limit();
    let programs = programs::find(options.ringload.as_deref(), options.server.as_deref());
    let deadline = Instant::now() + options.time_max;
    let stop = || {
        if interrupted() {
            Some(Hindrance("interrupted".into()))
        } else if Instant::now() >= deadline {
            Some(Hindrance("time is up; --time-max gives more".into()))
        } else {
            None
        }
    };
    let mut all = Vec::with_capacity(proofs.len());
    for proof in proofs {
        let ran = run(proof, options.rounds, options.leave, &programs, &stop);
        each(&ran);
        all.push(ran);
    }
    Ok(all)
}

/// Where `apply` keeps its lock: two that change the host at once would each take the other's value
/// for the original.
const STATE_FOLDER: &str = "/var/lib/ringtune";

fn lock(leave: Leave) -> Result<Option<Lock>, Hindrance> {
    match leave {
        Leave::Withheld => Ok(None),
        Leave::Given => match Lock::take(Path::new(STATE_FOLDER)) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) => Err(Hindrance(error.to_string())),
        },
    }
}

/// Takes turns: before, after, before, after … until one is hindered.
fn run(
    proof: Proof,
    rounds: usize,
    leave: Leave,
    programs: &Programs,
    stop: &dyn Fn() -> Option<Hindrance>,
) -> Ran {
    let began = Instant::now();
    let mut full_table = None;
    let mut ran = Ran {
        proof,
        before: Vec::new(),
        after: Vec::new(),
        hindrance: None,
        seconds: 0.0,
    };
    for turn in 0..2 * rounds {
        let is_before = turn % 2 == 0;
        let side = if is_before {
            ran.proof.before
        } else {
            ran.proof.after
        };
        let mut stage = Stage {
            side,
            programs,
            full_table: &mut full_table,
        };
        let result = match stop() {
            Some(reason) => Err(reason),
            None => with_value(leave, &ran.proof.scenario, &mut stage),
        };
        match result {
            Ok(round) if is_before => ran.before.push(round),
            Ok(round) => ran.after.push(round),
            Err(hindrance) => {
                ran.hindrance = Some(hindrance);
                break;
            }
        }
    }
    ran.seconds = began.elapsed().as_secs_f64();
    ran
}

/// A round with its value in force: in its namespaces, or on the host and put back.
fn with_value(
    leave: Leave,
    scenario: &Scenario,
    stage: &mut Stage<'_>,
) -> Result<Round, Hindrance> {
    let _borrowed = match stage.side.change {
        Change::Global(key) => Some(Borrowed::set(key, stage.side.label, leave)?),
        Change::Sysctls(_) | Change::Way(_) | Change::Descriptors(_) => None,
    };
    scenario.run(stage)
}
