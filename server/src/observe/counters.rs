//! Counters of the shards: each shard adds to its own, whoever reads sums them up.
//!
//! A cell has one writer, so adding is a plain load and store (relaxed: a reader wants a recent
//! value, not an ordered one). The cells of two shards never share a cache line.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted. Everything counts up but the gauge [`Counter::Active`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Connections accepted.
    Accepted,
    /// Connections open now (gauge).
    Active,
    /// Requests whose head was complete.
    Requests,
    /// Responses with a status of 200 to 299.
    Status2xx,
    /// Responses with a status of 300 to 399.
    Status3xx,
    /// Responses with a status of 400 to 499.
    Status4xx,
    /// Responses with a status of 500 to 599.
    Status5xx,
    /// Bytes of content sent.
    BytesOut,
    /// Files answered from memory.
    CacheHits,
    /// Files that had to be opened.
    CacheMisses,
    /// Accepts that failed for want of descriptors or memory.
    AcceptErrors,
    /// Connections that the peer reset.
    PeerResets,
    /// Connections closed because a request was malformed.
    RequestErrors,
    /// Connections closed because a head took too long.
    HeaderTimeouts,
    /// Connections closed because they were idle too long.
    IdleTimeouts,
    /// Connections closed because the peer took no byte for too long.
    WriteStalls,
    /// Connections closed because a body came too slowly.
    BodyTimeouts,
    /// Files that changed while they were sent.
    FileErrors,
}

impl Counter {
    /// Every counter, in the order of its declaration.
    pub const ALL: [Self; 18] = [
        Self::Accepted,
        Self::Active,
        Self::Requests,
        Self::Status2xx,
        Self::Status3xx,
        Self::Status4xx,
        Self::Status5xx,
        Self::BytesOut,
        Self::CacheHits,
        Self::CacheMisses,
        Self::AcceptErrors,
        Self::PeerResets,
        Self::RequestErrors,
        Self::HeaderTimeouts,
        Self::IdleTimeouts,
        Self::WriteStalls,
        Self::BodyTimeouts,
        Self::FileErrors,
    ];

    /// The counter of responses with that status; none for interim responses.
    pub fn of_status(status: u16) -> Option<Self> {
        match status / 100 {
            2 => Some(Self::Status2xx),
            3 => Some(Self::Status3xx),
            4 => Some(Self::Status4xx),
            5 => Some(Self::Status5xx),
            _ => None,
        }
    }
}

/// The counters of one shard, written by that shard only.
#[derive(Debug)]
pub struct ShardCounters {
    cells: Arc<Cells>,
    /// One writer: the type can move to the shard's thread, but not be shared between threads.
    one_writer: PhantomData<Cell<()>>,
}

/// Reads the counters of all shards, from any thread.
#[derive(Clone, Debug)]
pub struct CounterReader {
    shards: Arc<[Arc<Cells>]>,
}

/// Two cache lines apart, because the CPU fetches them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Cells {
    values: [AtomicU64; Counter::ALL.len()],
}

/// Counters for so many shards, all zero.
pub fn counters(shards: usize) -> (CounterReader, Vec<ShardCounters>) {
    let cells: Arc<[Arc<Cells>]> = (0..shards).map(|_| Arc::default()).collect();
    let writers = cells
        .iter()
        .map(|cells| ShardCounters {
            cells: Arc::clone(cells),
            one_writer: PhantomData,
        })
        .collect();
    (CounterReader { shards: cells }, writers)
}

impl ShardCounters {
    /// Adds to a counter.
    pub fn add(&self, counter: Counter, count: u64) {
        self.change(counter, |value| value.wrapping_add(count));
    }

    /// Takes from a gauge.
    pub fn subtract(&self, gauge: Counter, count: u64) {
        self.change(gauge, |value| value.saturating_sub(count));
    }

    /// What this shard has counted.
    pub fn count(&self, counter: Counter) -> u64 {
        self.cells.values[counter as usize].load(Ordering::Relaxed)
    }

    fn change(&self, counter: Counter, change: impl FnOnce(u64) -> u64) {
        let cell = &self.cells.values[counter as usize];
        cell.store(change(cell.load(Ordering::Relaxed)), Ordering::Relaxed);
    }
}

impl CounterReader {
    /// The sum over all shards.
    pub fn total(&self, counter: Counter) -> u64 {
        let counts = self
            .shards
            .iter()
            .map(|cells| cells.values[counter as usize].load(Ordering::Relaxed));
        counts.fold(0, u64::wrapping_add)
    }

    /// What one shard has counted; zero for a shard that does not exist.
    pub fn of_shard(&self, shard: usize, counter: Counter) -> u64 {
        let cells = self.shards.get(shard);
        cells.map_or(0, |cells| {
            cells.values[counter as usize].load(Ordering::Relaxed)
        })
    }

    /// How many shards there are.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_every_counter_at_its_index() {
        for (index, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, index, "{counter:?}");
        }
    }

    #[test]
    fn shards_count_apart_and_are_summed_when_read() {
        let (reader, shards) = counters(3);
        let threads: Vec<_> = shards
            .into_iter()
            .enumerate()
            .map(|(index, shard)| {
                std::thread::spawn(move || {
                    for _ in 0..1000 {
                        shard.add(Counter::Requests, 1);
                        shard.add(Counter::BytesOut, index as u64);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("shard");
        }
        assert_eq!(reader.total(Counter::Requests), 3000);
        assert_eq!(reader.of_shard(2, Counter::BytesOut), 2000);
        assert_eq!(reader.of_shard(3, Counter::BytesOut), 0);
        assert_eq!(reader.shards(), 3);
    }

    #[test]
    fn gauges_go_down_and_stop_at_zero() {
        let (reader, shards) = counters(1);
        shards[0].add(Counter::Active, 2);
        shards[0].subtract(Counter::Active, 1);
        assert_eq!(reader.total(Counter::Active), 1);
        shards[0].subtract(Counter::Active, 5);
        assert_eq!(shards[0].count(Counter::Active), 0);
    }

    #[test]
    fn statuses_have_their_class() {
        assert_eq!(Counter::of_status(206), Some(Counter::Status2xx));
        assert_eq!(Counter::of_status(304), Some(Counter::Status3xx));
        assert_eq!(Counter::of_status(503), Some(Counter::Status5xx));
        assert_eq!(Counter::of_status(100), None);
    }

    #[test]
    fn cells_of_shards_are_cache_lines_apart() {
        assert_eq!(std::mem::align_of::<Cells>(), 128);
    }
}
