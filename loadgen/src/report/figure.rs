//! Figures as people read them: three significant digits, a unit, grouped thousands. And texts
//! from elsewhere without what a terminal would obey.

/// Nanoseconds: `812 ns`, `12.3 µs`, `1.23 ms`, `61.2 s`.
pub fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if rounds_below(ns, 1e3) => return format!("{ns:.0} ns"),
        ns if rounds_below(ns, 1e6) => (ns / 1e3, "µs"),
        ns if rounds_below(ns, 1e9) => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// Whole nanoseconds.
pub fn duration_ns(ns: u64) -> String {
    duration(ns as f64)
}

/// Seconds, as lengths of time: `10 s`, `0.25 s`, `61.5 s`.
pub fn seconds(s: f64) -> String {
    let text = format!("{s:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    format!("{short} s")
}

/// A count: `1,234,567`.
pub fn count(number: u64) -> String {
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

/// A rate: `123,456/s`, `9.51/s`.
pub fn rate(per_second: f64) -> String {
    if per_second < 1e3 {
        format!("{}/s", three_digits(per_second))
    } else {
        format!("{}/s", count(per_second.round() as u64))
    }
}

/// Bytes in powers of 1024: `512 B`, `1.21 MiB`.
pub fn bytes(number: f64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024.0 {
        return format!("{number:.0} B");
    }
    let (mut value, mut unit) = (number / 1024.0, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", three_digits(value), UNITS[unit])
}

/// A share as per cent. What is not all is never shown as `100 %`, and what is not nothing never
/// as `0 %`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    match value {
        0.0 => "0 %".to_owned(),
        value if value > 0.0 && value < 0.001 => "< 0.001 %".to_owned(),
        value if value < 1.0 => format!("{} %", trimmed(format!("{value:.3}"))),
        value if value < 99.5 => format!("{} %", three_digits(value)),
        value if value < 100.0 => {
            let cut = (value * 1000.0).floor() / 1000.0;
            format!("{} %", trimmed(format!("{cut:.3}")))
        }
        value => format!("{} %", trimmed(format!("{value:.1}"))),
    }
}

/// The name of a quantile: `P50`, `P99.9`.
pub fn quantile_name(q: f64) -> String {
    // 0.999 * 100 is 99.9 only after rounding.
    format!("P{}", trimmed(format!("{:.4}", q * 100.0)))
}

/// A text from elsewhere without control characters and marks that turn a line's direction: they
/// would let a server's response or a name in a document write to the reader's terminal.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|character| {
            let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if character.is_control() || turns {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}

/// Whether three digits of `value` stay below `bound`: 999.7 would read `1000`.
fn rounds_below(value: f64, bound: f64) -> bool {
    value < bound * 0.9995
}

fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

fn trimmed(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_never_a_thousand_of_a_unit() {
        for (ns, text) in [
            (0.0, "0 ns"),
            (812.4, "812 ns"),
            (999.7, "1.00 µs"),
            (12_345.0, "12.3 µs"),
            (999_700.0, "1.00 ms"),
            (1_234_567.0, "1.23 ms"),
            (61_250_000_000.0, "61.2 s"),
            (9.996e6, "10.0 ms"),
        ] {
            assert_eq!(duration(ns), text, "{ns}");
        }
    }

    #[test]
    fn not_all_is_not_a_hundred_per_cent_and_little_is_not_nothing() {
        for (share, text) in [
            (0.0, "0 %"),
            (1e-9, "< 0.001 %"),
            (0.0012, "0.12 %"),
            (0.015, "1.50 %"),
            (0.999_999_9, "99.999 %"),
            (1.0, "100 %"),
            (1.0371, "103.7 %"),
        ] {
            assert_eq!(percent(share), text, "{share}");
        }
    }

    #[test]
    fn rates_counts_bytes_and_names() {
        assert_eq!(rate(9.514), "9.51/s");
        assert_eq!(rate(123_456.4), "123,456/s");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(bytes(1023.0 * 1024.0), "1.00 MiB");
        assert_eq!(seconds(10.0), "10 s");
        assert_eq!(seconds(0.25), "0.25 s");
        let names: Vec<String> = [0.5, 0.99, 0.999, 0.99999].map(quantile_name).to_vec();
        assert_eq!(names, ["P50", "P99", "P99.9", "P99.999"]);
    }

    #[test]
    fn a_text_can_not_write_to_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}c");
    }
}
