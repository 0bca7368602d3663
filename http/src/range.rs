//! Range requests (RFC 9110 §14): what a `Range` field asks of a representation of a given length.
//! Overlapping and adjacent ranges are joined, so a response is never longer than the
//! representation by more than its part heads. A field that is malformed, in another unit or asks
//! for too many parts is ignored, which the RFC allows and every client must expect; it never
//! fails a request.

use alloc::{vec, vec::Vec};

use crate::{decimal::decimal, field::FieldValue, limits::Limits, token::list_elements};

/// A range of bytes, both ends included, `first <= last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// Position of the first byte.
    pub first: u64,
    /// Position of the last byte.
    pub last: u64,
}

impl ByteRange {
    /// How many bytes it has, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a range is never empty")]
    #[must_use]
    pub fn len(&self) -> u64 {
        self.last - self.first + 1
    }

    /// Whether no byte lies between the two.
    fn touches(&self, other: &Self) -> bool {
        self.first <= other.last.saturating_add(1) && other.first <= self.last.saturating_add(1)
    }
}

/// What to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeOutcome {
    /// The whole representation, as if there were no `Range`.
    Whole,
    /// 206 with this part.
    Single(ByteRange),
    /// 206 with these two or more parts, disjoint, in the order in which they were asked for.
    Several(Vec<ByteRange>),
    /// 416 with `Content-Range: bytes */length`.
    Unsatisfiable,
}

/// What the value of a `Range` field asks of a representation of `length` bytes.
#[must_use]
pub fn resolve_ranges(value: &[u8], length: u64, limits: &Limits) -> RangeOutcome {
    match resolve(value, length, limits.range_parts_max) {
        None => RangeOutcome::Whole,
        Some(ranges) => match ranges[..] {
            [] => RangeOutcome::Unsatisfiable,
            [range] => RangeOutcome::Single(range),
            [_, _, ..] => RangeOutcome::Several(ranges),
        },
    }
}

/// The value of a `Content-Range` field (RFC 9110 §14.4): of a part, or of a 416 if there is none.
#[must_use]
pub fn content_range(range: Option<ByteRange>, length: u64) -> FieldValue<'static> {
    let mut value = b"bytes ".to_vec();
    match range {
        Some(ByteRange { first, last }) => {
            value.extend_from_slice(decimal(first, &mut [0; 20]));
            value.push(b'-');
            value.extend_from_slice(decimal(last, &mut [0; 20]));
        }
        None => value.push(b'*'),
    }
    value.push(b'/');
    value.extend_from_slice(decimal(length, &mut [0; 20]));
    FieldValue::from_own_bytes(value)
}

/// The satisfiable ranges, joined; `None` if the field is to be ignored.
fn resolve(value: &[u8], length: u64, parts_max: usize) -> Option<Vec<ByteRange>> {
    let set = range_set(value)?;
    let mut ranges = vec![];
    let mut parts = 0;
    for part in list_elements(set) {
        parts += 1;
        if parts > parts_max {
            return None;
        }
        match RangeSpec::parse(part)?.within(length) {
            Resolved::Part(range) => join(&mut ranges, range),
            Resolved::Nothing => {}
            Resolved::Whole => return None,
        }
    }
    (parts > 0).then_some(ranges)
}

/// What follows `bytes=`. Range units are case-insensitive (RFC 9110 §14.1).
fn range_set(value: &[u8]) -> Option<&[u8]> {
    let (unit, set) = value.split_at_checked(b"bytes=".len())?;
    unit.eq_ignore_ascii_case(b"bytes=").then_some(set)
}

/// Adds `range`, joined with those that it touches, in the place of the earliest of them. Those
/// that are there touch nobody, so the joined one touches nobody either.
fn join(ranges: &mut Vec<ByteRange>, range: ByteRange) {
    let touching = |other: &ByteRange| other.touches(&range);
    let place = ranges.iter().position(touching).unwrap_or(ranges.len());
    let mut joined = range;
    ranges.retain(|other| {
        if touching(other) {
            joined.first = joined.first.min(other.first);
            joined.last = joined.last.max(other.last);
        }
        !touching(other)
    });
    ranges.insert(place, joined);
}

/// One element of a range set (RFC 9110 §14.1.2), as it was written.
enum RangeSpec {
    /// `first-` or `first-last`
    From { first: u64, last: Option<u64> },
    /// `-length`
    Suffix { length: u64 },
}

enum Resolved {
    Part(ByteRange),
    /// It has no byte of the representation.
    Nothing,
    /// It is all of an empty representation, for which there is no `Content-Range`.
    Whole,
}

impl RangeSpec {
    fn parse(part: &[u8]) -> Option<Self> {
        let dash = part.iter().position(|&byte| byte == b'-')?;
        let (first, last) = (&part[..dash], &part[dash + 1..]);
        match (first, last) {
            ([], last) => Some(Self::Suffix {
                length: position(last)?,
            }),
            (first, []) => Some(Self::From {
                first: position(first)?,
                last: None,
            }),
            (first, last) => {
                let (first, last) = (position(first)?, position(last)?);
                (first <= last).then_some(Self::From {
                    first,
                    last: Some(last),
                })
            }
        }
    }

    fn within(&self, length: u64) -> Resolved {
        let Some(end) = length.checked_sub(1) else {
            return match self {
                Self::Suffix { length: 1.. } => Resolved::Whole,
                Self::Suffix { length: 0 } | Self::From { .. } => Resolved::Nothing,
            };
        };
        match *self {
            Self::From { first, .. } if first > end => Resolved::Nothing,
            Self::From { first, last } => Resolved::Part(ByteRange {
                first,
                last: last.map_or(end, |last| last.min(end)),
            }),
            Self::Suffix { length: 0 } => Resolved::Nothing,
            Self::Suffix { length: suffix } => Resolved::Part(ByteRange {
                first: length.saturating_sub(suffix),
                last: end,
            }),
        }
    }
}

/// `1*DIGIT`. A number that does not fit is as far behind any end as the largest that does.
fn position(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |position, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(position.saturating_mul(10).saturating_add(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::{ByteRange, RangeOutcome, content_range, resolve_ranges};
    use crate::limits::Limits;

    fn resolve(value: &str, length: u64) -> RangeOutcome {
        resolve_ranges(value.as_bytes(), length, &Limits::default())
    }

    fn several(ranges: &[(u64, u64)]) -> RangeOutcome {
        let ranges = ranges
            .iter()
            .map(|&(first, last)| ByteRange { first, last });
        RangeOutcome::Several(ranges.collect())
    }

    fn single(first: u64, last: u64) -> RangeOutcome {
        RangeOutcome::Single(ByteRange { first, last })
    }

    /// The examples of RFC 9110 §14.1.2, of a representation of 10,000 bytes.
    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(resolve("bytes=0-499", 10_000), single(0, 499));
        assert_eq!(resolve("bytes=500-999", 10_000), single(500, 999));
        assert_eq!(resolve("bytes=-500", 10_000), single(9500, 9999));
        assert_eq!(resolve("bytes=9500-", 10_000), single(9500, 9999));
        let ends = several(&[(0, 0), (9999, 9999)]);
        assert_eq!(resolve("bytes=0-0,-1", 10_000), ends);
        let three = several(&[(0, 999), (4500, 5499), (9000, 9999)]);
        assert_eq!(resolve("bytes= 0-999, 4500-5499, -1000", 10_000), three);
        let joined = single(500, 999);
        assert_eq!(resolve("bytes=500-600,601-999", 10_000), joined);
        assert_eq!(resolve("bytes=500-700,601-999", 10_000), joined);
    }

    #[test]
    fn ranges_are_cut_at_the_end_and_dropped_behind_it() {
        assert_eq!(resolve("bytes=5-999999", 10), single(5, 9));
        assert_eq!(resolve("BYTES=-999", 10), single(0, 9));
        assert_eq!(resolve("bytes=10-,3-4", 10), single(3, 4));
        assert_eq!(resolve("bytes=10-", 10), RangeOutcome::Unsatisfiable);
        assert_eq!(resolve("bytes=-0", 10), RangeOutcome::Unsatisfiable);
        assert_eq!(resolve("bytes=0-", 0), RangeOutcome::Unsatisfiable);
        assert_eq!(resolve("bytes=-5", 0), RangeOutcome::Whole);
    }

    #[test]
    fn numbers_that_do_not_fit_are_behind_every_end() {
        let huge = "99999999999999999999999";
        let value = std::format!("bytes={huge}-{huge}");
        assert_eq!(resolve(&value, u64::MAX), RangeOutcome::Unsatisfiable);
        let value = std::format!("bytes=1-{huge}");
        assert_eq!(resolve(&value, u64::MAX), single(1, u64::MAX - 1));
        let value = std::format!("bytes=-{huge}");
        assert_eq!(resolve(&value, u64::MAX), single(0, u64::MAX - 1));
    }

    /// RFC 9110 §14.2: "A server that supports range requests MAY ignore or reject a Range header
    /// field that contains an invalid ranges-specifier".
    #[test]
    fn what_is_malformed_is_ignored() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "items=0-1",
            "bytes 0-1",
            "bytes=a-b",
            "bytes=1",
            "bytes=-",
            "bytes=5-4",
            "bytes=0-1,5-4",
            "bytes=+1-2",
            "bytes=1 -2",
            "bytes=0x1-2",
            "bytes=1--2",
            "bytes=0-1;2-3",
            "bytes =0-1",
        ] {
            assert_eq!(resolve(value, 10), RangeOutcome::Whole, "{value}");
        }
    }

    #[test]
    fn joined_ranges_take_the_place_of_the_earliest() {
        let value = "bytes=80-89,10-19,50-59,20-49";
        assert_eq!(resolve(value, 100), several(&[(80, 89), (10, 59)]));
    }

    #[test]
    fn too_many_parts_are_ignored_as_a_whole() {
        let parts = |count: u64| {
            let parts: std::vec::Vec<_> = (0..count)
                .map(|at| std::format!("{0}-{0}", at * 2))
                .collect();
            resolve(&std::format!("bytes={}", parts.join(",")), 1000)
        };
        assert!(matches!(parts(16), RangeOutcome::Several(ranges) if ranges.len() == 16));
        assert_eq!(parts(17), RangeOutcome::Whole);
    }

    #[test]
    fn content_range_names_the_part_or_the_length() {
        let range = ByteRange {
            first: 0,
            last: 499,
        };
        assert_eq!(
            content_range(Some(range), 1234).as_bytes(),
            b"bytes 0-499/1234"
        );
        assert_eq!(content_range(None, 0).as_bytes(), b"bytes */0");
    }
}
