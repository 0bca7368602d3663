//! A few threads for what may wait for a disk.
//!
//! Started when the first job comes, ended when the driver goes. Both directions are bounded by
//! the number of operations; a full queue is an error of the operation, not a stall of the shard.

use std::collections::VecDeque;
use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::driver::Outcome;
use crate::executor::waker::Remote;
use crate::fs::syscalls;
use crate::table::Key;

const THREADS: usize = 2;
const JOBS_WAITING_MAX: usize = 4096;

/// Work for a thread; owns what it needs.
pub(super) enum Job {
    Open {
        directory: Arc<OwnedFd>,
        path: CString,
        flags: u64,
        resolve: u64,
    },
    Read {
        file: Arc<OwnedFd>,
        offset: u64,
        buffer: Vec<u8>,
    },
    WillNeed {
        file: Arc<OwnedFd>,
        offset: u64,
        length: u64,
    },
}

struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
    finished: Mutex<Vec<(Key, io::Result<Outcome>)>>,
    remote: Arc<Remote>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<(Key, Job)>,
    closed: bool,
}

pub(super) struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    in_flight: usize,
}

impl Workers {
    pub(super) fn new(remote: Arc<Remote>) -> Workers {
        Workers {
            shared: Arc::new(Shared {
                queue: Mutex::new(Queue::default()),
                work: Condvar::new(),
                finished: Mutex::new(Vec::new()),
                remote,
            }),
            threads: Vec::new(),
            in_flight: 0,
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn submit(&mut self, key: Key, job: Job) -> io::Result<()> {
        while self.threads.len() < THREADS {
            let shared = self.shared.clone();
            let spawned = std::thread::Builder::new()
                .name("shard-files".to_owned())
                .spawn(move || serve(&shared));
            match spawned {
                Ok(thread) => self.threads.push(thread),
                Err(error) if self.threads.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        let mut queue = lock(&self.shared.queue);
        if queue.jobs.len() >= JOBS_WAITING_MAX {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        }
        queue.jobs.push_back((key, job));
        drop(queue);
        self.shared.work.notify_one();
        self.in_flight += 1;
        Ok(())
    }

    /// Takes back what no thread has begun.
    pub(super) fn cancel_waiting(&mut self) -> Vec<Key> {
        let jobs = std::mem::take(&mut lock(&self.shared.queue).jobs);
        self.in_flight -= jobs.len();
        jobs.into_iter().map(|(key, _)| key).collect()
    }

    pub(super) fn take_finished(&mut self) -> Vec<(Key, io::Result<Outcome>)> {
        if self.in_flight == 0 {
            return Vec::new();
        }
        let finished = std::mem::take(&mut *lock(&self.shared.finished));
        self.in_flight -= finished.len();
        finished
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.work.notify_all();
        if self.in_flight > 0 {
            // Some disk does not answer. A job owns all that it touches, so its thread is left
            // behind; `Report::leaked` tells.
            return;
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn serve(shared: &Shared) {
    loop {
        let mut queue = lock(&shared.queue);
        let (key, job) = loop {
            if let Some(next) = queue.jobs.pop_front() {
                break next;
            }
            if queue.closed {
                return;
            }
            queue = shared
                .work
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        };
        drop(queue);
        let outcome = perform(job);
        lock(&shared.finished).push((key, outcome));
        shared.remote.ring();
    }
}

fn perform(job: Job) -> io::Result<Outcome> {
    match job {
        Job::Open {
            directory,
            path,
            flags,
            resolve,
        } => syscalls::open_beneath(&directory, &path, flags, resolve).map(Outcome::Descriptor),
        Job::Read {
            file,
            offset,
            mut buffer,
        } => {
            buffer.clear();
            let space = rustix::buffer::spare_capacity(&mut buffer);
            rustix::io::pread(&file, space, offset)?;
            Ok(Outcome::Bytes(buffer))
        }
        Job::WillNeed {
            file,
            offset,
            length,
        } => {
            let length = std::num::NonZeroU64::new(length);
            rustix::fs::fadvise(&file, offset, length, rustix::fs::Advice::WillNeed)?;
            Ok(Outcome::Done)
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
