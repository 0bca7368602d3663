//! One ring of a hold: a small task for every connection, and the order in which they ask.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use hdrhistogram::Histogram;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use shard::mailbox::Mailbox;
use shard::net::Stream;

use crate::client::connect::{self, Place};
use crate::client::response::{Expected, KnownHead, Reader};
use crate::hold::HoldScenario;
use crate::plan::request::Variables;
use crate::plan::verify::Verification;
use crate::record::{ERROR_KINDS, ErrorKind};

/// Latencies of a ring's requests, in nanoseconds to a hundredth: there may be many rings.
pub(super) type Latency = Histogram<u64>;

/// An empty one.
pub(super) fn latency() -> Latency {
    Histogram::new_with_bounds(1_000, 3_600_000_000_000, 2)
        .expect("the bounds are constants that the crate accepts")
}

/// What a ring counts; read by the watcher.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Connections that stand and have answered their first request.
    pub(super) alive: AtomicU32,
    /// Answers in this round.
    pub(super) answered: AtomicU32,
    pub(super) failed: [AtomicU32; ERROR_KINDS],
    /// Whether every connection is through with this round.
    pub(super) is_done: AtomicBool,
}

/// What a ring is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// Open all connections and ask on each.
    Open,
    /// Ask on every connection that stands.
    Ask,
    /// Let them go.
    End,
}

/// What a ring is for.
pub(super) struct Assignment {
    pub(super) scenario: Arc<HoldScenario>,
    /// Which ring it is, of how many.
    pub(super) ring: u32,
    pub(super) rings: u32,
    pub(super) tally: Arc<Tally>,
}

struct Ring {
    scenario: Arc<HoldScenario>,
    tally: Arc<Tally>,
    latency: RefCell<Latency>,
    known: RefCell<KnownHead>,
    verification: Verification,
    variables: RefCell<Variables>,
    /// Connections that may begin to ask, by their place in `waiting`.
    free: Cell<u32>,
    queue: RefCell<VecDeque<Waker>>,
    /// Those that stand and hold, to be woken for a round.
    holding: RefCell<Vec<Waker>>,
    round: Cell<u32>,
    /// Connections that are not through with this round.
    due: Cell<u32>,
}

/// The main task of a ring's shard.
pub(super) async fn keep(assignment: Assignment, mut orders: Mailbox<Order>) -> Latency {
    let scenario = assignment.scenario.clone();
    let ring = Rc::new(Ring {
        free: Cell::new(scenario.asking_max.get()),
        tally: assignment.tally.clone(),
        latency: RefCell::new(latency()),
        known: RefCell::new(KnownHead::default()),
        verification: Verification::default(),
        variables: RefCell::new(Variables {
            next: u64::from(assignment.ring),
            step: u64::from(assignment.rings),
            random: SmallRng::seed_from_u64(u64::from(assignment.ring)),
        }),
        queue: RefCell::new(VecDeque::new()),
        holding: RefCell::new(Vec::new()),
        round: Cell::new(0),
        due: Cell::new(0),
        scenario,
    });
    while let Some(order) = orders.receive().await {
        match order {
            Order::Open => open(&ring, &assignment).await,
            Order::Ask => ring.ask_all(),
            Order::End => break,
        }
    }
    ring.latency.replace(latency())
}

/// Spawns a task for every connection, in the order of their numbers, as fast as the gate lets
/// them in: a task is there only once its connect begins.
async fn open(ring: &Rc<Ring>, assignment: &Assignment) {
    let all = ring.scenario.connections.get();
    let numbers = (assignment.ring..all).step_by(assignment.rings as usize);
    ring.due.set(numbers.len() as u32);
    for number in numbers {
        ring.enter().await;
        shard::spawn(hold_one(ring.clone(), number));
    }
}

/// One connection: opened, asked, held, asked again, until it ends.
async fn hold_one(ring: Rc<Ring>, number: u32) {
    // Boxed: what a connect or a request needs is there only while it lasts.
    let opened = Box::pin(ring.open_and_ask(number)).await;
    ring.leave();
    let stream = match opened {
        Ok(stream) => stream,
        Err(kind) => {
            ring.failed(kind);
            ring.through();
            return;
        }
    };
    ring.tally.alive.fetch_add(1, Relaxed);
    ring.through();
    let mut round = ring.round.get();
    loop {
        let woken = poll_fn(|context| ring.poll_hold(&stream, round, context)).await;
        if woken.is_ok() {
            ring.enter().await;
        }
        let asked = match woken {
            Ok(()) => {
                let asked = Box::pin(ring.ask(&stream)).await;
                ring.leave();
                asked
            }
            Err(kind) => Err(kind),
        };
        if let Err(kind) = asked {
            ring.tally.alive.fetch_sub(1, Relaxed);
            ring.failed(kind);
            if round != ring.round.get() {
                ring.through();
            }
            return;
        }
        round = ring.round.get();
        ring.through();
    }
}

impl Ring {
    async fn open_and_ask(&self, number: u32) -> Result<Stream, ErrorKind> {
        let connecting = &self.scenario.connecting;
        let stream = connect::open(
            &self.scenario.origin.endpoint,
            &connecting.sources,
            Place::Standing(number),
            connecting.timeout,
        )
        .await?;
        self.ask(&stream).await?;
        Ok(stream)
    }

    /// One request and its response.
    async fn ask(&self, stream: &Stream) -> Result<(), ErrorKind> {
        let template = self.scenario.origin.mix.request(0);
        let image: Bytes = template.render(&mut self.variables.borrow_mut());
        let began = Instant::now();
        let asked = shard::time::timeout(self.scenario.timeout, async {
            if let Err(data) = stream.post(image.into()) {
                stream.send(data).await.map_err(|_| ErrorKind::Reset)?;
            }
            self.read(stream, template.is_head).await
        })
        .await
        .unwrap_or(Err(ErrorKind::Timeout));
        if asked.is_ok() {
            let elapsed = began.elapsed().as_nanos() as u64;
            self.latency.borrow_mut().saturating_record(elapsed);
            self.tally.answered.fetch_add(1, Relaxed);
        }
        asked
    }

    async fn read(&self, stream: &Stream, is_head: bool) -> Result<(), ErrorKind> {
        let mut reader = Reader::Between;
        loop {
            let chunk = match stream.recv().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Err(ErrorKind::ClosedEarly),
                Err(_) => return Err(ErrorKind::Reset),
            };
            let fed = reader.feed(
                &chunk,
                &mut Expected {
                    known: &mut self.known.borrow_mut(),
                    is_head,
                    judge: |response: &http::Response<'_>| {
                        self.verification.head_mismatch(response)
                    },
                    content: |_: &[u8]| {},
                },
            )?;
            if let Some(facts) = fed.complete {
                return match facts.mismatch {
                    Some(mismatch) => Err(mismatch.0),
                    // A server that closes now ends what was to be held.
                    None if !facts.reusable => Err(ErrorKind::ClosedEarly),
                    None if fed.consumed < chunk.len() => Err(ErrorKind::Malformed),
                    None => Ok(()),
                };
            }
        }
    }

    /// Waits for the next round; an error is the end of the connection.
    fn poll_hold(
        &self,
        stream: &Stream,
        round: u32,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), ErrorKind>> {
        match stream.poll_recv(context) {
            Poll::Ready(Ok(Some(_unasked))) => Poll::Ready(Err(ErrorKind::Malformed)),
            Poll::Ready(Ok(None)) => Poll::Ready(Err(ErrorKind::ClosedEarly)),
            Poll::Ready(Err(_)) => Poll::Ready(Err(ErrorKind::Reset)),
            Poll::Pending if round != self.round.get() => Poll::Ready(Ok(())),
            Poll::Pending => {
                self.holding.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn ask_all(&self) {
        self.round.set(self.round.get().wrapping_add(1));
        self.due.set(self.tally.alive.load(Relaxed));
        if self.due.get() == 0 {
            self.tally.is_done.store(true, Relaxed);
        }
        for waker in self.holding.borrow_mut().drain(..) {
            waker.wake();
        }
    }

    /// Waits for the right to connect or ask.
    async fn enter(&self) {
        poll_fn(|context| {
            let free = self.free.get();
            if free > 0 {
                self.free.set(free - 1);
                return Poll::Ready(());
            }
            self.queue.borrow_mut().push_back(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn leave(&self) {
        self.free.set(self.free.get() + 1);
        if let Some(waker) = self.queue.borrow_mut().pop_front() {
            waker.wake();
        }
    }

    fn failed(&self, kind: ErrorKind) {
        self.tally.failed[kind as usize].fetch_add(1, Relaxed);
    }

    /// A connection is through with this round.
    fn through(&self) {
        let due = self.due.get().saturating_sub(1);
        self.due.set(due);
        if due == 0 {
            self.tally.is_done.store(true, Relaxed);
        }
    }
}
