//! Numbers as findings say them: short, with their unit.

/// A share from 0 to 1: `93.1 %`, with more places the smaller it is.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let places = if percent >= 100.0 {
        0
    } else if percent >= 1.0 || percent == 0.0 {
        1
    } else {
        3
    };
    format!("{percent:.places$} %")
}

/// Nanoseconds in the largest unit that leaves a digit before the point: `1.25 ms`.
pub(super) fn time(ns: f64) -> String {
    let (divisor, unit) = if ns >= 1e9 {
        (1e9, "s")
    } else if ns >= 1e6 {
        (1e6, "ms")
    } else if ns >= 1e3 {
        (1e3, "us")
    } else {
        (1.0, "ns")
    };
    let value = ns / divisor;
    let places = if value >= 100.0 || divisor == 1.0 {
        0
    } else {
        2
    };
    format!("{value:.places$} {unit}")
}

/// A count with commas: `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count and its noun: `1 drop`, `2 drops`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_their_unit() {
        assert_eq!(percent(0.931), "93.1 %");
        assert_eq!(percent(0.00012), "0.012 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(time(1_250_000.0), "1.25 ms");
        assert_eq!(time(100_000.0), "100 us");
        assert_eq!(time(2e9), "2.00 s");
        assert_eq!(time(12.0), "12 ns");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(counted(1, "drop"), "1 drop");
    }
}
