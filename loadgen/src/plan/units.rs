//! Quantities as people write them: `1.5ms`, `50k/s`, `1M`, `0.1%`.
//!
//! A time always has a unit, because a bare number means seconds to one tool and milliseconds to
//! the next. Nothing here is negative, and nothing is unbounded.

use std::time::Duration;

/// A time that any part of a run may take at most.
pub const TIME_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// Requests or connections per second at most.
pub const RATE_MAX: f64 = 1e9;

/// Why a text is not a quantity, with what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// There is no number in front.
    #[error("does not begin with a number; write it as in {example}")]
    NoNumber {
        /// A quantity of the right kind.
        example: &'static str,
    },
    /// A time without a unit.
    #[error("has no unit; write {0}s for seconds or {0}ms for milliseconds")]
    NoUnit(String),
    /// The unit is not one of these.
    #[error("has the unknown unit \"{unit}\"; the units are {known}")]
    Unknown {
        /// As written.
        unit: String,
        /// What is known.
        known: &'static str,
    },
    /// It is too much, or not whole.
    #[error("is not {0}")]
    Range(&'static str),
}

/// A time: `250us`, `1.5ms`, `10s`, `2min`, `1h`.
///
/// # Errors
/// [`UnitError`].
pub fn time(text: &str) -> Result<Duration, UnitError> {
    let (number, unit) = split(text, "10s or 250ms")?;
    let scale = match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "" => return Err(UnitError::NoUnit(text.to_owned())),
        unit => {
            return Err(UnitError::Unknown {
                unit: unit.to_owned(),
                known: "ns, us, ms, s, min and h",
            });
        }
    };
    Duration::try_from_secs_f64(number * scale)
        .ok()
        .filter(|time| *time <= TIME_MAX)
        .ok_or(UnitError::Range("at most 7 days (168h)"))
}

/// A rate per second: `50000`, `50k`, `50k/s`, `0.5`.
///
/// # Errors
/// [`UnitError`].
pub fn rate(text: &str) -> Result<f64, UnitError> {
    let (number, unit) = split(text, "50000 or 50k/s")?;
    let unit = unit.strip_suffix("/s").unwrap_or(unit);
    let rate = number * multiple(unit, "k and M, with or without /s")?;
    if rate <= RATE_MAX {
        Ok(rate)
    } else {
        Err(UnitError::Range("at most 1000M per second"))
    }
}

/// A whole number: `64`, `100k`, `1M`.
///
/// # Errors
/// [`UnitError`].
pub fn count(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split(text, "64 or 100k")?;
    let count = number * multiple(unit, "k (a thousand) and M (a million)")?;
    // Exact in a double, and beyond any run.
    const COUNT_MAX: f64 = 1e15;
    if count.fract() == 0.0 && count <= COUNT_MAX {
        Ok(count as u64)
    } else {
        Err(UnitError::Range("a whole number"))
    }
}

/// A whole number from 1 that counts connections or threads.
///
/// # Errors
/// [`UnitError`].
pub fn positive(text: &str) -> Result<std::num::NonZeroU32, UnitError> {
    u32::try_from(count(text)?)
        .ok()
        .and_then(std::num::NonZeroU32::new)
        .ok_or(UnitError::Range("from 1 to 4294967295"))
}

/// A share: `0.1%` is 0.001.
///
/// # Errors
/// [`UnitError`].
pub fn share(text: &str) -> Result<f64, UnitError> {
    match split(text, "0.1%")? {
        (number, "%") if number <= 100.0 => Ok(number / 100.0),
        (_, "%") => Err(UnitError::Range("at most 100%")),
        (_, unit) => Err(UnitError::Unknown {
            unit: unit.to_owned(),
            known: "%",
        }),
    }
}

fn multiple(unit: &str, known: &'static str) -> Result<f64, UnitError> {
    match unit {
        "" => Ok(1.0),
        "k" => Ok(1e3),
        "M" => Ok(1e6),
        unit => Err(UnitError::Unknown {
            unit: unit.to_owned(),
            known,
        }),
    }
}

/// Number and unit. Underscores group digits, as in TOML.
fn split<'t>(text: &'t str, example: &'static str) -> Result<(f64, &'t str), UnitError> {
    let is_of_number = |c: char| c.is_ascii_digit() || c == '.' || c == '_';
    let end = text.find(|c| !is_of_number(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    match number.replace('_', "").parse() {
        Ok(number) => Ok((number, unit)),
        Err(_) => Err(UnitError::NoNumber { example }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        for (text, nanoseconds) in [
            ("0s", 0),
            ("7ns", 7),
            ("250us", 250_000),
            ("1.5ms", 1_500_000),
            ("10s", 10_000_000_000),
            ("2min", 120_000_000_000),
            ("1h", 3_600_000_000_000),
        ] {
            assert_eq!(time(text), Ok(Duration::from_nanos(nanoseconds)), "{text}");
        }
        let says = |text: &str| time(text).expect_err(text).to_string();
        assert_eq!(
            says("10"),
            "has no unit; write 10s for seconds or 10ms for milliseconds"
        );
        assert!(says("10 s").contains("unknown unit \" s\""));
        assert!(says("-1s").contains("begin with a number"));
        assert!(says("1000h").contains("7 days"));
        assert!(says(".s").contains("begin with a number"));
    }

    #[test]
    fn rates_and_counts_may_be_grouped_and_shortened() {
        assert_eq!(rate("50000"), Ok(50_000.0));
        assert_eq!(rate("50k/s"), Ok(50_000.0));
        assert_eq!(rate("0.5/s"), Ok(0.5));
        assert!(rate("2000M").is_err());
        assert!(rate("5rps").is_err());
        assert_eq!(count("1_000_000"), Ok(1_000_000));
        assert_eq!(count("1.5k"), Ok(1500));
        assert!(count("1.5").is_err());
        assert!(count("5s").is_err());
        assert!(positive("0").is_err());
        assert!(positive("5M").is_ok_and(|count| count.get() == 5_000_000));
        assert!(positive("5000M").is_err());
        assert_eq!(share("0.1%"), Ok(0.001));
        assert!(share("0.1").is_err());
        assert!(share("101%").is_err());
    }
}
