//! The abusive connections: a thread with a shard of its own, so that they slow down nobody who
//! measures.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use shard::StartError;

use crate::client::connect::{Place, open};
use crate::plan::Scenario;
use crate::plan::request::Variables;
use crate::record::ErrorKind;
use crate::stats::{HIGHEST_NS, new_histogram};

use super::AbuseError;
use super::attack::{Ending, Images, Outcome, attack};
use super::scenario::{AbuseScenario, Kind};

/// A place whose connection ended is filled again no sooner than this after it was opened: ten
/// connections per second and place at most.
const REOPEN_PAUSE: Duration = Duration::from_millis(100);
/// Places that begin at once, and the pause between two lots: 32,000 connects per second at most.
const LOT: u32 = 64;
const LOT_PAUSE: Duration = Duration::from_millis(2);
/// How often the crowd looks whether it should end.
const LOOK_PAUSE: Duration = Duration::from_millis(20);
/// How long connections may take to end once the abuse is over.
const END_TIME_MAX: Duration = Duration::from_secs(2);
/// Bytes of a receive buffer: a slow reader reads one at a time.
const RECV_BUFFER_BYTES: u32 = 1024;

/// A crowd at work.
pub(super) struct Running {
    thread: JoinHandle<Result<Tally, StartError>>,
    should_end: Arc<AtomicBool>,
}

/// What the crowd shares.
pub(super) struct Crowd {
    pub(super) kind: Kind,
    pub(super) images: Images,
    plan: Scenario,
    tally: RefCell<Tally>,
    phase: Cell<Phase>,
    /// Places with a task.
    places: Cell<u32>,
    /// Connections so far, failed ones included.
    connections: Cell<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Abusing,
    Over,
}

/// What became of the connections.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) lasted: Duration,
    pub(super) opened: u64,
    pub(super) connect_errors: BTreeMap<ErrorKind, u64>,
    pub(super) endings: BTreeMap<Ending, u64>,
    pub(super) sorts: BTreeMap<&'static str, BTreeMap<Ending, u64>>,
    pub(super) time_to_end: Histogram<u64>,
    /// The oldest of those that nobody ended.
    pub(super) open_longest: Duration,
    pub(super) sent_bytes: u64,
    pub(super) received_bytes: u64,
}

/// Lets the crowd loose. `response_bytes`: what an ordinary request is answered with.
pub(super) fn start(scenario: &AbuseScenario, response_bytes: u64) -> Result<Running, AbuseError> {
    let should_end = Arc::new(AtomicBool::new(false));
    let thread = {
        let (kind, plan) = (scenario.kind(), scenario.plan().clone());
        let should_end = should_end.clone();
        std::thread::Builder::new()
            .name("abuse".to_owned())
            .spawn(move || abuse(kind, plan, response_bytes, should_end))
            .map_err(AbuseError::Thread)?
    };
    Ok(Running { thread, should_end })
}

impl Running {
    /// Ends the abuse and waits for what became of it.
    pub(super) fn end(self) -> Result<Tally, AbuseError> {
        self.should_end.store(true, Ordering::Relaxed);
        let ended = self.thread.join().map_err(|_panic| AbuseError::Broken)?;
        ended.map_err(AbuseError::Shard)
    }
}

impl Crowd {
    pub(super) fn is_over(&self) -> bool {
        self.phase.get() == Phase::Over
    }
}

impl Tally {
    fn new() -> Tally {
        Tally {
            lasted: Duration::ZERO,
            opened: 0,
            connect_errors: BTreeMap::new(),
            endings: BTreeMap::new(),
            sorts: BTreeMap::new(),
            time_to_end: new_histogram(),
            open_longest: Duration::ZERO,
            sent_bytes: 0,
            received_bytes: 0,
        }
    }

    fn count(&mut self, outcome: Outcome) {
        *self.endings.entry(outcome.ending).or_default() += 1;
        if let Some(sort) = outcome.sort {
            let endings = self.sorts.entry(sort).or_default();
            *endings.entry(outcome.ending).or_default() += 1;
        }
        if outcome.ending == Ending::StillOpen {
            self.open_longest = self.open_longest.max(outcome.after);
        } else {
            let ns = outcome.after.as_nanos().min(u128::from(HIGHEST_NS));
            self.time_to_end.saturating_record(ns as u64);
        }
        self.sent_bytes += outcome.sent_bytes;
        self.received_bytes += outcome.received_bytes;
    }
}

/// The thread.
fn abuse(
    kind: Kind,
    plan: Scenario,
    response_bytes: u64,
    should_end: Arc<AtomicBool>,
) -> Result<Tally, StartError> {
    let mut options = shard::Options {
        io: plan.io,
        recv_buffer_bytes: RECV_BUFFER_BYTES,
        ..shard::Options::default()
    };
    // Who reads slowly asks for one buffer and gets one.
    options.abilities.multishot_recv = kind != Kind::SlowReads;
    let images = Images::new(&ordinary_request(&plan), response_bytes);
    let crowd = Crowd {
        kind,
        images,
        plan,
        tally: RefCell::new(Tally::new()),
        phase: Cell::new(Phase::Abusing),
        places: Cell::new(0),
        connections: Cell::new(0),
    };
    let (tally, _report) = shard::run(&options, move || lead(Rc::new(crowd), should_end))?;
    Ok(tally)
}

/// The first request of the first target: what the crowd's are made of.
fn ordinary_request(plan: &Scenario) -> bytes::Bytes {
    let mut variables = Variables {
        next: 0,
        step: 1,
        random: SmallRng::seed_from_u64(plan.seed),
    };
    plan.origins[0].mix.request(0).render(&mut variables)
}

/// Fills all places, waits for the word, and collects.
async fn lead(crowd: Rc<Crowd>, should_end: Arc<AtomicBool>) -> Tally {
    let begun = Instant::now();
    let wanted = crowd.plan.connections.get();
    while !should_end.load(Ordering::Relaxed) {
        let missing = wanted - crowd.places.get();
        for _ in 0..missing.min(LOT) {
            let place = crowd.places.get();
            crowd.places.set(place + 1);
            shard::spawn(occupy(crowd.clone(), place));
        }
        let pause = if missing > 0 { LOT_PAUSE } else { LOOK_PAUSE };
        shard::time::sleep(pause).await;
    }
    let lasted = begun.elapsed();
    crowd.phase.set(Phase::Over);
    shard::wake_all();
    let deadline = Instant::now() + END_TIME_MAX;
    while crowd.places.get() > 0 && Instant::now() < deadline {
        shard::time::sleep(LOOK_PAUSE).await;
    }
    Tally {
        lasted,
        ..crowd.tally.replace(Tally::new())
    }
}

/// One place: a connection after the other, until the abuse is over.
async fn occupy(crowd: Rc<Crowd>, place: u32) {
    let connecting = &crowd.plan.connecting;
    let origin = &crowd.plan.origins[place as usize % crowd.plan.origins.len()];
    while !crowd.is_over() {
        let began = shard::now();
        let number = crowd.connections.get();
        crowd.connections.set(number + 1);
        let passing = Place::Passing(number as u32);
        let opened = open(
            &origin.endpoint,
            &connecting.sources,
            passing,
            connecting.timeout,
        );
        match opened.await {
            Ok(stream) => {
                crowd.tally.borrow_mut().opened += 1;
                let outcome = attack(crowd.clone(), stream, number).await;
                crowd.tally.borrow_mut().count(outcome);
            }
            Err(kind) => {
                let errors = &mut crowd.tally.borrow_mut().connect_errors;
                *errors.entry(kind).or_default() += 1;
            }
        }
        shard::time::sleep_until(began + REOPEN_PAUSE).await;
    }
    crowd.places.set(crowd.places.get() - 1);
}
