//! The two protocol versions whose messages this crate reads and writes.

/// The version in a start line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/1.0: connections close unless asked otherwise, no chunked coding, no `Expect`.
    Http10,
    /// HTTP/1.1 (RFC 9112)
    Http11,
}

impl Version {
    /// The version as it stands in a start line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}
