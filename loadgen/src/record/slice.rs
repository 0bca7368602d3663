//! What one thread records of one stretch of time, and the ledger that it writes into.
//!
//! A thread records into its own slice and shares nothing; once a second it hands the slice over
//! and goes on with an empty one. Slices are merged, never averaged.

use hdrhistogram::Histogram;

use crate::record::{ERROR_KINDS, ErrorKind};
use crate::stats::new_histogram;

/// Status codes are below this.
const STATUS_MAX: usize = 600;

/// Which stretch of the run a slice is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// Before the window; dropped.
    Warmup,
    /// So many seconds into the window.
    Second(u32),
    /// After the window: answers to what was started in it.
    Tail,
}

/// See the module's text.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) stretch: Stretch,
    pub(crate) latency: Histogram<u64>,
    /// Open loop only.
    pub(crate) open: Option<OpenLoop>,
    pub(crate) counts: Counts,
}

/// What only the open loop tells from latency.
#[derive(Debug)]
pub(crate) struct OpenLoop {
    pub(crate) service: Histogram<u64>,
    pub(crate) lag: Histogram<u64>,
}

impl OpenLoop {
    pub(crate) fn new() -> OpenLoop {
        OpenLoop {
            service: new_histogram(),
            lag: new_histogram(),
        }
    }
}

/// What is only counted.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    /// Responses that ended in this stretch.
    pub(crate) responses: u64,
    pub(crate) good: u64,
    pub(crate) errors: [u64; ERROR_KINDS],
    pub(crate) statuses: Vec<u64>,
    pub(crate) received_bytes: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) connections_opened: u64,
}

impl Counts {
    pub(crate) fn new() -> Counts {
        Counts {
            responses: 0,
            good: 0,
            errors: [0; ERROR_KINDS],
            statuses: vec![0; STATUS_MAX],
            received_bytes: 0,
            sent_bytes: 0,
            connections_opened: 0,
        }
    }

    pub(crate) fn add(&mut self, other: &Counts) {
        self.responses += other.responses;
        self.good += other.good;
        for (mine, theirs) in self.errors.iter_mut().zip(&other.errors) {
            *mine += theirs;
        }
        for (mine, theirs) in self.statuses.iter_mut().zip(&other.statuses) {
            *mine += theirs;
        }
        self.received_bytes += other.received_bytes;
        self.sent_bytes += other.sent_bytes;
        self.connections_opened += other.connections_opened;
    }

    pub(crate) fn errors_in_all(&self) -> u64 {
        self.errors.iter().sum()
    }
}

impl Slice {
    pub(crate) fn new(stretch: Stretch, is_open_loop: bool) -> Slice {
        Slice {
            stretch,
            latency: new_histogram(),
            open: is_open_loop.then(OpenLoop::new),
            counts: Counts::new(),
        }
    }

    /// Empty again.
    pub(crate) fn clear(&mut self, stretch: Stretch) {
        self.stretch = stretch;
        self.latency.reset();
        if let Some(open) = &mut self.open {
            open.service.reset();
            open.lag.reset();
        }
        self.counts = Counts::new();
    }

    /// A response or a failure of a request that belongs to the window.
    pub(crate) fn record(&mut self, outcome: Result<(), ErrorKind>, times: Times) {
        match outcome {
            Ok(()) => self.counts.good += 1,
            Err(kind) => self.counts.errors[kind as usize] += 1,
        }
        self.latency.saturating_record(times.latency_ns);
        if let (Some(open), Some(service_ns)) = (&mut self.open, times.service_ns) {
            open.service.saturating_record(service_ns);
        }
    }

    /// A failure that has no time of its own: a connect that never stood.
    pub(crate) fn count_error(&mut self, kind: ErrorKind) {
        self.counts.errors[kind as usize] += 1;
    }

    /// How late a start was.
    pub(crate) fn record_lag(&mut self, lag_ns: u64) {
        if let Some(open) = &mut self.open {
            open.lag.saturating_record(lag_ns);
        }
    }
}

/// The times of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// From the intended start to the end.
    pub(crate) latency_ns: u64,
    /// From the send to the end; `None` where it was never sent.
    pub(crate) service_ns: Option<u64>,
}
