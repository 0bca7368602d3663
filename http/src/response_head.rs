//! Writing a response head, the server's side. It appends to bytes that the caller owns and takes
//! only proven names and values, so what comes out is one head and never two.

use alloc::vec::Vec;

use crate::{
    date::DATE_BYTES,
    decimal::decimal,
    field::{FieldName, FieldValue},
    framing::Persistence,
    status::StatusCode,
    version::Version,
};

/// A head that is being written; finish it with [`ResponseHead::end`].
///
/// ```
/// use http::{FieldName, FieldValue, ResponseHead, StatusCode};
///
/// let mut out = Vec::new();
/// ResponseHead::new(&mut out, StatusCode::OK)
///     .field(FieldName::CONTENT_TYPE, &FieldValue::from_static("text/plain"))
///     .content_length(13)
///     .end();
/// assert_eq!(out, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n");
/// ```
#[derive(Debug)]
#[must_use = "a head is complete only after `end`"]
pub struct ResponseHead<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> ResponseHead<'o> {
    /// Begins a head with its status line. The version is always HTTP/1.1, also in the answer to
    /// an HTTP/1.0 request (RFC 9110 §6.2: the highest version that the sender conforms to).
    pub fn new(out: &'o mut Vec<u8>, status: StatusCode) -> Self {
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(&status.digits());
        out.push(b' ');
        out.extend_from_slice(status.reason().as_bytes());
        out.extend_from_slice(b"\r\n");
        Self { out }
    }

    /// Goes on with a head whose beginning stands at the end of `out`, as [`ResponseHead::pause`]
    /// left it: a cached head gets its date when it is sent.
    pub fn resume(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Adds a field line.
    pub fn field(self, name: FieldName<'_>, value: &FieldValue<'_>) -> Self {
        self.line(name, value.as_bytes())
    }

    /// Adds `Date`, as [`crate::format_date`] writes it.
    pub fn date(self, date: &[u8; DATE_BYTES]) -> Self {
        self.line(FieldName::DATE, date)
    }

    /// Adds `Content-Length`.
    pub fn content_length(self, bytes: u64) -> Self {
        let mut digits = [0; 20];
        let digits = decimal(bytes, &mut digits);
        self.line(FieldName::CONTENT_LENGTH, digits)
    }

    /// Adds `Transfer-Encoding: chunked`. Not for HTTP/1.0 clients, who do not know it.
    pub fn chunked(self) -> Self {
        self.line(FieldName::TRANSFER_ENCODING, b"chunked")
    }

    /// Adds the `Connection` field that tells a client of this version what becomes of the
    /// connection; none where that is its default (RFC 9112 §9.3).
    pub fn persistence(self, client: Version, persistence: Persistence) -> Self {
        match (client, persistence) {
            (Version::Http11, Persistence::KeepAlive) => self,
            (Version::Http10, Persistence::KeepAlive) => {
                self.line(FieldName::CONNECTION, b"keep-alive")
            }
            (Version::Http10 | Version::Http11, Persistence::Close) => {
                self.line(FieldName::CONNECTION, b"close")
            }
        }
    }

    /// Ends the head with its empty line.
    pub fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }

    /// Leaves the head unfinished, to go on with [`ResponseHead::resume`].
    pub fn pause(self) {}

    fn line(self, name: FieldName<'_>, value: &[u8]) -> Self {
        append_line(self.out, name, value);
        self
    }
}

/// Appends one field line. The caller vouches for the value.
pub(crate) fn append_line(out: &mut Vec<u8>, name: FieldName<'_>, value: &[u8]) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}
