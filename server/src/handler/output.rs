//! What a connection is about to send.
//!
//! Heads and small contents are copied into one buffer, so that all pipelined requests of a read
//! are answered by one send. One larger content may follow it without a copy.

use bytes::Bytes;
use shard::SendData;

/// Contents up to this size are copied: cheaper than a second piece in the send.
const COPIED_BYTES_MAX: usize = 8 * 1024;

/// Room for what stands before the prepared fields: status line, `Server`, `Date`, `Connection`.
const FIRST_BYTES: usize = 128;

/// See the module's text.
#[derive(Debug, Default)]
pub(crate) struct Output {
    buffer: Vec<u8>,
    /// Goes out after `buffer`; more output after it means that it is copied after all.
    tail: Bytes,
}

impl Output {
    /// Makes room for a response whose fields and content are known.
    pub(crate) fn reserve(&mut self, fields_and_content: usize) {
        self.buffer.reserve(fields_and_content + FIRST_BYTES);
    }

    /// Where heads are written.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        if !self.tail.is_empty() {
            let tail = std::mem::take(&mut self.tail);
            self.buffer.extend_from_slice(&tail);
        }
        &mut self.buffer
    }

    /// How much of `content` is copied: all of it or nothing.
    pub(crate) fn copied_bytes(content: &Bytes) -> usize {
        if content.len() <= COPIED_BYTES_MAX {
            content.len()
        } else {
            0
        }
    }

    /// Appends content.
    pub(crate) fn content(&mut self, content: &Bytes) {
        if Output::copied_bytes(content) == content.len() {
            self.buffer().extend_from_slice(content);
        } else {
            self.buffer();
            self.tail = content.clone();
        }
    }

    /// Bytes in all.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len() + self.tail.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cfg(test)]
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        self.buffer();
        self.buffer
    }

    pub(crate) fn into_send(self) -> SendData {
        SendData::parts(self.buffer, self.tail)
    }
}

impl From<Vec<u8>> for Output {
    fn from(buffer: Vec<u8>) -> Output {
        Output {
            buffer,
            tail: Bytes::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_out_in_the_order_in_which_it_went_in() {
        let large = Bytes::from(vec![b'L'; COPIED_BYTES_MAX + 1]);
        let mut out = Output::default();
        out.buffer().extend_from_slice(b"one ");
        out.content(&Bytes::from_static(b"two "));
        out.content(&large);
        assert_eq!(out.len(), 8 + large.len());
        out.buffer().extend_from_slice(b" three");
        out.content(&large);
        let all = out.into_vec();
        let want = [b"one two ", &large[..], b" three", &large[..]].concat();
        assert!(all == want);
    }
}
