//! Why a body is refused, and what its sender is told. After any of them nobody knows where the
//! next message would begin, so the connection is closed.

use core::fmt;

use crate::{known_field::Field, status::StatusCode};

/// A body that is refused, named by what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// A chunk size that is not 1 to 16 hexadecimal digits directly followed by `;` or CRLF.
    ChunkSize,
    /// A control in a chunk extension, or a line that does not end in CRLF.
    ChunkLine,
    /// A chunk line longer than the limit.
    ChunkLineTooLong,
    /// All chunk lines together need more bytes than the limit allows.
    TooMuchFraming,
    /// A chunk whose content is not followed by CRLF.
    ChunkEnd,
    /// A trailer line that is not a field line.
    Trailer,
    /// A trailer field that could change what the head meant (RFC 9110 §6.5.1).
    ForbiddenTrailer(Field),
    /// A trailer section with more bytes or lines than the limits allow.
    TrailerTooLarge,
    /// More content than the limit.
    TooLarge,
    /// The connection ended before the body did (RFC 9112 §8).
    Truncated,
}

impl BodyError {
    /// What the sender of a request is told.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::CONTENT_TOO_LARGE,
            Self::TrailerTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::ChunkSize
            | Self::ChunkLine
            | Self::ChunkLineTooLong
            | Self::TooMuchFraming
            | Self::ChunkEnd
            | Self::Trailer
            | Self::ForbiddenTrailer(_)
            | Self::Truncated => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ChunkSize => "a chunk size is not a hexadecimal number",
            Self::ChunkLine => "a chunk line has a control byte or does not end in CR LF",
            Self::ChunkLineTooLong => "a chunk line is longer than the limit",
            Self::TooMuchFraming => "the chunk lines are longer in total than the limit",
            Self::ChunkEnd => "a chunk does not end in CR LF",
            Self::Trailer => "a trailer line is not a field line",
            Self::ForbiddenTrailer(field) => {
                return write!(f, "the field {field} is not allowed in a trailer");
            }
            Self::TrailerTooLarge => "the trailer is larger than the limit",
            Self::TooLarge => "the content is larger than the limit",
            Self::Truncated => "the connection ended before the content did",
        })
    }
}

impl core::error::Error for BodyError {}
