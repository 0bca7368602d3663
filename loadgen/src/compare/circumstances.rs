//! What differs besides what is compared: hosts, settings, scenarios, and the order of the runs.
//!
//! Records are compared as JSON, field by field, so that a field added to them is compared too.

use serde::Serialize;
use serde_json::Value;

use crate::record::report::{Document, Outcome, RunReport};

/// Differences told per record; more are counted.
const DIFFERENCES_MAX: usize = 12;

/// Fields of a scenario that may differ between repetitions.
const VARYING_FIELDS: [&str; 2] = ["seed", "gathered_ns"];

/// What differs between the documents as wholes.
pub(super) fn of_documents(a: &Document, b: &Document) -> Vec<String> {
    let mut warnings = Vec::new();
    if a.generator != b.generator {
        warnings.push(format!(
            "the documents come from different generators: {} and {}",
            a.generator, b.generator
        ));
    }
    let differences = differences(&a.environment, &b.environment, &[]);
    if !differences.is_empty() {
        warnings.push(format!(
            "the environments differ, and a difference may be theirs: {}",
            told(differences)
        ));
    }
    warnings
}

/// What differs between the runs of one scenario.
pub(super) fn of_runs(name: &str, a: &[&RunReport], b: &[&RunReport]) -> Vec<String> {
    let mut warnings = Vec::new();
    let first = |runs: &[&RunReport]| runs.first().map(|run| run.scenario.clone());
    let differing = differences(&first(a), &first(b), &VARYING_FIELDS);
    if !differing.is_empty() {
        warnings.push(format!("{name}: the scenarios differ: {}", told(differing)));
    }
    for (side, runs) in [("A", a), ("B", b)] {
        warnings.extend(of_side(name, side, runs));
    }
    if runs_one_after_the_other(a, b) {
        warnings.push(format!(
            "{name}: all runs of one side came before all of the other, so a drift of the host \
             looks like a difference: interleave them (A B A B)"
        ));
    }
    warnings
}

fn of_side(name: &str, side: &str, runs: &[&RunReport]) -> Vec<String> {
    let with = |outcome: Outcome| {
        let found = runs.iter().filter(|run| run.verdict.outcome == outcome);
        found.count()
    };
    let (invalid, saturated) = (with(Outcome::Invalid), with(Outcome::SaturatedClient));
    let differ = runs
        .windows(2)
        .any(|pair| !differences(&pair[0].scenario, &pair[1].scenario, &VARYING_FIELDS).is_empty());
    let all = runs.len();
    [
        (invalid > 0)
            .then(|| format!("{name}: {invalid} of {all} runs of {side} are INVALID and left out")),
        (saturated > 0).then(|| {
            format!(
                "{name}: in {saturated} of {all} runs of {side} the client was the limit: they \
                 compare the generator and not the server"
            )
        }),
        differ.then(|| {
            format!(
                "{name}: the runs of {side} are not of one scenario, so their scatter is not noise"
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Times are RFC 3339 in UTC and sort as text.
fn runs_one_after_the_other(a: &[&RunReport], b: &[&RunReport]) -> bool {
    let ends = |runs: &[&RunReport]| {
        let first = runs.iter().map(|run| run.started.clone()).min()?;
        let last = runs.iter().map(|run| run.started.clone()).max()?;
        Some((first, last))
    };
    let (Some((first_a, last_a)), Some((first_b, last_b))) = (ends(a), ends(b)) else {
        return false;
    };
    a.len() > 1 && b.len() > 1 && (last_a < first_b || last_b < first_a)
}

/// `kernel: 6.1.0 / 6.18.4` for each field that differs.
fn differences(a: &impl Serialize, b: &impl Serialize, except: &[&str]) -> Vec<String> {
    let value = |one: Result<Value, serde_json::Error>| one.unwrap_or(Value::Null);
    let mut found = Vec::new();
    let (a, b) = (
        value(serde_json::to_value(a)),
        value(serde_json::to_value(b)),
    );
    push_differences(&mut found, "", &a, &b, except);
    found
}

fn push_differences(found: &mut Vec<String>, path: &str, a: &Value, b: &Value, except: &[&str]) {
    match (a, b) {
        (Value::Object(of_a), Value::Object(of_b)) => {
            let only_b = of_b.keys().filter(|key| !of_a.contains_key(*key));
            for key in of_a.keys().chain(only_b) {
                if except.contains(&key.as_str()) {
                    continue;
                }
                let path = match path {
                    "" => key.clone(),
                    _ => format!("{path} {key}"),
                };
                let of = |one: &serde_json::Map<String, Value>| {
                    one.get(key).cloned().unwrap_or(Value::Null)
                };
                push_differences(found, &path, &of(of_a), &of(of_b), except);
            }
        }
        _ if a == b => {}
        _ => found.push(format!("{path}: {} / {}", words(a), words(b))),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "unknown".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let words: Vec<String> = values.iter().map(words).collect();
            words.join(" ")
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn told(mut differences: Vec<String>) -> String {
    let more = differences.len().saturating_sub(DIFFERENCES_MAX);
    differences.truncate(DIFFERENCES_MAX);
    let mut text = differences.join("; ");
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text
}
