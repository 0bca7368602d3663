//! The rules of a server's connection (RFC 9112 §9, RFC 9110 §10.1.1): how many requests it
//! answers, when it invites a waiting body, what it does with a body that nobody wants, and so
//! whether it stays open. Decisions are values; doing them is the caller's business.
//!
//! Pipelined requests need no rule but order: begin the next exchange when the response to the
//! last one is written and its request's content is out of the way.

use crate::{
    framing::{BodyFraming, Persistence},
    limits::Limits,
    request::{Expectation, Request},
};

/// The memory of one connection: how many requests it has carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerConnection {
    requests: u32,
}

/// What the server does with the content of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentUse {
    /// Reads it to its end.
    Read,
    /// Answers without it.
    Ignore,
}

/// Whether the server goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerPhase {
    /// It does.
    Serving,
    /// It is stopping: what has arrived is answered, and nothing after it.
    Draining,
}

/// What is to be done with one request besides answering it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What is to be sent before the content is read.
    pub interim: Interim,
    /// What the response says about the connection and what becomes of it.
    pub persistence: Persistence,
    /// What stands between the head and the next request.
    pub leftover: Leftover,
}

/// A response before the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interim {
    /// None.
    None,
    /// [`CONTINUE`]
    Continue,
}

/// The content of a request after the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// There was none, or it was read.
    Nothing,
    /// It is to be read and thrown away, at most this much of it; if it is longer, the connection
    /// is closed after all.
    Drain {
        /// Bytes of content.
        bytes_max: u64,
    },
    /// It is not read; the connection closes.
    Abandon,
}

/// The interim response that invites content (RFC 9110 §15.2.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl ServerConnection {
    /// A connection on which nothing was asked yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { requests: 0 }
    }

    /// Begins the exchange of `request`, of whose content `arrived` bytes or more are already
    /// there (encoded or not; only whether it is 0 matters).
    pub fn begin(
        &mut self,
        request: &Request<'_>,
        content_use: ContentUse,
        arrived: usize,
        phase: ServerPhase,
        limits: &Limits,
    ) -> Exchange {
        self.requests = self.requests.saturating_add(1);
        let is_waiting = request.expectation == Expectation::Continue && arrived == 0;
        let leftover = match (request.framing, content_use) {
            (BodyFraming::None, _) | (_, ContentUse::Read) => Leftover::Nothing,
            // A client that waits may send its content after the final response or leave it
            // out: without the invitation nobody knows what comes next.
            (_, ContentUse::Ignore) if is_waiting => Leftover::Abandon,
            (BodyFraming::Length(length), ContentUse::Ignore)
                if length > limits.drain_bytes_max =>
            {
                Leftover::Abandon
            }
            (BodyFraming::Length(_) | BodyFraming::Chunked, ContentUse::Ignore) => {
                Leftover::Drain {
                    bytes_max: limits.drain_bytes_max,
                }
            }
        };
        let interim = match (request.framing, content_use) {
            (BodyFraming::Length(_) | BodyFraming::Chunked, ContentUse::Read) if is_waiting => {
                Interim::Continue
            }
            (BodyFraming::None | BodyFraming::Length(_) | BodyFraming::Chunked, _) => Interim::None,
        };
        Exchange {
            interim,
            persistence: self.persistence(request, leftover, phase, limits),
            leftover,
        }
    }

    fn persistence(
        &self,
        request: &Request<'_>,
        leftover: Leftover,
        phase: ServerPhase,
        limits: &Limits,
    ) -> Persistence {
        let is_last = limits
            .requests_per_connection_max
            .is_some_and(|max| self.requests >= max.get());
        match (phase, leftover) {
            (ServerPhase::Draining, _) | (_, Leftover::Abandon) => Persistence::Close,
            (ServerPhase::Serving, _) if is_last => Persistence::Close,
            (ServerPhase::Serving, Leftover::Nothing | Leftover::Drain { .. }) => {
                request.persistence
            }
        }
    }
}
