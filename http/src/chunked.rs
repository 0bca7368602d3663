//! Chunked coding, the reader's side (RFC 9112 §7.1). A machine that goes through the framing byte
//! by byte and through content in whole pieces, so where the input is cut changes nothing. It
//! refuses every spelling of a size that another reader might read as another size, and counts
//! what it throws away.

use alloc::vec::Vec;

use crate::{
    body::{BodyProgress, Decoded, clamp},
    body_error::BodyError,
    field::is_value_byte,
    fields::FieldLines,
    known_field::Field,
    limits::Limits,
    token::is_token,
};

/// A reader of one chunked body.
#[derive(Clone, Debug)]
pub(crate) struct ChunkedDecoder {
    state: State,
    bounds: Bounds,
    /// The trailer section as it comes in, whole lines with their CRLF once done.
    trailer: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// In the digits of a size.
    Size { size: u64, digits: u32 },
    /// After the `;` that follows a size.
    Extension { size: u64 },
    /// Between the CR and the LF of a chunk line.
    LineFeed { size: u64 },
    /// In the content of a chunk.
    Content { remaining: u64 },
    /// Before the CR after the content.
    ContentReturn,
    /// Before the LF after the content.
    ContentFeed,
    /// After the last chunk; `line_start` is where in the trailer the current line begins.
    Trailer { line_start: usize },
    /// After the empty line.
    Done,
}

/// What is left of the limits.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Bytes of content that may still come.
    content: u64,
    /// Bytes that chunk lines may still need beyond their free ones.
    overhead: usize,
    /// Bytes of the current chunk line.
    line: usize,
    line_max: usize,
    trailer_max: usize,
    trailer_lines: usize,
}

/// Bytes of a chunk line that are not counted as overhead: a size of 64 bits.
const LINE_BYTES_FREE: usize = 16;

const START_OF_CHUNK: State = State::Size { size: 0, digits: 0 };

impl ChunkedDecoder {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            state: START_OF_CHUNK,
            bounds: Bounds {
                content: limits.body_bytes_max,
                overhead: limits.chunk_overhead_bytes_max,
                line: 0,
                line_max: limits.chunk_line_bytes_max,
                trailer_max: limits.trailer_bytes_max,
                trailer_lines: limits.header_fields_max,
            },
            trailer: Vec::new(),
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    pub(crate) fn trailers(&self) -> FieldLines<'_> {
        match self.state {
            State::Done => FieldLines::new(&self.trailer),
            State::Size { .. }
            | State::Extension { .. }
            | State::LineFeed { .. }
            | State::Content { .. }
            | State::ContentReturn
            | State::ContentFeed
            | State::Trailer { .. } => FieldLines::new(&[]),
        }
    }

    /// Goes through framing until there is content, the end, or no more input.
    pub(crate) fn decode(&mut self, input: &[u8]) -> Result<Decoded, BodyError> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            self.state = match self.state {
                State::Content { remaining } => {
                    let taken = clamp(input.len() - at, remaining);
                    let remaining = remaining - taken as u64;
                    self.state = match remaining {
                        0 => State::ContentReturn,
                        remaining => State::Content { remaining },
                    };
                    return Ok(Decoded {
                        consumed: at + taken,
                        content: at..at + taken,
                        progress: BodyProgress::More,
                    });
                }
                State::Done => break,
                State::Size { size, digits } => self.size(size, digits, byte)?,
                State::Extension { size } => self.extension(size, byte)?,
                State::LineFeed { size } if byte == b'\n' => self.start_chunk(size)?,
                State::LineFeed { .. } => return Err(BodyError::ChunkLine),
                State::ContentReturn if byte == b'\r' => State::ContentFeed,
                State::ContentFeed if byte == b'\n' => START_OF_CHUNK,
                State::ContentReturn | State::ContentFeed => return Err(BodyError::ChunkEnd),
                State::Trailer { line_start } => self.trailer_byte(line_start, byte)?,
            };
            at += 1;
        }
        Ok(Decoded {
            consumed: at,
            content: at..at,
            progress: match self.is_done() {
                true => BodyProgress::End,
                false => BodyProgress::More,
            },
        })
    }

    fn size(&mut self, size: u64, digits: u32, byte: u8) -> Result<State, BodyError> {
        match (char::from(byte).to_digit(16), byte) {
            (Some(digit), _) if digits < u64::BITS / 4 => {
                self.bounds.count_line_byte()?;
                Ok(State::Size {
                    size: size << 4 | u64::from(digit),
                    digits: digits + 1,
                })
            }
            (None, b'\r') if digits > 0 => Ok(State::LineFeed { size }),
            (None, b';') if digits > 0 => {
                self.bounds.count_line_byte()?;
                Ok(State::Extension { size })
            }
            (Some(_) | None, _) => Err(BodyError::ChunkSize),
        }
    }

    /// RFC 9112 §7.1.1: "A recipient MUST ignore unrecognized chunk extensions", which here are
    /// all of them.
    fn extension(&mut self, size: u64, byte: u8) -> Result<State, BodyError> {
        match byte {
            b'\r' => Ok(State::LineFeed { size }),
            _ if is_value_byte(byte) => {
                self.bounds.count_line_byte()?;
                Ok(State::Extension { size })
            }
            _ => Err(BodyError::ChunkLine),
        }
    }

    fn start_chunk(&mut self, size: u64) -> Result<State, BodyError> {
        self.bounds.line = 0;
        if size == 0 {
            return Ok(State::Trailer { line_start: 0 });
        }
        self.bounds.content = self
            .bounds
            .content
            .checked_sub(size)
            .ok_or(BodyError::TooLarge)?;
        Ok(State::Content { remaining: size })
    }

    fn trailer_byte(&mut self, line_start: usize, byte: u8) -> Result<State, BodyError> {
        if self.trailer.len() >= self.bounds.trailer_max {
            return Err(BodyError::TrailerTooLarge);
        }
        self.trailer.push(byte);
        if byte != b'\n' {
            return Ok(State::Trailer { line_start });
        }
        let line = match &self.trailer[line_start..] {
            [line @ .., b'\r', b'\n'] => line,
            _ => return Err(BodyError::Trailer),
        };
        if line.is_empty() {
            self.trailer.truncate(line_start);
            return Ok(State::Done);
        }
        check_trailer_line(line)?;
        self.bounds.trailer_lines = self
            .bounds
            .trailer_lines
            .checked_sub(1)
            .ok_or(BodyError::TrailerTooLarge)?;
        Ok(State::Trailer {
            line_start: self.trailer.len(),
        })
    }
}

impl Bounds {
    fn count_line_byte(&mut self) -> Result<(), BodyError> {
        self.line += 1;
        if self.line > self.line_max {
            return Err(BodyError::ChunkLineTooLong);
        }
        if self.line > LINE_BYTES_FREE {
            self.overhead = self
                .overhead
                .checked_sub(1)
                .ok_or(BodyError::TooMuchFraming)?;
        }
        Ok(())
    }
}

/// RFC 9110 §6.5.1: a sender must not put into a trailer what is "necessary for message framing,
/// routing, request modifiers, authentication, response control data" and so on; every field that
/// the head parser looks at is one of those.
fn check_trailer_line(line: &[u8]) -> Result<(), BodyError> {
    let colon = line.iter().position(|&byte| byte == b':');
    let (name, value) = line.split_at(colon.ok_or(BodyError::Trailer)?);
    if !is_token(name) || !value.iter().all(|&byte| is_value_byte(byte)) {
        return Err(BodyError::Trailer);
    }
    match Field::from_name(name) {
        Some(field) => Err(BodyError::ForbiddenTrailer(field)),
        None => Ok(()),
    }
}
