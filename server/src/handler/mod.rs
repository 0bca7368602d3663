//! What answers a request: a fixed reply or the files of a folder.
//!
//! A handler writes into an [`Output`] and says how far it got. What can be answered at once is
//! a plain function call; what must wait is asked for again as a future. Handlers do not know
//! which driver runs, nor the connection that they answer on.

pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod fixed;
pub(crate) mod output;

pub(crate) use output::Output;

use http::{Method, Persistence, Request, ResponseHead, StatusCode, Version};

use crate::clock::FirstLines;

/// On what terms a response is sent: what its request and connection make of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The client's version.
    pub(crate) version: Version,
    /// What becomes of the connection, decided by both sides.
    pub(crate) persistence: Persistence,
    /// The head is all that is sent (HEAD).
    pub(crate) head_only: bool,
}

/// What was answered, for the log and the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    /// Bytes of content that were (or will be) sent.
    pub(crate) content_bytes: u64,
}

/// How far a handler got at once.
#[derive(Debug)]
pub(crate) enum AtOnce {
    /// The response stands in the output.
    Answered(Answered),
    /// The head stands in the output, the content follows from a file.
    Transfer(Answered, files::Transfer),
    /// Something must be waited for; ask again with the future.
    Later,
}

impl Terms {
    pub(crate) fn new(request: &Request<'_>, persistence: Persistence) -> Terms {
        Terms {
            version: request.version,
            persistence,
            head_only: request.method == Method::Head,
        }
    }

    /// Begins a response head: status line, `Server`, `Date`, `Connection`.
    pub(crate) fn head<'o>(
        &self,
        out: &'o mut Vec<u8>,
        status: StatusCode,
        first_lines: &FirstLines,
    ) -> ResponseHead<'o> {
        ResponseHead::new(out, status).pause();
        out.extend_from_slice(first_lines);
        ResponseHead::resume(out).persistence(self.version, self.persistence)
    }
}
