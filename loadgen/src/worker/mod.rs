//! One thread of the generator: its ring, its share of the connections, its share of the load.
//!
//! A worker opens its connections, waits for the word that all threads are ready, drives the load
//! until the window ends, and waits for what is still under way. It shares nothing with its
//! siblings: slices go out once a second, and commands come in through a mailbox.

mod dispatch;
mod gate;
mod ledger;
mod life;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::client::connect;
use crate::client::content::ContentCheck;
use crate::client::response::KnownHead;
use crate::client::seat::Seat;
use crate::plan::request::{RequestTemplate, Variables};
use crate::plan::verify::Content;
use crate::plan::{Extent, Pacing, Reuse, Scenario};
use crate::record::ErrorKind;

use dispatch::Dispatch;
use gate::Gate;
use ledger::Ledger;
use life::Ending;

pub(crate) use life::{Command, Message, Outcome, live};

/// What a thread is told when it starts.
pub(crate) struct Assignment {
    pub(crate) scenario: Arc<Scenario>,
    /// Which thread it is, of how many.
    pub(crate) thread: u32,
    pub(crate) threads: u32,
    /// The zero of every time that the run records.
    pub(crate) zero: Instant,
    /// Digests of first replies, for all threads.
    pub(crate) content: Arc<ContentCheck>,
    /// Connections that stand, of all threads: for the live view.
    pub(crate) connected: Arc<AtomicU32>,
}

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Connections are opened, nothing is asked.
    Opening,
    /// The load is on.
    Running,
    /// Nothing new starts; what is under way may end.
    Draining,
}

/// A request to be made: when it was meant to start, and which one it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// Nanoseconds from the run's zero.
    pub(crate) intended: u64,
    /// Its index in the mix of its origin.
    pub(crate) request: u32,
}

/// The state of a thread; see the module's text.
pub(crate) struct Worker {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) thread: u32,
    pub(crate) threads: u32,
    zero: Instant,
    phase: Cell<Phase>,
    /// The measured window, in nanoseconds from the zero; unknown ends are far away.
    window: Cell<(u64, u64)>,
    /// Requests that may still start, where the run ends after so many.
    quota: Cell<Option<u64>>,
    /// Requests begun and not ended: those that wait for a connection are among them.
    under_way: Cell<u64>,
    /// When the last request of the window ended.
    last_end: Cell<u64>,
    pub(crate) seats: RefCell<Vec<Rc<Seat>>>,
    pub(crate) ledger: RefCell<Ledger>,
    /// The last head of every request of every origin.
    pub(crate) known: RefCell<Vec<Vec<KnownHead>>>,
    variables: RefCell<Variables>,
    random: RefCell<SmallRng>,
    pub(crate) dispatch: RefCell<Dispatch>,
    pub(crate) gate: Gate,
    pub(crate) content: Arc<ContentCheck>,
    /// Whether responses are looked at beyond their status.
    pub(crate) verifies: bool,
    /// Whether content is hashed.
    pub(crate) checks_content: bool,
    connected: Arc<AtomicU32>,
    opening_failures: RefCell<BTreeMap<ErrorKind, u64>>,
    ending: Ending,
    /// Connects of one-request connections so far.
    connects: Cell<u32>,
    /// The longest that answers were let gather.
    gathered: Cell<Duration>,
}

impl Worker {
    fn new(assignment: &Assignment, ledger: Ledger) -> Worker {
        let scenario = assignment.scenario.clone();
        let (thread, threads) = (assignment.thread, assignment.threads);
        let seed = scenario.seed ^ u64::from(thread).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = SmallRng::seed_from_u64(seed);
        let quota = match scenario.extent {
            Extent::Time(_) => None,
            Extent::Requests(all) => Some(share(all.get(), thread, threads)),
        };
        let heads = scenario
            .origins
            .iter()
            .map(|origin| {
                origin
                    .mix
                    .requests()
                    .iter()
                    .map(|_| KnownHead::default())
                    .collect()
            })
            .collect();
        let gate = Gate::new(
            scenario.connecting.in_flight_max.get(),
            scenario
                .connecting
                .rate
                .map(|rate| rate / f64::from(threads)),
        );
        Worker {
            thread,
            threads,
            zero: assignment.zero,
            phase: Cell::new(Phase::Opening),
            window: Cell::new((u64::MAX, u64::MAX)),
            quota: Cell::new(quota),
            under_way: Cell::new(0),
            last_end: Cell::new(0),
            seats: RefCell::new(Vec::new()),
            ledger: RefCell::new(ledger),
            known: RefCell::new(heads),
            variables: RefCell::new(Variables {
                next: u64::from(thread),
                step: u64::from(threads),
                random: SmallRng::from_rng(&mut random),
            }),
            random: RefCell::new(random),
            dispatch: RefCell::new(Dispatch::new(scenario.origins.len())),
            gate,
            content: assignment.content.clone(),
            verifies: !scenario.verification.is_plain(),
            checks_content: scenario.verification.content != Content::Any,
            opening_failures: RefCell::new(BTreeMap::new()),
            ending: Ending::default(),
            connects: Cell::new(0),
            gathered: Cell::new(Duration::ZERO),
            connected: assignment.connected.clone(),
            scenario,
        }
    }

    /// Nanoseconds from the run's zero.
    pub(crate) fn now_ns(&self) -> u64 {
        self.zero.elapsed().as_nanos() as u64
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub(crate) fn is_open_loop(&self) -> bool {
        matches!(self.scenario.pacing, Pacing::Open { .. })
    }

    pub(crate) fn is_one_request(&self) -> bool {
        self.scenario.connecting.reuse == Reuse::OneRequest
    }

    /// Requests that a connection of the closed loop keeps on its way.
    pub(crate) fn pipeline(&self) -> u32 {
        match self.scenario.pacing {
            Pacing::Closed { pipeline } => pipeline.get(),
            Pacing::Open { .. } => 1,
        }
    }

    /// Whether another request may start now; if so, it has begun and must be ended.
    pub(crate) fn may_start(&self) -> bool {
        if self.phase.get() != Phase::Running {
            return false;
        }
        match self.quota.get() {
            None => {}
            Some(0) => return false,
            // Warm-up requests are not of the window and not of the quota.
            Some(left) if self.now_ns() >= self.window.get().0 => self.quota.set(Some(left - 1)),
            Some(_) => {}
        }
        self.under_way.set(self.under_way.get() + 1);
        true
    }

    /// A request of the closed loop, drawn from the mix of `origin`, meant to start now.
    pub(crate) fn start_now(&self, origin: usize) -> Start {
        let mix = &self.scenario.origins[origin].mix;
        Start {
            intended: self.now_ns(),
            request: mix.pick(&mut *self.random.borrow_mut()) as u32,
        }
    }

    pub(crate) fn template(&self, origin: usize, request: u32) -> &RequestTemplate {
        self.scenario.origins[origin].mix.request(request as usize)
    }

    /// The bytes of a request.
    pub(crate) fn render(&self, origin: usize, request: u32) -> bytes::Bytes {
        self.template(origin, request)
            .render(&mut self.variables.borrow_mut())
    }

    /// A request of so many bytes goes out; answers when.
    pub(crate) fn sent(&self, bytes: usize) -> u64 {
        let now = self.now_ns();
        self.ledger.borrow_mut().sent(bytes, now);
        now
    }

    /// A request that went out at `sent` (or never) is over.
    pub(crate) fn ended(&self, start: Start, sent: Option<u64>, outcome: Result<(), ErrorKind>) {
        let now = self.now_ns();
        self.under_way.set(self.under_way.get() - 1);
        let (begin, end) = self.window.get();
        // The open loop counts what was meant to start in the window, the closed loop, whose
        // starts depend on the answers, what ended in it.
        let counted = if self.is_open_loop() {
            start.intended
        } else {
            now
        };
        let mut ledger = self.ledger.borrow_mut();
        if (begin..end).contains(&counted) {
            self.last_end.set(now);
            ledger.enter_window();
            ledger.ended(outcome, start.intended, sent, now);
        } else if counted < begin && ledger.is_warming_up() {
            ledger.ended(outcome, start.intended, sent, now);
        }
        drop(ledger);
        if self.is_used_up() {
            self.ending.ask();
        }
    }

    /// Whether the run was to end after so many requests and has.
    fn is_used_up(&self) -> bool {
        self.quota.get() == Some(0) && self.is_quiet()
    }

    /// A connect failed; nobody's request was lost with it.
    pub(crate) fn connect_failed(&self, kind: ErrorKind) {
        match self.phase.get() {
            Phase::Opening => {
                *self.opening_failures.borrow_mut().entry(kind).or_default() += 1;
            }
            Phase::Running | Phase::Draining => self.ledger.borrow_mut().connect_failed(kind),
        }
    }

    /// Where the next connection of seat `number` stands among all of the run's: decides its
    /// source and destination.
    pub(crate) fn place(&self, number: u32) -> connect::Place {
        if self.is_one_request() {
            let count = self.connects.get();
            self.connects.set(count.wrapping_add(1));
            connect::Place::Passing(count)
        } else {
            connect::Place::Standing(number)
        }
    }

    pub(crate) fn connection_opened(&self) {
        self.connected.fetch_add(1, Ordering::Relaxed);
        self.ledger.borrow_mut().connection_opened();
    }

    pub(crate) fn connection_ended(&self) {
        self.connected.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether nothing is under way and nothing waits to be.
    fn is_quiet(&self) -> bool {
        self.under_way.get() == 0
    }
}

/// The part of `all` that falls to `thread` of `threads`.
pub(crate) fn share(all: u64, thread: u32, threads: u32) -> u64 {
    let (thread, threads) = (u64::from(thread), u64::from(threads));
    all / threads + u64::from(thread < all % threads)
}
