//! The highest rate that holds the thresholds.
//!
//! Doubling until a rate misses, halving the gap until it is small, and then the best rate once
//! more: what held by luck should not be the answer. There is no clock and no run in here: whoever
//! searches asks for the next rate, runs it and says how it went.

use crate::plan::{Arrival, Pacing, RateProfile, Scenario, SearchBounds};
use crate::record::report::{Outcome, RunReport};

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    bounds: SearchBounds,
    /// The rates that held, each higher than the one before.
    held: Vec<f64>,
    /// The lowest that missed.
    missed: Option<f64>,
    runs: u32,
    is_confirmed: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Run at this rate.
    Try(f64),
    /// Nothing: this is the answer.
    Done(Answer),
}

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// This rate held, and held again.
    Holds(f64),
    /// This rate held once, and then there were no runs left to confirm it.
    HeldOnce(f64),
    /// Not even the lowest rate held.
    Nothing,
}

impl Search {
    /// A search within `bounds`.
    pub fn new(bounds: SearchBounds) -> Search {
        Search {
            bounds,
            held: Vec::new(),
            missed: None,
            runs: 0,
            is_confirmed: false,
        }
    }

    /// The rate to run next, or the answer.
    pub fn next_step(&self) -> Next {
        let SearchBounds { from, to, .. } = self.bounds;
        if self.runs >= self.bounds.runs_max.get() || self.is_confirmed {
            return Next::Done(self.answer());
        }
        match (self.best(), self.missed) {
            (None, None) => Next::Try(from),
            (None, Some(missed)) if missed / 2.0 >= self.bounds.lowest() => Next::Try(missed / 2.0),
            (None, Some(_)) => Next::Done(Answer::Nothing),
            (Some(held), None) if held < to => Next::Try((held * 2.0).min(to)),
            (Some(held), Some(missed)) if missed > held * (1.0 + self.bounds.precision) => {
                Next::Try((held + missed) / 2.0)
            }
            (Some(held), _) => Next::Try(held),
        }
    }

    /// How the run at `rate` went.
    pub fn take(&mut self, rate: f64, holds: bool) {
        self.runs += 1;
        let is_repetition = self.best() == Some(rate);
        match (holds, is_repetition) {
            (true, true) => self.is_confirmed = true,
            (true, false) => self.held.push(rate),
            (false, true) => {
                // It held once and missed once: the answer is between the one before and this.
                self.missed = Some(rate);
                self.held.pop();
            }
            (false, false) => self.missed = Some(rate),
        }
    }

    fn best(&self) -> Option<f64> {
        self.held.last().copied()
    }

    fn answer(&self) -> Answer {
        match self.best() {
            Some(rate) if self.is_confirmed => Answer::Holds(rate),
            Some(rate) => Answer::HeldOnce(rate),
            None => Answer::Nothing,
        }
    }
}

/// `base` at this rate; the gaps keep their law.
pub fn at_rate(base: &Scenario, rate: f64) -> Scenario {
    let arrival = match base.pacing {
        Pacing::Open { arrival, .. } => arrival,
        Pacing::Closed { .. } => Arrival::Poisson,
    };
    Scenario {
        name: format!("{} {rate:.0}/s", base.name),
        pacing: Pacing::Open {
            arrival,
            profile: RateProfile::constant(rate),
        },
        ..base.clone()
    }
}

/// Whether a run holds its thresholds. A run whose load was not what was asked for holds nothing;
/// neither does one whose generator was the limit.
pub fn holds(run: &RunReport) -> bool {
    match run.verdict.outcome {
        Outcome::Sound => run.slo.iter().all(|threshold| threshold.holds),
        Outcome::SaturatedClient | Outcome::Invalid => false,
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const BOUNDS: SearchBounds = SearchBounds {
        from: 1000.0,
        to: 1e6,
        precision: 0.05,
        runs_max: NonZeroU32::new(40).expect("not 0"),
    };

    /// Searches a server that holds while `holds` says so; answers the rates tried, too.
    fn search(bounds: SearchBounds, mut holds: impl FnMut(f64) -> bool) -> (Answer, Vec<f64>) {
        let mut search = Search::new(bounds);
        let mut tried = Vec::new();
        loop {
            match search.next_step() {
                Next::Try(rate) => {
                    tried.push(rate);
                    search.take(rate, holds(rate));
                }
                Next::Done(answer) => return (answer, tried),
            }
            assert!(tried.len() <= 40, "{tried:?}");
        }
    }

    #[test]
    fn the_answer_is_within_the_precision_and_was_run_twice() {
        for limit in [16.0, 999.0, 1000.0, 12_345.0, 77_777.0, 999_999.0] {
            let (answer, tried) = search(BOUNDS, |rate| rate <= limit);
            let Answer::Holds(rate) = answer else {
                panic!("{limit}: {answer:?}");
            };
            assert!(rate <= limit && rate * 1.05 >= limit, "{limit}: {rate}");
            let times = tried.iter().filter(|tried| **tried == rate).count();
            assert_eq!(times, 2, "{limit}: {tried:?}");
        }
    }

    #[test]
    fn bounds_are_answers_too() {
        let (answer, tried) = search(BOUNDS, |_| true);
        assert_eq!(answer, Answer::Holds(1e6));
        assert!(tried.iter().all(|rate| *rate <= 1e6));
        let (answer, tried) = search(BOUNDS, |_| false);
        assert_eq!(answer, Answer::Nothing);
        assert!(tried.len() <= 8, "{tried:?}");
    }

    #[test]
    fn a_rate_that_held_by_luck_is_not_the_answer() {
        let mut seen = Vec::new();
        let (answer, _) = search(BOUNDS, |rate| {
            let is_new = !seen.contains(&rate.to_bits());
            seen.push(rate.to_bits());
            rate <= 10_000.0 || (rate <= 12_000.0 && is_new)
        });
        let Answer::Holds(rate) = answer else {
            panic!("{answer:?}");
        };
        assert!((9_000.0..=10_000.0).contains(&rate), "{rate}");
    }

    #[test]
    fn runs_are_bounded_and_an_unconfirmed_answer_says_so() {
        let few = SearchBounds {
            runs_max: NonZeroU32::new(3).expect("not 0"),
            ..BOUNDS
        };
        let (answer, tried) = search(few, |rate| rate <= 1e5);
        assert_eq!((answer, tried.len()), (Answer::HeldOnce(4000.0), 3));
    }
}
