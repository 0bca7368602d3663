//! Exit codes, and what of a run decides them.

use std::process::ExitCode;

use crate::plan::Scenario;
use crate::plan::verify::StatusSet;
use crate::record::ErrorKind;
use crate::record::report::{Outcome, RunReport};

/// How a command ended; of several, the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// What was asked for has been done, and holds.
    Done,
    /// A threshold was missed, a response was not as expected, a comparison shows worse.
    Failed,
    /// The load was not what was asked for, or there was none.
    Invalid,
    /// The flags or the plan are wrong.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Invalid => 3,
        })
    }
}

/// How a run ended, and why it did not end well.
pub(super) fn of_run(scenario: &Scenario, run: &RunReport) -> (Exit, Vec<String>) {
    let mut reasons = Vec::new();
    for missed in run.slo.iter().filter(|threshold| !threshold.holds) {
        let found = match &missed.found {
            Some(found) => format!("found {found}"),
            None => "there is too little to tell; run for longer".to_owned(),
        };
        reasons.push(format!(
            "{}: {} is missed: {found}",
            run.name, missed.threshold
        ));
    }
    let wrong: u64 = wrong_kinds(scenario)
        .iter()
        .filter_map(|kind| run.totals.errors.get(kind))
        .sum();
    if wrong > 0 {
        reasons.push(format!(
            "{}: {wrong} responses were not as expected",
            run.name
        ));
    }
    let answered: u64 = run.totals.statuses.values().sum();
    if answered > 0 && run.totals.good == 0 {
        reasons.push(format!("{}: not one response was good", run.name));
    }
    let exit = match run.verdict.outcome {
        Outcome::Invalid => {
            reasons.push(format!(
                "{}: the run is INVALID, see its findings",
                run.name
            ));
            Exit::Invalid
        }
        Outcome::Sound | Outcome::SaturatedClient if reasons.is_empty() => Exit::Done,
        Outcome::Sound | Outcome::SaturatedClient => Exit::Failed,
    };
    (exit, reasons)
}

/// The errors that somebody asked to be told about: statuses only where they were named.
fn wrong_kinds(scenario: &Scenario) -> &'static [ErrorKind] {
    const CONTENT: [ErrorKind; 3] = [ErrorKind::Length, ErrorKind::Header, ErrorKind::Content];
    const ALL: [ErrorKind; 4] = [
        ErrorKind::Status,
        ErrorKind::Length,
        ErrorKind::Header,
        ErrorKind::Content,
    ];
    let verification = &scenario.verification;
    if verification.is_plain() && verification.statuses == StatusSet::default() {
        &CONTENT
    } else {
        &ALL
    }
}
