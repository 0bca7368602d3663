//! Holding connections: opens very many, asks once on each, keeps them, asks again, counts who is
//! still there.
//!
//! Latency is not the question here, but how many connections stand, what they cost on both
//! sides, and whether each still answers. A held connection is a small task without a buffer;
//! rings are added until their file tables have room for all.

mod memory;
mod preflight;
mod report;
mod ring;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use shard::mailbox::Sender;

use crate::plan::{Connecting, Origin, Threads};
use crate::record::ErrorKind;
use crate::run::{Crew, RunError};

use memory::Usage;
use ring::{Assignment, Order, Tally};

pub use preflight::{Lack, preflight};
pub use report::{HoldReport, HoldSide, RoundReport};

/// How often the watcher is told how it goes.
const WATCH: Duration = Duration::from_millis(100);
/// Orders that may wait for a ring.
const ORDERS_MAX: usize = 4;
/// Bytes of one receive buffer: a response's head and a small content.
const RECV_BUFFER_BYTES: u32 = 4 * 1024;
/// Receive buffers of a ring.
const RECV_BUFFERS_MAX: u16 = 1024;

/// What is to be held.
#[derive(Clone, Debug)]
pub struct HoldScenario {
    /// Whom to ask; the first request of its mix is the one that is made.
    pub origin: Origin,
    /// Connections in all.
    pub connections: NonZeroU32,
    /// CPUs to use; rings are added as the descriptor limit asks for.
    pub threads: Threads,
    /// How connections are opened.
    pub connecting: Connecting,
    /// How long they are held after all are open.
    pub hold: Duration,
    /// A request on every connection this often while they are held, besides the ones at the
    /// beginning and at the end; `None`: only those two.
    pub every: Option<Duration>,
    /// Requests on their way at once on each ring.
    pub asking_max: NonZeroU32,
    /// A request unanswered for this long has lost its connection.
    pub timeout: Duration,
    /// Which driver the threads run on.
    pub io: shard::Io,
}

/// How a hold goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldProgress {
    /// What is being done.
    pub phase: HoldPhase,
    /// Since the beginning.
    pub elapsed: Duration,
    /// Connections wanted.
    pub wanted: u32,
    /// Connections that stand.
    pub alive: u32,
    /// Connections that were asked in this round and have answered.
    pub answered: u32,
    /// Connects that failed and connections that were lost.
    pub failed: u32,
}

/// What a hold is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldPhase {
    /// Opening, with a request on each.
    Opening,
    /// Holding.
    Holding,
    /// Asking all of them.
    Asking,
}

/// Who watches a hold.
pub trait HoldObserver {
    /// How it goes, several times a second.
    fn event(&mut self, progress: &HoldProgress);

    /// Whether to end now; what was found so far is reported.
    fn wants_stop(&self) -> bool {
        false
    }
}

/// Opens, holds, asks, counts.
///
/// # Errors
/// [`RunError`] where no connection stood or a ring could not be had.
pub fn hold(
    scenario: &HoldScenario,
    observer: &mut dyn HoldObserver,
) -> Result<HoldReport, RunError> {
    let crew = Crew::for_connections(&scenario.threads, scenario.connections.get())?;
    // The allocator asks for huge pages, and a ring's few tasks would own 2 MiB. Without the right
    // it costs just that.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let before = Usage::read(&scenario.origin.endpoint);
    let mut held = Held::start(scenario, &crew, observer)?;
    let mut rounds = vec![held.round(Round::Opening)?];
    let opened = held.began.elapsed();
    if held.alive() == 0 {
        return Err(RunError::NothingConnected {
            origins: vec![scenario.origin.label.clone()],
            failed: held.failures(),
        });
    }
    let standing = Usage::read(&scenario.origin.endpoint);
    let established = held.alive();
    let end = Instant::now() + scenario.hold;
    while !held.wait_until(scenario.every, end) {
        rounds.push(held.round(Round::Interval)?);
    }
    rounds.push(held.round(Round::Last)?);
    let alive_at_end = held.alive();
    let failed = held.failures();
    let latency = held.finish()?;
    Ok(HoldReport::new(report::Found {
        scenario,
        rings: crew.cpus.len(),
        opened,
        established,
        alive_at_end,
        failed,
        rounds,
        latency,
        before,
        standing,
    }))
}

/// Why everybody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Opening,
    Interval,
    Last,
}

/// The rings of a hold.
struct Held<'o> {
    wanted: u32,
    began: Instant,
    orders: Vec<Sender<Order>>,
    tallies: Vec<Arc<Tally>>,
    threads: Vec<JoinHandle<Result<ring::Latency, shard::StartError>>>,
    observer: &'o mut dyn HoldObserver,
}

impl<'o> Held<'o> {
    fn start(
        scenario: &HoldScenario,
        crew: &Crew,
        observer: &'o mut dyn HoldObserver,
    ) -> Result<Held<'o>, RunError> {
        let mut held = Held {
            wanted: scenario.connections.get(),
            began: Instant::now(),
            orders: Vec::new(),
            tallies: Vec::new(),
            threads: Vec::new(),
            observer,
        };
        let scenario = Arc::new(scenario.clone());
        for (number, cpu) in crew.cpus.iter().enumerate() {
            let (sender, mailbox) = shard::mailbox::mailbox(ORDERS_MAX);
            let tally = Arc::new(Tally::default());
            let assignment = Assignment {
                scenario: scenario.clone(),
                ring: number as u32,
                rings: crew.cpus.len() as u32,
                tally: tally.clone(),
            };
            let options = shard::Options {
                io: scenario.io,
                cpu: *cpu,
                recv_buffer_bytes: RECV_BUFFER_BYTES,
                recv_buffers_max: RECV_BUFFERS_MAX,
                ..shard::Options::default()
            };
            let thread = std::thread::Builder::new()
                .name(format!("ringload-{number}"))
                .spawn(move || {
                    shard::run(&options, || ring::keep(assignment, mailbox))
                        .map(|(latency, _report)| latency)
                })
                .map_err(RunError::Thread)?;
            held.orders.push(sender);
            held.tallies.push(tally);
            held.threads.push(thread);
        }
        Ok(held)
    }

    fn sum(&self, count: impl Fn(&Tally) -> u32) -> u32 {
        self.tallies.iter().map(|tally| count(tally)).sum()
    }

    fn alive(&self) -> u32 {
        self.sum(|tally| tally.alive.load(Relaxed))
    }

    fn failures(&self) -> BTreeMap<ErrorKind, u64> {
        ErrorKind::ALL
            .into_iter()
            .map(|kind| {
                let count = |tally: &Tally| tally.failed[kind as usize].load(Relaxed);
                (kind, u64::from(self.sum(count)))
            })
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// Has every connection asked once, and waits until all have answered or failed.
    fn round(&mut self, round: Round) -> Result<RoundReport, RunError> {
        let began = Instant::now();
        let alive_before = match round {
            Round::Opening => 0,
            Round::Interval | Round::Last => self.alive(),
        };
        let failed_before = self.failures();
        for tally in &self.tallies {
            tally.answered.store(0, Relaxed);
            tally.is_done.store(false, Relaxed);
        }
        let (order, phase) = match round {
            Round::Opening => (Order::Open, HoldPhase::Opening),
            Round::Interval | Round::Last => (Order::Ask, HoldPhase::Asking),
        };
        self.order(order);
        while !self.tallies.iter().all(|tally| tally.is_done.load(Relaxed)) {
            std::thread::sleep(WATCH);
            self.tell(phase);
            if self.threads.iter().any(JoinHandle::is_finished) {
                return Err(self.broken());
            }
            if self.observer.wants_stop() {
                break;
            }
        }
        let lost: u64 = self.failures().values().sum::<u64>() - failed_before.values().sum::<u64>();
        let answered = self.sum(|tally| tally.answered.load(Relaxed));
        Ok(RoundReport {
            at_s: began.duration_since(self.began).as_secs_f64(),
            took_s: began.elapsed().as_secs_f64(),
            asked: if alive_before == 0 {
                self.wanted
            } else {
                alive_before
            },
            answered,
            lost,
        })
    }

    /// Holds until the next round or the end; true at the end.
    fn wait_until(&mut self, every: Option<Duration>, end: Instant) -> bool {
        let next = every.map(|every| Instant::now() + every);
        loop {
            let now = Instant::now();
            if now >= end || self.observer.wants_stop() {
                return true;
            }
            if next.is_some_and(|next| now >= next) {
                return false;
            }
            let until = next.map_or(end, |next| next.min(end));
            std::thread::sleep((until - now).min(WATCH));
            self.tell(HoldPhase::Holding);
        }
    }

    fn tell(&mut self, phase: HoldPhase) {
        let progress = HoldProgress {
            phase,
            elapsed: self.began.elapsed(),
            wanted: self.wanted,
            alive: self.alive(),
            answered: self.sum(|tally| tally.answered.load(Relaxed)),
            failed: self.failures().values().sum::<u64>() as u32,
        };
        self.observer.event(&progress);
    }

    fn order(&self, order: Order) {
        for sender in &self.orders {
            // A ring that is gone has said why in its thread's result.
            let _ = sender.post(order);
        }
    }

    /// Lets all connections go; answers the latencies of all rounds.
    fn finish(mut self) -> Result<ring::Latency, RunError> {
        self.order(Order::End);
        let mut all = ring::latency();
        for thread in std::mem::take(&mut self.threads) {
            let latency = match thread.join() {
                Ok(Ok(latency)) => latency,
                Ok(Err(error)) => return Err(RunError::Shard(error)),
                Err(_panic) => return Err(RunError::Stuck),
            };
            all.add(&latency)
                .expect("histograms of the same bounds can be added");
        }
        Ok(all)
    }

    fn broken(&mut self) -> RunError {
        for thread in std::mem::take(&mut self.threads) {
            if thread.is_finished()
                && let Ok(Err(error)) = thread.join()
            {
                return RunError::Shard(error);
            }
        }
        RunError::Stuck
    }
}
