//! Merging what the threads hand over.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::record::ErrorKind;
use crate::record::report::{Interval, Totals};
use crate::record::slice::{Counts, OpenLoop, Slice, Stretch};
use crate::stats::{encode, new_histogram};

/// Everything recorded in the window, so far.
pub(crate) struct Collector {
    threads: Vec<ThreadTotal>,
    open: Option<OpenLoop>,
    counts: Counts,
    /// Responses that ended in the window: the tail's are not among them.
    responses_in_window: u64,
    /// Seconds of which not every thread has told yet.
    pending: BTreeMap<u32, PendingSecond>,
    intervals: Vec<Interval>,
}

/// What one thread recorded.
pub(crate) struct ThreadTotal {
    pub(crate) latency: Histogram<u64>,
    pub(crate) lag: Option<Histogram<u64>>,
    pub(crate) responses: u64,
}

struct PendingSecond {
    threads: usize,
    latency: Histogram<u64>,
    counts: Counts,
}

impl Collector {
    pub(crate) fn new(threads: usize, is_open_loop: bool) -> Collector {
        let thread = || ThreadTotal {
            latency: new_histogram(),
            lag: is_open_loop.then(new_histogram),
            responses: 0,
        };
        Collector {
            threads: (0..threads).map(|_| thread()).collect(),
            open: is_open_loop.then(OpenLoop::new),
            counts: Counts::new(),
            responses_in_window: 0,
            pending: BTreeMap::new(),
            intervals: Vec::new(),
        }
    }

    /// Merges a slice of `thread`; answers the second that is complete with it, if one is.
    pub(crate) fn take(&mut self, thread: usize, slice: &Slice) -> Option<&Interval> {
        if slice.stretch == Stretch::Warmup {
            return None;
        }
        let total = &mut self.threads[thread];
        merge(&mut total.latency, &slice.latency);
        if let (Some(own), Some(lag), Some(open)) = (&mut self.open, &mut total.lag, &slice.open) {
            merge(&mut own.service, &open.service);
            merge(&mut own.lag, &open.lag);
            merge(lag, &open.lag);
        }
        self.counts.add(&slice.counts);
        let Stretch::Second(second) = slice.stretch else {
            return None;
        };
        total.responses += slice.counts.responses;
        self.responses_in_window += slice.counts.responses;
        let pending = self.pending.entry(second).or_insert_with(|| PendingSecond {
            threads: 0,
            latency: new_histogram(),
            counts: Counts::new(),
        });
        pending.threads += 1;
        merge(&mut pending.latency, &slice.latency);
        pending.counts.add(&slice.counts);
        if pending.threads < self.threads.len() {
            return None;
        }
        let complete = self.pending.remove(&second)?;
        self.intervals.push(complete.into_interval(second));
        self.intervals.last()
    }

    /// The window's length is known now: the last second may be a part of one.
    pub(crate) fn finish(mut self, window_s: f64) -> Collected {
        for (second, pending) in std::mem::take(&mut self.pending) {
            self.intervals.push(pending.into_interval(second));
        }
        self.intervals.retain(|interval| interval.at_s < window_s);
        self.intervals.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        for interval in &mut self.intervals {
            interval.length_s = (window_s - interval.at_s).min(1.0);
        }
        let mut latency = new_histogram();
        for thread in &self.threads {
            merge(&mut latency, &thread.latency);
        }
        Collected {
            threads: self.threads,
            latency,
            open: self.open,
            counts: self.counts,
            responses_in_window: self.responses_in_window,
            intervals: self.intervals,
        }
    }
}

/// Everything recorded in the window.
pub(crate) struct Collected {
    pub(crate) threads: Vec<ThreadTotal>,
    pub(crate) latency: Histogram<u64>,
    pub(crate) open: Option<OpenLoop>,
    pub(crate) counts: Counts,
    pub(crate) responses_in_window: u64,
    pub(crate) intervals: Vec<Interval>,
}

impl Collected {
    /// The counts as the report has them.
    pub(crate) fn totals(&self, connections_at_start: u64) -> Totals {
        let counts = &self.counts;
        let errors: BTreeMap<ErrorKind, u64> = ErrorKind::ALL
            .into_iter()
            .map(|kind| (kind, counts.errors[kind as usize]))
            .filter(|(_, count)| *count > 0)
            .collect();
        let statuses = (0..)
            .zip(&counts.statuses)
            .filter(|(_, count)| **count > 0)
            .map(|(status, count)| (status, *count))
            .collect();
        Totals {
            requests: counts.good + counts.errors_in_all(),
            good: counts.good,
            errors,
            statuses,
            received_bytes: counts.received_bytes,
            sent_bytes: counts.sent_bytes,
            connections_opened: counts.connections_opened,
            connections_at_start,
        }
    }
}

impl PendingSecond {
    fn into_interval(self, second: u32) -> Interval {
        Interval {
            at_s: f64::from(second),
            length_s: 1.0,
            responses: self.counts.responses,
            errors: self.counts.errors_in_all(),
            received_bytes: self.counts.received_bytes,
            p50_ns: self.latency.value_at_quantile(0.5),
            p90_ns: self.latency.value_at_quantile(0.9),
            p99_ns: self.latency.value_at_quantile(0.99),
            max_ns: self.latency.max(),
            histogram: Some(encode(&self.latency)),
        }
    }
}

/// All histograms have the same bounds, so that one always fits into another.
fn merge(into: &mut Histogram<u64>, from: &Histogram<u64>) {
    into.add(from)
        .expect("histograms of the same bounds can be added");
}
