//! Timers: sleeping, deadlines, and a timer that is pushed back for nothing.

pub(crate) mod alarm;
pub(crate) mod wheel;

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::executor::current::{try_with_core, with_core};
use crate::executor::now;
use crate::table::Key;

pub use alarm::sleep_until_exactly;

/// A timer that its owner arms, pushes back and asks. Pushing it back only writes a number.
pub struct Timer {
    key: Key,
    /// Belongs to its shard's thread.
    local: PhantomData<*const ()>,
}

impl Timer {
    /// A timer that is not armed.
    #[expect(
        clippy::new_without_default,
        reason = "it takes a place on the shard's wheel"
    )]
    pub fn new() -> Timer {
        Timer {
            key: with_core(|core| core.wheel.borrow_mut().create()),
            local: PhantomData,
        }
    }

    /// Fires at `deadline`, whatever it was armed for before; at most one tick (66 µs) and one
    /// turn of the loop late.
    pub fn arm(&self, deadline: Instant) {
        with_core(|core| {
            let tick = core.tick_of(deadline);
            core.wheel.borrow_mut().arm(self.key, tick);
        });
    }

    /// Fires `duration` from now (from this turn's time).
    pub fn arm_in(&self, duration: Duration) {
        self.arm(after(duration));
    }

    /// Does not fire until armed again.
    pub fn disarm(&self) {
        with_core(|core| core.wheel.borrow_mut().disarm(self.key));
    }

    /// Ready once the timer has fired since it was last armed.
    pub fn poll_fired(&self, context: &mut Context<'_>) -> Poll<()> {
        let fired = with_core(|core| {
            core.wheel
                .borrow_mut()
                .poll_fired(self.key, context.waker())
        });
        if fired {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Waits until the timer has fired.
    pub async fn fired(&self) {
        poll_fn(|context| self.poll_fired(context)).await;
    }

    /// Runs `future` until it is done or the timer fires.
    ///
    /// # Errors
    /// [`Elapsed`] where the timer was first; the future is dropped then.
    pub async fn limit<F: Future>(&self, future: F) -> Result<F::Output, Elapsed> {
        let mut future = pin!(future);
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll_fired(context).map(|()| Err(Elapsed)),
        })
        .await
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        try_with_core(|core| core.wheel.borrow_mut().remove(self.key));
    }
}

/// The timer was first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elapsed;

/// Waits for `duration`.
pub async fn sleep(duration: Duration) {
    let timer = Timer::new();
    timer.arm_in(duration);
    timer.fired().await;
}

/// Waits until `deadline`.
pub async fn sleep_until(deadline: Instant) {
    let timer = Timer::new();
    timer.arm(deadline);
    timer.fired().await;
}

/// Runs `future` for `duration` at most.
///
/// # Errors
/// [`Elapsed`] where the time was over first; the future is dropped then.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    let timer = Timer::new();
    timer.arm_in(duration);
    timer.limit(future).await
}

/// Far durations are clamped to what an `Instant` can hold.
fn after(duration: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);
    now() + duration.min(FAR)
}
