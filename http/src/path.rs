//! Canonical paths: one spelling of a request's path, decoded once, which is both matched against
//! routes and opened. It refuses whatever could mean another file to another reader: `..` in any
//! spelling, encoded slashes, backslashes, controls, NUL, overlong UTF-8.
//!
//! An ordinary path is checked in one pass and borrowed.

use alloc::{borrow::Cow, vec::Vec};
use core::fmt;

use memchr::memrchr;

/// Bytes of one segment: NAME_MAX, the longest file name.
pub const SEGMENT_BYTES_MAX: usize = 255;
/// Bytes of a canonical path: PATH_MAX.
pub const PATH_BYTES_MAX: usize = 4096;

/// A path that begins with `/`, is percent-decoded, and whose segments are neither empty nor `.`
/// nor `..` and have no `/`, `\` or control. It can be opened relative to a folder without its
/// first byte. It need not be UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalPath<'a>(Cow<'a, [u8]>);

/// Why a path is refused. All of them are answered by 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// It does not begin with `/`, or has a byte in it that ends a path or is no part of one.
    NotAPath,
    /// A `%` that two hexadecimal digits do not follow.
    Escape,
    /// `%00` or another control, encoded or not.
    Control,
    /// `%2F`: a slash that is not a separator.
    EncodedSlash,
    /// `\` or `%5C`.
    Backslash,
    /// A segment that is `..`, encoded or not.
    ParentSegment,
    /// A byte spelled in more bytes of UTF-8 than it needs, such as `%C0%AE` for a dot.
    OverlongUtf8,
    /// A segment longer than [`SEGMENT_BYTES_MAX`].
    SegmentTooLong,
    /// Longer than [`PATH_BYTES_MAX`].
    TooLong,
}

impl<'a> CanonicalPath<'a> {
    /// The canonical form of `raw`, a target's path: empty and `.` segments removed, escapes
    /// decoded once. A final slash is kept; a final `.` is one.
    ///
    /// # Errors
    ///
    /// Why the path is refused.
    pub fn parse(raw: &'a str) -> Result<Self, PathError> {
        let bytes = raw.as_bytes();
        let path = if is_canonical(bytes) {
            Cow::Borrowed(bytes)
        } else {
            Cow::Owned(canonicalize(bytes)?)
        };
        if path.len() > PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        Ok(Self(path))
    }

    /// The path, with its first slash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path without its first slash, as it is opened relative to a folder; empty for `/`.
    #[must_use]
    pub fn relative(&self) -> &[u8] {
        &self.0[1..]
    }

    /// The segments, none of them empty.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.relative()
            .split(|&byte| byte == b'/')
            .filter(|segment| !segment.is_empty())
    }

    /// Whether it ends in a slash and so names a folder; `/` does.
    #[must_use]
    pub fn has_trailing_slash(&self) -> bool {
        self.0.ends_with(b"/")
    }

    /// What follows the last dot of the last segment, if a name stands before that dot.
    #[must_use]
    pub fn extension(&self) -> Option<&[u8]> {
        let slash = memrchr(b'/', &self.0)?;
        let name = &self.0[slash + 1..];
        match memrchr(b'.', name)? {
            0 => None,
            dot => Some(&name[dot + 1..]),
        }
    }

    /// Whether a segment begins with a dot and so is hidden. `.well-known` in the first place does
    /// not count (RFC 8615 §3).
    #[must_use]
    pub fn has_dot_segment(&self) -> bool {
        self.segments()
            .enumerate()
            .any(|(place, name)| name[0] == b'.' && (place > 0 || name != b".well-known"))
    }

    /// Appends the path as it stands in a URI, everything that is not unreserved or a slash
    /// percent-encoded. It never begins with two slashes, so as a `Location` it stays on its host.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for &byte in self.as_bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
                out.push(byte);
            } else {
                let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
                out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0xf)]);
            }
        }
    }

    /// The path with its own storage.
    #[must_use]
    pub fn into_owned(self) -> CanonicalPath<'static> {
        CanonicalPath(Cow::Owned(self.0.into_owned()))
    }
}

/// What a raw byte is to a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Stands for itself.
    Plain,
    Slash,
    /// Needs a closer look, or is refused.
    Other,
}

static CLASSES: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut byte = 0x21;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'/' => Class::Slash,
            b'%' | b'\\' | b'?' | b'#' | 0x7f => Class::Other,
            _ => Class::Plain,
        };
        byte += 1;
    }
    table
};

/// Whether `raw` is its own canonical form. The input is UTF-8, so raw bytes above 0x7f cannot
/// spell anything else.
fn is_canonical(raw: &[u8]) -> bool {
    let Some((b'/', rest)) = raw.split_first() else {
        return false;
    };
    let mut segment = rest;
    let mut len = 0;
    for (at, &byte) in rest.iter().enumerate() {
        match CLASSES[usize::from(byte)] {
            Class::Plain => len += 1,
            Class::Slash => {
                if len == 0 || !is_ordinary(&segment[..len]) {
                    return false;
                }
                segment = &rest[at + 1..];
                len = 0;
            }
            Class::Other => return false,
        }
    }
    is_ordinary(&segment[..len])
}

fn is_ordinary(segment: &[u8]) -> bool {
    segment.len() <= SEGMENT_BYTES_MAX && !matches!(segment, b"." | b"..")
}

fn canonicalize(raw: &[u8]) -> Result<Vec<u8>, PathError> {
    let relative = raw.strip_prefix(b"/").ok_or(PathError::NotAPath)?;
    let mut path = Vec::with_capacity(raw.len());
    let mut ends_in_folder = false;
    for segment in relative.split(|&byte| byte == b'/') {
        let begin = path.len();
        path.push(b'/');
        decode(segment, &mut path)?;
        let decoded = &path[begin + 1..];
        ends_in_folder = matches!(decoded, b"" | b".");
        match decoded {
            b"" | b"." => path.truncate(begin),
            b".." => return Err(PathError::ParentSegment),
            _ if decoded.len() > SEGMENT_BYTES_MAX => return Err(PathError::SegmentTooLong),
            _ if has_overlong_utf8(decoded) => return Err(PathError::OverlongUtf8),
            _ => {}
        }
    }
    if ends_in_folder {
        path.push(b'/');
    }
    Ok(path)
}

fn decode(segment: &[u8], out: &mut Vec<u8>) -> Result<(), PathError> {
    let mut rest = segment;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => {
                let [high, low, after @ ..] = rest else {
                    return Err(PathError::Escape);
                };
                rest = after;
                let value = |digit: u8| char::from(digit).to_digit(16).ok_or(PathError::Escape);
                let decoded = (value(*high)? << 4 | value(*low)?) as u8;
                if decoded == b'/' {
                    return Err(PathError::EncodedSlash);
                }
                push_checked(decoded, out)?;
            }
            b'?' | b'#' | b' ' => return Err(PathError::NotAPath),
            _ => push_checked(byte, out)?,
        }
    }
    Ok(())
}

fn push_checked(byte: u8, out: &mut Vec<u8>) -> Result<(), PathError> {
    match byte {
        0..=0x1f | 0x7f => return Err(PathError::Control),
        b'\\' => return Err(PathError::Backslash),
        _ => out.push(byte),
    }
    Ok(())
}

/// The first two bytes of an overlong sequence: no valid UTF-8 has them.
fn has_overlong_utf8(segment: &[u8]) -> bool {
    segment.iter().any(|byte| matches!(byte, 0xc0 | 0xc1))
        || segment
            .windows(2)
            .any(|pair| matches!(pair, [0xe0, 0x80..=0x9f] | [0xf0, 0x80..=0x8f]))
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAPath => "the path does not begin with a slash or has a byte that ends it",
            Self::Escape => "the path has a percent sign without two hexadecimal digits",
            Self::Control => "the path has a control byte",
            Self::EncodedSlash => "the path has an encoded slash",
            Self::Backslash => "the path has a backslash",
            Self::ParentSegment => "the path has a parent segment",
            Self::OverlongUtf8 => "the path has overlong UTF-8",
            Self::SegmentTooLong => "a segment of the path is longer than a file name can be",
            Self::TooLong => "the path is longer than a path can be",
        })
    }
}

impl core::error::Error for PathError {}
