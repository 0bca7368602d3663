//! Why a request head is refused, and what its sender is told: one enum of facts, one mapping to
//! a status code. After any of them the connection is closed, because nobody knows where the next
//! request would begin.

use core::fmt;

use crate::{head_error::HeadError, status::StatusCode};

/// A request head that is refused, named by what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// Lines, fields or framing.
    Head(HeadError),
    /// The method is not a token followed by one space.
    Method,
    /// The target is malformed, or has a form that the method does not have.
    Target,
    /// The target is longer than the limit.
    UriTooLong,
    /// The third part of the request line is not a version.
    Version,
    /// A version that is neither 1.0 nor 1.1.
    UnsupportedVersion,
    /// HTTP/1.1 without `Host` (RFC 9112 §3.2).
    MissingHost,
    /// A `Host` that is not a host with an optional port.
    Host,
    /// An `Expect` other than `100-continue` (RFC 9110 §10.1.1).
    Expectation,
}

impl RequestError {
    /// What the sender is told.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Head(error) => head_status(error),
            Self::Method | Self::Target | Self::Version | Self::MissingHost | Self::Host => {
                StatusCode::BAD_REQUEST
            }
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::UnsupportedVersion => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::Expectation => StatusCode::EXPECTATION_FAILED,
        }
    }
}

const fn head_status(error: &HeadError) -> StatusCode {
    match error {
        // A start line is long because its target is (RFC 9112 §3).
        HeadError::StartLineTooLong => StatusCode::URI_TOO_LONG,
        // RFC 6585 §5
        HeadError::HeaderTooLarge | HeadError::TooManyFields => {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
        }
        HeadError::BodyTooLarge => StatusCode::CONTENT_TOO_LARGE,
        HeadError::TransferCoding => StatusCode::NOT_IMPLEMENTED,
        HeadError::BareLineFeed
        | HeadError::LineEnd
        | HeadError::StartLine
        | HeadError::FieldName
        | HeadError::FieldValue
        | HeadError::RepeatedField(_)
        | HeadError::Connection
        | HeadError::ContentLength
        | HeadError::LengthAndTransferEncoding
        | HeadError::TransferEncodingInHttp10
        | HeadError::TransferEncoding => StatusCode::BAD_REQUEST,
    }
}

impl From<HeadError> for RequestError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self {
            Self::Head(error) => return error.fmt(f),
            Self::Method => "the method is not a token",
            Self::Target => "the request target is malformed or not allowed with this method",
            Self::UriTooLong => "the request target is longer than the limit",
            Self::Version => "the request line does not end in an HTTP version",
            Self::UnsupportedVersion => "the HTTP version is neither 1.0 nor 1.1",
            Self::MissingHost => "the Host field is missing",
            Self::Host => "the Host field is not a host name with an optional port",
            Self::Expectation => "the expectation is not 100-continue",
        };
        f.write_str(sentence)
    }
}

impl core::error::Error for RequestError {}
