//! The shard of this thread: how futures find their executor and driver.
//!
//! A thread runs one shard at a time. Everything a shard owns sits in one [`Core`], in cells
//! that are borrowed for the length of one call and never across user code.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::task::TaskState;
use super::waker::{Remote, waker};
use crate::driver::Driver;
use crate::table::{Key, Table};
use crate::time::alarm::Alarms;
use crate::time::wheel::{TICK_SHIFT, Wheel};

thread_local! {
    static CURRENT: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
}

/// Operations that one poll of a task may complete without waiting; then it must let the others
/// have a turn, however fast its peer is.
const OPERATIONS_PER_POLL_MAX: u32 = 64;

/// All that a shard owns.
pub(crate) struct Core {
    pub(super) index: u16,
    pub(super) tasks: RefCell<Table<TaskState>>,
    pub(super) ready: RefCell<VecDeque<Key>>,
    /// Who waits for the end of a task, each under its own number so that it can leave again.
    pub(super) waiting_for_end: RefCell<HashMap<Key, Vec<(u64, Waker)>>>,
    pub(super) waits_started: Cell<u64>,
    pub(super) panics: Cell<u64>,
    pub(super) turns: Cell<u64>,
    pub(crate) accept_backoffs: Cell<u64>,
    pub(crate) wheel: RefCell<Wheel>,
    pub(crate) alarms: RefCell<Alarms>,
    pub(crate) driver: RefCell<Box<dyn Driver>>,
    pub(crate) remote: Arc<Remote>,
    pub(super) origin: Instant,
    pub(super) now: Cell<Instant>,
    operations_left: Cell<u32>,
}

impl Core {
    pub(super) fn new(index: u16, remote: Arc<Remote>, driver: Box<dyn Driver>) -> Core {
        let now = Instant::now();
        Core {
            index,
            tasks: RefCell::new(Table::new()),
            ready: RefCell::new(VecDeque::new()),
            waiting_for_end: RefCell::new(HashMap::new()),
            waits_started: Cell::new(0),
            panics: Cell::new(0),
            turns: Cell::new(0),
            accept_backoffs: Cell::new(0),
            wheel: RefCell::new(Wheel::new()),
            alarms: RefCell::new(Alarms::default()),
            driver: RefCell::new(driver),
            remote,
            origin: now,
            now: Cell::new(now),
            operations_left: Cell::new(0),
        }
    }

    /// The first tick at which `deadline` has passed.
    pub(crate) fn tick_of(&self, deadline: Instant) -> u64 {
        let nanoseconds = deadline.saturating_duration_since(self.origin).as_nanos();
        let tick = nanoseconds.div_ceil(1 << TICK_SHIFT);
        u64::try_from(tick).unwrap_or(u64::MAX - 1)
    }

    /// Spends one of the current poll's operations; when none is left the task is queued again
    /// and must return Pending.
    pub(crate) fn poll_budget(&self, context: &Context<'_>) -> Poll<()> {
        let left = self.operations_left.get();
        if left == 0 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.operations_left.set(left - 1);
        Poll::Ready(())
    }

    /// Puts the task into the ready queue unless it is in there or gone.
    pub(super) fn make_ready(&self, task: Key) {
        if let Some(state) = self.tasks.borrow_mut().get_mut(task)
            && !state.queued
        {
            state.queued = true;
            self.ready.borrow_mut().push_back(task);
        }
    }

    /// Polls a task once, catching its panic.
    pub(super) fn poll_task(&self, task: Key) {
        let future = match self.tasks.borrow_mut().get_mut(task) {
            Some(state) => {
                state.queued = false;
                state.future.take()
            }
            None => None,
        };
        let Some(mut future) = future else {
            return;
        };
        self.operations_left.set(OPERATIONS_PER_POLL_MAX);
        let waker = waker(self.index, task);
        let mut context = Context::from_waker(&waker);
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
        match polled {
            Ok(Poll::Pending) => {
                let mut tasks = self.tasks.borrow_mut();
                if let Some(state) = tasks.get_mut(task) {
                    state.future = Some(future);
                    return;
                }
                // Cancelled by itself or by something that it called.
                drop(tasks);
                self.drop_guarded(future);
            }
            Ok(Poll::Ready(())) => {
                self.drop_guarded(future);
                self.end_task(task);
            }
            Err(_) => {
                self.panics.set(self.panics.get() + 1);
                self.drop_guarded(future);
                self.end_task(task);
            }
        }
    }

    /// Removes the task and tells who waits for its end.
    pub(super) fn end_task(&self, task: Key) {
        let removed = self.tasks.borrow_mut().remove(task);
        if let Some(state) = removed {
            self.drop_guarded(state.future);
            let waiting = self.waiting_for_end.borrow_mut().remove(&task);
            for (_, waker) in waiting.into_iter().flatten() {
                waker.wake();
            }
        }
    }

    /// A destructor of user code may panic as well; it ends nothing else.
    fn drop_guarded<T>(&self, value: T) {
        if catch_unwind(AssertUnwindSafe(|| drop(value))).is_err() {
            self.panics.set(self.panics.get() + 1);
        }
    }
}

/// Runs `f` with this thread's shard.
///
/// # Panics
/// Where no shard runs on this thread: the caller's mistake, not a peer's.
pub(crate) fn with_core<R>(f: impl FnOnce(&Core) -> R) -> R {
    try_with_core(f).expect("called outside of a shard: use it inside of shard::run")
}

/// As [`with_core`], for destructors: `None` where no shard runs (any more).
pub(crate) fn try_with_core<R>(f: impl FnOnce(&Core) -> R) -> Option<R> {
    CURRENT
        .try_with(|current| current.borrow().as_deref().map(f))
        .ok()
        .flatten()
}

/// Wakes a task of this thread's shard, if `shard` is that one.
pub(super) fn wake_here(shard: u16, task: Key) -> bool {
    try_with_core(|core| {
        let here = core.index == shard;
        if here {
            core.make_ready(task);
        }
        here
    })
    .unwrap_or(false)
}

/// Makes `core` this thread's shard until the value is dropped.
pub(super) struct Entered(());

impl Entered {
    pub(super) fn new(core: Rc<Core>) -> Entered {
        CURRENT.with(|current| {
            let mut current = current.borrow_mut();
            assert!(current.is_none(), "a thread runs one shard at a time");
            *current = Some(core);
        });
        Entered(())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.with(|current| current.borrow_mut().take());
    }
}
