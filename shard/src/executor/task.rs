//! A task: a boxed future and its handle.
//!
//! A task's output is `()`: results travel through whatever the future was given. A task that
//! panics ends alone (its future is dropped, which abandons its sockets) and is counted; the
//! handle says how the task ended only as far as "it is over".

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::current::{try_with_core, with_core};
use crate::table::Key;

/// What the executor keeps of a task.
pub(super) struct TaskState {
    /// Out of its place while it is polled.
    pub(super) future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// Whether the task is in the ready queue, so that it is in there once.
    pub(super) queued: bool,
}

/// Names a spawned task; dropping it lets the task run on.
#[derive(Clone, Copy)]
pub struct Task {
    key: Key,
    /// A task belongs to its shard's thread.
    local: PhantomData<*const ()>,
}

impl Task {
    pub(super) fn new(key: Key) -> Self {
        Task {
            key,
            local: PhantomData,
        }
    }

    /// Whether the task has returned, panicked or been cancelled.
    pub fn is_over(&self) -> bool {
        with_core(|core| core.tasks.borrow_mut().get_mut(self.key).is_none())
    }

    /// Drops the task's future where it stands. What the kernel still works on for it runs to
    /// its end without it.
    pub fn cancel(&self) {
        with_core(|core| core.end_task(self.key));
    }

    /// Waits until the task is over.
    pub async fn over(&self) {
        let wait = Wait::new(self.key);
        poll_fn(|context| wait.poll(context)).await;
    }
}

/// A place among those who wait for a task's end; leaving it takes its waker along, so that a
/// task that lives long does not collect the wakers of all who ever lost patience with it.
struct Wait {
    task: Key,
    number: u64,
}

impl Wait {
    fn new(task: Key) -> Wait {
        let number = with_core(|core| {
            core.waits_started.set(core.waits_started.get() + 1);
            core.waits_started.get()
        });
        Wait { task, number }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        with_core(|core| {
            if core.tasks.borrow_mut().get_mut(self.task).is_none() {
                return Poll::Ready(());
            }
            let mut waiting = core.waiting_for_end.borrow_mut();
            let wakers = waiting.entry(self.task).or_default();
            match wakers.iter_mut().find(|(number, _)| *number == self.number) {
                Some((_, waker)) => waker.clone_from(context.waker()),
                None => wakers.push((self.number, context.waker().clone())),
            }
            Poll::Pending
        })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        try_with_core(|core| {
            let mut waiting = core.waiting_for_end.borrow_mut();
            if let Some(wakers) = waiting.get_mut(&self.task) {
                wakers.retain(|(number, _)| *number != self.number);
                if wakers.is_empty() {
                    waiting.remove(&self.task);
                }
            }
        });
    }
}
