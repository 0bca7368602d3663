//! The report as a program reads it.

use serde::Serialize;

use super::judge::{Hand, Judgement};
use super::myths::Carried;
use super::{Outcome, Report};

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    outcome: &'static str,
    kernel: &'r str,
    role: &'static str,
    connections: u64,
    rate: f64,
    ram_bytes: u64,
    cores: u64,
    findings: Vec<Finding<'r>>,
    myths: Vec<Recipe<'r>>,
    host: Vec<HostNote<'r>>,
}

#[derive(Serialize)]
struct Finding<'r> {
    verdict: &'static str,
    key: &'r str,
    name: &'r str,
    kind: &'static str,
    scope: &'static str,
    current: Option<String>,
    wanted: Option<String>,
    operation: &'static str,
    after: Option<String>,
    by: Option<&'static str>,
    why: &'r str,
    remarks: &'r [String],
    counters: &'r [String],
    risk: &'static str,
    conflicts: &'r [String],
    source: &'r str,
}

#[derive(Serialize)]
struct Recipe<'r> {
    verdict: &'static str,
    key: &'r str,
    recipe: &'r str,
    current: Option<&'r str>,
    configured: Option<&'r str>,
    claim: &'r str,
    truth: &'r str,
    harm: &'r str,
    source: &'r str,
}

#[derive(Serialize)]
struct HostNote<'r> {
    subject: &'static str,
    standing: &'static str,
    found: &'r str,
}

impl Report<'_> {
    /// The whole report.
    pub fn to_json(&self) -> String {
        let document = Document {
            version: 1,
            outcome: match self.outcome() {
                Outcome::Compliant => "compliant",
                Outcome::Drift => "drift",
                Outcome::Unsafe => "unsafe",
            },
            kernel: &self.host.facts.kernel,
            role: self.goal.role.name(),
            connections: self.goal.connections,
            rate: self.goal.rate,
            ram_bytes: self.host.facts.ram_bytes,
            cores: self.host.facts.cores,
            findings: self.judgements.iter().map(finding).collect(),
            myths: self.myths.iter().map(recipe).collect(),
            host: self
                .notes
                .iter()
                .map(|note| HostNote {
                    subject: note.subject,
                    standing: note.standing.name(),
                    found: &note.found,
                })
                .collect(),
        };
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn finding<'r>(judgement: &'r Judgement<'_>) -> Finding<'r> {
    let knob = judgement.knob;
    let difference = judgement.difference.as_ref();
    Finding {
        verdict: judgement.verdict.name(),
        key: &knob.key,
        name: &judgement.name,
        kind: knob.kind.name(),
        scope: knob.scope.name(),
        current: judgement.current.as_ref().map(ToString::to_string),
        wanted: judgement.wanted.as_ref().map(ToString::to_string),
        operation: knob.operation.sign(),
        after: difference.map(|difference| difference.after.to_string()),
        by: difference.map(|difference| match difference.hand {
            Hand::Apply(_) => "apply",
            Hand::Persist => "persist",
            Hand::Person(_) => "person",
        }),
        why: &knob.why,
        remarks: &judgement.remarks,
        counters: &knob.counters,
        risk: knob.risk.level.name(),
        conflicts: &knob.conflicts,
        source: &knob.source,
    }
}

fn recipe<'r>(carried: &'r Carried<'_>) -> Recipe<'r> {
    Recipe {
        verdict: carried.verdict.name(),
        key: &carried.myth.key,
        recipe: &carried.myth.recipe,
        current: carried.current.as_deref(),
        configured: carried.configured.as_deref(),
        claim: &carried.myth.claim,
        truth: &carried.myth.truth,
        harm: &carried.myth.harm,
        source: &carried.myth.source,
    }
}
