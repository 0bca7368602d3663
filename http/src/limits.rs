//! The bounds of every parser in this crate, in one place. A bound that is not here does not
//! exist; a parser that has no bound is refused in review.

use core::num::NonZeroU32;

/// The most field lines that one head can have, whatever [`Limits::header_fields_max`] says: the
/// parser keeps its scratch table (32 bytes a line) on the stack.
pub const HEADER_FIELDS_CAP: usize = 256;

/// What a peer may send, named with the unit last. All of them are inclusive: a value equal to the
/// limit passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a head, from the first byte of its start line to the empty line that ends it.
    pub header_bytes_max: usize,
    /// Field lines in a head or in a trailer section, at most [`HEADER_FIELDS_CAP`].
    pub header_fields_max: usize,
    /// Bytes of the start line, without its CRLF.
    pub request_line_bytes_max: usize,
    /// Bytes of the request target.
    pub uri_bytes_max: usize,
    /// Bytes of one chunk line (size and extensions), without its CRLF.
    pub chunk_line_bytes_max: usize,
    /// Bytes that all chunk lines of one body may need beyond 16 each: room for the extensions of
    /// all chunks together. How many chunks there can be is bounded by `body_bytes_max`.
    pub chunk_overhead_bytes_max: usize,
    /// Bytes of a trailer section, its empty line included.
    pub trailer_bytes_max: usize,
    /// Bytes of content in one message.
    pub body_bytes_max: u64,
    /// Ranges in one `Range` field; a field with more is ignored.
    pub range_parts_max: usize,
    /// Requests answered on one connection; `None` is no limit.
    pub requests_per_connection_max: Option<NonZeroU32>,
    /// Bytes of an unwanted request body that are read and thrown away to keep a connection open.
    pub drain_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes_max: 16 * 1024,
            header_fields_max: 100,
            request_line_bytes_max: 8 * 1024,
            uri_bytes_max: 8 * 1024,
            chunk_line_bytes_max: 256,
            chunk_overhead_bytes_max: 16 * 1024,
            trailer_bytes_max: 4 * 1024,
            body_bytes_max: 10 * 1024 * 1024,
            range_parts_max: 16,
            requests_per_connection_max: NonZeroU32::new(1000),
            drain_bytes_max: 64 * 1024,
        }
    }
}
