//! A connection: bytes in, responses out, one task that reads top to bottom.
//!
//! While nothing is asked of it, a connection is this task and a place in the tables: it owns no
//! buffer. All requests of a read are answered by one send. What can be answered at once is a
//! plain function call (`exchange`); what must wait becomes a boxed future (`slow`) and is gone
//! when it is answered.
//!
//! Every wait has a deadline: the first head, the next request, a head that trickles, a peer
//! that takes no bytes.

mod exchange;
mod slow;
mod stall;

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeadScan, Persistence, ServerConnection, StatusCode};
use shard::Chunk;
use shard::net::Stream;
use shard::time::{Timer, timeout};

use crate::handler::Output;
use crate::observe::Peer;
use crate::observe::counters::Counter;
use crate::worker::{LAST_CALL_TIME, OpenConnection, Phase, Worker};

use exchange::Step;
pub(crate) use exchange::answer_at_once;
use stall::StallWatch;

/// Unread bytes that are drained before a connection is closed, so that the peer sees the last
/// response and not a reset.
const DRAIN_BYTES_MAX: usize = 256 * 1024;
/// How long that may take.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// What a waiting connection waits for; decides what its deadline means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Waiting {
    /// The first byte of all.
    FirstByte,
    /// The rest of a head.
    Head,
    /// The next request.
    NextRequest,
    /// The next request, while the server drains.
    LastCall,
}

/// How a connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// The peer gets every byte and some time to end its side, then the connection closes.
    Finish,
    /// The peer gets every byte, then the connection closes.
    Close,
    /// Whatever is left is worth nothing: the peer is gone, stalls, or was lied to.
    Abort,
}

/// What a read brought.
enum Read {
    Bytes(Chunk),
    End,
    Failed,
    TimedOut,
    Cut,
}

/// Bytes that are not answered yet, and how far they were searched for the end of a head.
#[derive(Default)]
struct Partial {
    bytes: Vec<u8>,
    scan: HeadScan,
}

struct Connection {
    worker: OpenConnection,
    stream: Stream,
    timer: Timer,
    /// What of earlier reads is not answered yet; none while the connection is idle.
    partial: Option<Box<Partial>>,
    rules: ServerConnection,
    waiting: Waiting,
    /// Known where somebody logs it.
    peer: Option<Box<Peer>>,
}

/// Serves a connection to its end.
pub(crate) async fn serve(worker: Rc<Worker>, stream: Stream) {
    let mut connection = Connection {
        worker: worker.open_connection(),
        stream,
        timer: Timer::new(),
        partial: None,
        rules: ServerConnection::new(),
        waiting: Waiting::FirstByte,
        peer: None,
    };
    match connection.run().await {
        End::Finish => Box::pin(connection.finish()).await,
        // Whatever comes of the last send, the connection is over.
        End::Close => drop(Box::pin(connection.sent()).await),
        End::Abort => {}
    }
}

impl Connection {
    async fn run(&mut self) -> End {
        self.timer.arm_in(self.worker.limits.header_time_max);
        if self.worker.log.is_some() {
            Box::pin(self.learn_peer()).await;
        }
        loop {
            let step = match poll_fn(|context| self.poll_read(context)).await {
                // The last response first: a peer that does not take it is not read on.
                Read::Bytes(chunk) => match self.stream.try_sent() {
                    Poll::Ready(Ok(())) => self.take(&chunk),
                    Poll::Ready(Err(_)) => return End::Abort,
                    Poll::Pending => {
                        self.keep(&chunk);
                        Step::Flush
                    }
                },
                Read::End => return self.on_end(),
                Read::TimedOut => return self.on_timeout(),
                Read::Failed | Read::Cut => return End::Abort,
            };
            match step {
                Step::Read => {}
                Step::End(end) => return end,
                step => {
                    if let Some(end) = Box::pin(self.wait_and_go_on(step)).await {
                        return end;
                    }
                }
            }
        }
    }

    /// Does what must wait, and what can be done after it, until only a read helps.
    async fn wait_and_go_on(&mut self, mut step: Step) -> Option<End> {
        loop {
            step = match step {
                Step::Read => return None,
                Step::End(end) => return Some(end),
                Step::Flush => match self.sent().await {
                    Ok(()) => self.go_on(),
                    Err(_) => return Some(End::Abort),
                },
                Step::Slow(slow) => match Box::pin(self.answer_slowly(slow)).await {
                    Some(Persistence::KeepAlive) => Step::Flush,
                    Some(Persistence::Close) => return Some(End::Finish),
                    None => return Some(End::Abort),
                },
                Step::Transfer(answer) => {
                    let sent = self.transfer(answer.transfer).await;
                    if let Some(line) = &answer.line {
                        self.write(line);
                    }
                    match (sent, answer.end) {
                        (Ok(()), None) => self.go_on(),
                        (Ok(()), Some(end)) => return Some(end),
                        (Err(error), _) => {
                            self.count_abort(&error);
                            return Some(End::Abort);
                        }
                    }
                }
            }
        }
    }

    /// Waits for bytes, the deadline, or the server's end, in that order of preference.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Read> {
        let phase = self.worker.phase();
        if phase == Phase::Cutting {
            return Poll::Ready(Read::Cut);
        }
        match self.stream.poll_recv(context) {
            Poll::Ready(Ok(Some(chunk))) => return Poll::Ready(Read::Bytes(chunk)),
            Poll::Ready(Ok(None)) => return Poll::Ready(Read::End),
            Poll::Ready(Err(_)) => return Poll::Ready(Read::Failed),
            Poll::Pending => {}
        }
        let between = matches!(self.waiting, Waiting::FirstByte | Waiting::NextRequest);
        if phase == Phase::Draining && between {
            self.waiting = Waiting::LastCall;
            self.timer.arm_in(LAST_CALL_TIME);
        }
        self.timer.poll_fired(context).map(|()| Read::TimedOut)
    }

    /// The peer has ended its side. Within a head that is a broken request; nobody is there to
    /// be told. Between requests it is how connections end.
    fn on_end(&self) -> End {
        match self.waiting {
            Waiting::Head => End::Abort,
            Waiting::FirstByte | Waiting::NextRequest | Waiting::LastCall => End::Finish,
        }
    }

    fn on_timeout(&mut self) -> End {
        match self.waiting {
            Waiting::Head => {
                self.worker.counters.add(Counter::HeaderTimeouts, 1);
                self.refuse(StatusCode::REQUEST_TIMEOUT);
                End::Finish
            }
            Waiting::FirstByte | Waiting::NextRequest | Waiting::LastCall => {
                self.worker.counters.add(Counter::IdleTimeouts, 1);
                End::Finish
            }
        }
    }

    /// Keeps bytes that cannot be answered yet.
    fn keep(&mut self, bytes: &[u8]) {
        let partial = self.partial.get_or_insert_default();
        partial.bytes.extend_from_slice(bytes);
    }

    /// Waits until everything posted is with the kernel, as long as the peer takes some of it.
    async fn sent(&self) -> io::Result<()> {
        if let Poll::Ready(result) = self.stream.try_sent() {
            return result;
        }
        let mut watch = StallWatch::new(self.worker.limits.write_stall_time_max);
        loop {
            if let Ok(result) = watch.next_look().limit(self.sent_or_cut()).await {
                return result;
            }
            let taken = self.stream.bytes_sent();
            if watch.is_stalled(&self.stream, taken).await {
                self.worker.counters.add(Counter::WriteStalls, 1);
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }

    async fn sent_or_cut(&self) -> io::Result<()> {
        poll_fn(|context| {
            if self.worker.phase() == Phase::Cutting {
                return Poll::Ready(Err(io::ErrorKind::Interrupted.into()));
            }
            self.stream.poll_sent(context)
        })
        .await
    }

    /// Sends what is there. Only called when nothing is being sent.
    fn post(&self, out: Output) {
        if !out.is_empty() {
            let refused = self.stream.post(out.into_send());
            debug_assert!(refused.is_ok(), "a send was still under way");
        }
    }

    /// The same, when a file follows at once: the kernel may fill the segment with it.
    fn post_more(&self, out: Output) {
        let refused = self.stream.post(out.into_send().and_more());
        debug_assert!(refused.is_ok(), "a send was still under way");
    }

    async fn learn_peer(&mut self) {
        let peer = match self.stream.peer().await {
            Ok(shard::net::Peer::Tcp(address)) => Peer::Ip(address),
            Ok(shard::net::Peer::Unix) => Peer::Unix,
            // Gone already; its requests, if any, cannot be answered either.
            Err(_) => return,
        };
        self.peer = Some(Box::new(peer));
    }

    /// Ends the connection so that the peer gets every byte.
    async fn finish(self) {
        if self.sent().await.is_ok() {
            let time_max = match self.worker.phase() {
                Phase::Serving | Phase::Draining => DRAIN_TIME_MAX,
                Phase::Cutting => Duration::ZERO,
            };
            // Whatever comes of it, the connection is over.
            let _ = timeout(time_max, self.stream.finish(DRAIN_BYTES_MAX)).await;
        }
    }
}
