//! Plans: what `ringload run plan.toml` does.
//!
//! A plan is flat: its own keys (defaults for all), `[[scenario]]` tables, and in those
//! `[[scenario.request]]` tables. The keys are the flags of the command line with underscores, and
//! their values go through the same parsers. A plan is read to its end, so that one look shows
//! everything that is wrong with it.

mod scenario;
mod table;
mod text;

use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Parser;
use toml::de::{DeTable, DeValue};

use crate::plan::Job;
use crate::plan::build::World;
use crate::plan::flags::Flags;
use crate::plan::problem::{Place, Problem};
use crate::plan::units;

use table::{Table, Vocabulary};
use text::Report;

/// Bytes that a plan may have.
const PLAN_BYTES_MAX: usize = 4 << 20;
/// Scenarios that a plan may have.
const SCENARIOS_MAX: usize = 1000;
/// Repetitions that a plan may ask for.
const REPEAT_MAX: u32 = 1000;

/// A plan that can be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// For the folder of results; the file's name where the plan gives none.
    pub name: String,
    /// How often each job is done; several take turns: A B A B.
    pub repeat: NonZeroU32,
    /// What is done, in order.
    pub jobs: Vec<Job>,
    /// As it was written.
    pub text: String,
}

/// Keys of the plan itself. All flags are defaults for its scenarios, but for the name.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct PlanKeys {
    /// How often each scenario is run
    #[arg(long, value_parser = units::positive)]
    repeat: Option<NonZeroU32>,
    #[command(flatten)]
    flags: Flags,
}

/// Keys that hold tables or lists of URLs, which no flag does.
const PLAN_TABLES: [&str; 2] = ["scenario", "url"];

impl Plan {
    /// Reads a plan, the files that it names, and the addresses of its servers. Relative paths
    /// start from the plan's own folder.
    ///
    /// # Errors
    /// Every [`Problem`] with its place.
    pub fn load(file: &Path, world: World<'_>) -> Result<Plan, Vec<Problem>> {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let base: PathBuf = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        let text = (world.read)(&absolute, PLAN_BYTES_MAX)
            .and_then(|bytes| {
                String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
            })
            .map_err(|error| {
                vec![Problem {
                    place: Place::File(file.to_owned()),
                    text: format!("cannot be read: {error}"),
                }]
            })?;
        let from_base = |path: &Path, bytes_max: usize| (world.read)(&base.join(path), bytes_max);
        let world = World {
            read: &from_base,
            ..world
        };
        Plan::parse(file, text, world)
    }

    /// Reads a plan from its text; `file` is only named in problems.
    ///
    /// # Errors
    /// Every [`Problem`] with its place.
    pub fn parse(file: &Path, text: String, world: World<'_>) -> Result<Plan, Vec<Problem>> {
        let report = Report::new(file, &text);
        let (document, errors) = DeTable::parse_recoverable(&text);
        // What follows a syntax error is guesswork: the first one is worth saying.
        if let Some(error) = errors.first() {
            let at = error.span().map_or(0, |span| span.start);
            let what = error.message().replace('\n', ", ");
            report.note(
                at,
                format!("this is not TOML: {what}; see https://toml.io/"),
            );
            return Err(report.finish());
        }
        let vocabulary = Vocabulary::of::<PlanKeys>(&PLAN_TABLES);
        let own = Table::read(document.get_ref(), 0, &vocabulary, &report);
        let (name, repeat) = plan_keys(file, &own, &report);
        let jobs = jobs(document.get_ref(), &own, &name, world, &report);
        let problems = report.finish();
        if problems.is_empty() {
            Ok(Plan {
                name,
                repeat,
                jobs,
                text,
            })
        } else {
            Err(problems)
        }
    }
}

fn plan_keys(file: &Path, own: &Table<'_>, report: &Report<'_>) -> (String, NonZeroU32) {
    let keys: Option<PlanKeys> = own.parse(&[], report);
    let repeat = keys.as_ref().and_then(|keys| keys.repeat);
    let repeat = repeat.unwrap_or(NonZeroU32::MIN);
    if repeat.get() > REPEAT_MAX {
        report.note(
            own.place_of("repeat"),
            format!("`repeat` is more than {REPEAT_MAX}"),
        );
    }
    let name = keys.and_then(|keys| keys.flags.name).unwrap_or_else(|| {
        let stem = file.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    });
    if name.is_empty() || name.contains(['/', '\0']) || name.starts_with('.') {
        let text = "`name` becomes the name of a folder: write one without / and no dot in front";
        report.note(own.place_of("name"), text);
    }
    (name, repeat)
}

fn jobs(
    document: &DeTable<'_>,
    own: &Table<'_>,
    plan: &str,
    world: World<'_>,
    report: &Report<'_>,
) -> Vec<Job> {
    let Some(scenarios) = document.get("scenario") else {
        let text = "there is no [[scenario]]; write at least one, with a url";
        report.note(0, text);
        return Vec::new();
    };
    let DeValue::Array(tables) = scenarios.get_ref() else {
        let text = "`scenario` is a list of tables; write [[scenario]] instead of [scenario]";
        report.note(scenarios.span().start, text);
        return Vec::new();
    };
    if tables.is_empty() || tables.len() > SCENARIOS_MAX {
        let text = format!(
            "{} scenarios; there must be 1 to {SCENARIOS_MAX}",
            tables.len()
        );
        report.note(scenarios.span().start, text);
        return Vec::new();
    }
    let mut names = Vec::new();
    let mut jobs = Vec::new();
    for item in tables.iter() {
        let at = item.span().start;
        let DeValue::Table(table) = item.get_ref() else {
            report.note(at, "a scenario is a table; write [[scenario]]");
            continue;
        };
        let reading = scenario::Reading {
            plan: own,
            plan_urls: document.get("url"),
            // A plan with one scenario names it, too; several must be told apart.
            name: (tables.len() == 1).then_some(plan),
            world,
            report,
        };
        jobs.extend(reading.job(table, at, &mut names));
    }
    jobs
}

#[cfg(test)]
mod tests;
