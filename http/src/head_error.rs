//! What can be wrong with a head of either role: lines, fields, framing. The two roles add their
//! own start line in [`crate::RequestError`] and [`crate::ResponseError`].

use core::fmt;

use crate::known_field::Field;

/// A head that is refused, named by what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadError {
    /// A line feed without a carriage return before it (RFC 9112 §2.2).
    BareLineFeed,
    /// A carriage return without a line feed after it, or bytes between a version and its CRLF.
    LineEnd,
    /// A start line that does not begin with a token, or an empty line in its place.
    StartLine,
    /// The start line is longer than the limit.
    StartLineTooLong,
    /// The head is longer than the limit.
    HeaderTooLarge,
    /// More field lines than the limit.
    TooManyFields,
    /// A field name that is not a token directly followed by a colon; a folded line is one
    /// (RFC 9112 §5.1, §5.2).
    FieldName,
    /// A control in a field value (RFC 9110 §5.5).
    FieldValue,
    /// A second line of a field that has only one value.
    RepeatedField(Field),
    /// An element of `Connection` that is not a token.
    Connection,
    /// A `Content-Length` that is not one decimal number below 2^64 (RFC 9110 §8.6).
    ContentLength,
    /// `Content-Length` and `Transfer-Encoding` in one message (RFC 9112 §6.1).
    LengthAndTransferEncoding,
    /// A `Transfer-Encoding` in HTTP/1.0 (RFC 9112 §6.1).
    TransferEncodingInHttp10,
    /// A `Transfer-Encoding` that is not `chunked`, and not a coding that could come before it.
    TransferEncoding,
    /// A registered transfer coding before `chunked` that is not implemented here.
    TransferCoding,
    /// `Content-Length` is above the limit.
    BodyTooLarge,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareLineFeed => "a line ends in LF without CR",
            Self::LineEnd => "a line does not end in CR LF",
            Self::StartLine => "the start line does not begin with a token",
            Self::StartLineTooLong => "the start line is longer than the limit",
            Self::HeaderTooLarge => "the head is longer than the limit",
            Self::TooManyFields => "there are more header fields than the limit",
            Self::FieldName => "a header field name is not a token followed by a colon",
            Self::FieldValue => "a header field value has a control byte",
            Self::RepeatedField(field) => {
                return write!(f, "the header field {field} is repeated");
            }
            Self::Connection => "the Connection field is not a list of tokens",
            Self::ContentLength => "the Content-Length is not a number",
            Self::LengthAndTransferEncoding => {
                "Content-Length and Transfer-Encoding are both present"
            }
            Self::TransferEncodingInHttp10 => "Transfer-Encoding does not exist in HTTP/1.0",
            Self::TransferEncoding => "the Transfer-Encoding is not chunked",
            Self::TransferCoding => "the transfer coding is not implemented",
            Self::BodyTooLarge => "the content is larger than the limit",
        })
    }
}

impl core::error::Error for HeadError {}
