//! What can become of a request other than a good answer.

use serde::{Deserialize, Serialize};

/// The kinds of errors, as reports name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The connect was refused.
    ConnectRefused,
    /// The connect was not answered in time.
    ConnectTimeout,
    /// No local port was free for the connect (EADDRNOTAVAIL).
    PortsExhausted,
    /// The connect failed otherwise.
    ConnectFailed,
    /// No response within the request's timeout.
    Timeout,
    /// The peer reset the connection while a request was on its way.
    Reset,
    /// The peer ended the connection before the response was complete.
    ClosedEarly,
    /// What came is not HTTP.
    Malformed,
    /// The status was not one of those expected (2xx and 3xx by default).
    Status,
    /// The content's length was not as expected.
    Length,
    /// A field of the head was not as expected.
    Header,
    /// The content was not as expected.
    Content,
    /// The open loop had no room to queue another start (`BACKLOG_STARTS_MAX`).
    Dropped,
    /// Still on its way when the run gave up waiting after the window.
    Unfinished,
}

/// How many there are.
pub const ERROR_KINDS: usize = 14;

impl ErrorKind {
    /// All of them, in the order of their discriminants.
    pub const ALL: [ErrorKind; ERROR_KINDS] = [
        ErrorKind::ConnectRefused,
        ErrorKind::ConnectTimeout,
        ErrorKind::PortsExhausted,
        ErrorKind::ConnectFailed,
        ErrorKind::Timeout,
        ErrorKind::Reset,
        ErrorKind::ClosedEarly,
        ErrorKind::Malformed,
        ErrorKind::Status,
        ErrorKind::Length,
        ErrorKind::Header,
        ErrorKind::Content,
        ErrorKind::Dropped,
        ErrorKind::Unfinished,
    ];

    /// The name in reports and plans.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::ConnectRefused => "connect-refused",
            ErrorKind::ConnectTimeout => "connect-timeout",
            ErrorKind::PortsExhausted => "ports-exhausted",
            ErrorKind::ConnectFailed => "connect-failed",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Reset => "reset",
            ErrorKind::ClosedEarly => "closed-early",
            ErrorKind::Malformed => "malformed",
            ErrorKind::Status => "status",
            ErrorKind::Length => "length",
            ErrorKind::Header => "header",
            ErrorKind::Content => "content",
            ErrorKind::Dropped => "dropped",
            ErrorKind::Unfinished => "unfinished",
        }
    }
}
