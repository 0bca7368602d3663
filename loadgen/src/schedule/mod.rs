//! When requests are meant to start.
//!
//! A start is a moment drawn before anything is known of the server. Gaps are drawn on the area
//! under the rate (a unit gap where the rate is the unit), so that ramps keep their law: a Poisson
//! process stays one while its rate changes. Threads have independent streams; their sum is again
//! a Poisson process. There is no clock in here, and nothing is ever batched on a tick.

mod curve;

use std::time::Duration;

use rand::Rng;
use rand::rngs::SmallRng;

use crate::plan::Arrival;

pub use curve::RateCurve;

/// The intended starts of one thread, in order.
#[derive(Debug)]
pub struct Schedule {
    arrival: Arrival,
    curve: RateCurve,
    /// Area under the thread's share of the rate up to the last start drawn.
    area: f64,
    random: SmallRng,
}

impl Schedule {
    /// The stream of thread `thread` of `threads`, which share the rate evenly. Even gaps of
    /// several threads interleave.
    pub fn new(
        arrival: Arrival,
        curve: &RateCurve,
        thread: u32,
        threads: u32,
        random: SmallRng,
    ) -> Schedule {
        let area = match arrival {
            Arrival::Poisson => 0.0,
            Arrival::Constant => f64::from(thread) / f64::from(threads) - 1.0,
        };
        Schedule {
            arrival,
            curve: curve.share(1.0 / f64::from(threads)),
            area,
            random,
        }
    }

    /// The next start, from the beginning of the load; `None` where the rate has ended at 0.
    pub fn next_start(&mut self) -> Option<Duration> {
        self.area += match self.arrival {
            Arrival::Poisson => exponential(&mut self.random),
            Arrival::Constant => 1.0,
        };
        self.curve.time_of_area(self.area)
    }
}

/// A unit-mean exponential variate by inversion.
fn exponential(random: &mut SmallRng) -> f64 {
    let uniform: f64 = random.random();
    // `uniform` is in [0, 1): 1 - uniform is never 0.
    -(1.0 - uniform).ln()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::plan::{RatePiece, RateProfile};

    fn starts(arrival: Arrival, profile: &RateProfile, threads: u32, until: f64) -> Vec<f64> {
        let curve = RateCurve::new(profile);
        let mut all = Vec::new();
        for thread in 0..threads {
            let random = SmallRng::seed_from_u64(u64::from(thread) + 7);
            let mut schedule = Schedule::new(arrival, &curve, thread, threads, random);
            while let Some(start) = schedule.next_start().map(|start| start.as_secs_f64()) {
                if start >= until {
                    break;
                }
                all.push(start);
            }
        }
        all.sort_by(f64::total_cmp);
        all
    }

    #[test]
    fn even_gaps_of_several_threads_interleave_to_even_gaps() {
        let all = starts(Arrival::Constant, &RateProfile::constant(1000.0), 4, 1.0);
        assert_eq!(all.len(), 1000);
        for pair in all.windows(2) {
            assert!((pair[1] - pair[0] - 0.001).abs() < 1e-8, "{pair:?}");
        }
    }

    #[test]
    fn poisson_starts_keep_the_rate_and_scatter_as_their_law_says() {
        let all = starts(Arrival::Poisson, &RateProfile::constant(50_000.0), 3, 2.0);
        let expected = 100_000.0_f64;
        // Five standard deviations of a Poisson count.
        assert!((all.len() as f64 - expected).abs() < 5.0 * expected.sqrt());
        // Counts in windows of 1 ms have the variance of their mean; even gaps would have none.
        let mut counts = vec![0.0_f64; 2000];
        for start in &all {
            counts[(start * 1000.0) as usize] += 1.0;
        }
        let mean = counts.iter().sum::<f64>() / 2000.0;
        let variance = counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 2000.0;
        assert!(
            (0.85..1.15).contains(&(variance / mean)),
            "{variance} {mean}"
        );
    }

    #[test]
    fn poisson_gaps_are_exponential_and_even_gaps_are_not() {
        let check = |arrival, seed| {
            let curve = RateCurve::new(&RateProfile::constant(50_000.0));
            let random = SmallRng::seed_from_u64(seed);
            let mut schedule = Schedule::new(arrival, &curve, 0, 1, random);
            let mut starts = std::iter::from_fn(|| schedule.next_start());
            let mut before = starts.next().expect("a rate");
            let gaps = starts.take(5_000).map(|start| {
                let gap = start - before;
                before = start;
                gap.as_nanos() as u64
            });
            crate::stats::arrival_check(&mut gaps.collect::<Vec<_>>()).expect("enough gaps")
        };
        // One seed in a hundred may fail at the 1 % level; these are fixed and do not.
        for seed in 1..=20 {
            let poisson = check(Arrival::Poisson, seed);
            assert!(
                poisson.statistic < poisson.critical,
                "seed {seed}: {poisson:?}"
            );
        }
        let even = check(Arrival::Constant, 1);
        assert!(even.statistic > 100.0 * even.critical, "{even:?}");
    }

    #[test]
    fn a_ramp_has_the_starts_of_its_area_and_ends_at_zero() {
        let seconds = Duration::from_secs;
        let profile = RateProfile {
            pieces: vec![
                RatePiece {
                    length: seconds(2),
                    from: 0.0,
                    to: 1000.0,
                },
                RatePiece {
                    length: seconds(1),
                    from: 1000.0,
                    to: 1000.0,
                },
                RatePiece {
                    length: seconds(2),
                    from: 1000.0,
                    to: 0.0,
                },
            ],
        };
        let all = starts(Arrival::Constant, &profile, 1, 1e9);
        assert!((2999..=3000).contains(&all.len()), "{}", all.len());
        let until = |end: f64| all.iter().filter(|start| **start < end).count();
        // A quarter of a ramp's starts come in its first half.
        assert!((249..=251).contains(&until(1.0)), "{}", until(1.0));
        assert!((999..=1001).contains(&until(2.0)));
        assert!((1999..=2001).contains(&until(3.0)));
        assert!((2749..=2751).contains(&until(4.0)));
    }
}
