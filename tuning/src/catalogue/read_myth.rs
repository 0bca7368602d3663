//! From a `[[myth]]` table to a [`Myth`].

use toml::de::DeTable;

use super::entry::Entry;
use super::knob::{Myth, MythKind, MythVerdict};
use super::problem::Report;

const FIELDS: [&str; 12] = [
    "key", "kind", "recipe", "detect", "claim", "truth", "harm", "verdict", "prove", "counter",
    "source", "note",
];

/// Reads an entry; `None` after a report.
pub(super) fn read_myth<'d>(
    table: &'d DeTable<'d>,
    at: usize,
    report: &'d Report<'d>,
) -> Option<Myth> {
    let problems_before = report.count();
    let entry = Entry::open(table, at, &FIELDS, report);
    if !entry.has("detect") {
        entry.wrong("detect", "is missing", "write a formula, or \"configured\"");
    }
    let myth = Myth {
        key: entry.text("key")?,
        kind: entry.choice("kind", &KINDS)?,
        recipe: entry.text("recipe")?,
        detect: entry.formula("detect")?,
        claim: entry.text("claim")?,
        truth: entry.text("truth")?,
        harm: entry.text_if_any("harm").unwrap_or_else(|| "none".into()),
        verdict: entry.choice("verdict", &VERDICTS)?,
        prove: entry.text_if_any("prove"),
        counters: entry.texts("counter"),
        source: entry.text("source")?,
        place: entry.place(),
    };
    Some(myth).filter(|_| report.count() == problems_before)
}

const KINDS: [(&str, MythKind); 7] = [
    ("sysctl", MythKind::Sysctl),
    ("file", MythKind::LimitsFile),
    ("limit", MythKind::LimitsFile),
    ("boot", MythKind::Boot),
    ("sysfs", MythKind::Elsewhere),
    ("firewall", MythKind::Elsewhere),
    ("socket", MythKind::Elsewhere),
];

const VERDICTS: [(&str, MythVerdict); 2] =
    [("myth", MythVerdict::Myth), ("unsafe", MythVerdict::Unsafe)];
