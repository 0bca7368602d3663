//! Reading the content of a message (RFC 9112 §6.3), without copying it: bytes go in, the answer
//! says which of them are content. One decoder reads one body; it refuses to guess where a broken
//! one ends.

use core::ops::Range;

use crate::{
    body_error::BodyError, chunked::ChunkedDecoder, fields::FieldLines, framing::BodyFraming,
    limits::Limits, response::ResponseFraming,
};

/// A reader of one body.
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Length { remaining: u64 },
    Chunked(ChunkedDecoder),
    UntilClose { room: u64 },
    Done,
}

/// What a piece of input was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// How many bytes of the input are done with, content included.
    pub consumed: usize,
    /// Which bytes of the input are content; can be empty.
    pub content: Range<usize>,
    /// Whether the body goes on.
    pub progress: BodyProgress,
}

/// Whether a body goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyProgress {
    /// It does: call again with the bytes that were not consumed and with what comes after them.
    More,
    /// It does not: what was not consumed belongs to the next message.
    End,
}

impl BodyDecoder {
    /// A reader of a request's body. A declared length was already held against the limit.
    #[must_use]
    pub fn new(framing: BodyFraming, limits: &Limits) -> Self {
        let state = match framing {
            BodyFraming::None | BodyFraming::Length(0) => State::Done,
            BodyFraming::Length(remaining) => State::Length { remaining },
            BodyFraming::Chunked => State::Chunked(ChunkedDecoder::new(limits)),
        };
        Self { state }
    }

    /// A reader of a response's body. What follows in a tunnel is not a body, so there is none to
    /// read.
    #[must_use]
    pub fn for_response(framing: ResponseFraming, limits: &Limits) -> Self {
        let state = match framing {
            ResponseFraming::Body(framing) => return Self::new(framing, limits),
            ResponseFraming::UntilClose => State::UntilClose {
                room: limits.body_bytes_max,
            },
            ResponseFraming::Tunnel => State::Done,
        };
        Self { state }
    }

    /// Reads on in `input`, which is what has arrived and was not consumed yet. One call finds at
    /// most one piece of content; call again until all is consumed or the body ends.
    ///
    /// # Errors
    ///
    /// What is wrong with the body; the connection is to be closed.
    pub fn decode(&mut self, input: &[u8]) -> Result<Decoded, BodyError> {
        match &mut self.state {
            State::Length { remaining } => {
                let taken = clamp(input.len(), *remaining);
                *remaining -= taken as u64;
                if *remaining == 0 {
                    self.state = State::Done;
                }
                Ok(self.content(taken))
            }
            State::UntilClose { room } => {
                if input.len() as u64 > *room {
                    return Err(BodyError::TooLarge);
                }
                *room -= input.len() as u64;
                Ok(self.content(input.len()))
            }
            State::Chunked(decoder) => decoder.decode(input),
            State::Done => Ok(self.content(0)),
        }
    }

    /// Tells that the connection ended after what was decoded.
    ///
    /// # Errors
    ///
    /// [`BodyError::Truncated`], if the body was to go on.
    pub fn end_of_input(&self) -> Result<(), BodyError> {
        match &self.state {
            State::UntilClose { .. } => Ok(()),
            State::Length { .. } | State::Chunked(_) | State::Done if self.is_done() => Ok(()),
            State::Length { .. } | State::Chunked(_) | State::Done => Err(BodyError::Truncated),
        }
    }

    /// Whether the end was reached; never, of a body that lasts until the connection closes.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match &self.state {
            State::Done => true,
            State::Chunked(decoder) => decoder.is_done(),
            State::Length { .. } | State::UntilClose { .. } => false,
        }
    }

    /// The trailer fields, once a chunked body is done; none before, and none of other bodies.
    /// They are not part of the head and must not be merged into it unseen (RFC 9110 §6.5.1).
    #[must_use]
    pub fn trailers(&self) -> FieldLines<'_> {
        match &self.state {
            State::Chunked(decoder) => decoder.trailers(),
            State::Length { .. } | State::UntilClose { .. } | State::Done => FieldLines::new(&[]),
        }
    }

    fn content(&self, bytes: usize) -> Decoded {
        Decoded {
            consumed: bytes,
            content: 0..bytes,
            progress: match self.is_done() {
                true => BodyProgress::End,
                false => BodyProgress::More,
            },
        }
    }
}

/// The smaller of the two, as a length of memory.
pub(crate) fn clamp(bytes: usize, limit: u64) -> usize {
    usize::try_from(limit).map_or(bytes, |limit| bytes.min(limit))
}
