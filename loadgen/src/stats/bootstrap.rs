//! The ratio of two medians with an interval by resampling.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Resamples: the ends of the interval then stand on 250 of them each.
const RESAMPLES: usize = 10_000;

/// A ratio of medians, second side over first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioInterval {
    /// As found.
    pub ratio: f64,
    /// 95 % percentile interval; `None` with fewer than two values on a side.
    pub interval: Option<(f64, f64)>,
}

/// The median; the mean of the middle two where there are two. `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    median_of(&mut sorted)
}

/// The median of `b` over that of `a`, its interval by resampling each side with `seed`. `None`
/// where a side is empty or the median of `a` is not above 0.
pub fn ratio_of_medians(a: &[f64], b: &[f64], seed: u64) -> Option<RatioInterval> {
    let (below, above) = (median(a)?, median(b)?);
    if below <= 0.0 {
        return None;
    }
    Some(RatioInterval {
        ratio: above / below,
        interval: (a.len() > 1 && b.len() > 1).then(|| resample(a, b, seed)),
    })
}

fn resample(a: &[f64], b: &[f64], seed: u64) -> (f64, f64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut drawn_a = vec![0.0; a.len()];
    let mut drawn_b = vec![0.0; b.len()];
    let mut ratios: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            draw(a, &mut drawn_a, &mut random);
            draw(b, &mut drawn_b, &mut random);
            let below = median_of(&mut drawn_a).unwrap_or(f64::NAN);
            median_of(&mut drawn_b).unwrap_or(f64::NAN) / below
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let at = |share: f64| ratios[((RESAMPLES - 1) as f64 * share).round() as usize];
    (at(0.025), at(0.975))
}

fn draw(from: &[f64], to: &mut [f64], random: &mut SmallRng) {
    for place in to {
        *place = from[random.random_range(0..from.len())];
    }
}

fn median_of(values: &mut [f64]) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    values.sort_by(f64::total_cmp);
    Some(f64::midpoint(values[last / 2], values[last.div_ceil(2)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn the_interval_is_that_of_all_resamples() {
        // All 3125 x 3125 pairs of resamples in Python: P2.5 1.005859 and P97.5 1.076305.
        let a = [51.2, 49.8, 52.3, 50.1, 51.9];
        let b = [53.1, 52.8, 54.0, 51.5, 53.6];
        let found = ratio_of_medians(&a, &b, 1).expect("a ratio");
        assert!((found.ratio - 53.1 / 51.2).abs() < 1e-12);
        let (low, high) = found.interval.expect("an interval");
        assert!((low - EXACT.0).abs() < 0.004, "{low}");
        assert!((high - EXACT.1).abs() < 0.004, "{high}");
        assert_eq!(ratio_of_medians(&a, &b, 1), Some(found), "the seed decides");
    }

    const EXACT: (f64, f64) = (1.005_859, 1.076_305);

    #[test]
    fn one_run_has_a_ratio_but_no_interval() {
        let found = ratio_of_medians(&[2.0], &[3.0], 1).expect("a ratio");
        assert_eq!((found.ratio, found.interval), (1.5, None));
        assert_eq!(ratio_of_medians(&[0.0], &[3.0], 1), None);
    }
}
