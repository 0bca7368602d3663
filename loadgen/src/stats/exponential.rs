//! Whether gaps between sends follow the exponential law: Anderson-Darling with the mean estimated
//! from the gaps themselves.

use crate::record::report::ArrivalCheck;

/// The 1 % critical value of the corrected statistic (Stephens 1974; D'Agostino and Stephens 1986,
/// table 4.14: 15 % 0.922, 10 % 1.078, 5 % 1.341, 2.5 % 1.606, 1 % 1.957).
pub const AD_CRITICAL_1_PERCENT: f64 = 1.957;

/// Gaps below which the law is not judged.
const GAPS_MIN: usize = 20;

/// Gaps of the same nanosecond are taken as half of one: the law has no place for zero.
const LEAST_GAP_NS: f64 = 0.5;

/// Judges gaps in nanoseconds, which it sorts. `None` with too few of them.
pub fn arrival_check(gaps_ns: &mut [u64]) -> Option<ArrivalCheck> {
    if gaps_ns.len() < GAPS_MIN {
        return None;
    }
    gaps_ns.sort_unstable();
    let n = gaps_ns.len() as f64;
    let gap = |at: usize| (gaps_ns[at] as f64).max(LEAST_GAP_NS);
    let mean = (0..gaps_ns.len()).map(gap).sum::<f64>() / n;
    let sum: f64 = (0..gaps_ns.len())
        .map(|at| {
            let (low, high) = (gap(at) / mean, gap(gaps_ns.len() - 1 - at) / mean);
            // ln F(low) + ln(1 - F(high)) with F(x) = 1 - exp(-x); the second is just -x.
            (2 * at + 1) as f64 * ((-(-low).exp_m1()).ln() - high)
        })
        .sum();
    Some(ArrivalCheck {
        samples: gaps_ns.len() as u64,
        statistic: (-n - sum / n) * (1.0 + 0.6 / n),
        critical: AD_CRITICAL_1_PERCENT,
    })
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn statistic(mut gaps: Vec<u64>) -> f64 {
        arrival_check(&mut gaps).expect("enough").statistic
    }

    #[test]
    fn the_statistic_is_that_of_the_published_example() {
        // Hours between failures of the air conditioning of plane 7912 (Proschan 1963), scaled to
        // nanoseconds. scipy 1.17.1: anderson(x, "expon").statistic * (1 + 0.6 / 30); scipy
        // corrects its critical values instead of the statistic.
        let hours = [
            23, 261, 87, 7, 120, 14, 62, 47, 225, 71, 246, 21, 42, 20, 5, 12, 120, 11, 3, 14, 71,
            11, 14, 11, 16, 90, 1, 16, 52, 95,
        ];
        let found = statistic(hours.iter().map(|hour| hour * 3_600_000_000_000).collect());
        assert!((found - 1.186_384_716_638_233).abs() < 1e-9, "{found}");
    }

    #[test]
    fn uniform_gaps_are_far_out() {
        // scipy as above, on 1..=200.
        let found = statistic((1..=200).map(|value| value * 1_000_000).collect());
        assert!((found - 11.987_935_788_090_414).abs() < 1e-6, "{found}");
    }

    #[test]
    fn exponential_gaps_pass_99_times_in_100() {
        let mut random = SmallRng::seed_from_u64(5);
        let misses = (0..500)
            .filter(|_| {
                let gaps = (0..2000).map(|_| {
                    let uniform: f64 = random.random();
                    (-(1.0 - uniform).ln() * 20_000.0) as u64
                });
                statistic(gaps.collect()) > AD_CRITICAL_1_PERCENT
            })
            .count();
        // Binomial with mean 5: 15 would be more than four deviations above.
        assert!((1..15).contains(&misses), "{misses}");
    }

    #[test]
    fn sends_in_batches_are_found_out() {
        // Four of five sends leave with the one before them: what a 1 ms tick would do.
        let gaps = (0..2000).map(|at| if at % 5 == 0 { 100_000 } else { 0 });
        let found = statistic(gaps.collect());
        assert!(found > 100.0 * AD_CRITICAL_1_PERCENT, "{found}");
        assert_eq!(arrival_check(&mut [1, 2, 3]), None);
    }
}
