//! The life of a worker: open, wait for the word, run, drain, tell.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::num::NonZeroU64;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::SmallRng;
use shard::mailbox::Mailbox;
use shard::time::{Timer, sleep, sleep_until};

use crate::client::seat::{Seat, occupy};
use crate::plan::{Extent, Gathering, Pacing};
use crate::record::ErrorKind;
use crate::record::report::MismatchSample;
use crate::record::slice::{Slice, Stretch};
use crate::schedule::{RateCurve, Schedule};
use crate::truth::{ThreadClock, ThreadTime};
use crate::worker::dispatch::keep_schedule;
use crate::worker::ledger::Ledger;
use crate::worker::{Assignment, Phase, Worker};

/// How often a worker looks whether all of its connections stand.
const OPENING_LOOK: Duration = Duration::from_millis(1);
/// How long the closed loop waits for what is under way at the end; what is older than this by
/// then counts as unfinished.
const CLOSED_DRAIN: Duration = Duration::from_secs(1);
/// How often a draining worker looks whether all is answered.
const DRAIN_LOOK: Duration = Duration::from_millis(2);
/// See [`Gathering::Auto`].
const GATHERING_DIVISOR: u32 = 50;
const GATHERING_MAX: Duration = Duration::from_micros(50);
/// Answers that end a wait before its time.
const GATHERED_ANSWERS_MAX: u32 = 32;
/// How exactly the kernel is to wake a worker, instead of the 50 µs that it takes by default.
const TIMER_SLACK_NS: u64 = 1;

/// What a worker is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// All threads are ready: the load begins at this moment.
    Go {
        /// The same for all threads.
        load_begin: Instant,
    },
    /// End the window now.
    Stop,
}

/// What a worker tells.
pub(crate) enum Message {
    /// Its connections stand, or it has given up on the others.
    Opened {
        connected: u32,
        failed: BTreeMap<ErrorKind, u64>,
    },
    /// A stretch is over.
    Slice { thread: usize, slice: Box<Slice> },
    /// All is over.
    Done { thread: usize, outcome: Outcome },
}

/// What is left of a worker.
pub(crate) struct Outcome {
    /// When its window ended, in nanoseconds from the zero.
    pub(crate) end: u64,
    pub(crate) time: ThreadTime,
    pub(crate) samples: Vec<MismatchSample>,
    /// Gaps between sends, open loop only.
    pub(crate) send_gaps: Vec<u64>,
    pub(crate) driver: &'static str,
    /// The longest that answers were let gather.
    pub(crate) gathered: Duration,
    pub(crate) ring_overflows: u64,
    pub(crate) ring_no_buffers: u64,
}

/// What ends a window before its time.
#[derive(Default)]
pub(super) struct Ending {
    is_asked: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Ending {
    pub(super) fn ask(&self) {
        self.is_asked.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Waits until asked or until `timer` fires; true where asked.
    async fn asked_before(&self, timer: &Timer) -> bool {
        poll_fn(|context| {
            if self.is_asked.get() {
                return Poll::Ready(true);
            }
            *self.waker.borrow_mut() = Some(context.waker().clone());
            timer.poll_fired(context).map(|()| false)
        })
        .await
    }
}

/// The main task of a worker's shard.
pub(crate) async fn live(
    assignment: Assignment,
    out: SyncSender<Message>,
    spare: Receiver<Box<Slice>>,
    mut commands: Mailbox<Command>,
) {
    // Without the right, starts are some tens of microseconds later; the send lag tells.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(TIMER_SLACK_NS));
    let thread = assignment.thread as usize;
    let is_open_loop = matches!(assignment.scenario.pacing, Pacing::Open { .. });
    let ledger = Ledger::new(thread, is_open_loop, out.clone(), spare);
    let worker = Rc::new(Worker::new(&assignment, ledger));
    worker.take_seats();
    worker.opened().await;
    let _ = out.send(Message::Opened {
        connected: worker.connected_here(),
        failed: worker.opening_failures.borrow().clone(),
    });
    let Some(Command::Go { load_begin }) = commands.receive().await else {
        return;
    };
    let listener = worker.clone();
    shard::spawn(async move {
        if let Some(Command::Stop) = commands.receive().await {
            listener.ending.ask();
        }
    });
    let (end, time) = worker.run_load(load_begin).await;
    worker.drain(end).await;
    let outcome = worker.outcome(end, time);
    let _ = out.send(Message::Done { thread, outcome });
    worker.seats.borrow_mut().clear();
}

impl Worker {
    /// One seat for every connection that falls to this thread, origins by their weights.
    fn take_seats(self: &Rc<Self>) {
        let all = self.scenario.connections.get();
        let origins = &self.scenario.origins;
        let weight: f64 = origins.iter().map(|origin| origin.mix.weight()).sum();
        let mut seats = Vec::new();
        for number in (self.thread..all).step_by(self.threads as usize) {
            // The golden ratio's multiples spread evenly over every prefix.
            let mut at = (f64::from(number) * 0.618_033_988_749_895).fract() * weight;
            let origin = origins.iter().position(|origin| {
                at -= origin.mix.weight();
                at < 0.0
            });
            let origin = origin.unwrap_or(origins.len() - 1);
            seats.push(Rc::new(Seat::new(self.clone(), origin, number)));
        }
        for seat in &seats {
            shard::spawn(occupy(seat.clone()));
        }
        *self.seats.borrow_mut() = seats;
    }

    fn connected_here(&self) -> u32 {
        let seats = self.seats.borrow();
        seats.iter().filter(|seat| seat.opening().1).count() as u32
    }

    /// Every first connect has ended, and every seat is connected; or none is, or patience is at
    /// its end.
    async fn opened(&self) {
        if self.is_one_request() {
            return;
        }
        let mut all_tried = None;
        loop {
            let (mut tried, mut connected) = (0, 0);
            let seats = self.seats.borrow().len();
            for seat in self.seats.borrow().iter() {
                let (has_tried, has_connected) = seat.opening();
                tried += usize::from(has_tried);
                connected += usize::from(has_connected);
            }
            if connected == seats || (tried == seats && connected == 0) {
                return;
            }
            if tried == seats {
                let since: &mut Instant = all_tried.get_or_insert_with(Instant::now);
                if since.elapsed() > self.scenario.connecting.timeout {
                    return;
                }
            }
            sleep(OPENING_LOOK).await;
        }
    }

    /// Drives the load to the end of the window; answers that end and the CPU time of the window.
    async fn run_load(self: &Rc<Self>, load_begin: Instant) -> (u64, ThreadTime) {
        let window_begin = load_begin + self.scenario.warmup;
        let window_end = match self.scenario.extent {
            Extent::Time(length) => Some(window_begin + length),
            Extent::Requests(_) => None,
        };
        let begin = self.since_zero(window_begin);
        let end = window_end.map_or(u64::MAX, |end| self.since_zero(end));
        self.window.set((begin, end));
        sleep_until(load_begin).await;
        if self.scenario.warmup.is_zero() {
            self.ledger.borrow_mut().enter_window();
        }
        self.phase.set(Phase::Running);
        if let Pacing::Open { arrival, profile } = &self.scenario.pacing {
            let random = SmallRng::from_rng(&mut *self.random.borrow_mut());
            let curve = RateCurve::new(profile);
            let schedule = Schedule::new(*arrival, &curve, self.thread, self.threads, random);
            shard::spawn(keep_schedule(self.clone(), schedule, load_begin));
        }
        let seats = self.seats.borrow().clone();
        for seat in seats {
            seat.resume();
        }
        let timer = Timer::new();
        timer.arm(window_begin);
        let mut is_cut = self.ending.asked_before(&timer).await;
        let clock = ThreadClock::begin();
        let mut second = 0;
        while !is_cut {
            self.adjust_gathering();
            match second {
                0 => self.ledger.borrow_mut().enter_window(),
                later => self.ledger.borrow_mut().turn_to(Stretch::Second(later)),
            }
            second += 1;
            let next = window_begin + Duration::from_secs(u64::from(second));
            timer.arm(window_end.map_or(next, |end| end.min(next)));
            is_cut = self.ending.asked_before(&timer).await
                || window_end.is_some_and(|end| shard::now() >= end);
        }
        let time = clock.end();
        let end = match self.scenario.extent {
            Extent::Requests(_) if self.is_used_up() => self.last_end.get(),
            Extent::Requests(_) | Extent::Time(_) => self.now_ns().min(end),
        };
        self.window.set((begin, end));
        (end, time)
    }

    /// Sets how long answers may gather in the next stretch.
    fn adjust_gathering(&self) {
        if self.is_open_loop() {
            return;
        }
        let median = self.ledger.borrow().median();
        let at_most = match self.scenario.gathering {
            Gathering::Auto => (median / GATHERING_DIVISOR).min(GATHERING_MAX),
            Gathering::AtMost(at_most) => at_most,
        };
        // With few requests on their way there is nothing to gather: each would only wait.
        let on_their_way = self.seats.borrow().len() as u32 * self.pipeline();
        let completions = (on_their_way / 4).clamp(1, GATHERED_ANSWERS_MAX);
        shard::gather(completions, at_most);
        let gathered = if completions > 1 {
            at_most
        } else {
            Duration::ZERO
        };
        self.gathered.set(self.gathered.get().max(gathered));
    }

    /// Waits for what is under way, within bounds, and writes off what does not come.
    async fn drain(self: &Rc<Self>, end: u64) {
        self.phase.set(Phase::Draining);
        shard::gather(1, Duration::ZERO);
        self.ledger.borrow_mut().turn_to(Stretch::Tail);
        let (patience, counts_from) = if self.is_open_loop() {
            (self.scenario.timeout, self.window.get().0)
        } else {
            (CLOSED_DRAIN.min(self.scenario.timeout), 0)
        };
        let give_up_at = Instant::now() + patience;
        while !self.is_quiet() && Instant::now() < give_up_at {
            sleep(DRAIN_LOOK).await;
        }
        let mut unfinished = self.dispatch.borrow_mut().give_up();
        let seats = self.seats.borrow().clone();
        for seat in seats {
            unfinished.extend(seat.give_up().into_iter().map(|(start, _)| start));
        }
        for start in unfinished {
            if (counts_from..end).contains(&start.intended) {
                let now = self.now_ns();
                let kind = Err(ErrorKind::Unfinished);
                self.ledger
                    .borrow_mut()
                    .ended(kind, start.intended, None, now);
            }
        }
        self.ledger.borrow_mut().turn_to(Stretch::Tail);
    }

    fn outcome(&self, end: u64, time: ThreadTime) -> Outcome {
        let report = shard::report();
        let mut ledger = self.ledger.borrow_mut();
        Outcome {
            end,
            time,
            samples: std::mem::take(&mut ledger.samples),
            send_gaps: ledger.send_gaps(),
            driver: shard::driver_kind().name(),
            gathered: self.gathered.get(),
            ring_overflows: report.driver.overflows,
            ring_no_buffers: report.driver.no_buffers,
        }
    }
}
