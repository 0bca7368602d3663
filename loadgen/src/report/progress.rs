//! How a run goes while it goes: what the live view is told.

use std::time::Duration;

use crate::record::report::Interval;

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Connections are being opened.
    Connecting {
        /// Connections that stand.
        done: u32,
        /// Connections wanted.
        total: u32,
    },
    /// The load runs and its results are dropped.
    Warmup,
    /// The load runs and counts.
    Measuring,
}

/// How a run goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Where it is.
    pub phase: Phase,
    /// Time since the phase began.
    pub elapsed: Duration,
    /// How long the phase will take; `None` where a number of requests ends it.
    pub total: Option<Duration>,
    /// Responses in the window so far.
    pub responses: u64,
    /// Errors in the window so far.
    pub errors: u64,
    /// Responses per second in the last whole second.
    pub rate: f64,
    /// Median latency of the last whole second.
    pub p50_ns: u64,
    /// P99 of the last whole second.
    pub p99_ns: u64,
    /// Connections that stand.
    pub connections: u32,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress::connecting(0, 0, Duration::ZERO)
    }
}

impl Progress {
    /// So many of the connections stand, after this time.
    pub fn connecting(done: u32, total: u32, elapsed: Duration) -> Progress {
        Progress {
            phase: Phase::Connecting { done, total },
            elapsed,
            total: None,
            responses: 0,
            errors: 0,
            rate: 0.0,
            p50_ns: 0,
            p99_ns: 0,
            connections: done,
        }
    }

    /// One more second of the window is complete.
    pub fn take(&mut self, second: &Interval) {
        self.responses += second.responses;
        self.errors += second.errors;
        self.p50_ns = second.p50_ns;
        self.p99_ns = second.p99_ns;
        self.rate = if second.length_s > 0.0 {
            second.responses as f64 / second.length_s
        } else {
            0.0
        };
    }

    /// The share of the phase that is over, where its length is known.
    pub fn share(&self) -> Option<f64> {
        let share = match self.phase {
            Phase::Connecting { done, total } => f64::from(done) / f64::from(total.max(1)),
            Phase::Warmup | Phase::Measuring => {
                let total = self.total.filter(|total| !total.is_zero())?;
                self.elapsed.as_secs_f64() / total.as_secs_f64()
            }
        };
        Some(share.min(1.0))
    }
}
