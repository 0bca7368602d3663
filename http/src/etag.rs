//! Entity tags (RFC 9110 §8.8.3): reading them in conditions, comparing them, and making a strong
//! one out of the numbers that identify a file's content. Whether a condition holds is
//! [`crate::evaluate`]'s business.

use core::iter;

use crate::{decimal::hexadecimal, token::trim_ows};

/// An entity tag. Two tags are compared by [`EntityTag::strong_eq`] or [`EntityTag::weak_eq`] and
/// not by `==`, because the comparison depends on the condition (RFC 9110 §8.8.3.2).
#[derive(Clone, Copy, Debug)]
pub struct EntityTag<'a> {
    strength: Strength,
    /// Without the quotes.
    opaque: &'a [u8],
}

/// What equal tags promise (RFC 9110 §8.8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// The same bytes.
    Strong,
    /// Something that is as good.
    Weak,
}

impl<'a> EntityTag<'a> {
    /// The tag that `value` is, `"…"` or `W/"…"`; `None` if it is anything else.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (tag, rest) = Self::parse_first(value)?;
        rest.is_empty().then_some(tag)
    }

    /// The tags of a list such as that of `If-None-Match`. Ends before the first element that is
    /// not a tag: a condition must not hold because of what stands behind garbage.
    pub fn parse_list(line: &'a [u8]) -> impl Iterator<Item = Self> {
        let mut rest = line;
        iter::from_fn(move || {
            while let [b',' | b' ' | b'\t', after @ ..] = rest {
                rest = after;
            }
            let (tag, after) = Self::parse_first(rest)?;
            rest = trim_ows(after);
            matches!(rest, [] | [b',', ..]).then_some(tag)
        })
    }

    /// Both are strong and the same.
    #[must_use]
    pub fn strong_eq(&self, other: &EntityTag<'_>) -> bool {
        self.strength == Strength::Strong
            && other.strength == Strength::Strong
            && self.opaque == other.opaque
    }

    /// They are the same, whether weak or strong.
    #[must_use]
    pub fn weak_eq(&self, other: &EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }

    /// The tag at the beginning of `value`, and what follows it. A backslash is an ordinary byte
    /// in a tag, so this is not a quoted string.
    fn parse_first(value: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (strength, quoted) = match value.strip_prefix(b"W/") {
            Some(quoted) => (Strength::Weak, quoted),
            None => (Strength::Strong, value),
        };
        let inner = quoted.strip_prefix(b"\"")?;
        let end = inner
            .iter()
            .position(|byte| !matches!(byte, 0x21 | 0x23..=0x7e | 0x80..))?;
        let (opaque, after) = inner.split_at(end);
        let rest = after.strip_prefix(b"\"")?;
        Some((Self { strength, opaque }, rest))
    }
}

/// A strong tag made by [`StrongTag::from_words`], with its own storage of fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrongTag {
    bytes: [u8; Self::BYTES_MAX],
    len: u8,
}

impl StrongTag {
    /// Three words of 16 hexadecimal digits, two hyphens, two quotes.
    const BYTES_MAX: usize = 3 * 16 + 2 + 2;

    /// `"a-b-c"` in hexadecimal. The words must identify the content, such as a file's
    /// modification time in nanoseconds, size and inode: equal tags promise equal bytes.
    #[must_use]
    pub fn from_words(words: [u64; 3]) -> Self {
        let mut tag = Self {
            bytes: [0; Self::BYTES_MAX],
            len: 0,
        };
        for (position, word) in words.into_iter().enumerate() {
            tag.push(if position == 0 { b'"' } else { b'-' });
            for &digit in hexadecimal(word, &mut [0; 16]) {
                tag.push(digit);
            }
        }
        tag.push(b'"');
        tag
    }

    /// The tag as it stands in an `ETag` field, quotes included.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The tag for comparisons.
    #[must_use]
    pub fn as_tag(&self) -> EntityTag<'_> {
        EntityTag {
            strength: Strength::Strong,
            opaque: &self.bytes[1..usize::from(self.len) - 1],
        }
    }

    fn push(&mut self, byte: u8) {
        self.bytes[usize::from(self.len)] = byte;
        self.len += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{EntityTag, StrongTag};

    /// The table of RFC 9110 §8.8.3.2.
    #[test]
    fn strong_and_weak_comparison() {
        let compare = |a: &str, b: &str| {
            let a = EntityTag::parse(a.as_bytes()).expect("a tag");
            let b = EntityTag::parse(b.as_bytes()).expect("a tag");
            (a.strong_eq(&b), a.weak_eq(&b))
        };
        assert_eq!(compare("W/\"1\"", "W/\"1\""), (false, true));
        assert_eq!(compare("W/\"1\"", "W/\"2\""), (false, false));
        assert_eq!(compare("W/\"1\"", "\"1\""), (false, true));
        assert_eq!(compare("\"1\"", "\"1\""), (true, true));
    }

    /// RFC 9110 §8.8.3: `etagc = %x21 / %x23-7E / obs-text`.
    #[test]
    fn malformed_tags_are_refused() {
        assert!(EntityTag::parse(b"\"\"").is_some());
        assert!(EntityTag::parse(b"\"\\\"").is_some(), "no escapes in a tag");
        for bad in [
            "", "1", "\"1", "1\"", "w/\"1\"", "W/1", "\"a b\"", "\"a\"b", "\"\x7f\"",
        ] {
            assert!(EntityTag::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_list_ends_before_garbage() {
        let count = |line: &str| EntityTag::parse_list(line.as_bytes()).count();
        assert_eq!(count("\"a,b\", W/\"c\" ,,\t\"d\""), 3);
        assert_eq!(count("\"a\\\", \"b\""), 2);
        assert_eq!(count("\"a\", b, \"c\""), 1);
        assert_eq!(count("\"a\" \"c\""), 0);
        assert_eq!(count("*"), 0);
        assert_eq!(count(", ,"), 0);
    }

    #[test]
    fn words_become_a_tag_that_parses_to_itself() {
        let tag = StrongTag::from_words([0x1234_5678_9abc_def0, 0, u64::MAX]);
        assert_eq!(tag.as_bytes(), b"\"123456789abcdef0-0-ffffffffffffffff\"");
        let longest = StrongTag::from_words([u64::MAX; 3]);
        assert_eq!(longest.as_bytes().len(), StrongTag::BYTES_MAX);
        for tag in [tag, longest] {
            let parsed = EntityTag::parse(tag.as_bytes()).expect("a tag");
            assert!(parsed.strong_eq(&tag.as_tag()));
        }
    }
}
