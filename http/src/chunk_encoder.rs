//! Chunked coding, the writer's side (RFC 9112 §7.1): the bytes around a piece of content, so that
//! the content itself need not be copied. It writes no extensions.

use alloc::vec::Vec;
use core::num::NonZeroU64;

use crate::{
    decimal::hexadecimal,
    field::{FieldName, FieldValue},
    response_head::append_line,
};

/// What stands after the content of each chunk.
pub const CHUNK_TAIL: &[u8] = b"\r\n";

/// Appends what stands before `bytes` bytes of content. Never none: a chunk of size 0 is the last.
pub fn chunk_head(bytes: NonZeroU64, out: &mut Vec<u8>) {
    out.extend_from_slice(hexadecimal(bytes.get(), &mut [0; 16]));
    out.extend_from_slice(b"\r\n");
}

/// Appends `content` as one chunk, or nothing if it is empty.
pub fn append_chunk(content: &[u8], out: &mut Vec<u8>) {
    if let Some(bytes) = NonZeroU64::new(content.len() as u64) {
        chunk_head(bytes, out);
        out.extend_from_slice(content);
        out.extend_from_slice(CHUNK_TAIL);
    }
}

/// Appends the last chunk, the trailer fields and the empty line.
pub fn last_chunk(trailers: &[(FieldName<'_>, FieldValue<'_>)], out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        append_line(out, *name, value.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}
