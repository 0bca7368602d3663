//! Medians with their spread, and the order in which contestants take turns. There is no mean
//! here: on a shared machine one bad second would move it.

use std::fmt;

/// The middle of some samples, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Spread {
    /// The middle sample, or halfway between the middle two.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// How many there were.
    pub samples: usize,
}

impl Spread {
    /// `None` when there is no sample.
    pub fn of(samples: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        };
        Some(Self {
            median,
            min,
            max,
            samples: sorted.len(),
        })
    }
}

/// `median (min–max)`, with the formatter's precision.
impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = formatter.precision().unwrap_or(2);
        let Self {
            median, min, max, ..
        } = self;
        write!(
            formatter,
            "{median:.digits$} ({min:.digits$}–{max:.digits$})"
        )
    }
}

/// The contestants in the order of their turns in one round: forwards in even rounds, backwards in
/// odd ones, so that a drift of the machine favors nobody.
pub fn turns<T: Copy>(contestants: &[T], round: usize) -> Vec<T> {
    match round % 2 {
        0 => contestants.to_vec(),
        _ => contestants.iter().rev().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_odd_number_is_a_sample() {
        let spread = Spread::of([9.0, 1.0, 4.0]);
        let expected = Spread {
            median: 4.0,
            min: 1.0,
            max: 9.0,
            samples: 3,
        };
        assert_eq!(spread, Some(expected));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_two() {
        assert_eq!(
            Spread::of([4.0, 1.0, 2.0, 9.0]).map(|s| s.median),
            Some(3.0)
        );
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn a_spread_shows_its_ends() {
        let spread = Spread::of([0.712, 0.698, 0.75]).map(|s| format!("{s:.2}"));
        assert_eq!(spread.as_deref(), Some("0.71 (0.70–0.75)"));
    }

    #[test]
    fn turns_alternate() {
        assert_eq!(turns(&['a', 'b', 'c'], 0), ['a', 'b', 'c']);
        assert_eq!(turns(&['a', 'b', 'c'], 1), ['c', 'b', 'a']);
    }
}
