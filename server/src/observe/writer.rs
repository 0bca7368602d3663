//! The thread behind the access log: collects the shards' lines into batches and writes them.
//!
//! It is the only one that may block. What the target does not take (a full disk, a pipe without
//! a reader) is tried again; meanwhile the shards' buffers fill up, and what they then drop is
//! reported as a gap. A line is never torn, neither by a partial write nor by reopening.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use rtrb::Consumer;

use super::record::append_gap;

/// How long the first line of a batch waits for others.
const BATCH_TIME: Duration = Duration::from_millis(5);
/// How long a target that refused is left alone.
const RETRY_TIME: Duration = Duration::from_secs(1);
/// Memory of a batch that is kept for the next one.
const BATCH_BYTES_KEPT: usize = 64 * 1024;

/// What the owner of the log wants.
#[derive(Default)]
pub(super) struct Order {
    /// Go on in this target.
    pub(super) reopen: Option<Box<dyn Write + Send>>,
    /// Write what is there and end.
    pub(super) stop: bool,
}

/// The writer's end of one shard's buffer.
pub(super) struct Incoming {
    queue: Consumer<u8>,
    /// Lines that the shard could not queue, ever; the shard counts.
    dropped: Arc<AtomicU64>,
    dropped_reported: u64,
}

/// The target, the shards' buffers and the batch between them.
pub(super) struct Writer {
    sink: Box<dyn Write + Send>,
    incoming: Vec<Incoming>,
    clock: fn() -> SystemTime,
    /// Whole lines; the first `written` bytes have been taken by the target.
    batch: Vec<u8>,
    written: usize,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let reopen = self.reopen.is_some();
        f.debug_struct("Order")
            .field("reopen", &reopen)
            .field("stop", &self.stop)
            .finish()
    }
}

impl Incoming {
    pub(super) fn new(queue: Consumer<u8>, dropped: Arc<AtomicU64>) -> Self {
        Self {
            queue,
            dropped,
            dropped_reported: 0,
        }
    }

    /// Moves every queued line to the batch.
    fn collect(&mut self, batch: &mut Vec<u8>) {
        if let Ok(lines) = self.queue.read_chunk(self.queue.slots()) {
            let (first, second) = lines.as_slices();
            batch.extend_from_slice(first);
            batch.extend_from_slice(second);
            lines.commit_all();
        }
    }

    /// Lines dropped since the last question.
    fn missing(&mut self) -> u64 {
        let dropped = self.dropped.load(Ordering::Relaxed);
        let missing = dropped - self.dropped_reported;
        self.dropped_reported = dropped;
        missing
    }
}

impl Writer {
    pub(super) fn new(
        sink: Box<dyn Write + Send>,
        incoming: Vec<Incoming>,
        clock: fn() -> SystemTime,
    ) -> Self {
        Self {
            sink,
            incoming,
            clock,
            batch: Vec::new(),
            written: 0,
        }
    }

    /// Writes until it is told to stop.
    pub(super) fn run(&mut self, orders: &Mutex<Order>) {
        loop {
            let stop = self.obey(orders);
            let progress = self.write_batch();
            if stop {
                // What a refused batch left in the queues has one more chance, with its gaps.
                if progress.is_ok() {
                    let _ = self.write_batch();
                }
                return;
            }
            if progress.is_err() {
                thread::park_timeout(RETRY_TIME);
                continue;
            }
            // The other fence is in `LogSender::send`.
            fence(Ordering::SeqCst);
            if self.incoming.iter().all(|shard| shard.queue.is_empty()) {
                thread::park();
            }
            thread::sleep(BATCH_TIME);
        }
    }

    /// Writes the batch; a new one with all that is queued if the last one is through.
    fn write_batch(&mut self) -> Result<(), Refused> {
        if self.written == self.batch.len() {
            self.collect();
        }
        while self.written < self.batch.len() {
            match self.sink.write(&self.batch[self.written..]) {
                Ok(0) => return Err(Refused),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Refused),
            }
        }
        Ok(())
    }

    fn collect(&mut self) {
        self.batch.clear();
        self.batch.shrink_to(BATCH_BYTES_KEPT);
        self.written = 0;
        for shard in &mut self.incoming {
            shard.collect(&mut self.batch);
            let missing = shard.missing();
            if missing > 0 {
                append_gap(
                    &mut self.batch,
                    (self.clock)(),
                    missing,
                    "the log did not keep up",
                );
            }
        }
    }

    fn obey(&mut self, orders: &Mutex<Order>) -> bool {
        let mut orders = orders
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(sink) = orders.reopen.take() {
            self.sink = sink;
            // A line that the old target took in part is written whole to the new one.
            let taken = &self.batch[..self.written];
            if self.written < self.batch.len() {
                self.written = taken
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |at| at + 1);
            }
        }
        orders.stop
    }
}

/// The target did not take the rest of the batch.
struct Refused;

#[cfg(test)]
mod tests {
    use rtrb::{Producer, RingBuffer};

    use super::*;

    /// Takes `room` bytes and then refuses.
    struct Narrow {
        taken: Arc<Mutex<Vec<u8>>>,
        room: usize,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let count = bytes.len().min(self.room);
            self.room -= count;
            self.taken
                .lock()
                .expect("not poisoned")
                .extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn narrow(room: usize) -> (Box<Narrow>, Arc<Mutex<Vec<u8>>>) {
        let taken = Arc::new(Mutex::new(Vec::new()));
        (
            Box::new(Narrow {
                taken: Arc::clone(&taken),
                room,
            }),
            taken,
        )
    }

    fn one_shard(sink: Box<Narrow>) -> (Writer, Producer<u8>, Arc<AtomicU64>) {
        let (producer, consumer) = RingBuffer::new(64);
        let dropped = Arc::new(AtomicU64::new(0));
        let incoming = vec![Incoming::new(consumer, Arc::clone(&dropped))];
        (
            Writer::new(sink, incoming, || SystemTime::UNIX_EPOCH),
            producer,
            dropped,
        )
    }

    fn text(taken: &Mutex<Vec<u8>>) -> String {
        String::from_utf8(taken.lock().expect("not poisoned").clone()).expect("text")
    }

    #[test]
    fn dropped_lines_are_reported_once_behind_what_was_queued() {
        let (sink, taken) = narrow(usize::MAX);
        let (mut writer, mut shard, dropped) = one_shard(sink);
        shard.push_entire_slice(b"one\n").expect("room");
        dropped.store(2, Ordering::Relaxed);
        assert!(writer.write_batch().is_ok());
        assert!(writer.write_batch().is_ok());
        let text = text(&taken);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[0], "one");
        assert!(lines[1].contains("\"dropped\":2"), "{text}");
    }

    #[test]
    fn a_refused_line_goes_on_where_it_stopped() {
        let (sink, taken) = narrow(6);
        let (mut writer, mut shard, _) = one_shard(sink);
        shard.push_entire_slice(b"one\ntwo\n").expect("room");
        assert!(writer.write_batch().is_err());
        assert_eq!(text(&taken), "one\ntw");
        shard
            .push_entire_slice(b"three\n")
            .expect("the batch has left the queue");
        let (sink, more) = narrow(usize::MAX);
        writer.sink = sink;
        assert!(writer.write_batch().is_ok());
        assert!(writer.write_batch().is_ok());
        assert_eq!(text(&more), "o\nthree\n");
    }

    #[test]
    fn a_line_that_was_torn_is_whole_in_the_reopened_file() {
        let (sink, _) = narrow(6);
        let (mut writer, mut shard, _) = one_shard(sink);
        shard.push_entire_slice(b"one\ntwo\n").expect("room");
        assert!(writer.write_batch().is_err());
        let (sink, taken) = narrow(usize::MAX);
        let orders = Mutex::new(Order {
            reopen: Some(sink),
            stop: true,
        });
        writer.run(&orders);
        assert_eq!(text(&taken), "two\n");
    }
}
