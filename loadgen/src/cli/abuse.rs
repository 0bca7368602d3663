//! `ringload abuse`: one kind after the other, each with its report.

use crate::abuse::{self, AbuseReport, AbuseScenario, Consent};
use crate::plan::build;

use super::arguments::AbuseArguments;
use super::exit::Exit;
use super::outside::world;
use super::session::View;
use super::{load, outputs, print, refuse, say};

/// Abuses the server in each way that was asked for.
pub(super) fn abuse(arguments: AbuseArguments) -> Exit {
    let targets = load::targets(vec![arguments.url]);
    let consent = if arguments.yes_i_own_this_host {
        Consent::OwnHost
    } else {
        Consent::LoopbackOnly
    };
    let scenarios = arguments.kind.iter();
    let scenarios = scenarios.map(|kind| {
        let flags = &arguments.flags;
        build::abuse(&targets, flags, *kind, consent, world())
    });
    let scenarios: Vec<AbuseScenario> = match scenarios.collect() {
        Ok(scenarios) => scenarios,
        Err(faults) => return refuse(faults),
    };
    if arguments
        .json
        .as_deref()
        .is_some_and(|file| !outputs::is_writable(file))
    {
        return Exit::Usage;
    }
    let is_shown = arguments
        .json
        .as_deref()
        .is_none_or(|file| !outputs::is_stdout(file));
    let mut view = View::new(arguments.quiet);
    let (mut reports, mut exit) = (Vec::new(), Exit::Done);
    for scenario in &scenarios {
        match abused(scenario, &mut view) {
            Ok(report) => {
                if is_shown {
                    print(&abuse::render(&report));
                }
                exit = exit.max(exit_of(&report));
                reports.push(report);
            }
            Err(failed) => {
                exit = exit.max(failed);
                break;
            }
        }
    }
    let written = arguments
        .json
        .map_or(Exit::Done, |file| outputs::write(&file, &json(&reports)));
    exit.max(written)
}

/// Abuses the server in one way.
pub(super) fn abused(scenario: &AbuseScenario, view: &mut View) -> Result<AbuseReport, Exit> {
    let done = abuse::run(scenario, view);
    view.clear();
    done.map_err(|error| {
        say(&error);
        Exit::Invalid
    })
}

/// Whether ordinary users felt nothing but time.
pub(super) fn exit_of(report: &AbuseReport) -> Exit {
    if report.was_survived() {
        Exit::Done
    } else {
        Exit::Failed
    }
}

/// The reports as a JSON list, with line breaks.
pub(super) fn json(reports: &[AbuseReport]) -> String {
    let mut text =
        serde_json::to_string_pretty(reports).expect("a report has no map with other keys");
    text.push('\n');
    text
}
