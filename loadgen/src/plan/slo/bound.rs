//! The second half of a threshold: `<5ms`.

/// A comparison with a number in the measure's base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) comparison: Comparison,
    pub(super) limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Equal,
}

impl Bound {
    pub(super) fn admits(self, value: f64) -> bool {
        match self.comparison {
            Comparison::Less => value < self.limit,
            Comparison::LessOrEqual => value <= self.limit,
            Comparison::More => value > self.limit,
            Comparison::MoreOrEqual => value >= self.limit,
            Comparison::Equal => value == self.limit,
        }
    }
}

/// The comparison at the beginning of a text that begins with one, and the rest.
pub(super) fn comparison(text: &str) -> (Comparison, &str) {
    let known = [
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::MoreOrEqual),
        ("==", Comparison::Equal),
        ("<", Comparison::Less),
        (">", Comparison::More),
    ];
    for (sign, comparison) in known {
        if let Some(rest) = text.strip_prefix(sign) {
            return (comparison, rest);
        }
    }
    (Comparison::Equal, text.strip_prefix('=').unwrap_or(text))
}
