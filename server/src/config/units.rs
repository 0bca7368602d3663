//! Quantities as people write them: `"16KiB"`, `"10s"`, `"500B/s"`.
//!
//! One number and one unit without a space, so that every quantity has one spelling. Refused are
//! bare numbers, fractions, sums such as `1h30m` and decimal multiples such as `KB`, about whose
//! size people disagree.

use std::time::Duration;

use thiserror::Error;

/// One KiB in bytes.
pub(crate) const KIB: u64 = 1024;
/// One MiB in bytes.
pub(crate) const MIB: u64 = 1024 * KIB;
/// One GiB in bytes.
pub(crate) const GIB: u64 = 1024 * MIB;
/// One TiB in bytes.
pub(crate) const TIB: u64 = 1024 * GIB;

/// Why a text is not a quantity, as a clause that follows "which".
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnitError {
    /// There is no number at the front.
    #[error("does not start with a number")]
    NoNumber,
    /// The number has a sign.
    #[error("has a sign")]
    Sign,
    /// The number has a fraction.
    #[error("has a fraction")]
    Fraction,
    /// There is a number but no unit.
    #[error("has no unit")]
    NoUnit,
    /// Something stands between number and unit.
    #[error("has a space between number and unit")]
    Space,
    /// The unit is none of ours; the second value is what the writer probably meant.
    #[error("has the unknown unit \"{0}\"")]
    UnknownUnit(String, Option<&'static str>),
    /// The quantity does not fit 64 bits.
    #[error("is too large")]
    TooLarge,
}

/// A family of units over one base unit.
#[derive(Debug)]
pub(crate) struct Scale {
    /// Spelling and size in base units, smallest first.
    units: &'static [(&'static str, u64)],
    /// What people write instead, and what they mean.
    lookalikes: &'static [(&'static str, &'static str)],
    /// A quantity to show.
    example: &'static str,
}

/// Sizes; the base unit is the byte.
pub(crate) const BYTES: Scale = Scale {
    units: &[("B", 1), ("KiB", KIB), ("MiB", MIB), ("GiB", GIB)],
    lookalikes: &[
        ("b", "B"),
        ("byte", "B"),
        ("bytes", "B"),
        ("k", "KiB"),
        ("kb", "KiB"),
        ("kib", "KiB"),
        ("m", "MiB"),
        ("mb", "MiB"),
        ("mib", "MiB"),
        ("g", "GiB"),
        ("gb", "GiB"),
        ("gib", "GiB"),
    ],
    example: "16KiB",
};

/// Times; the base unit is the millisecond.
pub(crate) const TIME: Scale = Scale {
    units: &[("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000)],
    lookalikes: &[
        ("msec", "ms"),
        ("millis", "ms"),
        ("sec", "s"),
        ("secs", "s"),
        ("second", "s"),
        ("seconds", "s"),
        ("m", "min"),
        ("mins", "min"),
        ("minute", "min"),
        ("minutes", "min"),
        ("hour", "h"),
        ("hours", "h"),
    ],
    example: "10s",
};

/// Rates; the base unit is one byte per second.
pub(crate) const RATE: Scale = Scale {
    units: &[("B/s", 1), ("KiB/s", KIB), ("MiB/s", MIB), ("GiB/s", GIB)],
    lookalikes: &[
        ("b", "B/s"),
        ("bps", "B/s"),
        ("b/s", "B/s"),
        ("kb/s", "KiB/s"),
        ("kib", "KiB/s"),
        ("kib/s", "KiB/s"),
        ("mb/s", "MiB/s"),
        ("mib/s", "MiB/s"),
    ],
    example: "500B/s",
};

impl Scale {
    /// The quantity in base units.
    pub(crate) fn parse(&self, text: &str) -> Result<u64, UnitError> {
        if text.starts_with(['-', '+']) {
            return Err(UnitError::Sign);
        }
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(UnitError::NoNumber);
        }
        if unit.is_empty() {
            return Err(UnitError::NoUnit);
        }
        if unit.starts_with(['.', ',']) {
            return Err(UnitError::Fraction);
        }
        let factor = self.factor(unit)?;
        let number: u64 = number.parse().map_err(|_| UnitError::TooLarge)?;
        number.checked_mul(factor).ok_or(UnitError::TooLarge)
    }

    /// The shortest spelling of a quantity that is a whole number of some unit.
    pub(crate) fn format(&self, quantity: u64) -> String {
        let (unit, factor) = self
            .units
            .iter()
            .rev()
            .find(|(_, factor)| quantity >= *factor && quantity.is_multiple_of(*factor))
            .unwrap_or(&self.units[0]);
        format!("{}{unit}", quantity / factor)
    }

    /// What may be written, as a clause that follows "write".
    pub(crate) fn remedy(&self, error: &UnitError) -> String {
        if let UnitError::UnknownUnit(_, Some(meant)) = error {
            return format!(
                "did you mean the unit \"{meant}\", as in \"{}\"?",
                self.example
            );
        }
        let units: Vec<&str> = self.units.iter().map(|(unit, _)| *unit).collect();
        format!(
            "write a whole number and one of the units {} without a space, such as \"{}\"",
            units.join(", "),
            self.example
        )
    }

    fn factor(&self, unit: &str) -> Result<u64, UnitError> {
        if let Some((_, factor)) = self.units.iter().find(|(name, _)| *name == unit) {
            return Ok(*factor);
        }
        let trimmed = unit.trim();
        if self.units.iter().any(|(name, _)| *name == trimmed) {
            return Err(UnitError::Space);
        }
        let meant = self
            .lookalikes
            .iter()
            .find(|(written, _)| trimmed.eq_ignore_ascii_case(written))
            .map(|(_, meant)| *meant);
        Err(UnitError::UnknownUnit(trimmed.to_owned(), meant))
    }
}

/// A duration as it is written in a config, rounded down to whole milliseconds.
pub(crate) fn format_time(time: Duration) -> String {
    TIME.format(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// A size for people: at most three significant digits, `1.4 KiB`.
pub(crate) fn format_bytes_rounded(bytes: u64) -> String {
    let (unit, factor) = match bytes {
        0..KIB => return format!("{bytes} B"),
        KIB..MIB => ("KiB", KIB),
        MIB..GIB => ("MiB", MIB),
        GIB..TIB => ("GiB", GIB),
        TIB.. => ("TiB", TIB),
    };
    // Tenths, rounded half up, in integers: a size of 2^64 - 1 bytes must not lose digits.
    let tenths = (u128::from(bytes) * 10 + u128::from(factor) / 2) / u128::from(factor);
    if tenths >= 1000 {
        format!("{} {unit}", (tenths + 5) / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_base_units() {
        assert_eq!(BYTES.parse("16KiB"), Ok(16 * 1024));
        assert_eq!(BYTES.parse("0B"), Ok(0));
        assert_eq!(TIME.parse("65s"), Ok(65_000));
        assert_eq!(TIME.parse("2h"), Ok(7_200_000));
        assert_eq!(RATE.parse("500B/s"), Ok(500));
    }

    #[test]
    fn what_people_write_by_mistake_is_named() {
        assert_eq!(BYTES.parse(""), Err(UnitError::NoNumber));
        assert_eq!(BYTES.parse("KiB"), Err(UnitError::NoNumber));
        assert_eq!(BYTES.parse("16"), Err(UnitError::NoUnit));
        assert_eq!(BYTES.parse("-1KiB"), Err(UnitError::Sign));
        assert_eq!(BYTES.parse("1.5MiB"), Err(UnitError::Fraction));
        assert_eq!(BYTES.parse("16 KiB"), Err(UnitError::Space));
        assert_eq!(
            TIME.parse("10 sec"),
            Err(UnitError::UnknownUnit("sec".into(), Some("s")))
        );
        assert_eq!(BYTES.parse("20000000000GiB"), Err(UnitError::TooLarge));
        assert_eq!(
            BYTES.parse("99999999999999999999B"),
            Err(UnitError::TooLarge)
        );
    }

    #[test]
    fn what_is_formatted_reads_back_as_the_same_quantity() {
        for scale in [&BYTES, &TIME, &RATE] {
            for quantity in [
                0,
                1,
                999,
                1000,
                1024,
                1500,
                60_000,
                65_000,
                MIB,
                GIB + 1,
                3 * GIB,
            ] {
                assert_eq!(scale.parse(&scale.format(quantity)), Ok(quantity));
            }
        }
        assert_eq!(TIME.format(120_000), "2min");
        assert_eq!(BYTES.format(16 * KIB), "16KiB");
    }

    #[test]
    fn rounded_sizes_keep_three_digits() {
        assert_eq!(format_bytes_rounded(0), "0 B");
        assert_eq!(format_bytes_rounded(1023), "1023 B");
        assert_eq!(format_bytes_rounded(1434), "1.4 KiB");
        assert_eq!(format_bytes_rounded(100 * KIB), "100 KiB");
        assert_eq!(format_bytes_rounded(u64::MAX), "16777216 TiB");
    }
}
