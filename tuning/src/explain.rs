//! `explain`: everything that is known of one key, on this host.

use crate::catalogue::{Catalogue, Knob, Myth};
use crate::check::judge;
use crate::goal::Goal;
use crate::host::Host;

/// The text about a key; `None` if nothing is known of it.
pub fn explain(key: &str, catalogue: &Catalogue, host: &Host, goal: &Goal) -> Option<String> {
    let knob = catalogue.knob(key);
    let myths: Vec<&Myth> = catalogue.myths_about(key).collect();
    if knob.is_none() && myths.is_empty() {
        return None;
    }
    let mut text = format!("{key}\n");
    if let Some(knob) = knob {
        about_knob(&mut text, knob, host, goal);
    }
    for myth in myths {
        about_myth(&mut text, myth);
    }
    Some(text)
}

fn about_knob(text: &mut String, knob: &Knob, host: &Host, goal: &Goal) {
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("  {name:<10} {value}\n"));
        }
    };
    line("why", &knob.why);
    let wanted = knob
        .wanted
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let roles: Vec<&str> = knob.roles.iter().map(|role| role.name()).collect();
    line("wanted", &format!("{} {wanted}", knob.operation.sign()));
    line("for", &roles.join(", "));
    line(
        "when",
        &knob
            .when
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    line("unit", knob.unit.as_deref().unwrap_or_default());
    line("default", &knob.default.text);
    line(
        "kind",
        &format!("{}, scope {}", knob.kind.name(), knob.scope.name()),
    );
    line("range", &range(knob));
    line(
        "since",
        &knob
            .since
            .map(|version| format!("Linux {version}"))
            .unwrap_or_default(),
    );
    line(
        "removed",
        &knob
            .removed
            .map(|version| format!("Linux {version}"))
            .unwrap_or_default(),
    );
    line(
        "risk",
        format!("{}: {}", knob.risk.level.name(), knob.risk.why).trim_end_matches(": "),
    );
    line("counter", &knob.counters.join(", "));
    line("conflicts", &knob.conflicts.join("; "));
    line("prove", knob.prove.as_deref().unwrap_or_default());
    line("source", &knob.source);
    for judgement in judge(knob, host, goal) {
        let current = judgement
            .current
            .as_ref()
            .map_or("-".into(), ToString::to_string);
        let after = judgement
            .difference
            .as_ref()
            .map(|difference| difference.after.to_string());
        let change = after.map_or(current.clone(), |after| format!("{current} -> {after}"));
        let instance = judgement.name.strip_prefix(&knob.key).unwrap_or_default();
        line(
            "here",
            format!("{} {change} {instance}", judgement.verdict.name()).trim_end(),
        );
        judgement.remarks.iter().for_each(|remark| line("", remark));
    }
}

fn about_myth(text: &mut String, myth: &Myth) {
    text.push_str(&format!("  myth       {}\n", myth.recipe));
    for (name, value) in [
        ("said", myth.claim.as_str()),
        ("in truth", &myth.truth),
        ("harm", &myth.harm),
        ("counter", &myth.counters.join(", ")),
        ("source", &myth.source),
    ] {
        if !value.is_empty() {
            text.push_str(&format!("    {name:<8} {value}\n"));
        }
    }
}

fn range(knob: &Knob) -> String {
    let bound = |bound: Option<i128>| bound.map_or("".into(), |bound| bound.to_string());
    match (knob.range.min, knob.range.max) {
        (None, None) => String::new(),
        (min, max) => format!("{} .. {}", bound(min), bound(max)),
    }
}
