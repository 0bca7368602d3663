//! How many connects may be on their way at once, and how many may begin per second.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// See the module's text. Who waits is let in in the order of asking.
pub(crate) struct Gate {
    free: Cell<u32>,
    waiting: RefCell<VecDeque<Waker>>,
    /// Time between two connects, where a rate is set, and when the next one may begin.
    pace: Option<(Duration, Cell<Option<Instant>>)>,
}

/// The right to connect, given back when dropped.
pub(crate) struct Pass<'g> {
    gate: &'g Gate,
}

impl Gate {
    pub(super) fn new(in_flight_max: u32, rate: Option<f64>) -> Gate {
        Gate {
            free: Cell::new(in_flight_max),
            waiting: RefCell::new(VecDeque::new()),
            pace: rate.map(|rate| (Duration::from_secs_f64(1.0 / rate), Cell::new(None))),
        }
    }

    pub(crate) async fn enter(&self) -> Pass<'_> {
        poll_fn(|context| {
            let free = self.free.get();
            if free > 0 {
                self.free.set(free - 1);
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push_back(context.waker().clone());
            Poll::Pending
        })
        .await;
        let pass = Pass { gate: self };
        if let Some((gap, next)) = &self.pace {
            let at = next.get().unwrap_or_else(Instant::now).max(Instant::now());
            next.set(Some(at + *gap));
            shard::time::sleep_until(at).await;
        }
        pass
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gate.free.set(self.gate.free.get() + 1);
        if let Some(waker) = self.gate.waiting.borrow_mut().pop_front() {
            waker.wake();
        }
    }
}
