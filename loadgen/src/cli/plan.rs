//! `ringload run plan.toml`.

use crate::plan::Job;
use crate::plan::file::Plan;
use crate::report::steps_table;

use super::arguments::RunArguments;
use super::exit::Exit;
use super::outside::world;
use super::results::Results;
use super::session::{Session, ink};
use super::{abuse, hold, load, print, say_problems};

/// Reads a plan and runs its jobs in turn, as often as it says.
pub(super) fn run(arguments: RunArguments, typed: Vec<String>) -> Exit {
    let plan = match Plan::load(&arguments.plan, world()) {
        Ok(plan) => plan,
        Err(problems) => return say_problems(problems),
    };
    if arguments.check {
        print(&describe(&plan));
        return Exit::Done;
    }
    if !arguments.output.are_writable() {
        return Exit::Usage;
    }
    let results = match arguments
        .results
        .as_deref()
        .map(|dir| Results::begin(dir, &plan, &typed))
    {
        None => None,
        Some(Ok(results)) => Some(results),
        Some(Err(exit)) => return exit,
    };
    let mut session = Session::new(arguments.output.showing());
    for _ in 0..plan.repeat.get() {
        for job in &plan.jobs {
            if session.is_over() {
                break;
            }
            do_job(&mut session, job, arguments.anyway, results.as_ref());
        }
    }
    if plan.repeat.get() > 1 {
        session.print(&format!("\n{}", steps_table(&session.runs, ink())));
    }
    let documents = [session.document(typed)];
    let kept = results.map_or(Exit::Done, |results| results.end(&documents));
    let written = arguments.output.write(&documents);
    session.exit.max(written).max(kept)
}

fn do_job(session: &mut Session, job: &Job, anyway: bool, results: Option<&Results>) {
    match job {
        Job::Load(scenario) => load::run_and_print(session, scenario),
        Job::Steps(base, connections) => load::run_steps(session, base, connections),
        Job::Search(base, bounds) => load::run_search(session, base, *bounds),
        Job::Hold(name, scenario) => match hold::held(scenario, anyway, session.view()) {
            Ok(report) => {
                let exit = hold::exit_of(&report);
                session.print(&hold::text(name, &report));
                let kept = results.map_or(Exit::Done, |results| results.hold(name, &report));
                session.exit = session.exit.max(exit).max(kept);
            }
            Err(exit) => session.exit = session.exit.max(exit),
        },
        Job::Abuse(name, scenario) => match abuse::abused(scenario, session.view()) {
            Ok(report) => {
                let exit = abuse::exit_of(&report);
                session.print(&crate::abuse::render(&report));
                let kept = results.map_or(Exit::Done, |results| results.abuse(name, &report));
                session.exit = session.exit.max(exit).max(kept);
            }
            Err(exit) => session.exit = session.exit.max(exit),
        },
    }
}

/// What a plan would do.
fn describe(plan: &Plan) -> String {
    let mut text = format!("{}: {} times\n", plan.name, plan.repeat);
    for job in &plan.jobs {
        let line = match job {
            Job::Load(scenario) => format!("load   {}", scenario.name),
            Job::Steps(base, steps) => {
                let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                format!("steps  {}: {} connections", base.name, steps.join(", "))
            }
            Job::Search(base, bounds) => {
                format!(
                    "search {}: {} in at most {} runs",
                    base.name, base.slo, bounds.runs_max
                )
            }
            Job::Hold(name, hold) => format!("hold   {name}: {} connections", hold.connections),
            Job::Abuse(name, abuse) => format!("abuse  {name}: {}", abuse.kind().name()),
        };
        text.push_str(&format!("  {line}\n"));
    }
    text
}
