//! One connection: connect, send, receive, check.
//!
//! A seat is a place for a connection, filled again when its connection ends. What comes back is
//! read by [`response`], which knows no socket, and checked by [`content`]; [`seat`] holds both
//! to a stream. The door for TLS stands in [`connect`].

pub(crate) mod connect;
pub(crate) mod content;
pub(crate) mod response;
pub(crate) mod seat;
