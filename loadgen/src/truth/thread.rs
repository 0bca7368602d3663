//! A thread's own account: CPU time used, and time spent runnable without a CPU.
//!
//! The CPU time comes from the thread's clock and not from schedstat: the kernel brings the latter
//! up to date at ticks only, the former when asked. Waiting in the run queue is in schedstat alone.

use rustix::time::{ClockId, clock_gettime};

use super::files::HostFiles;

/// An open account of the thread that opened it.
#[derive(Debug)]
pub struct ThreadClock {
    cpu_ns: u64,
    run_queue_ns: Option<u64>,
}

/// What a thread used between [`ThreadClock::begin`] and [`ThreadClock::end`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThreadTime {
    /// User and system time.
    pub cpu_s: f64,
    /// Time that it was runnable and had no CPU; 0 where the kernel does not say
    /// (CONFIG_SCHED_INFO).
    pub run_queue_s: f64,
}

impl ThreadClock {
    /// Opens the account of the calling thread.
    pub fn begin() -> ThreadClock {
        ThreadClock {
            cpu_ns: thread_cpu_ns(),
            run_queue_ns: run_queue_ns(&HostFiles::of_this_host()),
        }
    }

    /// Closes it, on the thread that opened it.
    pub fn end(self) -> ThreadTime {
        let cpu_ns = thread_cpu_ns().saturating_sub(self.cpu_ns);
        let run_queue_ns = run_queue_ns(&HostFiles::of_this_host())
            .zip(self.run_queue_ns)
            .map_or(0, |(end, begin)| end.saturating_sub(begin));
        ThreadTime {
            cpu_s: cpu_ns as f64 / 1e9,
            run_queue_s: run_queue_ns as f64 / 1e9,
        }
    }
}

fn thread_cpu_ns() -> u64 {
    nanoseconds(ClockId::ThreadCPUTime)
}

/// CPU time of the whole process, threads that ended included.
pub(super) fn process_cpu_ns() -> u64 {
    nanoseconds(ClockId::ProcessCPUTime)
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

fn run_queue_ns(files: &HostFiles) -> Option<u64> {
    schedstat(&files.text("proc/thread-self/schedstat")?).map(|stat| stat.run_queue_ns)
}

/// The first two fields of a schedstat file (Documentation/scheduler/sched-stats.rst).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schedstat {
    /// Time on a CPU.
    pub(super) cpu_ns: u64,
    /// Time waited for one.
    pub(super) run_queue_ns: u64,
}

/// Reads a schedstat file.
pub(super) fn schedstat(text: &str) -> Option<Schedstat> {
    let mut fields = text.split_whitespace().map(str::parse);
    Some(Schedstat {
        cpu_ns: fields.next()?.ok()?,
        run_queue_ns: fields.next()?.ok()?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn schedstat_has_cpu_time_first_and_waiting_second() {
        let read = Schedstat {
            cpu_ns: 12,
            run_queue_ns: 61_369,
        };
        assert_eq!(schedstat("12 61369 1\n"), Some(read));
        assert_eq!(schedstat("12\n"), None);
        assert_eq!(schedstat(""), None);
    }

    /// Bound on both sides: a thread that spins uses CPU time, one that sleeps does not, and what
    /// other threads do is not on its account.
    #[test]
    fn only_the_calling_threads_own_work_is_counted() {
        let begun = Instant::now();
        let clock = ThreadClock::begin();
        let other = std::thread::spawn(|| {
            let clock = ThreadClock::begin();
            let end = Instant::now() + Duration::from_millis(30);
            while Instant::now() < end {
                std::hint::spin_loop();
            }
            clock.end()
        });
        let other = other.join().expect("the spinning thread ends");
        let own = clock.end();
        let elapsed = begun.elapsed().as_secs_f64();
        let accounted = other.cpu_s + other.run_queue_s;
        assert!(
            other.cpu_s > 0.0 && accounted > 0.02 && accounted < elapsed + 0.01,
            "{other:?} of {elapsed} s"
        );
        assert!(own.cpu_s < 0.02, "{own:?}");
    }
}
