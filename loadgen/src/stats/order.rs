//! Quantiles of a histogram with intervals by order statistics: no law of the values is assumed.
//!
//! The rank of a quantile's neighbors is binomial, so the values at ranks j and k bound it with
//! 95 % confidence whatever the distribution (Lancet, ATC'19). A quantile beyond which fewer than
//! ten values lie is not told at all.

use hdrhistogram::Histogram;

use crate::record::report::Quantile;

/// The quantiles that reports tell, where there are enough values.
pub const QUANTILES: [f64; 8] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999];

/// Values that must lie beyond a quantile to tell it.
const BEYOND_TO_TELL: f64 = 10.0;
/// Values that must lie beyond a quantile to tell its interval.
const BEYOND_FOR_INTERVAL: f64 = 100.0;
/// The normal quantile of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// One quantile; `None` where there are too few values.
pub fn quantile_of(histogram: &Histogram<u64>, q: f64) -> Option<Quantile> {
    quantiles_of(histogram, &[q]).pop()
}

/// Those of `wanted` for which there are enough values.
pub fn quantiles_of(histogram: &Histogram<u64>, wanted: &[f64]) -> Vec<Quantile> {
    let count = histogram.len();
    let told: Vec<Ranks> = wanted.iter().filter_map(|q| Ranks::of(count, *q)).collect();
    let mut ranks: Vec<u64> = told.iter().flat_map(Ranks::all).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let values = values_at(histogram, &ranks);
    let value = |rank: u64| values[ranks.partition_point(|one| *one < rank)];
    told.iter()
        .map(|quantile| Quantile {
            q: quantile.q,
            value_ns: value(quantile.rank).highest,
            interval_ns: quantile
                .interval
                .map(|(low, high)| (value(low).lowest, value(high).highest)),
        })
        .collect()
}

/// Where a quantile and the ends of its interval stand among the sorted values, from 1.
struct Ranks {
    q: f64,
    rank: u64,
    interval: Option<(u64, u64)>,
}

impl Ranks {
    fn of(count: u64, q: f64) -> Option<Ranks> {
        let n = count as f64;
        // 1 - 0.9 is a little less than 0.1: a hundred values do have ten beyond P90.
        let beyond = n * (1.0 - q) * (1.0 + 1e-9);
        if beyond < BEYOND_TO_TELL {
            return None;
        }
        let rank = |position: f64| (position.max(1.0) as u64).min(count);
        let half = Z_95 * (n * q * (1.0 - q)).sqrt();
        Some(Ranks {
            q,
            rank: rank((n * q * (1.0 - 1e-12)).ceil()),
            interval: (beyond >= BEYOND_FOR_INTERVAL).then(|| {
                (
                    rank((n * q - half).floor()),
                    rank((n * q + half).ceil() + 1.0),
                )
            }),
        })
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        let (low, high) = self.interval.unwrap_or((self.rank, self.rank));
        [low, self.rank, high].into_iter()
    }
}

/// A bucket of the histogram: the values in it can not be told apart.
#[derive(Clone, Copy)]
struct Bucket {
    lowest: u64,
    highest: u64,
}

/// The buckets at `ranks`, which ascend and lie within the count.
fn values_at(histogram: &Histogram<u64>, ranks: &[u64]) -> Vec<Bucket> {
    let mut values = Vec::with_capacity(ranks.len());
    let mut below = 0;
    for step in histogram.iter_recorded() {
        below += step.count_at_value();
        let value = step.value_iterated_to();
        let bucket = Bucket {
            lowest: histogram.lowest_equivalent(value),
            highest: histogram.highest_equivalent(value).min(histogram.max()),
        };
        while values.len() < ranks.len() && ranks[values.len()] <= below {
            values.push(bucket);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::super::distribution::new_histogram;
    use super::*;

    /// Values 1 to `count` in nanoseconds: exact in the histogram up to 2047.
    fn counting(count: u64) -> Histogram<u64> {
        let mut histogram = new_histogram();
        for value in 1..=count {
            histogram.record(value).expect("in bounds");
        }
        histogram
    }

    #[test]
    fn a_quantile_is_told_from_ten_values_beyond_it_and_bounded_from_a_hundred() {
        for (count, q, told, bounded) in [
            (19, 0.5, false, false),
            (20, 0.5, true, false),
            (99, 0.9, false, false),
            (100, 0.9, true, false),
            (199, 0.5, true, false),
            (200, 0.5, true, true),
            (999, 0.99, false, false),
            (1000, 0.99, true, false),
            (9_999, 0.99, true, false),
            (10_000, 0.99, true, true),
            (99_999, 0.999, true, false),
            (100_000, 0.999, true, true),
        ] {
            let quantile = quantile_of(&counting(count), q);
            assert_eq!(quantile.is_some(), told, "{count} values, q {q}");
            let interval = quantile.and_then(|quantile| quantile.interval_ns);
            assert_eq!(interval.is_some(), bounded, "{count} values, q {q}");
        }
    }

    #[test]
    fn the_interval_stands_at_the_ranks_of_the_rule() {
        // n = 1000, q = 0.5: 500 -+ 1.96 * sqrt(250) = 469.01 and 530.99: ranks 469 and 532.
        let median = quantile_of(&counting(1000), 0.5).expect("enough");
        assert_eq!(median.value_ns, 500);
        assert_eq!(median.interval_ns, Some((469, 532)));
        // n = 2000, q = 0.9: 1800 -+ 1.96 * sqrt(180) = 1773.7 and 1826.3: ranks 1773 and 1828.
        let p90 = quantile_of(&counting(2000), 0.9).expect("enough");
        assert_eq!((p90.value_ns, p90.interval_ns), (1800, Some((1773, 1828))));
    }

    #[test]
    fn the_interval_covers_the_quantile_nineteen_times_in_twenty() {
        // Uniform on 0..1000000, whose P90 is 900000; 400 samples of 1000 values. The number of
        // misses is binomial with mean 20 at most: 35 would be more than three deviations above.
        use rand::rngs::SmallRng;
        use rand::{Rng, SeedableRng};
        let mut random = SmallRng::seed_from_u64(11);
        let mut misses = 0;
        for _ in 0..400 {
            let mut histogram = new_histogram();
            for _ in 0..1000 {
                histogram
                    .record(random.random_range(1..=1_000_000))
                    .expect("in bounds");
            }
            let p90 = quantile_of(&histogram, 0.9).expect("enough");
            let (low, high) = p90.interval_ns.expect("enough");
            misses += u32::from(!(low..=high).contains(&900_000));
        }
        assert!(misses < 35, "{misses}");
    }

    #[test]
    fn no_quantile_lies_above_the_largest_value() {
        let mut histogram = new_histogram();
        histogram.record_n(1_234_567, 1000).expect("in bounds");
        let [median, .., p99] = quantiles_of(&histogram, &QUANTILES)[..] else {
            panic!("several quantiles");
        };
        assert_eq!(median.value_ns, histogram.max());
        assert_eq!(p99.q, 0.99);
        assert_eq!(
            median.interval_ns.map(|(_, high)| high),
            Some(histogram.max())
        );
    }
}
