//! A task: a boxed future and its handle.
//!
//! A task's output is `()`: results travel through whatever the future was given. A task that
//! panics ends alone (its future is dropped, which abandons its sockets) and is counted; the
//! handle says how the task ended only as far as "it is over".

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::Poll;

use super::current::with_core;
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
        poll_fn(|context| {
            with_core(|core| {
                if core.tasks.borrow_mut().get_mut(self.key).is_none() {
                    return Poll::Ready(());
                }
                let mut waiting = core.waiting_for_end.borrow_mut();
                let wakers = waiting.entry(self.key).or_default();
                wakers.retain(|waker| !waker.will_wake(context.waker()));
                wakers.push(context.waker().clone());
                Poll::Pending
            })
        })
        .await;
    }
}
