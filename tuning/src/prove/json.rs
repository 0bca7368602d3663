//! The document of `--json`: every round as it was, and the verdict that was made of them.

use serde_json::{Value, json};

use super::proof::{Ran, Round};
use super::verdict::{Comparison, Grounds};

/// The version of the document's shape.
const SCHEMA: &str = "ringtune-prove/1";

/// All proofs with their rounds in the order in which they ran.
pub fn document(all: &[Ran]) -> String {
    let proofs: Vec<Value> = all.iter().map(proof).collect();
    format!("{:#}\n", json!({ "schema": SCHEMA, "proofs": proofs }))
}

fn proof(ran: &Ran) -> Value {
    let proof = &ran.proof;
    json!({
        "key": proof.key,
        "about": proof.about.name(),
        "scenario": proof.scenario.name(),
        "question": proof.question,
        "before": proof.before.label,
        "after": proof.after.label,
        "verdict": ran.verdict().name(),
        "hindrance": ran.hindrance.as_ref().map(ToString::to_string),
        "seconds": ran.seconds,
        "figures": ran.figures().map(|found| comparison(&found)).collect::<Vec<_>>(),
        "counters": ran.counters().map(|found| comparison(&found)).collect::<Vec<_>>(),
        "rounds": {
            "before": ran.before.iter().map(round).collect::<Vec<_>>(),
            "after": ran.after.iter().map(round).collect::<Vec<_>>(),
        },
    })
}

fn comparison(found: &Comparison) -> Value {
    let (grounds, p, detectable) = match found.grounds {
        Grounds::EveryRound => ("in every round", None, None),
        Grounds::Test(p) => ("test", Some(p), None),
        Grounds::AllTheSame => ("all the same", None, None),
        // JSON has no infinity: too few rounds show nothing, whatever its size.
        Grounds::Nothing { detectable } => (
            "no difference found",
            None,
            Some(detectable).filter(|size| size.is_finite()),
        ),
    };
    json!({
        "name": found.name,
        "before": found.before,
        "after": found.after,
        "differs": found.differs(),
        "grounds": grounds,
        "p": p,
        "detectable": detectable,
    })
}

fn round(round: &Round) -> Value {
    json!({ "figures": round.figures, "counters": round.counters })
}
