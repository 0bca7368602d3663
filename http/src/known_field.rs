//! The fields that decide what a message is, how long it is and what it asks for: those that are
//! found while a head is parsed, and that no trailer may bring. Their values are read elsewhere.

use core::fmt;

/// The fields that are found while a head is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// `Accept`, a list
    Accept,
    /// `Accept-Encoding`, a list
    AcceptEncoding,
    /// `Connection`, a list
    Connection,
    /// `Content-Length`
    ContentLength,
    /// `Content-Type`
    ContentType,
    /// `Expect`, a list
    Expect,
    /// `Host`
    Host,
    /// `If-Match`, a list
    IfMatch,
    /// `If-Modified-Since`
    IfModifiedSince,
    /// `If-None-Match`, a list
    IfNoneMatch,
    /// `If-Range`
    IfRange,
    /// `If-Unmodified-Since`
    IfUnmodifiedSince,
    /// `Range`
    Range,
    /// `TE`, a list
    Te,
    /// `Transfer-Encoding`: a list by its grammar, but only `chunked` is accepted
    TransferEncoding,
    /// `Upgrade`, a list
    Upgrade,
}

/// How many there are.
pub(crate) const FIELD_COUNT: usize = 16;

impl Field {
    /// The name in its usual spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::AcceptEncoding => "Accept-Encoding",
            Self::Connection => "Connection",
            Self::ContentLength => "Content-Length",
            Self::ContentType => "Content-Type",
            Self::Expect => "Expect",
            Self::Host => "Host",
            Self::IfMatch => "If-Match",
            Self::IfModifiedSince => "If-Modified-Since",
            Self::IfNoneMatch => "If-None-Match",
            Self::IfRange => "If-Range",
            Self::IfUnmodifiedSince => "If-Unmodified-Since",
            Self::Range => "Range",
            Self::Te => "TE",
            Self::TransferEncoding => "Transfer-Encoding",
            Self::Upgrade => "Upgrade",
        }
    }

    /// The field of this name. Length and first letter leave one candidate to compare.
    #[inline(always)]
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        let field = match (name.len(), name.first()?.to_ascii_lowercase()) {
            (2, b't') => Self::Te,
            (4, b'h') => Self::Host,
            (5, b'r') => Self::Range,
            (6, b'a') => Self::Accept,
            (6, b'e') => Self::Expect,
            (7, b'u') => Self::Upgrade,
            (8, b'i') if name[3].eq_ignore_ascii_case(&b'r') => Self::IfRange,
            (8, b'i') => Self::IfMatch,
            (10, b'c') => Self::Connection,
            (12, b'c') => Self::ContentType,
            (13, b'i') => Self::IfNoneMatch,
            (14, b'c') => Self::ContentLength,
            (15, b'a') => Self::AcceptEncoding,
            (17, b'i') => Self::IfModifiedSince,
            (17, b't') => Self::TransferEncoding,
            (19, b'i') => Self::IfUnmodifiedSince,
            _ => return None,
        };
        let is_same = field.as_str().as_bytes().eq_ignore_ascii_case(name);
        is_same.then_some(field)
    }

    /// Whether several lines of this field mean one list (RFC 9110 §5.3).
    pub(crate) const fn is_list(self) -> bool {
        match self {
            Self::Accept
            | Self::AcceptEncoding
            | Self::Connection
            | Self::Expect
            | Self::IfMatch
            | Self::IfNoneMatch
            | Self::Te
            | Self::Upgrade => true,
            Self::ContentLength
            | Self::ContentType
            | Self::Host
            | Self::IfModifiedSince
            | Self::IfRange
            | Self::IfUnmodifiedSince
            | Self::Range
            | Self::TransferEncoding => false,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use alloc::{format, vec::Vec};

    use super::{FIELD_COUNT, Field};

    /// All of them.
    pub(crate) const ALL: [Field; FIELD_COUNT] = [
        Field::Accept,
        Field::AcceptEncoding,
        Field::Connection,
        Field::ContentLength,
        Field::ContentType,
        Field::Expect,
        Field::Host,
        Field::IfMatch,
        Field::IfModifiedSince,
        Field::IfNoneMatch,
        Field::IfRange,
        Field::IfUnmodifiedSince,
        Field::Range,
        Field::Te,
        Field::TransferEncoding,
        Field::Upgrade,
    ];

    /// RFC 9110 §5.1: "Field names are case-insensitive".
    #[test]
    fn every_field_is_found_by_its_name_in_any_case() {
        for field in ALL {
            for name in [
                field.as_str().to_ascii_lowercase(),
                field.as_str().to_ascii_uppercase(),
            ] {
                assert_eq!(Field::from_name(name.as_bytes()), Some(field));
                let almost = format!("{}_", &name[..name.len() - 1]);
                assert_eq!(Field::from_name(almost.as_bytes()), None);
            }
        }
        assert_eq!(Field::from_name(b""), None);
    }

    /// The fields whose grammar is `#element` in RFC 9110, without `Transfer-Encoding`.
    #[test]
    fn lists_are_told_from_single_values() {
        let names = ALL.into_iter().filter(|field| field.is_list());
        let names: Vec<_> = names.map(Field::as_str).collect();
        assert_eq!(
            names.join(" "),
            "Accept Accept-Encoding Connection Expect If-Match If-None-Match TE Upgrade"
        );
    }

    #[test]
    fn every_field_has_its_own_place() {
        for (place, field) in ALL.into_iter().enumerate() {
            assert_eq!(field as usize, place);
        }
    }
}
