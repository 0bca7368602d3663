//! The open loop's other half: which connection takes a start, and what waits where none can.
//!
//! A start never waits for the server by moving its intended time: it stands in the backlog, and
//! its latency grows. The backlog is bounded; what does not fit is an error of its own.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rand::Rng;

use crate::client::seat::Seat;
use crate::record::ErrorKind;
use crate::schedule::Schedule;
use crate::worker::{Phase, Start, Worker};

/// Starts that may wait for a connection, per thread: 16 MiB of them.
pub(crate) const BACKLOG_STARTS_MAX: usize = 1 << 20;
/// Starts without a look at the ring: when the generator is behind, answers must be taken too.
const STARTS_PER_TURN_MAX: u32 = 64;

/// Idle seats and waiting starts of each origin. At most one of the two has something in it.
pub(crate) struct Dispatch {
    origins: Vec<Waiting>,
}

#[derive(Default)]
struct Waiting {
    seats: VecDeque<Rc<Seat>>,
    starts: VecDeque<Start>,
}

impl Dispatch {
    pub(super) fn new(origins: usize) -> Dispatch {
        Dispatch {
            origins: (0..origins).map(|_| Waiting::default()).collect(),
        }
    }

    /// A seat that can take a request: gets one that waits, or waits for one. Seats take turns, so
    /// that every connection is used.
    pub(crate) fn offer(&mut self, origin: usize, seat: &Rc<Seat>) -> Option<Start> {
        let waiting = &mut self.origins[origin];
        let start = waiting.starts.pop_front();
        if start.is_none() && !seat.is_offered.replace(true) {
            waiting.seats.push_back(seat.clone());
        }
        start
    }

    /// A seat for a start of `origin`, or `None` with the start in the backlog.
    fn place(&mut self, origin: usize, start: Start) -> Result<Option<Rc<Seat>>, ErrorKind> {
        let waiting = &mut self.origins[origin];
        while let Some(seat) = waiting.seats.pop_front() {
            // A seat whose connection ended meanwhile has taken its offer back.
            if seat.is_offered.replace(false) {
                return Ok(Some(seat));
            }
        }
        if waiting.starts.len() >= BACKLOG_STARTS_MAX {
            return Err(ErrorKind::Dropped);
        }
        waiting.starts.push_back(start);
        Ok(None)
    }

    /// Takes out all starts that still wait.
    pub(super) fn give_up(&mut self) -> Vec<Start> {
        self.origins
            .iter_mut()
            .flat_map(|waiting| waiting.starts.drain(..))
            .collect()
    }
}

/// Starts requests at their intended times until the load ends.
pub(super) async fn keep_schedule(worker: Rc<Worker>, mut schedule: Schedule, load_begin: Instant) {
    let mut in_a_row = 0;
    while let Some(start) = schedule.next_start() {
        let due = load_begin + start;
        if Instant::now() < due {
            shard::time::sleep_until_exactly(due).await;
            in_a_row = 0;
        } else if in_a_row == STARTS_PER_TURN_MAX {
            shard::yield_now().await;
            in_a_row = 0;
        }
        in_a_row += 1;
        let intended = worker.since_zero(due);
        if worker.phase() != Phase::Running || intended >= worker.window.get().1 {
            return;
        }
        if !worker.may_start() {
            return;
        }
        worker.begin(intended);
    }
}

impl Worker {
    pub(super) fn since_zero(&self, moment: Instant) -> u64 {
        let since: Duration = moment.saturating_duration_since(self.zero);
        since.as_nanos() as u64
    }

    /// A start is due: picks origin and request, and a connection that is free.
    fn begin(self: &Rc<Self>, intended: u64) {
        let lag = self.now_ns().saturating_sub(intended);
        if intended >= self.window.get().0 {
            self.ledger.borrow_mut().lag(lag);
        }
        let origin = self.pick_origin();
        let mix = &self.scenario.origins[origin].mix;
        let request = mix.pick(&mut *self.random.borrow_mut()) as u32;
        let start = Start { intended, request };
        let placed = self.dispatch.borrow_mut().place(origin, start);
        match placed {
            Ok(Some(seat)) => seat.launch(start),
            Ok(None) => {}
            Err(kind) => self.ended(start, None, Err(kind)),
        }
    }

    /// An origin, by the weight of its mix.
    fn pick_origin(&self) -> usize {
        let origins = &self.scenario.origins;
        if origins.len() == 1 {
            return 0;
        }
        let all: f64 = origins.iter().map(|origin| origin.mix.weight()).sum();
        let mut at = self.random.borrow_mut().random::<f64>() * all;
        for (index, origin) in origins.iter().enumerate() {
            at -= origin.mix.weight();
            if at < 0.0 {
                return index;
            }
        }
        origins.len() - 1
    }
}
