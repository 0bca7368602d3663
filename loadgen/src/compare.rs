//! Two documents side by side: whether the second is better, worse, or no difference is shown.
//!
//! Runs of the same name are repetitions, and a run is one observation: requests within a run are
//! not independent of each other, runs nearly are. With too few runs nothing is ever called faster
//! or slower, however far apart the two numbers are.

mod circumstances;
mod measure;
mod text;

use serde::Serialize;

use crate::record::report::{Document, Outcome, RunReport, SCHEMA};

pub use measure::{Finding, MeasureComparison, Side, Unit};

/// What the two documents show.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What speaks against comparing them, a sentence each.
    pub warnings: Vec<String>,
    /// The scenarios that both have.
    pub scenarios: Vec<ScenarioComparison>,
    /// Names of scenarios that only one has.
    pub unmatched: Vec<String>,
}

/// One scenario, run on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioComparison {
    /// Its name; both names where they differ.
    pub name: String,
    /// Runs of the first document that are looked at.
    pub runs_a: usize,
    /// Runs of the second.
    pub runs_b: usize,
    /// Measure by measure, those that both sides have.
    pub measures: Vec<MeasureComparison>,
}

/// Why two documents can not be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They are of different versions, or of one that this program does not know.
    #[error(
        "the documents have the schemas `{a}` and `{b}`, and only two of `{SCHEMA}` can be \
         compared: measure both sides with the same ringload"
    )]
    Schemas {
        /// The first's.
        a: String,
        /// The second's.
        b: String,
    },
    /// There is nothing that both have.
    #[error(
        "the documents have no scenario in common ({a} and {b}): give both runs the same --name"
    )]
    NothingInCommon {
        /// Names in the first.
        a: String,
        /// Names in the second.
        b: String,
    },
}

/// Compares `b` with `a`.
///
/// # Errors
/// [`Refusal`] where a comparison would mean nothing.
pub fn compare(a: &Document, b: &Document) -> Result<Comparison, Refusal> {
    if a.schema != SCHEMA || b.schema != SCHEMA {
        return Err(Refusal::Schemas {
            a: a.schema.clone(),
            b: b.schema.clone(),
        });
    }
    let (names_a, names_b) = (names(a), names(b));
    let mut warnings = circumstances::of_documents(a, b);
    let mut scenarios = Vec::new();
    for (name_a, name_b) in pairs(&names_a, &names_b) {
        let (runs_a, runs_b) = (runs_named(a, name_a), runs_named(b, name_b));
        warnings.extend(circumstances::of_runs(name_a, &runs_a, &runs_b));
        let (valid_a, valid_b) = (valid(&runs_a), valid(&runs_b));
        scenarios.push(ScenarioComparison {
            name: if name_a == name_b {
                name_a.to_owned()
            } else {
                format!("{name_a} / {name_b}")
            },
            runs_a: valid_a.len(),
            runs_b: valid_b.len(),
            measures: measure::compare_runs(&valid_a, &valid_b),
        });
    }
    if scenarios.is_empty() {
        return Err(Refusal::NothingInCommon {
            a: names_a.join(", "),
            b: names_b.join(", "),
        });
    }
    let matched = |name: &&str| names_a.contains(name) && names_b.contains(name);
    let is_single = names_a.len() == 1 && names_b.len() == 1;
    let unmatched = names_a.iter().chain(&names_b);
    Ok(Comparison {
        warnings,
        scenarios,
        unmatched: unmatched
            .filter(|name| !is_single && !matched(name))
            .map(|name| (*name).to_owned())
            .collect(),
    })
}

impl Comparison {
    /// Whether some measure of the second document is shown to be worse.
    pub fn shows_worse(&self) -> bool {
        let mut measures = self.scenarios.iter().flat_map(|one| &one.measures);
        measures.any(|measure| measure.finding == Finding::Worse)
    }

    /// As JSON, with line breaks.
    pub fn json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("a comparison has no map with other keys");
        text.push('\n');
        text
    }
}

/// The names of a document's scenarios, in the order of their first runs.
fn names(document: &Document) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for run in &document.runs {
        if !names.contains(&run.name.as_str()) {
            names.push(&run.name);
        }
    }
    names
}

/// Names that belong together: equal ones, or the only ones of both sides.
fn pairs<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    if let ([one], [other]) = (a, b) {
        return vec![(one, other)];
    }
    a.iter()
        .filter(|name| b.contains(name))
        .map(|name| (*name, *name))
        .collect()
}

fn runs_named<'a>(document: &'a Document, name: &str) -> Vec<&'a RunReport> {
    let runs = document.runs.iter();
    runs.filter(|run| run.name == name).collect()
}

/// An INVALID run is not a bad observation of the load but an observation of another one.
fn valid<'a>(runs: &[&'a RunReport]) -> Vec<&'a RunReport> {
    let valid = runs
        .iter()
        .filter(|run| run.verdict.outcome != Outcome::Invalid);
    valid.copied().collect()
}
