//! Writing a request head, the client's side (RFC 9112 §3). Like [`crate::ResponseHead`] it takes
//! only proven names and values; method and target are proven here.

use alloc::vec::Vec;
use core::fmt;

use crate::{
    decimal::decimal,
    field::{FieldName, FieldValue},
    method::Method,
    response_head::append_line,
    token::is_token,
};

/// A head that is being written; finish it with [`RequestHead::end`].
#[derive(Debug)]
#[must_use = "a head is complete only after `end`"]
pub struct RequestHead<'o> {
    out: &'o mut Vec<u8>,
}

/// A method that is not a token, or a target with a space or a control in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRequestLine;

impl<'o> RequestHead<'o> {
    /// Begins a head with its request line and its `Host`. The target is the text of one of the
    /// four forms; that it is the right one is the caller's business.
    ///
    /// # Errors
    ///
    /// If the line would not be one line of three parts; nothing is appended then.
    pub fn new(
        out: &'o mut Vec<u8>,
        method: Method<'_>,
        target: &str,
        host: &FieldValue<'_>,
    ) -> Result<Self, InvalidRequestLine> {
        let method = method.as_str().as_bytes();
        let is_target = |bytes: &[u8]| bytes.iter().all(|&byte| byte > b' ' && byte != 0x7f);
        if !is_token(method) || target.is_empty() || !is_target(target.as_bytes()) {
            return Err(InvalidRequestLine);
        }
        out.extend_from_slice(method);
        out.push(b' ');
        out.extend_from_slice(target.as_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\n");
        Ok(Self { out }.field(FieldName::HOST, host))
    }

    /// Adds a field line.
    pub fn field(self, name: FieldName<'_>, value: &FieldValue<'_>) -> Self {
        append_line(self.out, name, value.as_bytes());
        self
    }

    /// Adds `Content-Length`.
    pub fn content_length(self, bytes: u64) -> Self {
        append_line(
            self.out,
            FieldName::CONTENT_LENGTH,
            decimal(bytes, &mut [0; 20]),
        );
        self
    }

    /// Adds `Transfer-Encoding: chunked`.
    pub fn chunked(self) -> Self {
        append_line(self.out, FieldName::TRANSFER_ENCODING, b"chunked");
        self
    }

    /// Ends the head with its empty line.
    pub fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

impl fmt::Display for InvalidRequestLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the method is not a token or the target has a space or a control in it")
    }
}

impl core::error::Error for InvalidRequestLine {}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{InvalidRequestLine, RequestHead};
    use crate::{field::FieldValue, method::Method};

    #[test]
    fn a_head_is_one_line_of_three_parts_and_fields() {
        let mut out = Vec::new();
        let host = FieldValue::from_static("a.example");
        RequestHead::new(&mut out, Method::Post, "/b?c", &host)
            .expect("a request line")
            .content_length(5)
            .end();
        assert_eq!(
            out,
            b"POST /b?c HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n"
        );
    }

    #[test]
    fn nothing_is_written_of_a_line_that_would_not_be_one() {
        let host = FieldValue::from_static("a");
        let mut out = Vec::new();
        for (method, target) in [
            (Method::Extension("GET /"), "/"),
            (Method::Extension(""), "/"),
            (Method::Get, ""),
            (Method::Get, "/ HTTP/1.1\r\nX:"),
            (Method::Get, "/a b"),
            (Method::Get, "/\x7f"),
        ] {
            let head = RequestHead::new(&mut out, method, target, &host);
            assert_eq!(head.err(), Some(InvalidRequestLine), "{target:?}");
        }
        assert!(out.is_empty());
    }
}
