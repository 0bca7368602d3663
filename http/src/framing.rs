//! How long a message's content is (RFC 9112 §6) and whether its connection stays open (§9.3),
//! decided from the fields of a head. Everything on which two readers could disagree is refused:
//! that is what request smuggling is made of.

use memchr::memrchr;

use crate::{
    fields::Fields,
    head_error::HeadError,
    known_field::Field,
    token::{is_token, list_elements, trim_ows},
    version::Version,
};

/// How the content of a request is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// No content.
    None,
    /// Exactly this many bytes; never 0, which is [`BodyFraming::None`].
    Length(u64),
    /// Chunked coding (RFC 9112 §7.1), which [`crate::BodyDecoder`] reads.
    Chunked,
}

/// Whether the connection can be used for another request after this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// It stays open.
    KeepAlive,
    /// It is closed.
    Close,
}

/// What the framing fields say; `None` when there are none of them.
#[inline(always)]
pub(crate) fn declared(
    version: Version,
    fields: &Fields<'_>,
) -> Result<Option<BodyFraming>, HeadError> {
    let length = fields.value(Field::ContentLength);
    let Some(coding) = fields.value(Field::TransferEncoding) else {
        return length.map(declared_length).transpose();
    };
    if version == Version::Http10 {
        return Err(HeadError::TransferEncodingInHttp10);
    }
    if length.is_some() {
        return Err(HeadError::LengthAndTransferEncoding);
    }
    if coding.eq_ignore_ascii_case(b"chunked") {
        return Ok(Some(BodyFraming::Chunked));
    }
    Err(refused_coding(coding))
}

/// The rule of RFC 9112 §9.3 for a message with these fields.
#[inline(always)]
pub(crate) fn persistence(version: Version, fields: &Fields<'_>) -> Result<Persistence, HeadError> {
    if !fields.contains(Field::Connection) {
        return Ok(default_persistence(version));
    }
    let mut close = false;
    let mut keep_alive = false;
    for option in fields.values(Field::Connection).flat_map(list_elements) {
        if !is_token(option) {
            return Err(HeadError::Connection);
        }
        close |= option.eq_ignore_ascii_case(b"close");
        keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
    }
    Ok(match (close, keep_alive) {
        (true, _) => Persistence::Close,
        (false, true) => Persistence::KeepAlive,
        (false, false) => default_persistence(version),
    })
}

fn default_persistence(version: Version) -> Persistence {
    match version {
        Version::Http11 => Persistence::KeepAlive,
        Version::Http10 => Persistence::Close,
    }
}

/// RFC 9110 §8.6: `Content-Length = 1*DIGIT`. A list of equal numbers may be accepted; we do not,
/// because nobody who means well sends one.
fn declared_length(value: &[u8]) -> Result<BodyFraming, HeadError> {
    if value.is_empty() {
        return Err(HeadError::ContentLength);
    }
    let mut length: u64 = 0;
    for byte in value {
        if !byte.is_ascii_digit() {
            return Err(HeadError::ContentLength);
        }
        length = length
            .checked_mul(10)
            .and_then(|length| length.checked_add(u64::from(byte - b'0')))
            .ok_or(HeadError::ContentLength)?;
    }
    Ok(match length {
        0 => BodyFraming::None,
        length => BodyFraming::Length(length),
    })
}

/// RFC 9112 §6.1: a coding that is not understood is answered by 501, but only when the list is
/// one that a correct sender could have written: registered codings, then `chunked`, once.
fn refused_coding(value: &[u8]) -> HeadError {
    let Some(comma) = memrchr(b',', value) else {
        return HeadError::TransferEncoding;
    };
    let (before, last) = (&value[..comma], &value[comma + 1..]);
    let mut codings = list_elements(before).peekable();
    if codings.peek().is_some()
        && codings.all(is_registered)
        && trim_ows(last).eq_ignore_ascii_case(b"chunked")
    {
        HeadError::TransferCoding
    } else {
        HeadError::TransferEncoding
    }
}

fn is_registered(coding: &[u8]) -> bool {
    [
        &b"gzip"[..],
        b"x-gzip",
        b"deflate",
        b"compress",
        b"x-compress",
    ]
    .iter()
    .any(|known| coding.eq_ignore_ascii_case(known))
}
