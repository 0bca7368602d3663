//! The places of a template: `{seq}`, `{rand:1..1000}`, `{uuid}`, `{line:FILE}`.
//!
//! A brace is a place if a word of small letters and then `}` or `:` follows it. Elsewhere braces
//! are themselves, so that JSON bodies need no escapes. An unknown word is a mistake in a target
//! or a field, and itself in a body, where a query language may well write `{users}`.

use std::path::Path;
use std::sync::Arc;

use rand::Rng;
use rand::rngs::SmallRng;

use super::lines::{Lines, LinesError};
use super::wish::ReadFile;
use crate::plan::nearest::nearest;

/// Width that the length of a filled body gets: enough for any body that is allowed. The number
/// stands at its right end; the spaces before it are the optional whitespace of RFC 9110 §5.5.
pub(super) const LENGTH_DIGITS: usize = 9;

/// Places that one text may have, so that a filled body stays within [`LENGTH_DIGITS`].
const HOLES_MAX: usize = 256;

const NAMES: [&str; 4] = ["seq", "rand", "uuid", "line"];

/// Where a text stands in a request; decides what its places may bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Target,
    Field,
    Body,
}

/// A part of a request.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// These bytes.
    Fixed(Vec<u8>),
    /// Something new for each request.
    Hole(Hole),
    /// Room for the length of a body that is only known when it is filled.
    ContentLength,
    /// Nothing: what comes after is the body.
    BodyBegin,
}

/// A place and what fills it.
#[derive(Clone, Debug)]
pub(super) enum Hole {
    /// The number of the request.
    Sequence,
    /// A number between two, both included.
    Random(u64, u64),
    /// A version 4 UUID.
    Uuid,
    /// The next line of a file, over and over.
    Line(Arc<Lines>),
}

/// Why a place cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum HoleError {
    /// No such place.
    #[error("{{{name}}} is no place that can be filled; {remedy}")]
    Unknown {
        /// The word in the braces.
        name: String,
        /// What to write instead.
        remedy: String,
    },
    /// More than `HOLES_MAX`.
    #[error("more than {HOLES_MAX} places to fill in one text; use a file with {{line:FILE}}")]
    TooMany,
    /// `{rand:…}` without a range.
    #[error("{{rand:{0}}} is not a range; write {{rand:1..1000}}, both ends included")]
    Range(String),
    /// `{line:…}` whose file cannot be used.
    #[error("{{line:{file}}}: {error}")]
    Lines {
        /// The file as written.
        file: String,
        /// What is wrong with it.
        error: LinesError,
    },
}

impl Piece {
    pub(super) fn fixed(&self) -> Option<&[u8]> {
        match self {
            Piece::Fixed(bytes) => Some(bytes),
            Piece::BodyBegin => Some(&[]),
            Piece::Hole(_) | Piece::ContentLength => None,
        }
    }
}

impl Hole {
    /// Appends what fills the place in request `number`.
    pub(super) fn append(&self, number: u64, random: &mut SmallRng, out: &mut Vec<u8>) {
        match self {
            Hole::Sequence => append_decimal(number, out),
            Hole::Random(low, high) => append_decimal(random.random_range(*low..=*high), out),
            Hole::Uuid => append_uuid(random.random(), out),
            Hole::Line(lines) => out.extend_from_slice(lines.line(number)),
        }
    }
}

/// Takes a text apart into what is fixed and what is filled.
pub(super) fn pieces(
    text: &str,
    position: Position,
    read: ReadFile<'_>,
) -> Result<Vec<Piece>, HoleError> {
    let mut pieces = Vec::new();
    let mut fixed = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        fixed.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_first = pieces.is_empty() && fixed.is_empty();
        let place = braced(rest).map(|(name, argument, length)| {
            let hole = hole(name, argument, position, is_first, read)?;
            Ok::<_, HoleError>(hole.map(|hole| (hole, length)))
        });
        match place.transpose()?.flatten() {
            Some((hole, length)) => {
                pieces.push(Piece::Fixed(std::mem::take(&mut fixed).into_bytes()));
                pieces.push(Piece::Hole(hole));
                if pieces.len() > 2 * HOLES_MAX {
                    return Err(HoleError::TooMany);
                }
                rest = &rest[length..];
            }
            None => {
                fixed.push('{');
                rest = &rest[1..];
            }
        }
    }
    fixed.push_str(rest);
    pieces.push(Piece::Fixed(fixed.into_bytes()));
    Ok(pieces)
}

/// The same with neighboring fixed pieces made one and empty ones gone.
pub(super) fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (_, Piece::Fixed(bytes)) if bytes.is_empty() => {}
            (Some(Piece::Fixed(before)), Piece::Fixed(bytes)) => before.extend_from_slice(&bytes),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// Name, argument and length of a text that begins with `{word}` or `{word:argument}`.
fn braced(text: &str) -> Option<(&str, Option<&str>, usize)> {
    let (inner, _) = text[1..].split_once('}')?;
    let (name, argument) = match inner.split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (inner, None),
    };
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    is_word.then_some((name, argument, inner.len() + 2))
}

fn hole(
    name: &str,
    argument: Option<&str>,
    position: Position,
    is_first: bool,
    read: ReadFile<'_>,
) -> Result<Option<Hole>, HoleError> {
    match (name, argument) {
        ("seq", None) => Ok(Some(Hole::Sequence)),
        ("uuid", None) => Ok(Some(Hole::Uuid)),
        ("rand", Some(range)) => match parse_range(range) {
            Some((low, high)) => Ok(Some(Hole::Random(low, high))),
            None => Err(HoleError::Range(range.to_owned())),
        },
        ("line", Some(file)) => {
            let lines = Lines::read(Path::new(file), position, is_first, read);
            let lines = lines.map_err(|error| HoleError::Lines {
                file: file.to_owned(),
                error,
            })?;
            Ok(Some(Hole::Line(Arc::new(lines))))
        }
        _ if position == Position::Body => Ok(None),
        _ => Err(HoleError::Unknown {
            name: name.to_owned(),
            remedy: match nearest(name, NAMES) {
                Some(meant) => format!("did you mean {}?", example(meant)),
                None => "there are {seq}, {rand:1..1000}, {uuid} and {line:FILE}".to_owned(),
            },
        }),
    }
}

fn example(name: &str) -> &'static str {
    match name {
        "rand" => "{rand:1..1000}",
        "line" => "{line:FILE}",
        "uuid" => "{uuid}",
        _ => "{seq}",
    }
}

fn parse_range(text: &str) -> Option<(u64, u64)> {
    let (low, high) = text.split_once("..")?;
    let (low, high) = (low.parse().ok()?, high.parse().ok()?);
    (low <= high).then_some((low, high))
}

fn append_decimal(number: u64, out: &mut Vec<u8>) {
    const DIGITS_MAX: usize = 20;
    let mut digits = [0; DIGITS_MAX];
    let mut at = DIGITS_MAX;
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// RFC 9562 §5.4: 122 random bits, version 4, variant 10.
fn append_uuid(random: u128, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bits = (random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    for nibble in 0..32 {
        if matches!(nibble, 8 | 12 | 16 | 20) {
            out.push(b'-');
        }
        out.push(HEX[(bits >> (124 - 4 * nibble)) as usize & 0xf]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_uuids_have_their_forms() {
        for number in [0, 7, 10, 99, 100, u64::MAX] {
            let mut out = Vec::new();
            append_decimal(number, &mut out);
            assert_eq!(out, number.to_string().as_bytes());
        }
        let mut out = Vec::new();
        append_uuid(u128::MAX, &mut out);
        assert_eq!(out, b"ffffffff-ffff-4fff-bfff-ffffffffffff");
        out.clear();
        append_uuid(0, &mut out);
        assert_eq!(out, b"00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn ranges_are_two_numbers_in_order() {
        assert_eq!(parse_range("1..1000"), Some((1, 1000)));
        assert_eq!(parse_range("5..5"), Some((5, 5)));
        for wrong in ["", "1", "2..1", "a..b", "1...2", "-1..2", "1..=2"] {
            assert_eq!(parse_range(wrong), None, "{wrong}");
        }
    }
}
