//! The ways to misbehave, each for one connection from its beginning to its end.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use shard::net::Stream;

use super::crowd::Crowd;
use super::malformed;
use super::scenario::Kind;
use super::wire::{Event, Wire};

/// Between two fields of a slow head.
const FIELD_PAUSE: Duration = Duration::from_secs(1);
/// Between two reads of a slow reader, and between two looks whether it was cut.
const READ_PAUSE: Duration = Duration::from_secs(1);
const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// Responses that a slow reader asks for: more than the buffers of both sockets hold
/// (`tcp_wmem` and `tcp_rmem` end at 4 and 6 MiB by default, and a receiver that does not read
/// gets nowhere near).
const SLOW_READ_BYTES: u64 = 8 * 1024 * 1024;
/// Requests sent at once by a slow reader, at most.
const SLOW_READ_REQUESTS_MAX: u64 = 128;
/// Responses shorter than this leave a slow reader without enough of them.
pub(super) const RESPONSE_BYTES_MIN: u64 = SLOW_READ_BYTES / SLOW_READ_REQUESTS_MAX;
/// A flood ends here.
const FLOOD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of one send of a flood.
const FLOOD_PIECE_BYTES: usize = 16 * 1024;
/// One field of a flood.
const FLOOD_FIELD: &[u8] = b"X-Flood: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n";
/// How long a server that has answered may take to close.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(1);
/// As long as a wait can be; the end of the abuse ends it.
const EVER: Duration = Duration::from_secs(3600);

/// How the server got rid of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// It answered with a status and closed or reset.
    Answered(u16),
    /// It answered with a status and kept the connection.
    AnsweredAndOpen(u16),
    /// It answered something that is not HTTP.
    NotHttp,
    /// It closed without an answer.
    Closed,
    /// It reset without an answer.
    Reset,
    /// It did not.
    StillOpen,
}

/// What became of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) ending: Ending,
    /// From the connect to the answer or the cut.
    pub(super) after: Duration,
    /// The sort of malformed head.
    pub(super) sort: Option<&'static str>,
    pub(super) sent_bytes: u64,
    pub(super) received_bytes: u64,
}

/// What all connections of a crowd send, made once.
#[derive(Debug)]
pub(super) struct Images {
    /// The beginning of an ordinary request: all but the empty line.
    unfinished: Bytes,
    /// The requests of a slow reader.
    requests: Bytes,
    flood: Bytes,
    malformed: Vec<malformed::Head>,
}

impl Ending {
    /// Whether the server did as it was asked.
    pub(super) fn is_accepted(self) -> bool {
        match self {
            Ending::Answered(status) | Ending::AnsweredAndOpen(status) => status < 400,
            Ending::NotHttp | Ending::Closed | Ending::Reset | Ending::StillOpen => false,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Answered(status) => write!(f, "status {status}"),
            Ending::AnsweredAndOpen(status) => write!(f, "status {status}, still open"),
            Ending::NotHttp => f.write_str("not HTTP"),
            Ending::Closed => f.write_str("closed"),
            Ending::Reset => f.write_str("reset"),
            Ending::StillOpen => f.write_str("still open"),
        }
    }
}

impl Images {
    /// From an ordinary request and the length of its response.
    pub(super) fn new(request: &[u8], response_bytes: u64) -> Images {
        let requests = SLOW_READ_BYTES
            .div_ceil(response_bytes.max(1))
            .clamp(1, SLOW_READ_REQUESTS_MAX) as usize;
        Images {
            unfinished: Bytes::copy_from_slice(malformed::without_empty_line(request)),
            requests: request.repeat(requests).into(),
            flood: FLOOD_FIELD
                .repeat(FLOOD_PIECE_BYTES / FLOOD_FIELD.len())
                .into(),
            malformed: malformed::heads(request),
        }
    }
}

/// Whether responses of this length keep a slow reader supplied.
pub(super) fn are_long_enough(response_bytes: u64) -> bool {
    response_bytes >= RESPONSE_BYTES_MIN
}

/// Misbehaves on `stream` until the server or the abuse ends it. `number` counts connections.
pub(super) async fn attack(crowd: Rc<Crowd>, stream: Stream, number: u64) -> Outcome {
    let mut wire = Wire::new(stream, crowd.clone());
    let images = &crowd.images;
    let (event, sort) = match crowd.kind {
        Kind::SlowHeaders => (slow_headers(&mut wire, images).await, None),
        Kind::SlowReads => (slow_reads(&mut wire, images).await, None),
        Kind::HalfOpen => (wire.hear(EVER).await, None),
        Kind::HeaderFlood => (header_flood(&mut wire, images).await, None),
        Kind::Malformed => {
            let head = &images.malformed[(number % images.malformed.len() as u64) as usize];
            wire.post(head.bytes.clone());
            (wire.hear(EVER).await, Some(head.sort))
        }
    };
    let after = wire.age();
    Outcome {
        ending: ending(&mut wire, event).await,
        after,
        sort,
        sent_bytes: wire.bytes_sent(),
        received_bytes: wire.received_bytes,
    }
}

async fn slow_headers(wire: &mut Wire, images: &Images) -> Event {
    wire.post(images.unfinished.clone());
    loop {
        match wire.hear(FIELD_PAUSE).await {
            Event::Due => wire.post(b"X-Slow: 1\r\n".to_vec()),
            event => return event,
        }
    }
}

/// Reads by one buffer at a time: the crowd's shard has small ones, and asks for one at a time. A
/// server that closes leaves what it has written to the kernel, with its end behind it, where who
/// does not read never sees it; but what is sent to a closed socket is answered with a reset.
async fn slow_reads(wire: &mut Wire, images: &Images) -> Event {
    wire.post(images.requests.clone());
    let mut since_read = Duration::ZERO;
    loop {
        if wire.pause(LOOK_PAUSE).await == Event::Over {
            return Event::Over;
        }
        if !wire.stands().await {
            return Event::Reset;
        }
        // An empty line before a request means nothing (RFC 9112 section 2.2).
        wire.post(b"\r\n".to_vec());
        since_read += LOOK_PAUSE;
        if since_read >= READ_PAUSE {
            since_read = Duration::ZERO;
            match wire.read_once().await {
                Event::Due => {}
                event => return event,
            }
        }
    }
}

async fn header_flood(wire: &mut Wire, images: &Images) -> Event {
    wire.post(images.unfinished.clone());
    loop {
        let event = if wire.bytes_sent() < FLOOD_BYTES_MAX {
            wire.hear_or_sent(EVER).await
        } else {
            wire.hear(EVER).await
        };
        match event {
            Event::Sent => wire.post(images.flood.clone()),
            event => return event,
        }
    }
}

/// What the last event means; a server that answered gets a little time to close.
async fn ending(wire: &mut Wire, event: Event) -> Ending {
    match event {
        Event::Answered(status) => match wire.hear(CLOSE_TIME_MAX).await {
            // Who was answered last is not waited for.
            Event::Closed | Event::Reset | Event::Over => Ending::Answered(status),
            Event::Due | Event::Sent | Event::Answered(_) | Event::NotHttp => {
                Ending::AnsweredAndOpen(status)
            }
        },
        Event::NotHttp => Ending::NotHttp,
        Event::Closed => Ending::Closed,
        Event::Reset => Ending::Reset,
        Event::Over | Event::Due | Event::Sent => Ending::StillOpen,
    }
}
