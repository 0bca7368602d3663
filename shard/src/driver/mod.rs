//! The door between a shard and the kernel.
//!
//! [`Driver`] is all that the rooms above know: sockets, listeners and one-shot operations named
//! by keys, and one [`Driver::turn`] a loop. `uring` speaks completion, `epoll` readiness; both
//! answer in the same words, and a third, simulated one can stand here (no method takes a
//! clock, and all randomness of the kernel comes out of `turn`). The door refuses to know HTTP,
//! and it never closes anything in a destructor: [`Driver::abandon`] begins the three steps
//! (shut down, join what is in flight, close) and later turns finish them.

pub(crate) mod epoll;
pub(crate) mod operation;
pub(crate) mod send;
pub(crate) mod uring;
pub(crate) mod waiters;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::buffer::Chunk;
use crate::executor::waker::Remote;
use crate::table::Key;
use crate::{Io, Options, StartError};

pub(crate) use operation::{Operation, Outcome};
pub use send::SendData;

/// Which driver runs a shard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DriverKind {
    /// io_uring.
    Uring,
    /// epoll with a few threads for files.
    Epoll,
}

impl DriverKind {
    /// The name under which logs and metrics know it.
    pub fn name(self) -> &'static str {
        match self {
            DriverKind::Uring => "io_uring",
            DriverKind::Epoll => "epoll",
        }
    }
}

/// What a driver counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// System calls that entered the kernel to submit or wait.
    pub enters: u64,
    /// Completions or readiness events delivered.
    pub completions: u64,
    /// Completions for a slot that was reused or given up since.
    pub stale: u64,
    /// Receives that found no buffer in the pool.
    pub no_buffers: u64,
    /// Receives that were paused because their owner did not take what had come.
    pub paused: u64,
    /// Completion queue overflows that the kernel reported.
    pub overflows: u64,
}

/// A shard's kernel.
pub(crate) trait Driver {
    fn kind(&self) -> DriverKind;
    fn counters(&self) -> Counters;

    /// Takes over a bound, listening, non-blocking socket.
    fn listen(&mut self, socket: OwnedFd) -> io::Result<Key>;
    /// The next connection. Errors of the accept itself (EMFILE and its kin) come out here; the
    /// caller decides when to ask again.
    fn poll_accept(&mut self, listener: Key, context: &mut Context<'_>) -> Poll<io::Result<Key>>;
    /// The listening socket itself, for what can be asked of it.
    fn listener_fd(&mut self, listener: Key) -> Option<BorrowedFd<'_>>;
    /// Stops accepting and closes; connections not handed out yet are closed too.
    fn close_listener(&mut self, listener: Key);

    /// The next bytes: `None` is the peer's end of stream. Starts receiving if nothing does.
    fn poll_recv(
        &mut self,
        socket: Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Chunk>>>;
    /// Starts a send; gives the data back while another is in flight.
    fn start_send(&mut self, socket: Key, data: SendData) -> Result<(), SendData>;
    /// Whether nothing is being sent, with the first error of all sends so far.
    fn try_sent(&mut self, socket: Key) -> Poll<io::Result<()>>;
    /// As [`Driver::try_sent`], and wakes when that becomes ready.
    fn poll_sent(&mut self, socket: Key, context: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Bytes that the kernel took from this socket's owner so far.
    fn bytes_sent(&mut self, socket: Key) -> u64;
    /// The plain descriptor, where the socket has one.
    fn plain_fd(&mut self, socket: Key) -> Option<BorrowedFd<'_>>;
    /// Begins the three steps of closing. The key is stale from here on for its owner.
    fn abandon(&mut self, socket: Key);

    /// Starts a one-shot operation.
    fn start(&mut self, operation: Operation) -> Key;
    /// Its outcome, once.
    fn poll_operation(&mut self, key: Key, context: &mut Context<'_>) -> Poll<io::Result<Outcome>>;
    /// The owner has lost interest; the operation keeps what the kernel borrows to its end.
    fn forget(&mut self, key: Key);

    /// See [`crate::gather`].
    fn gather(&mut self, completions: u32, at_most: Duration);
    /// Submits, waits up to `wait` (`None`: until something happens) and delivers.
    fn turn(&mut self, wait: Option<Duration>) -> io::Result<()>;
    /// Begins the end: abandons every socket and listener and cancels every operation.
    fn cancel_all(&mut self);
    /// How much the kernel (or a worker) still holds.
    fn in_flight(&self) -> usize;
    /// Sockets alive: accepted or connected, and not closed to the last step.
    fn sockets(&self) -> usize;
}

/// Starts the driver that `options` asks for.
pub(crate) fn start(
    options: &Options,
    remote: &Arc<Remote>,
) -> Result<Box<dyn Driver>, StartError> {
    let epoll = |remote: &Arc<Remote>| -> Result<Box<dyn Driver>, StartError> {
        let driver = epoll::Epoll::new(options, remote.clone()).map_err(StartError::Setup)?;
        Ok(Box::new(driver))
    };
    match options.io {
        Io::Epoll => epoll(remote),
        Io::Uring => {
            let driver = uring::Uring::new(options, remote.clone()).map_err(StartError::Uring)?;
            Ok(Box::new(driver))
        }
        Io::Auto => match uring::Uring::new(options, remote.clone()) {
            Ok(driver) => Ok(Box::new(driver)),
            Err(_) => epoll(remote),
        },
    }
}

/// Keeps `slot` holding the waker of `context`.
pub(crate) fn remember(slot: &mut Option<std::task::Waker>, context: &Context<'_>) {
    match slot {
        Some(waker) if waker.will_wake(context.waker()) => {}
        Some(_) | None => *slot = Some(context.waker().clone()),
    }
}

/// The error of a key whose socket or operation is gone.
pub(crate) fn gone() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOTCONN)
}
