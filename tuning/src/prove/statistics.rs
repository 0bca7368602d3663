//! Whether two small sets of rounds differ: the exact test of Mann and Whitney, the medians, and
//! the smallest difference that so many rounds could have shown.
//!
//! No normal approximation: with five rounds a side, all 252 arrangements are counted.

/// The level at which a difference counts as found.
pub(super) const LEVEL: f64 = 0.05;

/// Rounds of a side beyond which no more are taken: the exact test counts arrangements.
pub const ROUNDS_MAX: usize = 10;

/// The middle value; 0 of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (length, middle) if length % 2 == 1 => sorted[middle],
        (_, middle) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The chance of a rank sum at least this far from its mean if both sides were alike: two-sided,
/// exact, ties get their mean rank.
pub(super) fn p_value(a: &[f64], b: &[f64]) -> f64 {
    if a.is_empty() || b.is_empty() || a.len() + b.len() > 2 * ROUNDS_MAX {
        return 1.0;
    }
    let doubled = doubled_ranks(a, b);
    let total: u64 = doubled.iter().sum();
    let (n, all) = (a.len() as u64, doubled.len() as u64);
    // Sums are compared as `sum * all - total * n`, so that the mean needs no fraction.
    let distance = |sum: u64| (sum * all).abs_diff(total * n);
    let seen = distance(doubled[..a.len()].iter().sum());
    let mut ways = Ways::default();
    choose(&doubled, a.len(), 0, &mut |sum| {
        ways.count(distance(sum) >= seen)
    });
    ways.as_far as f64 / ways.all as f64
}

/// The smallest difference that these rounds would have told from none; infinite if there are too
/// few rounds to tell anything. Never less than what was there and not found, nor than the
/// smallest step between two rounds: a figure that counts whole things has no halves.
pub(super) fn detectable(a: &[f64], b: &[f64]) -> f64 {
    let found = smallest_shift(&centered(a), &centered(b));
    let there = (median(a) - median(b)).abs();
    found.max(there).max(smallest_step(a, b))
}

fn centered(side: &[f64]) -> Vec<f64> {
    let middle = median(side);
    side.iter().map(|value| value - middle).collect()
}

/// The smallest shift of `b` that the test finds.
fn smallest_shift(a: &[f64], b: &[f64]) -> f64 {
    let is_found = |shift: &f64| {
        let shifted: Vec<f64> = b.iter().map(|value| value + shift).collect();
        p_value(a, &shifted) <= LEVEL
    };
    // Which shifts are found changes only where a value of one side passes one of the other.
    let mut steps: Vec<f64> = a
        .iter()
        .flat_map(|a| b.iter().map(move |b| a - b))
        .collect();
    steps.retain(|step| *step >= 0.0);
    steps.sort_by(f64::total_cmp);
    let beyond = |step: f64| step + step.abs().max(1e-9) * 1e-9 + f64::MIN_POSITIVE;
    steps
        .into_iter()
        .map(beyond)
        .find(is_found)
        .unwrap_or(f64::INFINITY)
}

/// The smallest distance between two different rounds; 0 where all are alike.
fn smallest_step(a: &[f64], b: &[f64]) -> f64 {
    let mut all: Vec<f64> = a.iter().chain(b).copied().collect();
    all.sort_by(f64::total_cmp);
    let steps = all
        .windows(2)
        .map(|two| two[1] - two[0])
        .filter(|step| *step > 0.0);
    steps.min_by(f64::total_cmp).unwrap_or(0.0)
}

#[derive(Default)]
struct Ways {
    all: u64,
    as_far: u64,
}

impl Ways {
    fn count(&mut self, as_far: bool) {
        self.all += 1;
        self.as_far += u64::from(as_far);
    }
}

/// Twice the rank of each value among all, first side first: twice, because ties have halves.
fn doubled_ranks(a: &[f64], b: &[f64]) -> Vec<u64> {
    let all: Vec<f64> = a.iter().chain(b).copied().collect();
    let rank = |value: &f64| {
        let below = all.iter().filter(|other| *other < value).count() as u64;
        let same = all.iter().filter(|other| *other == value).count() as u64;
        2 * below + same + 1
    };
    all.iter().map(rank).collect()
}

/// Every sum of `count` of the ranks.
fn choose(ranks: &[u64], count: usize, sum: u64, each: &mut dyn FnMut(u64)) {
    if count == 0 {
        return each(sum);
    }
    for first in 0..=ranks.len().saturating_sub(count) {
        if let Some(rank) = ranks.get(first) {
            choose(&ranks[first + 1..], count - 1, sum + rank, each);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_separation_has_the_exact_chance_of_its_arrangement() {
        // 2 of C(8,4) = 70 and 2 of C(10,5) = 252 arrangements are as far apart.
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
        assert!((p_value(&a, &b) - 2.0 / 70.0).abs() < 1e-12);
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0], [9.0, 8.0, 7.0, 6.0, 10.0]);
        assert!((p_value(&a, &b) - 2.0 / 252.0).abs() < 1e-12);
        // Three rounds a side can never reach 5 %.
        assert!(p_value(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]) > LEVEL);
    }

    #[test]
    fn a_known_case_with_ties_and_one_without_a_difference() {
        assert!((p_value(&[1.0; 5], &[1.0; 5]) - 1.0).abs() < 1e-12);
        let p = p_value(&[1.0, 3.0, 5.0, 7.0], &[2.0, 4.0, 6.0, 8.0]);
        // U = 6, mean 8: scipy.stats.mannwhitneyu(method="exact") says 0.6857.
        assert!((p - 0.685_714_285_714).abs() < 1e-9, "{p}");
    }

    #[test]
    fn what_could_have_been_seen_grows_with_the_noise() {
        let quiet = detectable(
            &[100.0, 101.0, 100.5, 99.5, 100.2],
            &[100.1, 99.9, 100.3, 100.0, 99.8],
        );
        let noisy = detectable(
            &[100.0, 140.0, 80.0, 120.0, 60.0],
            &[100.0, 70.0, 130.0, 95.0, 110.0],
        );
        assert!(quiet < 2.0 && quiet > 0.0, "{quiet}");
        assert!(noisy > 20.0, "{noisy}");
        assert!(detectable(&[1.0, 2.0], &[1.0, 2.0]).is_infinite());
        // Whole things: one that was there and was not found cannot be said to be visible.
        let whole = detectable(&[3.0, 3.0, 3.0, 2.0, 3.0], &[2.0, 3.0, 2.0, 3.0, 2.0]);
        assert!(whole >= 1.0, "{whole}");
    }

    #[test]
    fn the_middle_of_an_even_number_is_between() {
        assert_eq!(median(&[3.0, 1.0]), 2.0);
        assert_eq!(median(&[5.0, 1.0, 3.0]), 3.0);
    }
}
