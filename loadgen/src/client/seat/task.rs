//! The task of a seat: connect, serve until the connection ends, connect again.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use shard::net::Stream;

use crate::client::connect;
use crate::client::content::ContentTally;
use crate::client::response::Reader;
use crate::client::seat::{Ended, Seat};
use crate::record::ErrorKind;
use crate::worker::{Phase, Start};

/// A seat whose connects fail tries again after this long, doubled up to [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_millis(10);
const RETRY_MAX: Duration = Duration::from_secs(1);
/// How long a server may take to close a connection that it was asked to close.
const CLOSE_TIME_MAX: Duration = Duration::from_millis(200);
/// The task of a seat: connects, serves, connects again, until the worker ends.
pub(crate) async fn occupy(seat: Rc<Seat>) {
    let worker = seat.worker.clone();
    let mut retry = RETRY_FIRST;
    loop {
        if worker.is_one_request() {
            let start = seat.next_start().await;
            seat.assigned.set(Some(start));
        } else if worker.phase() == Phase::Draining && seat.under_way.borrow().is_empty() {
            return;
        }
        match seat.connect().await {
            Ok(stream) => {
                retry = RETRY_FIRST;
                if let Ended::Broken(kind) = seat.serve(stream).await {
                    seat.fail(kind);
                }
            }
            Err(kind) => {
                match seat.assigned.take() {
                    Some(start) => worker.ended(start, None, Err(kind)),
                    None if seat.under_way.borrow().is_empty() => worker.connect_failed(kind),
                    None => seat.fail(kind),
                }
                shard::time::sleep(retry).await;
                retry = (retry * 2).min(RETRY_MAX);
            }
        }
    }
}

impl Seat {
    /// One request per connection: the next start, once there is one.
    async fn next_start(self: &Rc<Self>) -> Start {
        poll_fn(|context| {
            self.remember(context);
            if let Some(start) = self.assigned.take() {
                return Poll::Ready(start);
            }
            if self.worker.is_open_loop() {
                if self.worker.phase() == Phase::Opening {
                    return Poll::Pending;
                }
                let start = self.worker.dispatch.borrow_mut().offer(self.origin, self);
                return start.map_or(Poll::Pending, Poll::Ready);
            }
            if self.worker.may_start() {
                return Poll::Ready(self.worker.start_now(self.origin));
            }
            Poll::Pending
        })
        .await
    }

    /// Opens this seat's next connection.
    async fn connect(&self) -> Result<Stream, ErrorKind> {
        let scenario = &self.worker.scenario;
        let connecting = &scenario.connecting;
        let endpoint = &scenario.origins[self.origin].endpoint;
        let _pass = self.worker.gate.enter().await;
        let opened = connect::open(
            endpoint,
            &connecting.sources,
            self.worker.place(self.number),
            connecting.timeout,
        )
        .await;
        self.has_tried.set(true);
        if opened.is_ok() {
            self.has_connected.set(true);
            self.worker.connection_opened();
        }
        opened
    }

    /// Serves until the connection ends.
    async fn serve(self: &Rc<Self>, stream: Stream) -> Ended {
        *self.stream.borrow_mut() = Some(stream);
        if let Some(start) = self.assigned.take() {
            self.send(&[start]);
        } else if self.worker.phase() != Phase::Opening {
            self.resume();
        }
        let mut reader = Reader::Between;
        let ended = poll_fn(|context| self.poll_serve(context, &mut reader)).await;
        if self.worker.is_one_request() && matches!(ended, Ended::Announced) {
            self.await_end().await;
        }
        self.is_offered.set(false);
        self.timer.disarm();
        self.held.borrow_mut().take();
        self.beginning.borrow_mut().clear();
        *self.content.borrow_mut() = ContentTally::default();
        self.stream.borrow_mut().take();
        self.worker.connection_ended();
        ended
    }

    /// The server was asked to close, and is given the time to: whoever closes first keeps the
    /// port in TIME_WAIT, and a generator that does runs out of ports.
    async fn await_end(&self) {
        self.timer.arm_in(CLOSE_TIME_MAX);
        poll_fn(|context| {
            loop {
                let received = match &*self.stream.borrow() {
                    Some(stream) => stream.poll_recv(context),
                    None => return Poll::Ready(()),
                };
                match received {
                    Poll::Ready(Ok(Some(_surplus))) => {}
                    Poll::Ready(Ok(None) | Err(_)) => return Poll::Ready(()),
                    Poll::Pending => return self.timer.poll_fired(context),
                }
            }
        })
        .await;
    }

    fn poll_serve(self: &Rc<Self>, context: &mut Context<'_>, reader: &mut Reader) -> Poll<Ended> {
        self.remember(context);
        if let Err(ended) = self.poll_held(context) {
            return Poll::Ready(ended);
        }
        loop {
            let received = match &*self.stream.borrow() {
                Some(stream) => stream.poll_recv(context),
                None => return Poll::Ready(Ended::Orderly),
            };
            match received {
                Poll::Ready(Ok(Some(chunk))) => {
                    if let Some(ended) = self.take(&chunk, reader) {
                        return Poll::Ready(ended);
                    }
                }
                Poll::Ready(Ok(None)) => return Poll::Ready(self.end_of_stream(reader)),
                Poll::Ready(Err(_)) => return Poll::Ready(self.broken(ErrorKind::Reset)),
                Poll::Pending => break,
            }
        }
        self.poll_timeout(context)
    }

    /// Sends what had to wait for an earlier send.
    fn poll_held(&self, context: &mut Context<'_>) -> Result<(), Ended> {
        if self.held.borrow().is_none() {
            return Ok(());
        }
        let polled = match &*self.stream.borrow() {
            Some(stream) => stream.poll_sent(context),
            None => return Ok(()),
        };
        match polled {
            Poll::Ready(Ok(())) => {
                let held = self.held.borrow_mut().take();
                if let Some(data) = held {
                    self.post(data);
                }
                Ok(())
            }
            Poll::Ready(Err(_)) => Err(self.broken(ErrorKind::Reset)),
            Poll::Pending => Ok(()),
        }
    }

    fn poll_timeout(&self, context: &mut Context<'_>) -> Poll<Ended> {
        if self.timer.poll_fired(context).is_pending() {
            return Poll::Pending;
        }
        let under_way = self.under_way.borrow();
        let Some(oldest) = under_way.front() else {
            self.timer.disarm();
            return Poll::Pending;
        };
        let timeout = self.worker.scenario.timeout;
        let age = Duration::from_nanos(self.worker.now_ns().saturating_sub(oldest.sent));
        if age >= timeout {
            return Poll::Ready(Ended::Broken(ErrorKind::Timeout));
        }
        self.timer.arm_in(timeout - age);
        drop(under_way);
        self.poll_timeout(context)
    }
}
