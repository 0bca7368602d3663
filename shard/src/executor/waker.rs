//! A waker is a number: the shard's index, the task's generation and slot.
//!
//! Nothing is counted and nothing allocated, so cloning is a copy and a waker that outlives its
//! task (or its shard) wakes nobody or, at worst, somebody who did not need it. On the shard's
//! own thread a wake pushes onto the ready queue; from any other thread it goes through the
//! shard's [`Remote`], which is bounded by the number of tasks because a task is in it once.

use std::collections::HashSet;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{RawWaker, RawWakerVTable, Waker};

use rustix::event::{EventfdFlags, eventfd};

use super::current;
use crate::table::{GENERATION_BITS, Key};

/// Shards alive at once in one process: the bits that are left in a waker.
const SHARDS_MAX: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 64 - 32 - GENERATION_BITS;
const SHARD_SHIFT: u32 = 32 + GENERATION_BITS;

// A task's name must fit a pointer.
const _: () = assert!(
    usize::BITS == 64,
    "a waker packs 64 bits into its data pointer"
);

static REMOTES: Mutex<Vec<Option<Arc<Remote>>>> = Mutex::new(Vec::new());

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, drop_nothing);

/// The waker of a task.
pub(super) fn waker(shard: u16, task: Key) -> Waker {
    let name = u64::from(shard) << SHARD_SHIFT | task.pack();
    // SAFETY: the data pointer is never dereferenced, it is the task's name; every function of
    // the table is thread-safe (it goes through thread-locals and a mutex) and owns nothing.
    unsafe { Waker::from_raw(raw(name as usize as *const ())) }
}

fn raw(name: *const ()) -> RawWaker {
    RawWaker::new(name, &VTABLE)
}

/// Only ever called through the table, with a name that [`waker`] put there.
unsafe fn clone(name: *const ()) -> RawWaker {
    raw(name)
}

unsafe fn wake(name: *const ()) {
    let name = name as usize as u64;
    let (shard, task) = ((name >> SHARD_SHIFT) as u16, Key::unpack(name));
    if current::wake_here(shard, task) {
        return;
    }
    let remote = lock(&REMOTES).get(usize::from(shard)).cloned().flatten();
    if let Some(remote) = remote {
        remote.wake(task);
    }
}

unsafe fn drop_nothing(_: *const ()) {}

/// The way into a shard from other threads.
pub(crate) struct Remote {
    woken: Mutex<HashSet<Key>>,
    /// Set while `woken` may hold something; spares the shard the lock and the writers the
    /// second write.
    raised: AtomicBool,
    doorbell: OwnedFd,
}

impl Remote {
    fn wake(&self, task: Key) {
        lock(&self.woken).insert(task);
        self.ring();
    }

    /// Brings the shard back from its wait.
    pub(crate) fn ring(&self) {
        if !self.raised.swap(true, Ordering::AcqRel) {
            // The counter of an eventfd cannot overflow here: it is written once a turn at most.
            let _ = rustix::io::write(&self.doorbell, &1u64.to_ne_bytes());
        }
    }

    /// Hands the tasks woken since the last call to `queue`.
    pub(super) fn take(&self, mut queue: impl FnMut(Key)) {
        if self.raised.load(Ordering::Relaxed) && self.raised.swap(false, Ordering::AcqRel) {
            for task in lock(&self.woken).drain() {
                queue(task);
            }
        }
    }

    /// The eventfd that the driver waits for; reading it clears it.
    pub(crate) fn doorbell(&self) -> BorrowedFd<'_> {
        self.doorbell.as_fd()
    }
}

/// A shard's place in the registry, given back on drop.
pub(super) struct Place {
    pub(super) index: u16,
    pub(super) remote: Arc<Remote>,
}

impl Place {
    pub(super) fn take() -> io::Result<Place> {
        let remote = Arc::new(Remote {
            woken: Mutex::new(HashSet::new()),
            raised: AtomicBool::new(false),
            doorbell: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        });
        let mut remotes = lock(&REMOTES);
        let index = match remotes.iter().position(Option::is_none) {
            Some(index) => index,
            None if remotes.len() < SHARDS_MAX => {
                remotes.push(None);
                remotes.len() - 1
            }
            None => {
                return Err(io::Error::other(format!(
                    "more than {SHARDS_MAX} shards in one process"
                )));
            }
        };
        remotes[index] = Some(remote.clone());
        Ok(Place {
            index: index as u16,
            remote,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&REMOTES)[usize::from(self.index)] = None;
    }
}

/// Nothing that holds these locks can panic half-way, so poison carries no news.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
