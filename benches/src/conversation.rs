//! The work that every runtime under test does for its bytes: parse the heads of all requests that
//! have come, answer each with the same 13-byte reply. It opens no socket and waits for nothing,
//! so what differs between two runtimes is the runtime.
//!
//! `shard/examples/bare_ring.rs` includes this file by its path, so that the floor runs the same
//! lines and not a copy of them.

/// Bytes that every runtime offers the kernel for one read.
pub const READ_BYTES: usize = 2048;

/// The one reply. It has no `Date`: a clock would be a second thing to measure.
pub const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 13\r\n\r\nHello, world!";

/// Most bytes of an unfinished head that are kept between two reads.
const CARRY_BYTES_MAX: usize = 16 * 1024;

/// The peer sent something that is not a request, or one too long: its connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// One connection's side of the talk. Idle, it owns nothing on the heap.
#[derive(Debug, Default)]
pub struct Conversation {
    /// The start of a request whose rest has not come.
    carry: Vec<u8>,
}

impl Conversation {
    /// Takes one read's bytes and returns all replies that they call for, to be sent at once.
    /// An empty vector means that no request is complete yet.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
        if self.carry.is_empty() {
            let (replies, consumed) = answer(bytes)?;
            self.carry.extend_from_slice(&bytes[consumed..]);
            return Ok(replies);
        }
        if self.carry.len() + bytes.len() > CARRY_BYTES_MAX {
            return Err(Refused);
        }
        self.carry.extend_from_slice(bytes);
        let (replies, consumed) = answer(&self.carry)?;
        self.carry.drain(..consumed);
        if self.carry.is_empty() {
            self.carry = Vec::new();
        }
        Ok(replies)
    }
}

/// The replies to all complete requests in `input`, and how many bytes those requests took.
fn answer(input: &[u8]) -> Result<(Vec<u8>, usize), Refused> {
    let mut replies = Vec::new();
    let mut consumed = 0;
    while consumed < input.len() {
        match head_bytes(&input[consumed..])? {
            Some(bytes) => {
                replies.extend_from_slice(REPLY);
                consumed += bytes;
            }
            None => break,
        }
    }
    Ok((replies, consumed))
}

/// How long the request head at the start of `input` is, `None` while it is incomplete.
fn head_bytes(input: &[u8]) -> Result<Option<usize>, Refused> {
    match http::parse_request(input, &http::Limits::default()) {
        Ok(http::Parsed::Complete { consumed, .. }) => Ok(Some(consumed)),
        Ok(http::Parsed::Partial) => Ok(None),
        Err(_) => Err(Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

    #[test]
    fn one_request_gets_one_reply() {
        assert_eq!(Conversation::default().hear(REQUEST), Ok(REPLY.to_vec()));
    }

    #[test]
    fn pipelined_requests_get_their_replies_in_one_send() {
        let replies = Conversation::default().hear(&REQUEST.repeat(16));
        assert_eq!(replies, Ok(REPLY.repeat(16)));
    }

    #[test]
    fn a_request_split_at_any_byte_gets_one_reply_and_leaves_nothing() {
        for split in 1..REQUEST.len() {
            let mut conversation = Conversation::default();
            assert_eq!(conversation.hear(&REQUEST[..split]), Ok(Vec::new()));
            assert_eq!(
                conversation.hear(&REQUEST[split..]),
                Ok(REPLY.to_vec()),
                "split at {split}"
            );
            assert_eq!(conversation.carry.capacity(), 0);
        }
    }

    #[test]
    fn a_head_without_end_is_refused() {
        let mut conversation = Conversation::default();
        let _ = conversation.hear(b"GET / HTTP/1.1\r\nX: ");
        let refused = (0..20).any(|_| conversation.hear(&[b'a'; 1024]).is_err());
        assert!(refused, "more than {CARRY_BYTES_MAX} bytes were kept");
    }
}
