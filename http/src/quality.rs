//! Quality values (RFC 9110 §12.4.2): how much a client likes an alternative.

use crate::token::split_parameters;

/// A weight in two thousandths, from 0, not acceptable, to 2000. Twice what is written, so that
/// there is room below the least that a client can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quality(u16);

impl Quality {
    pub(crate) const REFUSED: Self = Self(0);
    /// Less than anything that a client can write, but acceptable.
    pub(crate) const LEAST: Self = Self(1);
    pub(crate) const FULL: Self = Self(2000);

    /// `( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )`
    fn parse(value: &[u8]) -> Option<Self> {
        let (units, fraction) = match value {
            [units] | [units, b'.'] => (units, &[][..]),
            [units, b'.', fraction @ ..] => (units, fraction),
            _ => return None,
        };
        let units = match units {
            b'0' => 0,
            b'1' => 1000,
            _ => return None,
        };
        if fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digit = |place| {
            fraction
                .get(place)
                .map_or(0, |digit| u16::from(digit - b'0'))
        };
        let thousandths = units + 100 * digit(0) + 10 * digit(1) + digit(2);
        (thousandths <= 1000).then_some(Self(2 * thousandths))
    }
}

/// An element of a list of alternatives, without its parameters, and its weight. An element with a
/// malformed weight is refused: guessing what the client likes could send what it cannot read.
pub(crate) fn weighted(element: &[u8]) -> (&[u8], Quality) {
    let (alternative, mut parameters) = split_parameters(element);
    let quality = match parameters.find(|(name, _)| name.eq_ignore_ascii_case(b"q")) {
        Some((_, value)) => Quality::parse(value).unwrap_or(Quality::REFUSED),
        None => Quality::FULL,
    };
    (alternative, quality)
}

#[cfg(test)]
mod tests {
    use super::{Quality, weighted};

    #[test]
    fn three_digits_after_the_point_at_most() {
        for (text, thousandths) in [
            ("0", 0),
            ("1", 1000),
            ("0.", 0),
            ("1.", 1000),
            ("0.5", 500),
            ("0.05", 50),
            ("0.001", 1),
            ("0.999", 999),
            ("1.000", 1000),
        ] {
            assert_eq!(
                Quality::parse(text.as_bytes()),
                Some(Quality(2 * thousandths)),
                "{text}"
            );
        }
        for text in [
            "", ".5", "0.0001", "1.001", "2", "-0", "0,5", "0.5x", "10", "1.0000",
        ] {
            assert_eq!(Quality::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_weight_is_the_parameter_q_wherever_it_stands() {
        assert_eq!(weighted(b"gzip"), (&b"gzip"[..], Quality::FULL));
        assert_eq!(weighted(b"br ; Q=0.5"), (&b"br"[..], Quality(1000)));
        assert_eq!(weighted(b"a/b;c=d;q=0.1;e"), (&b"a/b"[..], Quality(200)));
        assert_eq!(weighted(b"br;q=high"), (&b"br"[..], Quality::REFUSED));
    }
}
