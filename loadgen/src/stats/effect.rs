//! How large a difference must be to be seen, and how many runs it takes to see one.

use super::student;
use super::{SIGNIFICANCE, median};

/// The chance of seeing a difference of the size told.
const POWER: f64 = 0.8;

/// The rank test needs this much more than a t test where values are normal: its asymptotic
/// efficiency there is 3/pi.
const RANK_TEST_EFFICIENCY: f64 = 3.0 / std::f64::consts::PI;

/// Runs per side above which none are told: the scatter is too large for counting on.
const RUNS_MAX: u32 = 10_000;

/// The smallest ratio of the second side to the first, as a share above 0, that these runs would
/// show four times in five: 0.03 is 3 %. From the scatter of the runs around their medians,
/// pooled. `None` with fewer than two runs on a side or a median of 0.
pub fn minimum_detectable_ratio(a: &[f64], b: &[f64]) -> Option<f64> {
    let scatter = pooled_scatter(a, b)?;
    let freedom = u32::try_from(a.len() + b.len() - 2).ok()?;
    let spread = (1.0 / a.len() as f64 + 1.0 / b.len() as f64).sqrt();
    Some(multiple(freedom) * scatter * spread)
}

/// Runs per side that would show a ratio as far from 1 as `ratio` four times in five; `None` where
/// it is 1, where the scatter is not known, and above 10,000.
pub fn runs_to_show_ratio(a: &[f64], b: &[f64], ratio: f64) -> Option<u32> {
    let scatter = pooled_scatter(a, b)?;
    let distance = (ratio - 1.0).abs();
    let shows = |runs: u32| {
        let spread = (2.0 / f64::from(runs)).sqrt();
        multiple(2 * runs - 2) * scatter * spread <= distance
    };
    // More runs always show more: bisect.
    if distance == 0.0 || !shows(RUNS_MAX) {
        return None;
    }
    let (mut too_few, mut enough) = (runs_to_show_anything() - 1, RUNS_MAX);
    while enough - too_few > 1 {
        let middle = u32::midpoint(too_few, enough);
        if shows(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

/// Runs per side with which the rank test can show anything at all: with three, even the clearest
/// order of the runs comes by chance once in ten times.
pub fn runs_to_show_anything() -> u32 {
    let mut runs = 1;
    let mut divisions = 2.0;
    while 2.0 / divisions > SIGNIFICANCE {
        runs += 1;
        // C(2n, n) from C(2n-2, n-1).
        divisions *= 2.0 * f64::from(2 * runs - 1) / f64::from(runs);
    }
    runs
}

fn multiple(freedom: u32) -> f64 {
    let tails = student::quantile(1.0 - SIGNIFICANCE / 2.0, freedom);
    (tails + student::quantile(POWER, freedom)) / RANK_TEST_EFFICIENCY.sqrt()
}

/// Standard deviation of the runs in shares of their side's median, both sides pooled.
fn pooled_scatter(a: &[f64], b: &[f64]) -> Option<f64> {
    let (squares_a, squares_b) = (squares(a)?, squares(b)?);
    let freedom = (a.len() + b.len() - 2) as f64;
    Some(((squares_a + squares_b) / freedom).sqrt())
}

/// Sum of the squared distances from the mean, in shares of the median.
fn squares(values: &[f64]) -> Option<f64> {
    let center = median(values).filter(|center| *center > 0.0)?;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(
        values
            .iter()
            .map(|value| ((value - mean) / center).powi(2))
            .sum(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEADY: [f64; 5] = [99.0, 100.0, 101.0, 100.5, 99.5];

    #[test]
    fn four_runs_each_are_the_least() {
        // 2 / C(6,3) = 0.1 and 2 / C(8,4) = 0.029.
        assert_eq!(runs_to_show_anything(), 4);
    }

    #[test]
    fn the_smallest_difference_is_that_of_the_formula() {
        // Scatter 0.790569 %; (t(0.975, 8) + t(0.8, 8)) * s * sqrt(2/5) * sqrt(pi/3)
        // = (2.306004 + 0.888890) * 0.00790569 * 0.632456 * 1.023327 = 0.016347.
        let found = minimum_detectable_ratio(&STEADY, &STEADY).expect("scatter");
        assert!((found - 0.016_347).abs() < 1e-5, "{found}");
        assert_eq!(minimum_detectable_ratio(&[1.0], &STEADY), None);
    }

    #[test]
    fn a_difference_of_that_size_is_seen_four_times_in_five() {
        use rand::rngs::SmallRng;
        use rand::{Rng, SeedableRng};
        let mut random = SmallRng::seed_from_u64(3);
        // Normal enough: the sum of twelve uniforms; 10 % scatter, 10 runs each.
        let mut runs = |center: f64| -> Vec<f64> {
            (0..10)
                .map(|_| {
                    let sum: f64 = (0..12).map(|_| random.random::<f64>()).sum();
                    center * (1.0 + 0.1 * (sum - 6.0))
                })
                .collect()
        };
        let freedom = 18;
        let effect = multiple(freedom) * 0.1 * (0.2_f64).sqrt();
        // An effect added and not multiplied keeps both sides' scatter the same.
        let seen = (0..400)
            .filter(|_| {
                let a = runs(1.0);
                let b: Vec<f64> = runs(1.0).iter().map(|value| value + effect).collect();
                super::super::mann_whitney(&a, &b).is_some_and(|test| test.p <= SIGNIFICANCE)
            })
            .count();
        // 80 % of 400, give or take four deviations.
        assert!((288..=352).contains(&seen), "{seen}");
    }

    #[test]
    fn smaller_differences_take_more_runs() {
        let few = runs_to_show_ratio(&STEADY, &STEADY, 1.05).expect("some number");
        let many = runs_to_show_ratio(&STEADY, &STEADY, 0.995).expect("some number");
        assert_eq!(few, 4);
        assert!((35..60).contains(&many), "{many}");
        assert_eq!(runs_to_show_ratio(&STEADY, &STEADY, 1.0), None);
        assert_eq!(runs_to_show_ratio(&STEADY, &STEADY, 1.000_001), None);
    }
}
