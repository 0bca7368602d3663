//! RFC 9110 §14 against a model that paints bytes.

use std::collections::BTreeSet;

use http::{ByteRange, Limits, RangeOutcome, resolve_ranges};

use crate::harness::Random;

/// What one range of a set asks for, by the letter of RFC 9110 §14.1.2: the positions it covers.
fn positions(spec: (Option<u64>, Option<u64>), length: u64) -> BTreeSet<u64> {
    match spec {
        (Some(first), Some(last)) => (first..=last).filter(|at| *at < length).collect(),
        (Some(first), None) => (first..length).collect(),
        (None, Some(suffix)) => (length.saturating_sub(suffix)..length).collect(),
        (None, None) => BTreeSet::new(),
    }
}

/// The bytes that are sent are those that were asked for, each once, in parts that do not touch,
/// ordered by the first request for a byte of theirs.
#[test]
fn every_byte_that_was_asked_for_is_sent_once() {
    for seed in 0..5_000 {
        let mut random = Random::new(seed);
        let length = 1 + random.below(40) as u64;
        let specs: Vec<_> = (0..1 + random.below(6))
            .map(|_| {
                let (one, other) = (random.below(50) as u64, random.below(50) as u64);
                match random.below(3) {
                    0 => (Some(one.min(other)), Some(one.max(other))),
                    1 => (Some(one), None),
                    _ => (None, Some(one)),
                }
            })
            .collect();
        let text = |number: Option<u64>| number.map_or(String::new(), |number| number.to_string());
        let written: Vec<_> = specs
            .iter()
            .map(|&(first, last)| format!("{}-{}", text(first), text(last)))
            .collect();
        let value = format!(
            "bytes={}",
            written.join(random.pick(&[",", ", ", " ,", ",,"]))
        );

        let parts = match resolve_ranges(value.as_bytes(), length, &Limits::default()) {
            RangeOutcome::Whole => panic!("seed {seed}: {value} is well formed"),
            RangeOutcome::Unsatisfiable => Vec::new(),
            RangeOutcome::Single(part) => vec![part],
            RangeOutcome::Several(parts) => parts,
        };
        let asked: BTreeSet<u64> = specs
            .iter()
            .flat_map(|&spec| positions(spec, length))
            .collect();
        let sent: Vec<u64> = parts
            .iter()
            .flat_map(|part| part.first..=part.last)
            .collect();
        assert_eq!(
            sent.len(),
            asked.len(),
            "seed {seed}: {value} of {length}: {parts:?}"
        );
        assert_eq!(
            sent.iter().copied().collect::<BTreeSet<_>>(),
            asked,
            "seed {seed}: {value}"
        );
        for part in &parts {
            let before = part.first.checked_sub(1);
            let touched = before.is_some_and(|before| asked.contains(&before))
                || asked.contains(&(part.last + 1));
            assert!(!touched, "seed {seed}: {value} of {length}: {parts:?}");
        }
        let first_asked = |part: &ByteRange| {
            specs.iter().position(|&spec| {
                positions(spec, length)
                    .iter()
                    .any(|at| (part.first..=part.last).contains(at))
            })
        };
        assert!(
            parts.is_sorted_by_key(first_asked),
            "seed {seed}: {value}: {parts:?}"
        );
    }
}

/// Nothing that can be written makes more of a file than there is.
#[test]
fn random_text_never_leaves_the_representation() {
    let pieces = [
        "bytes=",
        "-",
        ",",
        "0",
        "9",
        "18446744073709551615",
        " ",
        "=",
        "x",
        "00",
    ];
    for seed in 0..5_000 {
        let mut random = Random::new(seed);
        let value: String = (0..random.below(12))
            .map(|_| random.pick(&pieces))
            .collect();
        let length = [0, 1, 10, u64::MAX][random.below(4)];
        let parts = match resolve_ranges(value.as_bytes(), length, &Limits::default()) {
            RangeOutcome::Whole | RangeOutcome::Unsatisfiable => Vec::new(),
            RangeOutcome::Single(part) => vec![part],
            RangeOutcome::Several(parts) => parts,
        };
        for part in parts {
            assert!(
                part.first <= part.last && part.last < length,
                "seed {seed}: {value:?}"
            );
        }
    }
}
