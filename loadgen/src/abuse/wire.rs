//! An abusive connection: what it hears while it misbehaves.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{Limits, Method, Parsed};
use shard::net::Stream;
use shard::time::Timer;
use shard::{Chunk, SendData};

use super::crowd::Crowd;

/// Bytes of an answer's head that are kept to be read.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// How long a read that finds nothing waits.
const READ_TIME_MAX: Duration = Duration::from_millis(5);

/// A connection and what came back on it.
pub(super) struct Wire {
    stream: Stream,
    crowd: Rc<Crowd>,
    timer: Timer,
    opened: Instant,
    answer: Answer,
    pub(super) received_bytes: u64,
}

/// What has been understood of the server's answer.
#[derive(Debug)]
enum Answer {
    /// The beginning of a head.
    Partial(Vec<u8>),
    /// It was said what it is.
    Told,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The abuse is over.
    Over,
    /// The time has come that was waited for.
    Due,
    /// Everything posted has been taken by the kernel.
    Sent,
    /// The head of an answer has come.
    Answered(u16),
    /// Something has come that is not HTTP.
    NotHttp,
    /// The server ended its side.
    Closed,
    /// The server reset the connection.
    Reset,
}

impl Wire {
    pub(super) fn new(stream: Stream, crowd: Rc<Crowd>) -> Wire {
        Wire {
            stream,
            crowd,
            timer: Timer::new(),
            opened: shard::now(),
            answer: Answer::Partial(Vec::new()),
            received_bytes: 0,
        }
    }

    /// How long it has been open.
    pub(super) fn age(&self) -> Duration {
        shard::now().saturating_duration_since(self.opened)
    }

    /// Bytes that the kernel has taken.
    pub(super) fn bytes_sent(&self) -> u64 {
        self.stream.bytes_sent()
    }

    /// Starts a send. While an earlier one is under way nothing is sent: who misbehaves slowly has
    /// time, and who floods waits for [`Event::Sent`].
    pub(super) fn post(&self, data: impl Into<SendData>) {
        let _ = self.stream.post(data.into());
    }

    /// Waits until something happens, for `patience` at most.
    pub(super) async fn hear(&mut self, patience: Duration) -> Event {
        self.wait(patience, Hearing::Answers).await
    }

    /// As [`Wire::hear`], and until everything posted is sent.
    pub(super) async fn hear_or_sent(&mut self, patience: Duration) -> Event {
        self.wait(patience, Hearing::AnswersAndSends).await
    }

    /// As [`Wire::hear`], reading nothing.
    pub(super) async fn pause(&mut self, patience: Duration) -> Event {
        self.wait(patience, Hearing::Nothing).await
    }

    /// Reads one buffer, if there is one to be had at once; [`Event::Due`] unless that was the end.
    pub(super) async fn read_once(&mut self) -> Event {
        self.timer.arm_in(READ_TIME_MAX);
        poll_fn(|context| {
            let received = self.stream.poll_recv(context);
            match received {
                Poll::Ready(Ok(Some(chunk))) => {
                    self.received_bytes += chunk.len() as u64;
                    Poll::Ready(Event::Due)
                }
                Poll::Ready(Ok(None)) => Poll::Ready(Event::Closed),
                Poll::Ready(Err(_)) => Poll::Ready(Event::Reset),
                Poll::Pending => self.timer.poll_fired(context).map(|()| Event::Due),
            }
        })
        .await
    }

    /// Whether the connection stands, asked without reading: what has come and was not read hides
    /// a reset from who reads. A unix socket tells by its sends.
    pub(super) async fn stands(&self) -> bool {
        let has_failed = matches!(self.stream.try_sent(), Poll::Ready(Err(_)));
        !has_failed && self.stream.peer().await.is_ok()
    }

    async fn wait(&mut self, patience: Duration, hearing: Hearing) -> Event {
        self.timer.arm_in(patience);
        poll_fn(|context| self.poll(context, hearing)).await
    }

    fn poll(&mut self, context: &mut Context<'_>, hearing: Hearing) -> Poll<Event> {
        if self.crowd.is_over() {
            return Poll::Ready(Event::Over);
        }
        if hearing != Hearing::Nothing {
            while let Poll::Ready(received) = self.stream.poll_recv(context) {
                let event = match received {
                    Ok(Some(chunk)) => self.read(&chunk),
                    Ok(None) => Some(Event::Closed),
                    Err(_) => Some(Event::Reset),
                };
                if let Some(event) = event {
                    return Poll::Ready(event);
                }
            }
        }
        if hearing == Hearing::AnswersAndSends {
            match self.stream.poll_sent(context) {
                Poll::Ready(Ok(())) => return Poll::Ready(Event::Sent),
                // What the server said before it closed comes out of receiving.
                Poll::Ready(Err(_)) | Poll::Pending => {}
            }
        }
        self.timer.poll_fired(context).map(|()| Event::Due)
    }

    /// `None`: nothing new.
    fn read(&mut self, chunk: &Chunk) -> Option<Event> {
        self.received_bytes += chunk.len() as u64;
        let Answer::Partial(head) = &mut self.answer else {
            return None;
        };
        head.extend_from_slice(chunk);
        let event = match http::parse_response(head, Method::Get, &Limits::default()) {
            Ok(Parsed::Partial) if head.len() < ANSWER_BYTES_MAX => return None,
            Ok(Parsed::Complete { head, .. }) if head.status.is_informational() => return None,
            Ok(Parsed::Complete { head, .. }) => Event::Answered(head.status.as_u16()),
            Ok(Parsed::Partial) | Err(_) => Event::NotHttp,
        };
        self.answer = Answer::Told;
        Some(event)
    }
}

/// What is waited for besides time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    Nothing,
    Answers,
    AnswersAndSends,
}
