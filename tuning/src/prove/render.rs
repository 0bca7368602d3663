//! The answer on a terminal: a verdict, a key, and the evidence in one line each.

use super::proof::{About, Ran};
use super::verdict::{Comparison, Grounds, Verdict};

/// One proof: a headline, the question, and what was seen.
pub fn line(ran: &Ran) -> String {
    let proof = &ran.proof;
    let (word, key, about) = (ran.verdict().name(), proof.key, proof.about.name());
    let mut text = format!(
        "{word:<9}  {key}  {} -> {}  ({about}, {}, {:.0} s)\n",
        proof.before.label,
        proof.after.label,
        proof.scenario.name(),
        ran.seconds,
    );
    text.push_str(&format!("           {}\n", proof.question));
    if ran.verdict() != Verdict::NotRun {
        for figure in ran.figures() {
            text.push_str(&format!(
                "           {}\n",
                evidence(&figure, ran.before.len())
            ));
        }
        let moved = ran
            .counters()
            .filter(|counter| counter.before != 0.0 || counter.after != 0.0);
        for counter in moved {
            text.push_str(&format!(
                "           counter {}\n",
                evidence(&counter, ran.before.len())
            ));
        }
    }
    if let Some(hindrance) = &ran.hindrance {
        text.push_str(&format!("           ended early: {hindrance}\n"));
    }
    text
}

/// How many of each verdict.
pub fn summary(all: &[Ran]) -> String {
    let count = |verdict: Verdict| all.iter().filter(|ran| ran.verdict() == verdict).count();
    let myths = all
        .iter()
        .filter(|ran| ran.proof.about == About::Myth)
        .count();
    format!(
        "{} proofs, {myths} of them of myths: {} help, {} hurt, {} change something, {} without \
         measurable effect, {} undecided, {} not run\n",
        all.len(),
        count(Verdict::Helps),
        count(Verdict::Hurts),
        count(Verdict::Changes),
        count(Verdict::NoEffect),
        count(Verdict::Undecided),
        count(Verdict::NotRun),
    )
}

/// `accepted in time: 129 -> 2000 (x15.5, in every round)`.
pub(super) fn evidence(found: &Comparison, rounds: usize) -> String {
    let (before, after) = (number(found.before), number(found.after));
    let name = &found.name;
    match found.grounds {
        Grounds::EveryRound => {
            format!(
                "{name}: {before} -> {after}, {}in all {rounds} rounds",
                change(found)
            )
        }
        Grounds::Test(p) => {
            format!(
                "{name}: {before} -> {after}, {}medians of {rounds} rounds, p = {p:.3}",
                change(found)
            )
        }
        Grounds::AllTheSame => {
            format!("{name}: {before} and {after}, the same in all {rounds} rounds")
        }
        Grounds::Nothing { detectable } if detectable.is_infinite() => format!(
            "{name}: {before} and {after}, medians of {rounds} rounds, too few to tell a difference"
        ),
        Grounds::Nothing { detectable } => format!(
            "{name}: {before} and {after}, medians of {rounds} rounds; a difference of {} would \
             have been seen",
            number(detectable)
        ),
    }
}

/// The size of a difference, where it has one.
fn change(found: &Comparison) -> String {
    let ratio = found.after / found.before;
    if !ratio.is_finite() || ratio <= 0.0 {
        String::new()
    } else if (0.5..2.0).contains(&ratio) {
        format!("{:+.1} %, ", (ratio - 1.0) * 100.0)
    } else if ratio >= 2.0 {
        format!("{ratio:.1} times, ")
    } else {
        format!("1/{:.1}, ", 1.0 / ratio)
    }
}

/// Three digits that count, and whole numbers whole.
pub(super) fn number(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let digits = (2 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.digits$}")
}
