//! Mann-Whitney: whether the values of one side tend to be larger than those of the other.
//!
//! It looks at ranks alone, so one wild run can not make a difference. With few values the law of
//! the ranks is counted out, ties included; with many it is close to a normal one.

use super::normal;

/// Values of both sides together up to which every division of the ranks is counted.
const EXACT_VALUES_MAX: usize = 40;

/// What the ranks say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankTest {
    /// Pairs in which the first side's value is the larger; ties count half.
    pub u: f64,
    /// The probability of a difference at least this large where there is none, two-sided.
    pub p: f64,
}

/// Compares two sides; `None` where one has no value.
pub fn mann_whitney(a: &[f64], b: &[f64]) -> Option<RankTest> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let ranks = DoubledRanks::of(a, b);
    let least = (a.len() * (a.len() + 1)) as f64 / 2.0;
    let u = ranks.sum_of_first as f64 / 2.0 - least;
    let p = if ranks.all.len() <= EXACT_VALUES_MAX {
        exact(&ranks, a.len())
    } else {
        approximate(&ranks, a.len(), u)
    };
    Some(RankTest { u, p: p.min(1.0) })
}

/// Ranks of all values, doubled: equal values share the mean of their ranks, and twice that is whole.
struct DoubledRanks {
    all: Vec<usize>,
    /// Sum over the first side.
    sum_of_first: usize,
    /// Sum over groups of t equal values of t³ - t.
    ties: f64,
}

impl DoubledRanks {
    fn of(a: &[f64], b: &[f64]) -> DoubledRanks {
        let first = a.iter().map(|value| (*value, true));
        let second = b.iter().map(|value| (*value, false));
        let mut values: Vec<(f64, bool)> = first.chain(second).collect();
        values.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut ranks = DoubledRanks {
            all: Vec::with_capacity(values.len()),
            sum_of_first: 0,
            ties: 0.0,
        };
        for group in values.chunk_by(|one, other| one.0 == other.0) {
            // Ranks r+1 … r+t have the mean r + (t+1)/2.
            let doubled = 2 * ranks.all.len() + group.len() + 1;
            ranks.sum_of_first += doubled * group.iter().filter(|(_, is_first)| *is_first).count();
            ranks.all.extend(group.iter().map(|_| doubled));
            let size = group.len() as f64;
            ranks.ties += size * size * size - size;
        }
        ranks
    }
}

/// Counts the ways to give `first` of the ranks to the first side, by their sum.
fn exact(ranks: &DoubledRanks, first: usize) -> f64 {
    let total: usize = ranks.all.iter().sum();
    // ways[taken][sum]; 40 values make at most C(40, 20) ways, which is exact in an f64.
    let mut ways = vec![vec![0.0_f64; total + 1]; first + 1];
    ways[0][0] = 1.0;
    for rank in &ranks.all {
        for taken in (1..=first).rev() {
            for sum in (*rank..=total).rev() {
                ways[taken][sum] += ways[taken - 1][sum - rank];
            }
        }
    }
    // Four times the distance from the mean keeps it whole.
    let center = 2 * first * (ranks.all.len() + 1);
    let distance = (2 * ranks.sum_of_first).abs_diff(center);
    let all: f64 = ways[first].iter().sum();
    let as_far: f64 = ways[first]
        .iter()
        .enumerate()
        .filter(|(sum, _)| (2 * sum).abs_diff(center) >= distance)
        .map(|(_, ways)| ways)
        .sum();
    as_far / all
}

/// The normal approximation with the correction for ties and for continuity.
fn approximate(ranks: &DoubledRanks, first: usize, u: f64) -> f64 {
    let n = ranks.all.len() as f64;
    let pairs = first as f64 * (n - first as f64);
    let variance = pairs / 12.0 * (n + 1.0 - ranks.ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let distance = ((u - pairs / 2.0).abs() - 0.5).max(0.0);
    2.0 * normal::upper_tail(distance / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_out() {
        // scipy 1.17.1: mannwhitneyu(a, b, method="exact"): U 2, p 8/252.
        let a = [51.2, 49.8, 52.3, 50.1, 51.9];
        let b = [53.1, 52.8, 54.0, 51.5, 53.6];
        let test = mann_whitney(&a, &b).expect("values");
        assert_eq!(test.u, 2.0);
        assert!((test.p - 8.0 / 252.0).abs() < 1e-12, "{}", test.p);
        let turned = mann_whitney(&b, &a).expect("values");
        assert_eq!((turned.u, turned.p), (23.0, test.p));
    }

    #[test]
    fn ties_are_counted_out_too() {
        // All 462 ways to draw five of the midranks in Python: 38 are at least as far out.
        let test = mann_whitney(&[1.0, 2.0, 2.0, 3.0, 4.0], &[2.0, 3.0, 4.0, 5.0, 5.0, 6.0]);
        let p = test.expect("values").p;
        assert!((p - 38.0 / 462.0).abs() < 1e-12, "{p}");
    }

    #[test]
    fn many_values_with_ties_are_approximated() {
        // scipy 1.17.1: mannwhitneyu(a, b, method="asymptotic"): U 499.5, 11 values are doubled.
        let a: Vec<f64> = (0..30).map(|i| f64::from(i * 37 % 101)).collect();
        let b: Vec<f64> = (0..35).map(|i| f64::from(i * 53 % 97 + 6)).collect();
        let test = mann_whitney(&a, &b).expect("values");
        assert_eq!(test.u, 499.5);
        assert!(
            (test.p - 0.742_144_051_764_767_2).abs() < 1e-9,
            "{}",
            test.p
        );
    }

    #[test]
    fn both_ways_agree_where_they_meet() {
        let a: Vec<f64> = (0..20).map(|i| f64::from(i) * 1.7).collect();
        let b: Vec<f64> = (0..20).map(|i| f64::from(i) * 1.9 + 3.3).collect();
        let ranks = DoubledRanks::of(&a, &b);
        let u = mann_whitney(&a, &b).expect("values").u;
        let (counted, approximated) = (exact(&ranks, 20), approximate(&ranks, 20, u));
        assert!(
            (counted - approximated).abs() < 0.005,
            "{counted} {approximated}"
        );
    }

    #[test]
    fn one_value_each_shows_nothing_and_equal_values_show_nothing() {
        assert_eq!(mann_whitney(&[1.0], &[9.0]).expect("values").p, 1.0);
        assert_eq!(mann_whitney(&[5.0; 4], &[5.0; 6]).expect("values").p, 1.0);
        assert_eq!(mann_whitney(&[5.0; 30], &[5.0; 30]).expect("values").p, 1.0);
        assert_eq!(mann_whitney(&[], &[5.0]), None);
    }
}
