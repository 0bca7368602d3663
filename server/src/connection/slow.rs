//! Requests that must wait: for their own content to end, for a cold file, for a large one.
//!
//! The future owns a copy of the head and parses it again, so that no receive buffer is held
//! while something else is slow.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use http::{BodyDecoder, Leftover, Parsed, Persistence, Request, parse_request};
use shard::SendData;

use super::exchange::{Routed, Slow, route};
use super::stall::StallWatch;
use super::{Connection, Read};
use crate::handler::files::{FileAnswer, Transfer};
use crate::handler::{Answered, Output, Terms};
use crate::observe::counters::Counter;
use crate::route::Action;
use crate::worker::Phase;

/// The request's content was not read to its end.
struct Unread;

impl Connection {
    /// Answers one request and says what becomes of the connection; `None` where it is of no use
    /// any more.
    pub(super) async fn answer_slowly(&mut self, slow: Slow) -> Option<Persistence> {
        let began = self.log_start();
        let limits = self.worker.http_limits;
        let Ok(Parsed::Complete { head: request, .. }) = parse_request(&slow.head, &limits) else {
            return None;
        };
        let mut persistence = slow.exchange.persistence;
        if let Leftover::Drain { bytes_max } = slow.exchange.leftover {
            match self.discard_content(&request, bytes_max).await {
                Ok(()) => {}
                Err(Unread) => persistence = Persistence::Close,
            }
        }
        let terms = Terms::new(&request, persistence);
        let mut out = Output::default();
        let (answered, transfer) = self.look_up(&request, &terms, &mut out).await;
        self.sent().await.ok()?;
        let sent = match transfer {
            Some(transfer) => {
                self.post_more(out);
                self.transfer(transfer).await
            }
            None => {
                self.post(out);
                Ok(())
            }
        };
        self.record(&request, answered, began);
        match sent {
            Ok(()) => Some(persistence),
            Err(error) => {
                self.count_abort(&error);
                None
            }
        }
    }

    async fn look_up(
        &self,
        request: &Request<'_>,
        terms: &Terms,
        out: &mut Output,
    ) -> (Answered, Option<Transfer>) {
        let worker = &self.worker;
        match route(worker, request) {
            Routed::To(Action::Reply(reply), _) => {
                (reply.answer(terms, &worker.first_lines(), out), None)
            }
            Routed::To(Action::Files(folder), path) => {
                match folder.answer(worker, request, &path, terms, out).await {
                    FileAnswer::Written(answered) => (answered, None),
                    FileAnswer::Transfer(answered, transfer) => (answered, Some(transfer)),
                }
            }
            Routed::Refused(refusal) => (refusal.answer(worker, terms, out), None),
        }
    }

    /// Reads the request's content and drops it: nothing here takes any.
    async fn discard_content(
        &mut self,
        request: &Request<'_>,
        bytes_max: u64,
    ) -> Result<(), Unread> {
        let limits = self.worker.http_limits;
        let mut decoder = BodyDecoder::new(request.framing, &limits);
        let mut deadline = BodyDeadline::begin(self);
        let mut read_bytes = 0;
        loop {
            let mut partial = self.partial.take().unwrap_or_default();
            let decoded = decoder.decode(&partial.bytes).map_err(|_| Unread)?;
            read_bytes += decoded.consumed as u64;
            partial.bytes.drain(..decoded.consumed);
            let is_drained = partial.bytes.is_empty();
            if !is_drained {
                self.partial = Some(partial);
            }
            if decoder.is_done() {
                return Ok(());
            }
            if read_bytes > bytes_max {
                return Err(Unread);
            }
            if decoded.consumed > 0 && !is_drained {
                continue;
            }
            deadline.push_back(read_bytes);
            self.timer.arm(deadline.at);
            match poll_fn(|context| self.poll_read(context)).await {
                Read::Bytes(chunk) => self.keep(&chunk),
                Read::TimedOut => {
                    self.worker.counters.add(Counter::BodyTimeouts, 1);
                    return Err(Unread);
                }
                Read::End | Read::Failed | Read::Cut => return Err(Unread),
            }
        }
    }

    /// Sends the file's parts after the head that was posted, as long as the peer takes some of
    /// it.
    pub(super) async fn transfer(&self, transfer: Transfer) -> io::Result<()> {
        for part in transfer.parts {
            if !part.before.is_empty() {
                self.sent().await?;
                let refused = self.stream.post(SendData::from(part.before).and_more());
                debug_assert!(refused.is_ok(), "a send was still under way");
            }
            let moved = Cell::new(0);
            let sending =
                self.stream
                    .send_file(&transfer.file, part.offset, part.length, |bytes| {
                        moved.set(moved.get() + bytes);
                    });
            self.while_moving(pin!(sending), &moved).await?;
        }
        if !transfer.after.is_empty() {
            self.post(transfer.after.into());
            self.sent().await?;
        }
        Ok(())
    }

    /// Polls `sending` to its end, unless it moves nothing for too long or the server cuts.
    async fn while_moving<F: Future<Output = io::Result<()>>>(
        &self,
        mut sending: Pin<&mut F>,
        moved: &Cell<u64>,
    ) -> io::Result<()> {
        let mut watch = StallWatch::new(self.worker.limits.write_stall_time_max);
        let sent_before = self.stream.bytes_sent();
        loop {
            let or_cut = poll_fn(|context| {
                if self.worker.phase() == Phase::Cutting {
                    return Poll::Ready(Err(io::ErrorKind::Interrupted.into()));
                }
                sending.as_mut().poll(context)
            });
            if let Ok(result) = watch.next_look().limit(or_cut).await {
                return result;
            }
            let taken = self.stream.bytes_sent() - sent_before + moved.get();
            if watch.is_stalled(&self.stream, taken).await {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }

    pub(super) fn count_abort(&self, error: &io::Error) {
        let counter = match error.kind() {
            io::ErrorKind::TimedOut => Counter::WriteStalls,
            // The file became shorter than its head said: the connection must end.
            io::ErrorKind::UnexpectedEof => Counter::FileErrors,
            _ => Counter::PeerResets,
        };
        self.worker.counters.add(counter, 1);
    }
}

/// A body may be slow to start, as a head may, and then must keep its rate.
struct BodyDeadline {
    began: Instant,
    start_time_max: Duration,
    bytes_per_second_min: u64,
    at: Instant,
}

impl BodyDeadline {
    fn begin(connection: &Connection) -> BodyDeadline {
        let limits = &connection.worker.limits;
        let began = shard::now();
        BodyDeadline {
            began,
            start_time_max: limits.header_time_max,
            bytes_per_second_min: limits.body_bytes_per_second_min,
            at: began + limits.header_time_max,
        }
    }

    /// Every byte that came has earned its time.
    fn push_back(&mut self, read_bytes: u64) {
        let earned = match self.bytes_per_second_min {
            0 => self.start_time_max,
            rate => Duration::from_millis(read_bytes.saturating_mul(1000) / rate),
        };
        self.at = self.began + self.start_time_max + earned;
    }
}
