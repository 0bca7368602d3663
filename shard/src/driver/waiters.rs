//! Who waits for one thing of a socket: nobody or one task nearly always, several at times.

use std::task::{Context, Waker};

/// The wakers of the tasks that wait, each once. Bounded by the tasks that share the socket.
#[derive(Debug, Default)]
pub(crate) enum Waiters {
    #[default]
    Nobody,
    One(Waker),
    Several(Vec<Waker>),
}

impl Waiters {
    /// Adds the waker of `context`, unless it is in here.
    pub(crate) fn remember(&mut self, context: &Context<'_>) {
        let new = context.waker();
        *self = match std::mem::take(self) {
            Waiters::Nobody => Waiters::One(new.clone()),
            Waiters::One(old) if old.will_wake(new) => Waiters::One(old),
            Waiters::One(old) => Waiters::Several(vec![old, new.clone()]),
            Waiters::Several(mut wakers) => {
                if !wakers.iter().any(|old| old.will_wake(new)) {
                    wakers.push(new.clone());
                }
                Waiters::Several(wakers)
            }
        };
    }

    /// Wakes and forgets all of them; who still waits comes back.
    pub(crate) fn wake(&mut self) {
        match std::mem::take(self) {
            Waiters::Nobody => {}
            Waiters::One(waker) => waker.wake(),
            Waiters::Several(wakers) => wakers.into_iter().for_each(Waker::wake),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn everybody_is_woken_once_however_often_they_asked() {
        let counts: Vec<Arc<Count>> = (0..3).map(|_| Arc::default()).collect();
        let mut waiters = Waiters::default();
        for _ in 0..2 {
            for count in &counts {
                let waker = Waker::from(count.clone());
                waiters.remember(&Context::from_waker(&waker));
                waiters.remember(&Context::from_waker(&waker));
            }
        }
        waiters.wake();
        waiters.wake();
        let woken = counts.iter().map(|count| count.0.load(Ordering::Relaxed));
        assert_eq!(woken.collect::<Vec<_>>(), [1, 1, 1]);
    }
}
