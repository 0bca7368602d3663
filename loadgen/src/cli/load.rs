//! `ringload URL`, `steps` and `search`.

use crate::plan::build::{self, Target};
use crate::plan::flags::RequestFlags;
use crate::plan::url::WeightedUrl;
use crate::plan::{Scenario, SearchBounds};
use crate::report::{figure, steps_table};
use crate::search::{Answer, Next, Search, at_rate, holds};

use super::arguments::{LoadArguments, SearchArguments, StepsArguments};
use super::exit::Exit;
use super::outside::world;
use super::refuse;
use super::session::{Session, ink};

/// Runs a load, as often as wanted.
pub(super) fn load(arguments: LoadArguments, typed: Vec<String>) -> Exit {
    let common = arguments.common;
    let scenario = match Scenario::build(&targets(common.urls), &common.flags, world()) {
        Ok(scenario) => scenario,
        Err(faults) => return refuse(faults),
    };
    if !common.output.are_writable() {
        return Exit::Usage;
    }
    let mut session = Session::new(common.output.showing());
    for _ in 0..arguments.repeat.get() {
        run_and_print(&mut session, &scenario);
        if session.is_over() {
            break;
        }
    }
    if session.runs.len() > 1 {
        session.print(&format!("\n{}", steps_table(&session.runs, ink())));
    }
    let written = common.output.write(&[session.document(typed)]);
    session.exit.max(written)
}

/// Runs one number of connections after another.
pub(super) fn steps(arguments: StepsArguments, typed: Vec<String>) -> Exit {
    let common = arguments.common;
    let base = match Scenario::build(&targets(common.urls), &common.flags, world()) {
        Ok(scenario) => scenario,
        Err(faults) => return refuse(faults),
    };
    if !common.output.are_writable() {
        return Exit::Usage;
    }
    let mut session = Session::new(common.output.showing());
    run_steps(&mut session, &base, &arguments.steps.0);
    let written = common.output.write(&[session.document(typed)]);
    session.exit.max(written)
}

/// Looks for the highest rate.
pub(super) fn search(arguments: SearchArguments, typed: Vec<String>) -> Exit {
    let common = arguments.common;
    let targets = targets(common.urls);
    let (base, bounds) = match build::search(&targets, &common.flags, &arguments.search, world()) {
        Ok(found) => found,
        Err(faults) => return refuse(faults),
    };
    if !common.output.are_writable() {
        return Exit::Usage;
    }
    let mut session = Session::new(common.output.showing());
    run_search(&mut session, &base, bounds);
    let written = common.output.write(&[session.document(typed)]);
    session.exit.max(written)
}

/// URLs of the command line, which share one request.
pub(super) fn targets(urls: Vec<WeightedUrl>) -> Vec<Target> {
    let request = RequestFlags::default;
    urls.into_iter()
        .map(|url| Target {
            url,
            request: request(),
        })
        .collect()
}

/// One run with its table.
pub(super) fn run_and_print(session: &mut Session, scenario: &Scenario) {
    if session.run(scenario).is_some() {
        session.print_last();
    }
}

/// All steps with their table.
pub(super) fn run_steps(
    session: &mut Session,
    base: &Scenario,
    connections: &[std::num::NonZeroU32],
) {
    let before = session.runs.len();
    for step in crate::steps::steps(base, connections) {
        if session.is_over() {
            break;
        }
        session.run(&step);
    }
    session.print(&steps_table(&session.runs[before..], ink()));
}

/// All runs of a search with their table and the answer.
pub(super) fn run_search(session: &mut Session, base: &Scenario, bounds: SearchBounds) {
    let before = session.runs.len();
    let mut search = Search::new(bounds);
    let answer = loop {
        match search.next_step() {
            Next::Done(answer) => break Some(answer),
            Next::Try(_) if session.is_over() => break None,
            Next::Try(rate) => match session.try_run(&at_rate(base, rate)) {
                Some(run) => {
                    let is_held = holds(run);
                    search.take(rate, is_held);
                }
                None => break None,
            },
        }
    };
    session.print(&steps_table(&session.runs[before..], ink()));
    let (text, exit) = match answer {
        Some(Answer::Holds(rate)) => (
            format!("{} holds {}, twice", base.slo, figure::rate(rate)),
            Exit::Done,
        ),
        Some(Answer::HeldOnce(rate)) => {
            let rate = figure::rate(rate);
            let text = format!(
                "{} held {rate} once, and no run was left to confirm it",
                base.slo
            );
            (text, Exit::Failed)
        }
        Some(Answer::Nothing) => {
            let lowest = figure::rate(bounds.lowest());
            (
                format!("{} holds at no rate from {lowest} on", base.slo),
                Exit::Failed,
            )
        }
        None => (
            "the search was ended before it had an answer".to_owned(),
            Exit::Invalid,
        ),
    };
    session.print("\n");
    session.answer(&format!("{}: {text}", base.name));
    session.exit = session.exit.max(exit);
}
