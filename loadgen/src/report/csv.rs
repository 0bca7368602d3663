//! The document as tables for other programs (RFC 4180): one of runs, one of their seconds.
//!
//! Times stay nanoseconds and nothing is rounded; what is not known is an empty field.

use crate::record::ErrorKind;
use crate::record::report::{Document, Interval, RunReport};
use crate::stats::QUANTILES;

use super::figure::quantile_name;
use super::words::outcome_words;

/// A column: its name and what a run has there.
type Column = (&'static str, fn(&RunReport) -> String);

const RUN_COLUMNS: [Column; 16] = [
    ("name", |run| run.name.clone()),
    ("started", |run| run.started.clone()),
    ("verdict", |run| {
        outcome_words(run.verdict.outcome).to_owned()
    }),
    ("connections", |run| run.scenario.connections.to_string()),
    ("threads", |run| run.scenario.threads.to_string()),
    ("window_s", |run| run.window_s.to_string()),
    ("target_rate", |run| or_empty(run.rate.target)),
    ("achieved_rate", |run| run.rate.achieved.to_string()),
    ("requests", |run| run.totals.requests.to_string()),
    ("good", |run| run.totals.good.to_string()),
    ("received_bytes", |run| {
        run.totals.received_bytes.to_string()
    }),
    ("sent_bytes", |run| run.totals.sent_bytes.to_string()),
    ("generator_cpu_per_response_ns", |run| {
        or_empty(run.generator_cpu_per_response_ns())
    }),
    ("server_cpu_per_response_ns", |run| {
        or_empty(run.server_cpu_per_response_ns())
    }),
    ("latency_mean_ns", |run| run.latency.mean_ns.to_string()),
    ("latency_max_ns", |run| run.latency.max_ns.to_string()),
];

/// One row per run: what was counted, latency quantiles with the ends of their intervals, errors by
/// kind.
pub fn totals(document: &Document) -> String {
    let mut heading: Vec<String> = RUN_COLUMNS.iter().map(|(name, _)| (*name).into()).collect();
    for q in QUANTILES {
        let name = quantile_name(q).to_lowercase();
        heading.extend(["", "_low", "_high"].map(|end| format!("latency_{name}{end}_ns")));
    }
    heading.extend(ErrorKind::ALL.map(|kind| format!("errors_{}", kind.name())));
    let mut text = String::new();
    push_row(&mut text, &heading);
    for run in &document.runs {
        let mut row: Vec<String> = RUN_COLUMNS.iter().map(|(_, value)| value(run)).collect();
        for q in QUANTILES {
            let found = run.latency.quantiles.iter().find(|one| one.q == q);
            let interval = found.and_then(|one| one.interval_ns);
            row.push(or_empty(found.map(|one| one.value_ns)));
            row.push(or_empty(interval.map(|(low, _)| low)));
            row.push(or_empty(interval.map(|(_, high)| high)));
        }
        let errors = &run.totals.errors;
        row.extend(ErrorKind::ALL.map(|kind| errors.get(&kind).unwrap_or(&0).to_string()));
        push_row(&mut text, &row);
    }
    text
}

/// One row per second of each run.
pub fn intervals(document: &Document) -> String {
    const HEADING: [&str; 12] = [
        "run",
        "name",
        "at_s",
        "length_s",
        "responses",
        "rate",
        "errors",
        "received_bytes",
        "p50_ns",
        "p90_ns",
        "p99_ns",
        "max_ns",
    ];
    let mut text = String::new();
    push_row(&mut text, &HEADING.map(str::to_owned));
    for (index, run) in document.runs.iter().enumerate() {
        for second in &run.intervals {
            push_row(&mut text, &interval_row(index + 1, &run.name, second));
        }
    }
    text
}

fn interval_row(run: usize, name: &str, second: &Interval) -> [String; 12] {
    let rate = (second.length_s > 0.0).then(|| second.responses as f64 / second.length_s);
    [
        run.to_string(),
        name.to_owned(),
        second.at_s.to_string(),
        second.length_s.to_string(),
        second.responses.to_string(),
        or_empty(rate),
        second.errors.to_string(),
        second.received_bytes.to_string(),
        second.p50_ns.to_string(),
        second.p90_ns.to_string(),
        second.p99_ns.to_string(),
        second.max_ns.to_string(),
    ]
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// RFC 4180 §2: rows end with CRLF; a field with a comma, a quote or a line break is quoted, and
/// its quotes are doubled.
fn push_row(text: &mut String, fields: &[String]) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if field.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text.push_str("\r\n");
}
