//! What a send carries, and how far it has come.
//!
//! The bytes belong to the send until its final completion: that is why they go in by value.

use bytes::Bytes;

/// Bytes to send: one piece, or head and body together (one system call either way).
#[derive(Debug, Default)]
pub struct SendData {
    head: Vec<u8>,
    body: Bytes,
    /// More follows at once (a file after its head): the kernel may wait to fill a segment.
    more: bool,
}

impl SendData {
    /// Head and body in one send; either may be empty.
    pub fn parts(head: Vec<u8>, body: Bytes) -> SendData {
        SendData {
            head,
            body,
            more: false,
        }
    }

    /// Says that more bytes follow at once (MSG_MORE).
    pub fn and_more(mut self) -> SendData {
        self.more = true;
        self
    }

    /// Appends `bytes`, copying what stood in a second piece before.
    pub fn then(mut self, bytes: Vec<u8>) -> SendData {
        self.head.extend_from_slice(&self.body);
        self.head.extend_from_slice(&bytes);
        self.body = Bytes::new();
        self
    }

    /// Bytes in all.
    pub fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Vec<u8>> for SendData {
    fn from(head: Vec<u8>) -> SendData {
        SendData::parts(head, Bytes::new())
    }
}

impl From<Bytes> for SendData {
    fn from(body: Bytes) -> SendData {
        SendData::parts(Vec::new(), body)
    }
}

impl From<&'static [u8]> for SendData {
    fn from(body: &'static [u8]) -> SendData {
        SendData::from(Bytes::from_static(body))
    }
}

impl From<SendData> for Vec<u8> {
    fn from(data: SendData) -> Vec<u8> {
        data.then(Vec::new()).head
    }
}

/// A send under way.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    data: SendData,
    done: usize,
}

impl Sending {
    pub(crate) fn new(data: SendData) -> Sending {
        Sending { data, done: 0 }
    }

    /// What is still to go: the rest of the head, then the rest of the body.
    pub(crate) fn rest(&self) -> [&[u8]; 2] {
        let head = &self.data.head;
        let in_head = self.done.min(head.len());
        [&head[in_head..], &self.data.body[self.done - in_head..]]
    }

    /// Bytes still to go.
    pub(crate) fn rest_len(&self) -> usize {
        self.data.len() - self.done
    }

    /// The kernel took `count` more bytes.
    pub(crate) fn advance(&mut self, count: usize) {
        self.done += count;
        debug_assert!(self.done <= self.data.len());
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done >= self.data.len()
    }

    /// The flags of the system call: never a SIGPIPE, and MSG_MORE where more follows.
    pub(crate) fn flags(&self) -> i32 {
        if self.data.more {
            libc::MSG_NOSIGNAL | libc::MSG_MORE
        } else {
            libc::MSG_NOSIGNAL
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_exact_after_every_partial_send() {
        let whole = b"head and body".to_vec();
        for split in 0..=whole.len() {
            for first in 0..=whole.len() {
                let body = Bytes::copy_from_slice(&whole[split..]);
                let mut sending = Sending::new(SendData::parts(whole[..split].to_vec(), body));
                sending.advance(first);
                assert_eq!(sending.rest().concat(), &whole[first..]);
                assert_eq!(sending.is_done(), first == whole.len());
            }
        }
    }
}
