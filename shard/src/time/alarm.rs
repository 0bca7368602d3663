//! Waiting to the kernel's precision, for who must not be a tick late.
//!
//! The wheel is for deadlines that are pushed back and hardly ever fire. An alarm is for moments
//! that always come, such as the next start of an open-loop load: the shard's wait ends at that
//! very nanosecond (plus what the kernel needs to wake a thread). There are few of them at once,
//! so they stand in an ordered map.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::executor::current::{try_with_core, with_core};

/// Waits until `deadline`, and no longer than the kernel and this turn's other tasks make it.
/// Costs more than [`super::sleep_until`], which may be a tick late.
pub async fn sleep_until_exactly(deadline: Instant) {
    let mut alarm = Alarm {
        deadline,
        number: None,
    };
    std::future::poll_fn(|context| Pin::new(&mut alarm).poll(context)).await;
}

struct Alarm {
    deadline: Instant,
    number: Option<u64>,
}

impl Future for Alarm {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.deadline {
            return Poll::Ready(());
        }
        let deadline = self.deadline;
        let number = self.number;
        self.number = with_core(|core| {
            Some(
                core.alarms
                    .borrow_mut()
                    .set(deadline, number, context.waker()),
            )
        });
        Poll::Pending
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            try_with_core(|core| core.alarms.borrow_mut().remove(self.deadline, number));
        }
    }
}

/// The alarms of a shard, soonest first. Bounded by its tasks: each waits for one at a time.
#[derive(Default)]
pub(crate) struct Alarms {
    numbered: u64,
    waiting: BTreeMap<(Instant, u64), Waker>,
}

impl Alarms {
    fn set(&mut self, deadline: Instant, number: Option<u64>, waker: &Waker) -> u64 {
        let number = number.unwrap_or_else(|| {
            self.numbered += 1;
            self.numbered
        });
        self.waiting.insert((deadline, number), waker.clone());
        number
    }

    fn remove(&mut self, deadline: Instant, number: u64) {
        self.waiting.remove(&(deadline, number));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How long until the soonest one.
    pub(crate) fn next_wait(&self, now: Instant) -> Option<Duration> {
        let ((deadline, _), _) = self.waiting.first_key_value()?;
        Some(deadline.saturating_duration_since(now))
    }

    /// Takes out one whose time has come.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Waker> {
        let first = self.waiting.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}
