//! Several runs as one table, a line each: the stepped table.

use super::figure::{count, duration, duration_ns, percent, printable, rate};
use super::grid::{Align, Grid};
use super::ink::{Ink, Tone};
use super::words::{outcome_tone, outcome_words};
use crate::record::report::RunReport;
use crate::stats::littles_law;

/// A column: its heading and what a run has there.
type Column = (&'static str, fn(&RunReport) -> String);

const COLUMNS: [Column; 10] = [
    ("QPS", |run| rate(run.rate.achieved).replace("/s", "")),
    ("mean", |run| told(run, duration(run.latency.mean_ns))),
    ("P50", |run| quantile(run, 0.5)),
    ("P90", |run| quantile(run, 0.9)),
    ("P99", |run| quantile(run, 0.99)),
    ("P99.9", |run| quantile(run, 0.999)),
    ("max", |run| told(run, duration_ns(run.latency.max_ns))),
    ("errors", |run| percent(run.totals.error_share())),
    ("Little", little),
    ("", |run| kinds(run)),
];

/// Columns before those of [`COLUMNS`], which not every table has.
struct Leading {
    names: bool,
    targets: bool,
}

/// The table of `runs`: connections, rate, latency, errors by kind, what Little's law leaves over.
pub fn steps_table(runs: &[RunReport], ink: Ink) -> String {
    let first = runs.first().map(|run| run.name.as_str());
    let leading = Leading {
        names: runs.iter().any(|run| Some(run.name.as_str()) != first),
        targets: runs.iter().any(|run| run.rate.target.is_some()),
    };
    let mut heading = Vec::new();
    if leading.names {
        heading.push(("run", Align::Left));
    }
    heading.push(("connections", Align::Right));
    if leading.targets {
        heading.push(("target", Align::Right));
    }
    heading.extend(COLUMNS.map(|(name, _)| (name, Align::Right)));
    heading.push(("", Align::Left));
    let mut grid = Grid::new(&heading);
    for run in runs {
        grid.row(row(run, &leading, ink));
    }
    grid.render(ink)
}

fn row(run: &RunReport, leading: &Leading, ink: Ink) -> Vec<String> {
    let mut texts = Vec::new();
    if leading.names {
        texts.push(printable(&run.name));
    }
    texts.push(count(u64::from(run.scenario.connections)));
    if leading.targets {
        let target = run.rate.target.map(|target| rate(target).replace("/s", ""));
        texts.push(target.unwrap_or_else(absent));
    }
    texts.extend(COLUMNS.iter().map(|(_, text)| text(run)));
    let outcome = run.verdict.outcome;
    let word = ink.paint(outcome_tone(outcome), outcome_words(outcome));
    let missed = run.slo.iter().filter(|slo| !slo.holds).count();
    texts.push(match missed {
        0 => word,
        _ => format!("{word}, {}", ink.paint(Tone::Bad, "threshold missed")),
    });
    texts
}

fn absent() -> String {
    "–".to_owned()
}

fn told(run: &RunReport, text: String) -> String {
    if run.latency.count == 0 {
        absent()
    } else {
        text
    }
}

fn quantile(run: &RunReport, q: f64) -> String {
    let listed = run.latency.quantiles.iter().find(|one| one.q == q);
    listed.map_or_else(absent, |one| duration_ns(one.value_ns))
}

/// Requests in flight that the measurements do not account for.
fn little(run: &RunReport) -> String {
    littles_law(run).map_or_else(absent, |law| format!("{:+.1}", law.residual()))
}

fn kinds(run: &RunReport) -> String {
    let kinds: Vec<String> = run
        .totals
        .errors
        .iter()
        .map(|(kind, number)| format!("{} {}", count(*number), kind.name()))
        .collect();
    kinds.join(", ")
}
