//! Messages from other threads into a shard: bounded, ordered, never blocking the sender.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crate::executor::current::try_with_core;

struct Shared<T> {
    state: Mutex<State<T>>,
    messages_max: usize,
}

struct State<T> {
    messages: VecDeque<T>,
    waiting: Option<Waker>,
    senders: usize,
    open: bool,
}

/// The sending end; clone it for every thread that posts.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// The receiving end, for one task.
pub struct Mailbox<T> {
    shared: Arc<Shared<T>>,
}

/// Why a message was not taken; it comes back.
#[derive(Debug, PartialEq, Eq)]
pub enum PostError<T> {
    /// The mailbox holds as many messages as it may.
    Full(T),
    /// The receiving end is gone.
    Closed(T),
}

/// A mailbox for up to `messages_max` messages.
pub fn mailbox<T: Send>(messages_max: usize) -> (Sender<T>, Mailbox<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            messages: VecDeque::new(),
            waiting: None,
            senders: 1,
            open: true,
        }),
        messages_max,
    });
    (
        Sender {
            shared: shared.clone(),
        },
        Mailbox { shared },
    )
}

impl<T> Shared<T> {
    /// Nothing that holds the lock can panic half-way.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<T> {
    /// Posts a message and wakes the receiving task, on whatever thread it is.
    ///
    /// # Errors
    /// [`PostError`] with the message, where the mailbox is full or closed.
    pub fn post(&self, message: T) -> Result<(), PostError<T>> {
        let mut state = self.shared.lock();
        if !state.open {
            return Err(PostError::Closed(message));
        }
        if state.messages.len() >= self.shared.messages_max {
            return Err(PostError::Full(message));
        }
        state.messages.push_back(message);
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.lock().senders += 1;
        Sender {
            shared: self.shared.clone(),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.senders -= 1;
        let waiting = if state.senders == 0 {
            state.waiting.take()
        } else {
            None
        };
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

impl<T> Mailbox<T> {
    /// The next message, in the order of posting; `None` once every sender is gone.
    pub async fn receive(&mut self) -> Option<T> {
        poll_fn(|context| {
            // Senders on other threads may be faster than this one: others have their turn too.
            if let Some(Poll::Pending) = try_with_core(|core| core.poll_budget(context)) {
                return Poll::Pending;
            }
            let mut state = self.shared.lock();
            if let Some(message) = state.messages.pop_front() {
                return Poll::Ready(Some(message));
            }
            if state.senders == 0 {
                return Poll::Ready(None);
            }
            state.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl<T> Drop for Mailbox<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.open = false;
        let messages = std::mem::take(&mut state.messages);
        drop(state);
        drop(messages);
    }
}
