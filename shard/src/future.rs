//! The future of a one-shot operation.

use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::driver::{Operation, Outcome};
use crate::executor::current::{try_with_core, with_core};
use crate::table::Key;

/// An operation that was started. Dropping it loses interest and frees nothing that the kernel
/// still borrows.
pub(crate) struct Pending {
    key: Option<Key>,
    /// Belongs to its shard's thread.
    local: PhantomData<*const ()>,
}

impl Pending {
    pub(crate) fn start(operation: Operation) -> Pending {
        let key = with_core(|core| core.driver.borrow_mut().start(operation));
        Pending {
            key: Some(key),
            local: PhantomData,
        }
    }
}

impl Future for Pending {
    type Output = io::Result<Outcome>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(key) = self.key else {
            return Poll::Ready(Err(crate::driver::gone()));
        };
        let polled = with_core(|core| core.driver.borrow_mut().poll_operation(key, context));
        if polled.is_ready() {
            self.key = None;
        }
        polled
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            try_with_core(|core| core.driver.borrow_mut().forget(key));
        }
    }
}
