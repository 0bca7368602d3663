//! One-shot operations under epoll: at once, on an edge, or on a worker thread.

use std::io;
use std::task::{Context, Poll};

use super::Epoll;
use super::workers::Job;
use crate::driver::operation::Progress;
use crate::driver::{Operation, Outcome, gone, remember};
use crate::table::Key;

pub(super) type Running = Progress<Waiting>;

/// What an operation that is not over waits for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waiting {
    /// A worker thread.
    Worker,
    /// The socket's write edge.
    Writable(Key),
    /// The same, and then the socket's error tells how the connect ended.
    Connected(Key),
}

impl Epoll {
    pub(super) fn begin_operation(&mut self, operation: Operation) -> Key {
        let outcome = match operation {
            Operation::Open {
                directory,
                path,
                flags,
                resolve,
            } => {
                return self.work(Job::Open {
                    directory,
                    path,
                    flags,
                    resolve,
                });
            }
            Operation::Read {
                file,
                offset,
                buffer,
            } => {
                return self.work(Job::Read {
                    file,
                    offset,
                    buffer,
                });
            }
            Operation::WillNeed {
                file,
                offset,
                length,
            } => {
                return self.work(Job::WillNeed {
                    file,
                    offset,
                    length,
                });
            }
            Operation::Adopt { socket } => self.register(socket).map(Outcome::Socket),
            Operation::Connect { socket, address } => match self.connect(socket, &address) {
                Ok(true) => Ok(Outcome::Done),
                Ok(false) => return self.wait_for(Waiting::Connected(socket)),
                Err(error) => Err(error),
            },
            Operation::Writable { socket } => {
                if let Some(socket) = self.sockets.get_mut(socket) {
                    socket.clear_writable();
                }
                return self.wait_for(Waiting::Writable(socket));
            }
            Operation::Install { .. } => Err(io::ErrorKind::InvalidInput.into()),
        };
        self.operations.insert(Progress::Over(outcome))
    }

    /// Whether the connection stands at once.
    fn connect(&mut self, key: Key, address: &socket2::SockAddr) -> io::Result<bool> {
        let socket = self.sockets.get_mut(key).ok_or_else(gone)?;
        socket.clear_writable();
        match socket2::SockRef::from(&socket.fd).connect(address) {
            Ok(()) => Ok(true),
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn wait_for(&mut self, held: Waiting) -> Key {
        self.operations.insert(Progress::Running {
            held,
            waker: None,
            wanted: true,
        })
    }

    fn work(&mut self, job: Job) -> Key {
        let key = self.wait_for(Waiting::Worker);
        if let Err(error) = self.workers.submit(key, job)
            && let Some(progress) = self.operations.get_mut(key)
        {
            *progress = Progress::Over(Err(error));
        }
        key
    }

    /// Delivers what the workers have finished; false where that is nothing.
    pub(super) fn take_worked(&mut self) -> bool {
        let finished = self.workers.take_finished();
        let some = !finished.is_empty();
        for (key, outcome) in finished {
            match self.operations.get_mut(key) {
                Some(Progress::Running { wanted: false, .. }) => {
                    self.operations.remove(key);
                }
                Some(progress) => {
                    let over = Progress::Over(outcome);
                    if let Progress::Running {
                        waker: Some(waker), ..
                    } = std::mem::replace(progress, over)
                    {
                        waker.wake();
                    }
                }
                None => self.counters.stale += 1,
            }
        }
        some
    }

    pub(super) fn outcome(
        &mut self,
        key: Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Outcome>> {
        match self.operations.get_mut(key) {
            None => return Poll::Ready(Err(gone())),
            Some(Progress::Running { held, waker, .. }) => match *held {
                Waiting::Worker => {
                    remember(waker, context);
                    return Poll::Pending;
                }
                Waiting::Writable(socket) | Waiting::Connected(socket) => {
                    let connecting = matches!(*held, Waiting::Connected(_));
                    let Some(socket) = self.sockets.get_mut(socket) else {
                        self.operations.remove(key);
                        return Poll::Ready(Err(gone()));
                    };
                    if !socket.is_writable() {
                        remember(&mut socket.write_waiter, context);
                        return Poll::Pending;
                    }
                    let outcome = if connecting {
                        connect_error(&socket.fd)
                    } else {
                        Ok(())
                    };
                    self.operations.remove(key);
                    return Poll::Ready(outcome.map(|()| Outcome::Done));
                }
            },
            Some(Progress::Over(_)) => {}
        }
        match self.operations.remove(key) {
            Some(Progress::Over(outcome)) => Poll::Ready(outcome),
            Some(Progress::Running { .. }) | None => Poll::Ready(Err(gone())),
        }
    }

    pub(super) fn lose_interest(&mut self, key: Key) {
        match self.operations.get_mut(key) {
            Some(Progress::Running {
                held: Waiting::Worker,
                wanted,
                waker,
            }) => {
                *wanted = false;
                *waker = None;
            }
            Some(Progress::Running { .. }) => {
                self.operations.remove(key);
            }
            Some(Progress::Over(_)) => {
                if let Some(Progress::Over(Ok(Outcome::Socket(socket)))) =
                    self.operations.remove(key)
                {
                    self.sockets.remove(socket);
                }
            }
            None => {}
        }
    }
}

fn connect_error(fd: &std::os::fd::OwnedFd) -> io::Result<()> {
    match socket2::SockRef::from(fd).take_error()? {
        Some(error) => Err(error),
        None => Ok(()),
    }
}
