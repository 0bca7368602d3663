//! The access log: shards put lines into a buffer of their own, one ordinary thread writes them.
//!
//! A shard never waits: a buffer (one lock-free queue of bytes per shard) that is full drops the
//! line and counts it, and the log says so at that place. The writer sleeps until a buffer that
//! was empty gets its first line, gives the rest of a batch a moment to come, and writes what is
//! there at once. Nothing here decides what is logged.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::{Duration, SystemTime};

use rtrb::{Producer, RingBuffer};

use super::record::{AccessRecord, LineWriter};
use super::writer::{Incoming, Order, Writer};
use crate::config::LOG_BUFFER_BYTES_PER_SHARD;
use crate::config::LogTarget;

/// Bytes of lines that one shard may be ahead of the writer.
const BUFFER_BYTES_PER_SHARD: usize = LOG_BUFFER_BYTES_PER_SHARD as usize;

/// The log as its owner sees it, on an ordinary thread.
#[derive(Debug)]
pub struct AccessLog {
    state: State,
}

/// Where a shard puts its lines.
#[derive(Debug)]
pub struct LogSender {
    state: SenderState,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is in the buffer.
    Queued,
    /// The buffer was full; the log will say that a line is missing.
    Dropped,
    /// There is no log.
    Off,
}

/// How the log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Every line that was queued has been handed to the kernel or counted as missing.
    Complete,
    /// The target did not take the lines in time (a pipe that nobody reads).
    TimedOut,
}

#[derive(Debug)]
enum State {
    Off,
    Running {
        writer: Thread,
        orders: Arc<Mutex<Order>>,
        done: Receiver<()>,
        file: Option<PathBuf>,
    },
}

#[derive(Debug)]
enum SenderState {
    Off,
    On {
        queue: Producer<u8>,
        dropped: Arc<AtomicU64>,
        writer: Thread,
        format: LineWriter,
        /// Reused for every line, so that queueing allocates nothing.
        line: Vec<u8>,
    },
}

impl AccessLog {
    /// Opens the target and starts the writer; one sender for each shard.
    ///
    /// # Errors
    /// What open(2) says about the file, or that no thread can be started.
    pub fn start(target: &LogTarget, shards: usize) -> io::Result<(Self, Vec<LogSender>)> {
        let (sink, file): (Box<dyn Write + Send>, _) = match target {
            LogTarget::Off => {
                let off = || LogSender {
                    state: SenderState::Off,
                };
                let senders = std::iter::repeat_with(off).take(shards).collect();
                return Ok((Self { state: State::Off }, senders));
            }
            LogTarget::Stdout => (Box::new(unbuffered_stdout()?), None),
            LogTarget::File(path) => (Box::new(open(path)?), Some(path.clone())),
        };
        let mut incoming = Vec::with_capacity(shards);
        let mut queues = Vec::with_capacity(shards);
        for _ in 0..shards {
            let (producer, consumer) = RingBuffer::new(BUFFER_BYTES_PER_SHARD);
            let dropped = Arc::new(AtomicU64::new(0));
            incoming.push(Incoming::new(consumer, Arc::clone(&dropped)));
            queues.push((producer, dropped));
        }
        let orders = Arc::new(Mutex::new(Order::default()));
        let (finished, done) = mpsc::channel();
        let mut writer = Writer::new(sink, incoming, SystemTime::now);
        let orders_of_writer = Arc::clone(&orders);
        let thread = thread::Builder::new()
            .name("access-log".into())
            .spawn(move || {
                writer.run(&orders_of_writer);
                // Whoever waits may have given up.
                let _ = finished.send(());
            })?;
        let writer = thread.thread().clone();
        let senders = queues.into_iter().map(|(queue, dropped)| LogSender {
            state: SenderState::On {
                queue,
                dropped,
                writer: writer.clone(),
                format: LineWriter::new(),
                line: Vec::new(),
            },
        });
        let senders = senders.collect();
        Ok((
            Self {
                state: State::Running {
                    writer,
                    orders,
                    done,
                    file,
                },
            },
            senders,
        ))
    }

    /// Opens the file anew, after it was renamed: what SIGUSR1 asks for.
    ///
    /// # Errors
    /// What open(2) says; the log then goes on in the old file.
    pub fn reopen(&self) -> io::Result<()> {
        let State::Running {
            writer,
            orders,
            file: Some(path),
            ..
        } = &self.state
        else {
            return Ok(());
        };
        let file = open(path)?;
        order(orders, |order| order.reopen = Some(Box::new(file)));
        writer.unpark();
        Ok(())
    }

    /// Writes what is queued and ends the writer, waiting for it at most `within`.
    pub fn finish(self, within: Duration) -> Finish {
        let State::Running {
            writer,
            orders,
            done,
            ..
        } = self.state
        else {
            return Finish::Complete;
        };
        order(&orders, |order| order.stop = true);
        writer.unpark();
        match done.recv_timeout(within) {
            Ok(()) => Finish::Complete,
            Err(_) => Finish::TimedOut,
        }
    }
}

impl LogSender {
    /// Whether there is a log, so that a shard need not collect what nobody reads.
    pub fn is_on(&self) -> bool {
        match self.state {
            SenderState::Off => false,
            SenderState::On { .. } => true,
        }
    }

    /// Queues a line; never waits.
    pub fn send(&mut self, record: &AccessRecord<'_>) -> Sent {
        let SenderState::On {
            queue,
            dropped,
            writer,
            format,
            line,
        } = &mut self.state
        else {
            return Sent::Off;
        };
        line.clear();
        format.append(line, record);
        if queue.push_entire_slice(line).is_err() {
            dropped.fetch_add(1, Ordering::Relaxed);
            return Sent::Dropped;
        }
        // Either the writer sees this line before it sleeps, or we see that it had emptied the
        // buffer: the two fences (the other is in `Writer::run`) order queue and look on both
        // sides, so that a wake-up cannot be lost.
        fence(Ordering::SeqCst);
        if queue.slots() + line.len() == BUFFER_BYTES_PER_SHARD {
            writer.unpark();
        }
        Sent::Queued
    }
}

/// Orders are plain data: a writer that panicked while holding them leaves them usable.
fn order(orders: &Mutex<Order>, change: impl FnOnce(&mut Order)) {
    change(
        &mut orders
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()),
    );
}

/// Standard output without the line buffer of the standard library, which would split batches.
fn unbuffered_stdout() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

fn open(path: &Path) -> io::Result<File> {
    // Addresses of people: for the owner and the group, such as a log collector's.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::record::tests::request;
    use super::*;

    fn lines(file: &Path) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(file).expect("the log is there");
        text.lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    /// A log of so many shards in a file of its own; the folder goes with the first value.
    fn log_in_file(shards: usize) -> (TempDir, PathBuf, AccessLog, Vec<LogSender>) {
        let folder = TempDir::new().expect("a folder for the test");
        let file = folder.path().join("access.log");
        let target = LogTarget::File(file.clone());
        let (log, senders) = AccessLog::start(&target, shards).expect("started");
        (folder, file, log, senders)
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn lines_of_all_shards_arrive_whole() {
        let (_folder, file, log, senders) = log_in_file(3);
        let shards: Vec<_> = senders
            .into_iter()
            .map(|mut sender| {
                thread::spawn(move || {
                    for number in 0..1000 {
                        let path = format!("/{number}");
                        assert_eq!(sender.send(&request(path.as_bytes())), Sent::Queued);
                    }
                })
            })
            .collect();
        for shard in shards {
            shard.join().expect("shard");
        }
        assert_eq!(log.finish(LONG), Finish::Complete);
        assert_eq!(lines(&file).len(), 3000);
    }

    #[test]
    fn a_line_is_written_without_another_one_behind_it() {
        let (_folder, file, log, mut senders) = log_in_file(1);
        for number in 1..=3 {
            assert_eq!(senders[0].send(&request(b"/")), Sent::Queued);
            wait_for(|| fs::read_to_string(&file).is_ok_and(|t| t.lines().count() == number));
        }
        assert_eq!(log.finish(LONG), Finish::Complete);
    }

    #[test]
    fn reopening_goes_on_in_a_new_file() {
        let (folder, file, log, mut senders) = log_in_file(1);
        let old = folder.path().join("access.log.1");
        senders[0].send(&request(b"/before"));
        wait_for(|| fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n')));
        fs::rename(&file, &old).expect("renamed");
        log.reopen().expect("reopened");
        wait_for(|| file.exists());
        // The order is obeyed before the next batch is written.
        senders[0].send(&request(b"/after"));
        assert_eq!(log.finish(LONG), Finish::Complete);
        assert_eq!(lines(&old)[0]["path"], "/before");
        assert_eq!(lines(&file)[0]["path"], "/after");
    }

    #[test]
    fn no_log_takes_nothing() {
        let (log, mut senders) = AccessLog::start(&LogTarget::Off, 2).expect("started");
        assert_eq!(senders.len(), 2);
        assert!(!senders[0].is_on());
        assert_eq!(senders[0].send(&request(b"/")), Sent::Off);
        assert!(log.reopen().is_ok());
        assert_eq!(log.finish(Duration::ZERO), Finish::Complete);
    }

    #[test]
    fn a_file_that_can_not_be_opened_is_an_error_at_the_start() {
        let target = LogTarget::File("/no/such/folder/access.log".into());
        assert!(AccessLog::start(&target, 1).is_err());
    }

    #[test]
    fn a_writer_that_is_stuck_costs_lines_and_never_time() {
        // A full pipe that nobody reads stands for a target that blocks.
        let (reader, pipe) = io::pipe().expect("pipe");
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&pipe));
        let (log, mut senders) =
            AccessLog::start(&LogTarget::File(path.into()), 1).expect("started");
        let long = vec![b'x'; 8 * 1024];
        let lines_max = 4 * BUFFER_BYTES_PER_SHARD / long.len();
        let dropped = (0..lines_max)
            .map(|_| senders[0].send(&request(&long)))
            .filter(|sent| *sent == Sent::Dropped)
            .count();
        assert!(dropped > 0, "one buffer and one batch can not hold four");
        assert_eq!(log.finish(Duration::from_millis(50)), Finish::TimedOut);
        drop(reader);
    }

    fn wait_for(mut condition: impl FnMut() -> bool) {
        let start = std::time::Instant::now();
        while !condition() {
            assert!(start.elapsed() < LONG, "it did not come true in time");
            thread::yield_now();
        }
    }
}
