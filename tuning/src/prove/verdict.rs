//! What rounds come to: helps, hurts, changes something, or no measurable effect here.
//!
//! A difference is claimed on one of two grounds only: the exact test finds it at 5 %, or it is
//! the same in every round of a side and another on the other side (0 of 60 refused against 60 of
//! 60 is no matter of chance). Everything else is "no measurable effect", with what would have
//! been seen.

use super::proof::{Better, Figure, Ran, Round};
use super::statistics::{LEVEL, detectable, median, p_value};

/// What a proof comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The deciding figure got better.
    Helps,
    /// The deciding figure got worse.
    Hurts,
    /// The deciding figure changed, and neither direction is good.
    Changes,
    /// No difference was found.
    NoEffect,
    /// There were too few rounds to find one.
    Undecided,
    /// Nothing can be said.
    NotRun,
}

/// Two sets of numbers compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The figure or counter.
    pub name: String,
    /// Middle of the rounds before.
    pub before: f64,
    /// Middle of the rounds after.
    pub after: f64,
    /// Whether they differ, and on which grounds.
    pub grounds: Grounds,
}

/// Why two sets of numbers count as different, or do not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grounds {
    /// Each side had one value in all rounds, and the two are not the same.
    EveryRound,
    /// The exact test, with this chance.
    Test(f64),
    /// Both sides had the same value in all rounds.
    AllTheSame,
    /// No difference was found; one of this size would have been.
    Nothing {
        /// In the unit of the figure; infinite with too few rounds.
        detectable: f64,
    },
}

/// No difference could have been found.
const TOO_FEW: Grounds = Grounds::Nothing {
    detectable: f64::INFINITY,
};

/// Fewer rounds than these on a side are no evidence at all.
const ROUNDS_MIN: usize = 2;

/// A difference below this share of the value, however sure, is no reason to change anything.
const WORTH_IT: f64 = 0.02;

/// Compares two sets of numbers.
pub(super) fn compare(name: &str, before: &[f64], after: &[f64]) -> Comparison {
    let constant = |side: &[f64]| side.iter().all(|value| *value == side[0]);
    let grounds = if before.len().min(after.len()) < ROUNDS_MIN {
        TOO_FEW
    } else if constant(before) && constant(after) {
        if before[0] == after[0] {
            Grounds::AllTheSame
        } else {
            Grounds::EveryRound
        }
    } else {
        let p = p_value(before, after);
        if p <= LEVEL {
            Grounds::Test(p)
        } else {
            Grounds::Nothing {
                detectable: detectable(before, after),
            }
        }
    };
    Comparison {
        name: name.to_owned(),
        before: median(before),
        after: median(after),
        grounds,
    }
}

impl Comparison {
    /// Whether the two sides differ.
    pub fn differs(&self) -> bool {
        match self.grounds {
            Grounds::EveryRound | Grounds::Test(_) => true,
            Grounds::AllTheSame | Grounds::Nothing { .. } => false,
        }
    }

    /// Differs by enough to matter.
    fn matters(&self) -> bool {
        let larger = self.before.abs().max(self.after.abs());
        self.differs() && (self.after - self.before).abs() >= larger * WORTH_IT
    }
}

impl Ran {
    /// What it comes to.
    pub fn verdict(&self) -> Verdict {
        if self.before.len().min(self.after.len()) < ROUNDS_MIN {
            return Verdict::NotRun;
        }
        let (Some(figure), Some(comparison)) = (self.proof.figures.first(), self.figures().next())
        else {
            return Verdict::NotRun;
        };
        if comparison.grounds == TOO_FEW {
            return Verdict::Undecided;
        }
        if !comparison.matters() {
            return Verdict::NoEffect;
        }
        match (figure.better, comparison.after > comparison.before) {
            (Better::More, true) | (Better::Less, false) => Verdict::Helps,
            (Better::More, false) | (Better::Less, true) => Verdict::Hurts,
            (Better::Neither, _) => Verdict::Changes,
        }
    }

    /// The figures compared, the deciding one first.
    pub fn figures(&self) -> impl Iterator<Item = Comparison> + '_ {
        let compared = |figure: &'static Figure| {
            let of = |rounds: &[Round]| -> Vec<f64> {
                rounds
                    .iter()
                    .map(|round| round.figure(figure.name))
                    .collect()
            };
            compare(figure.name, &of(&self.before), &of(&self.after))
        };
        self.proof.figures.iter().map(compared)
    }

    /// The counters compared.
    pub fn counters(&self) -> impl Iterator<Item = Comparison> + '_ {
        let compared = |name: &&'static str| {
            let of = |rounds: &[Round]| -> Vec<f64> {
                rounds.iter().map(|round| round.counter(name)).collect()
            };
            compare(name, &of(&self.before), &of(&self.after))
        };
        self.proof.counters.iter().map(compared)
    }
}

impl Verdict {
    /// The words in tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Helps => "helps",
            Self::Hurts => "hurts",
            Self::Changes => "changes",
            Self::NoEffect => "no effect",
            Self::Undecided => "undecided",
            Self::NotRun => "not run",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::proof::{About, Proof, Side};
    use crate::prove::scenario::Scenario;

    fn ran(figure: &'static [Figure], before: &[f64], after: &[f64]) -> Ran {
        let round = |value: &f64| Round::default().with("n", *value);
        Ran {
            proof: Proof {
                key: "a.key",
                about: About::Knob,
                question: "a question",
                before: Side::sysctls("1", &[]),
                after: Side::sysctls("2", &[]),
                scenario: Scenario::Reload,
                figures: figure,
                counters: &["Tcp.A"],
            },
            before: before.iter().map(round).collect(),
            after: after.iter().map(round).collect(),
            hindrance: None,
            seconds: 1.0,
        }
    }

    #[test]
    fn the_direction_of_the_figure_decides_between_help_and_harm() {
        let (low, high) = ([1.0, 1.1, 1.2, 1.3], [2.0, 2.1, 2.2, 2.3]);
        const MORE: &[Figure] = &[Figure::more("n")];
        const LESS: &[Figure] = &[Figure::less("n")];
        const SHOWS: &[Figure] = &[Figure::shows("n")];
        assert_eq!(ran(MORE, &low, &high).verdict(), Verdict::Helps);
        assert_eq!(ran(MORE, &high, &low).verdict(), Verdict::Hurts);
        assert_eq!(ran(LESS, &low, &high).verdict(), Verdict::Hurts);
        assert_eq!(ran(LESS, &high, &low).verdict(), Verdict::Helps);
        assert_eq!(ran(SHOWS, &low, &high).verdict(), Verdict::Changes);
    }

    #[test]
    fn three_noisy_rounds_are_no_evidence_and_two_equal_ones_are() {
        const MORE: &[Figure] = &[Figure::more("n")];
        let noisy = ran(MORE, &[1.0, 1.1, 1.2], &[2.0, 2.1, 2.2]);
        assert_eq!(noisy.verdict(), Verdict::Undecided);
        assert_eq!(
            ran(MORE, &[0.0, 0.0], &[60.0, 60.0]).verdict(),
            Verdict::Helps
        );
        assert_eq!(ran(MORE, &[0.0], &[60.0]).verdict(), Verdict::NotRun);
        assert_eq!(ran(MORE, &[], &[]).verdict(), Verdict::NotRun);
    }

    #[test]
    fn a_sure_difference_of_one_percent_is_no_reason_to_change_anything() {
        const MORE: &[Figure] = &[Figure::more("n")];
        let small = ran(MORE, &[100.0; 5], &[101.0; 5]);
        assert!(small.figures().all(|figure| figure.differs()));
        assert_eq!(small.verdict(), Verdict::NoEffect);
    }

    #[test]
    fn overlapping_rounds_say_what_would_have_been_seen() {
        let found = compare(
            "n",
            &[10.0, 12.0, 11.0, 13.0, 9.0],
            &[10.5, 11.5, 12.5, 9.5, 11.0],
        );
        let Grounds::Nothing { detectable } = found.grounds else {
            panic!("{found:?}");
        };
        assert!(detectable > 0.5 && detectable < 6.0, "{detectable}");
    }
}
