//! Field names and values as proven types (RFC 9110 §5). Whoever holds a [`FieldName`] or a
//! [`FieldValue`] holds bytes that cannot end a line, so a head made of them cannot be split.
//! Parsing a whole section is [`crate::fields`].

use alloc::{borrow::Cow, vec::Vec};
use core::fmt;

use crate::token::{is_token, trim_ows};

/// A field name: a token (RFC 9110 §5.1). Compared without regard to case.
#[derive(Clone, Copy, Debug, Eq)]
pub struct FieldName<'a>(&'a str);

macro_rules! field_names {
    ($($constant:ident $name:literal)*) => {
        impl FieldName<'static> {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $constant: Self = Self::from_static($name);
            )*
        }
    };
}

field_names! {
    ACCEPT_RANGES "Accept-Ranges"
    AGE "Age"
    ALLOW "Allow"
    CACHE_CONTROL "Cache-Control"
    CONNECTION "Connection"
    CONTENT_ENCODING "Content-Encoding"
    CONTENT_LENGTH "Content-Length"
    CONTENT_RANGE "Content-Range"
    CONTENT_TYPE "Content-Type"
    DATE "Date"
    ETAG "ETag"
    EXPECT "Expect"
    HOST "Host"
    LAST_MODIFIED "Last-Modified"
    LOCATION "Location"
    RETRY_AFTER "Retry-After"
    SERVER "Server"
    TE "TE"
    TRAILER "Trailer"
    TRANSFER_ENCODING "Transfer-Encoding"
    UPGRADE "Upgrade"
    VARY "Vary"
    VIA "Via"
    X_CONTENT_TYPE_OPTIONS "X-Content-Type-Options"
}

impl<'a> FieldName<'a> {
    /// The name, if it is a token.
    #[must_use]
    pub const fn new(name: &'a str) -> Option<Self> {
        if is_token(name.as_bytes()) {
            Some(Self(name))
        } else {
            None
        }
    }

    /// The name as it was written.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl FieldName<'static> {
    /// A name that is written in the source.
    ///
    /// # Panics
    ///
    /// If it is not a token; in a `const`, that is an error of the compiler.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_token(name.as_bytes()), "a field name is a token");
        Self(name)
    }
}

impl PartialEq<FieldName<'_>> for FieldName<'_> {
    fn eq(&self, other: &FieldName<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl fmt::Display for FieldName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A field value: visible bytes, spaces, tabs and obs-text, with no whitespace at its ends
/// (RFC 9110 §5.5). Never a CR, LF, NUL or another control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldValue<'a>(Cow<'a, [u8]>);

impl<'a> FieldValue<'a> {
    /// The value, with whitespace at its ends removed.
    ///
    /// # Errors
    ///
    /// The first byte that no field value may have.
    pub fn new(value: impl Into<Cow<'a, [u8]>>) -> Result<Self, ForbiddenByte> {
        let value = match value.into() {
            Cow::Borrowed(bytes) => Cow::Borrowed(trim_ows(bytes)),
            Cow::Owned(bytes) => {
                let trimmed = trim_ows(&bytes);
                if trimmed.len() == bytes.len() {
                    Cow::Owned(bytes)
                } else {
                    Cow::Owned(trimmed.to_vec())
                }
            }
        };
        match value.iter().position(|&byte| !is_value_byte(byte)) {
            None => Ok(Self(value)),
            Some(at) => Err(ForbiddenByte {
                byte: value[at],
                at,
            }),
        }
    }

    /// A value of bytes that this crate has made and knows to be allowed.
    pub(crate) fn from_own_bytes(value: Vec<u8>) -> Self {
        debug_assert!(value.iter().all(|&byte| is_value_byte(byte)));
        Self(Cow::Owned(value))
    }

    /// The value as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value with its own storage.
    #[must_use]
    pub fn into_owned(self) -> FieldValue<'static> {
        FieldValue(Cow::Owned(self.0.into_owned()))
    }
}

impl FieldValue<'static> {
    /// A value that is written in the source.
    ///
    /// # Panics
    ///
    /// If a byte is not allowed, or whitespace stands at an end; in a `const`, that is an error of
    /// the compiler.
    #[must_use]
    pub const fn from_static(value: &'static str) -> Self {
        let bytes = value.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            assert!(is_value_byte(bytes[at]), "a field value has no controls");
            at += 1;
        }
        if let [b' ' | b'\t', ..] | [.., b' ' | b'\t'] = bytes {
            panic!("a field value has no whitespace at its ends");
        }
        Self(Cow::Borrowed(bytes))
    }
}

/// Why bytes are not a field value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForbiddenByte {
    /// The byte.
    pub byte: u8,
    /// Where it stands, counted from the first byte that is not whitespace.
    pub at: usize,
}

impl fmt::Display for ForbiddenByte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the byte 0x{:02x} at position {} is not allowed in a field value",
            self.byte, self.at
        )
    }
}

impl core::error::Error for ForbiddenByte {}

/// Whether `byte` may stand in a field value: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5).
pub(crate) const fn is_value_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::{FieldName, FieldValue, ForbiddenByte};

    #[test]
    fn names_are_tokens_and_compare_without_case() {
        assert_eq!(FieldName::new("x y"), None);
        assert_eq!(FieldName::new(""), None);
        assert_eq!(FieldName::new("X:"), None);
        assert_eq!(FieldName::new("etag"), Some(FieldName::ETAG));
    }

    /// RFC 9110 §5.5: CR, LF and NUL are "invalid and dangerous".
    #[test]
    fn values_refuse_what_could_end_a_line() {
        for byte in [b'\r', b'\n', 0, 0x0b, 0x1f, 0x7f] {
            let value = [b'a', byte, b'b'];
            let error = ForbiddenByte { byte, at: 1 };
            assert_eq!(FieldValue::new(&value[..]), Err(error));
        }
        let error = FieldValue::new(&b"a\r\nSet-Cookie: b"[..]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the byte 0x0d at position 1 is not allowed in a field value"
        );
    }

    #[test]
    fn values_lose_the_whitespace_at_their_ends_only() {
        let borrowed = FieldValue::new(&b" \ta b\t"[..]).unwrap();
        assert_eq!(borrowed.as_bytes(), b"a b");
        let owned = FieldValue::new(Vec::from(b" \xe4 ")).unwrap();
        assert_eq!(owned.as_bytes(), b"\xe4");
        assert_eq!(FieldValue::from_static("a b"), borrowed);
    }
}
