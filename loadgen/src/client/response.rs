//! Reading responses: bytes in, facts out, no socket and no clock.
//!
//! A server under load sends the same head over and over. The last head of each request is kept,
//! and bytes that are equal to it need no parsing; anything else is parsed strictly. Content of
//! known length is counted and not looked at unless somebody wants to check it.

use std::rc::Rc;

use http::{
    BodyDecoder, BodyFraming, BodyProgress, HeadScan, Limits, Method, Parsed, Persistence,
    Response, ResponseFraming,
};

use crate::record::ErrorKind;

/// Bytes of a response head at most.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What the head of a response says, as far as the load needs it.
#[derive(Clone, Debug)]
pub(crate) struct HeadFacts {
    pub(crate) status: u16,
    /// Whether the connection can be used again.
    pub(crate) reusable: bool,
    /// What is wrong with status or fields, if anything is.
    pub(crate) mismatch: Option<Rc<(ErrorKind, String)>>,
}

/// The last head of a request, to be recognised without parsing.
#[derive(Debug, Default)]
pub(crate) struct KnownHead {
    bytes: Vec<u8>,
    known: Option<(HeadFacts, u64)>,
}

/// What a reader is told about the request that is being answered.
pub(crate) struct Expected<'e, J, C> {
    pub(crate) known: &'e mut KnownHead,
    pub(crate) is_head: bool,
    /// What is wrong with a head.
    pub(crate) judge: J,
    /// Gets the content, piece by piece.
    pub(crate) content: C,
}

/// Where the reader stands in a connection's bytes.
#[derive(Debug)]
pub(crate) enum Reader {
    /// At the beginning of a response.
    Between,
    /// Within a head that comes in pieces.
    Head(Box<PartialHead>),
    /// Within content of known length.
    Counted { facts: HeadFacts, left: u64 },
    /// Within content that has to be decoded to find its end.
    Decoded {
        facts: HeadFacts,
        decoder: Box<BodyDecoder>,
    },
}

#[derive(Debug)]
pub(crate) struct PartialHead {
    bytes: Vec<u8>,
    scan: HeadScan,
}

/// What feeding did.
#[derive(Debug)]
pub(crate) struct Fed {
    /// Bytes used up; the rest belongs to the next response.
    pub(crate) consumed: usize,
    /// The facts of a response that is complete now.
    pub(crate) complete: Option<HeadFacts>,
}

impl Reader {
    /// Takes bytes until a response is complete or they are used up.
    pub(crate) fn feed<J, C>(
        &mut self,
        input: &[u8],
        expected: &mut Expected<'_, J, C>,
    ) -> Result<Fed, ErrorKind>
    where
        J: FnMut(&Response<'_>) -> Option<(ErrorKind, String)>,
        C: FnMut(&[u8]),
    {
        let mut at = 0;
        loop {
            let rest = &input[at..];
            let step = match self {
                Reader::Between => self.begin(rest, expected)?,
                Reader::Head(_) => self.go_on_with_head(rest, expected)?,
                Reader::Counted { .. } | Reader::Decoded { .. } => {
                    self.go_on_with_content(rest, expected)?
                }
            };
            at += step.consumed;
            if step.complete.is_some() || at == input.len() {
                return Ok(Fed {
                    consumed: at,
                    complete: step.complete,
                });
            }
        }
    }

    /// The peer has ended its side: a response that ends with the connection is complete now.
    pub(crate) fn end(&mut self) -> Result<Option<HeadFacts>, ErrorKind> {
        match std::mem::replace(self, Reader::Between) {
            Reader::Between => Ok(None),
            Reader::Decoded { facts, decoder } if decoder.end_of_input().is_ok() => Ok(Some(facts)),
            Reader::Head(_) | Reader::Counted { .. } | Reader::Decoded { .. } => {
                Err(ErrorKind::ClosedEarly)
            }
        }
    }

    fn begin<J, C>(
        &mut self,
        input: &[u8],
        expected: &mut Expected<'_, J, C>,
    ) -> Result<Fed, ErrorKind>
    where
        J: FnMut(&Response<'_>) -> Option<(ErrorKind, String)>,
        C: FnMut(&[u8]),
    {
        if let Some((facts, length)) = expected.known.recognise(input) {
            let (facts, length) = (facts.clone(), *length);
            let head_bytes = expected.known.bytes.len();
            *self = Reader::Counted {
                facts,
                left: length,
            };
            let step = self.go_on_with_content(&input[head_bytes..], expected)?;
            return Ok(Fed {
                consumed: head_bytes + step.consumed,
                ..step
            });
        }
        let mut scan = HeadScan::new();
        match self.parse(&mut scan, input, expected)? {
            Some(consumed) => Ok(self.after_head(consumed)),
            None => {
                *self = Reader::Head(Box::new(PartialHead {
                    bytes: input.to_vec(),
                    scan,
                }));
                Ok(Fed {
                    consumed: input.len(),
                    complete: None,
                })
            }
        }
    }

    fn go_on_with_head<J, C>(
        &mut self,
        input: &[u8],
        expected: &mut Expected<'_, J, C>,
    ) -> Result<Fed, ErrorKind>
    where
        J: FnMut(&Response<'_>) -> Option<(ErrorKind, String)>,
        C: FnMut(&[u8]),
    {
        let Reader::Head(mut partial) = std::mem::replace(self, Reader::Between) else {
            return Err(ErrorKind::Malformed);
        };
        let before = partial.bytes.len();
        partial.bytes.extend_from_slice(input);
        match self.parse(&mut partial.scan, &partial.bytes, expected)? {
            // A head ends after what was there before: that alone was not complete.
            Some(consumed) => Ok(self.after_head(consumed - before)),
            None => {
                *self = Reader::Head(partial);
                Ok(Fed {
                    consumed: input.len(),
                    complete: None,
                })
            }
        }
    }

    /// Parses a head and moves on to its content; `None` where it is not complete.
    fn parse<J, C>(
        &mut self,
        scan: &mut HeadScan,
        input: &[u8],
        expected: &mut Expected<'_, J, C>,
    ) -> Result<Option<usize>, ErrorKind>
    where
        J: FnMut(&Response<'_>) -> Option<(ErrorKind, String)>,
        C: FnMut(&[u8]),
    {
        let method = if expected.is_head {
            Method::Head
        } else {
            Method::Get
        };
        let parsed = http::resume_response(scan, input, method, &limits());
        let (head, consumed) = match parsed.map_err(|_| ErrorKind::Malformed)? {
            Parsed::Partial => return Ok(None),
            Parsed::Complete { head, consumed } => (head, consumed),
        };
        if head.status.is_informational() {
            if head.framing == ResponseFraming::Tunnel {
                return Err(ErrorKind::Malformed);
            }
            *self = Reader::Between;
            return Ok(Some(consumed));
        }
        let facts = HeadFacts {
            status: head.status.as_u16(),
            reusable: head.persistence == Persistence::KeepAlive
                && head.framing != ResponseFraming::UntilClose,
            mismatch: (expected.judge)(&head).map(Rc::new),
        };
        *self = match head.framing {
            ResponseFraming::Body(BodyFraming::None) => Reader::Counted { facts, left: 0 },
            ResponseFraming::Body(BodyFraming::Length(left)) => Reader::Counted { facts, left },
            ResponseFraming::Body(BodyFraming::Chunked) | ResponseFraming::UntilClose => {
                let decoder = Box::new(BodyDecoder::for_response(head.framing, &limits()));
                Reader::Decoded { facts, decoder }
            }
            ResponseFraming::Tunnel => return Err(ErrorKind::Malformed),
        };
        if let Reader::Counted { facts, left } = self {
            expected.known.learn(&input[..consumed], facts, *left);
        }
        Ok(Some(consumed))
    }

    /// A head is complete, and with it the response where it has no content.
    fn after_head(&mut self, consumed: usize) -> Fed {
        let complete = match self {
            Reader::Counted { left: 0, .. } => self.finish(),
            Reader::Between | Reader::Head(_) | Reader::Counted { .. } | Reader::Decoded { .. } => {
                None
            }
        };
        Fed { consumed, complete }
    }

    fn go_on_with_content<J, C>(
        &mut self,
        input: &[u8],
        expected: &mut Expected<'_, J, C>,
    ) -> Result<Fed, ErrorKind>
    where
        C: FnMut(&[u8]),
    {
        match self {
            Reader::Between | Reader::Head(_) => Ok(Fed {
                consumed: 0,
                complete: None,
            }),
            Reader::Counted { left, .. } => {
                let count =
                    usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                (expected.content)(&input[..count]);
                *left -= count as u64;
                Ok(self.after_head(count))
            }
            Reader::Decoded { decoder, .. } => {
                let decoded = decoder.decode(input).map_err(|_| ErrorKind::Malformed)?;
                (expected.content)(&input[decoded.content]);
                let complete = match decoded.progress {
                    BodyProgress::End => self.finish(),
                    BodyProgress::More => None,
                };
                Ok(Fed {
                    consumed: decoded.consumed,
                    complete,
                })
            }
        }
    }

    fn finish(&mut self) -> Option<HeadFacts> {
        match std::mem::replace(self, Reader::Between) {
            Reader::Counted { facts, .. } | Reader::Decoded { facts, .. } => Some(facts),
            Reader::Between | Reader::Head(_) => None,
        }
    }
}

impl KnownHead {
    fn recognise(&self, input: &[u8]) -> Option<&(HeadFacts, u64)> {
        self.known
            .as_ref()
            .filter(|_| input.starts_with(&self.bytes))
    }

    fn learn(&mut self, head: &[u8], facts: &HeadFacts, length: u64) {
        self.bytes.clear();
        self.bytes.extend_from_slice(head);
        self.known = Some((facts.clone(), length));
    }
}

/// A load generator reads what the server chooses to send: only heads are bounded.
fn limits() -> Limits {
    Limits {
        header_bytes_max: HEAD_BYTES_MAX,
        body_bytes_max: u64::MAX,
        ..Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `pieces` and tells each complete response with its content.
    fn read(pieces: &[&[u8]], is_head: bool) -> Result<Vec<(u16, bool, Vec<u8>)>, ErrorKind> {
        let mut known = KnownHead::default();
        let mut reader = Reader::Between;
        let mut responses = Vec::new();
        let mut content = Vec::new();
        for piece in pieces {
            let mut at = 0;
            while at < piece.len() {
                let fed = reader.feed(
                    &piece[at..],
                    &mut Expected {
                        known: &mut known,
                        is_head,
                        judge: |_: &Response<'_>| None,
                        content: |bytes: &[u8]| content.extend_from_slice(bytes),
                    },
                )?;
                at += fed.consumed;
                if let Some(facts) = fed.complete {
                    responses.push((facts.status, facts.reusable, std::mem::take(&mut content)));
                }
            }
        }
        if let Some(facts) = reader.end()? {
            responses.push((facts.status, facts.reusable, content));
        }
        Ok(responses)
    }

    const SEVERAL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\
        HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld\
        HTTP/1.1 100 Continue\r\n\r\n\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n\
        HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n\
        HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    #[test]
    fn responses_in_a_row_are_told_apart_at_every_split() {
        let wanted = [
            (200, true, b"hello".to_vec()),
            (200, true, b"world".to_vec()),
            (200, true, b"abcde".to_vec()),
            (304, true, Vec::new()),
            (200, false, Vec::new()),
        ];
        assert_eq!(read(&[SEVERAL], false).expect("sound"), wanted);
        for split in 1..SEVERAL.len() {
            let (first, second) = SEVERAL.split_at(split);
            assert_eq!(
                read(&[first, second], false).expect("sound"),
                wanted,
                "{split}"
            );
        }
        let bytes: Vec<&[u8]> = SEVERAL.chunks(1).collect();
        assert_eq!(read(&bytes, false).expect("sound"), wanted);
    }

    #[test]
    fn content_may_end_with_the_connection_and_nothing_else_may() {
        let until_close = b"HTTP/1.1 200 OK\r\n\r\nall of it";
        let responses = read(&[until_close], false).expect("sound");
        assert_eq!(responses, [(200, false, b"all of it".to_vec())]);
        for short in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"[..],
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        ] {
            assert_eq!(read(&[short], false), Err(ErrorKind::ClosedEarly));
        }
    }

    #[test]
    fn a_response_to_head_has_no_content() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        let twice = [&head[..], head].concat();
        let responses = read(&[&twice], true).expect("sound");
        assert_eq!(responses, vec![(200, true, Vec::new()); 2]);
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        for bytes in [
            &b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert_eq!(read(&[bytes], false), Err(ErrorKind::Malformed));
        }
    }

    #[test]
    fn a_known_head_is_recognised_only_whole() {
        // The second head differs in its last byte only; the third is the first one again.
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na\
            HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nbc\
            HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nd";
        let contents: Vec<_> = read(&[bytes], false)
            .expect("sound")
            .into_iter()
            .map(|(_, _, content)| content)
            .collect();
        assert_eq!(contents, [&b"a"[..], b"bc", b"d"]);
    }
}
