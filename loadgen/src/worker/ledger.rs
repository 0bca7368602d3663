//! What a thread writes down, and handing it over once a second.

use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use crate::record::ErrorKind;
use crate::record::report::{MismatchSample, SAMPLES_MAX};
use crate::record::slice::{Slice, Stretch, Times};
use crate::worker::life::Message;

/// Gaps between sends that are kept for the check of the arrivals.
const ARRIVALS_MAX: usize = 4_096;

/// See the module's text.
pub(crate) struct Ledger {
    thread: usize,
    current: Box<Slice>,
    is_open_loop: bool,
    out: SyncSender<Message>,
    /// Slices that come back empty from who merged them.
    spare: Receiver<Box<Slice>>,
    /// Moments of the first sends of the window.
    sends: Vec<u64>,
    pub(crate) samples: Vec<MismatchSample>,
}

impl Ledger {
    pub(crate) fn new(
        thread: usize,
        is_open_loop: bool,
        out: SyncSender<Message>,
        spare: Receiver<Box<Slice>>,
    ) -> Ledger {
        Ledger {
            thread,
            current: Box::new(Slice::new(Stretch::Warmup, is_open_loop)),
            is_open_loop,
            out,
            spare,
            sends: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// Hands over what was recorded so far and goes on with `stretch`.
    pub(super) fn turn_to(&mut self, stretch: Stretch) {
        let fresh = match self.spare.try_recv() {
            Ok(mut slice) => {
                slice.clear(stretch);
                slice
            }
            Err(_) => Box::new(Slice::new(stretch, self.is_open_loop)),
        };
        let full = std::mem::replace(&mut self.current, fresh);
        let message = Message::Slice {
            thread: self.thread,
            slice: full,
        };
        // A closed channel is a run that is over.
        let _ = self.out.send(message);
    }

    /// The warm-up is over, if it was not before.
    pub(super) fn enter_window(&mut self) {
        if self.is_warming_up() {
            self.turn_to(Stretch::Second(0));
        }
    }

    pub(super) fn is_warming_up(&self) -> bool {
        self.current.stretch == Stretch::Warmup
    }

    /// Of the stretch so far.
    pub(super) fn median(&self) -> Duration {
        Duration::from_nanos(self.current.latency.value_at_quantile(0.5))
    }

    pub(super) fn sent(&mut self, bytes: usize, now: u64) {
        self.current.counts.sent_bytes += bytes as u64;
        if self.is_open_loop
            && self.sends.len() < ARRIVALS_MAX
            && self.current.stretch != Stretch::Warmup
        {
            self.sends.push(now);
        }
    }

    pub(super) fn ended(
        &mut self,
        outcome: Result<(), ErrorKind>,
        intended: u64,
        sent: Option<u64>,
        now: u64,
    ) {
        let times = Times {
            latency_ns: now.saturating_sub(intended),
            service_ns: sent.map(|sent| now.saturating_sub(sent)),
        };
        self.current.record(outcome, times);
    }

    pub(super) fn connect_failed(&mut self, kind: ErrorKind) {
        self.current.count_error(kind);
    }

    pub(super) fn lag(&mut self, lag_ns: u64) {
        self.current.record_lag(lag_ns);
    }

    pub(crate) fn received(&mut self, bytes: usize) {
        self.current.counts.received_bytes += bytes as u64;
    }

    /// A response is complete, whatever it was worth.
    pub(crate) fn responded(&mut self, status: u16) {
        self.current.counts.responses += 1;
        if let Some(count) = self.current.counts.statuses.get_mut(usize::from(status)) {
            *count += 1;
        }
    }

    pub(crate) fn connection_opened(&mut self) {
        self.current.counts.connections_opened += 1;
    }

    pub(crate) fn sample(&mut self, sample: impl FnOnce() -> MismatchSample) {
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push(sample());
        }
    }

    /// Gaps between the first sends of the window, in nanoseconds.
    pub(super) fn send_gaps(&self) -> Vec<u64> {
        self.sends
            .windows(2)
            .map(|pair| pair[1].saturating_sub(pair[0]))
            .collect()
    }
}
