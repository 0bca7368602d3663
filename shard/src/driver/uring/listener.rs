//! Listeners on the ring: multishot accept into the file table.
//!
//! A multishot accept writes every peer's address to one place, so none is asked for; who needs
//! it installs a descriptor and asks that (`net::TcpStream::peer`). Measured against several
//! one-shot accepts that own their address buffers, see results/.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::task::{Context, Poll, Waker};

use io_uring::{opcode, types};

use super::socket::Socket;
use super::{Descriptor, Kind, Uring};
use crate::driver::{gone, remember};
use crate::table::Key;

/// Accepted connections that wait for their owner before accepting is paused.
const ACCEPTED_MAX: usize = 256;

pub(super) struct Listener {
    pub(super) socket: OwnedFd,
    armed: bool,
    accepted: VecDeque<Key>,
    error: Option<i32>,
    waiting: Option<Waker>,
    /// Given up by its owner; removed with the accept's final completion.
    closing: bool,
}

impl Listener {
    pub(super) fn new(socket: OwnedFd) -> Listener {
        Listener {
            socket,
            armed: false,
            accepted: VecDeque::new(),
            error: None,
            waiting: None,
            closing: false,
        }
    }
}

impl Uring {
    pub(super) fn next_accepted(
        &mut self,
        key: Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Key>> {
        let Some(listener) = self.listeners.get_mut(key) else {
            return Poll::Ready(Err(gone()));
        };
        if let Some(socket) = listener.accepted.pop_front() {
            return Poll::Ready(Ok(socket));
        }
        if let Some(code) = listener.error.take() {
            return Poll::Ready(Err(io::Error::from_raw_os_error(code)));
        }
        let armed = listener.armed;
        if !armed && self.sockets.len() >= self.sockets_max {
            return Poll::Ready(Err(io::Error::from_raw_os_error(libc::ENFILE)));
        }
        remember(&mut listener.waiting, context);
        if !armed {
            self.arm_accept(key);
        }
        Poll::Pending
    }

    /// Whether the file table might fill while a multishot accept is armed. The kernel accepts
    /// first and looks for a slot then: a connection that finds none is lost to its peer, while
    /// one that was not accepted waits in the queue.
    fn is_nearly_full(&self) -> bool {
        self.sockets_max - self.sockets.len().min(self.sockets_max) <= ACCEPTED_MAX
    }

    fn arm_accept(&mut self, key: Key) {
        let direct = self.abilities.direct_descriptors;
        let multishot = self.abilities.multishot_accept && !self.is_nearly_full();
        let Some(listener) = self.listeners.get_mut(key) else {
            return;
        };
        listener.armed = true;
        let fd = types::Fd(listener.socket.as_raw_fd());
        // Non-blocking for sendfile; the ring's own operations wait either way. A direct
        // descriptor is in no process's table, so close-on-exec has no meaning (and is refused).
        let flags = if direct {
            libc::SOCK_NONBLOCK
        } else {
            libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC
        };
        let entry = if multishot {
            opcode::AcceptMulti::new(fd)
                .allocate_file_index(direct)
                .flags(flags)
                .build()
        } else {
            let slot = direct.then(types::DestinationSlot::auto_target);
            opcode::Accept::new(fd, std::ptr::null_mut(), std::ptr::null_mut())
                .file_index(slot)
                .flags(flags)
                .build()
        };
        // SAFETY: no address is asked for, so nothing is pointed to; the listening descriptor is
        // closed only after the final completion.
        unsafe { self.submit(entry, Kind::Accept, key) };
    }

    pub(super) fn on_accept(&mut self, key: Key, result: i32, last: bool) {
        let accepted = (result >= 0).then(|| {
            let descriptor = if self.abilities.direct_descriptors {
                Descriptor::Direct(result as u32)
            } else {
                // SAFETY: the kernel just made this descriptor for us; nobody else has it.
                Descriptor::Plain(unsafe { OwnedFd::from_raw_fd(result) })
            };
            self.sockets.insert(Socket::accepted(descriptor))
        });
        let nearly_full = self.is_nearly_full();
        let Some(listener) = self.listeners.get_mut(key) else {
            self.counters.stale += 1;
            accepted
                .into_iter()
                .for_each(|socket| self.begin_close(socket));
            return;
        };
        if last {
            listener.armed = false;
        }
        if listener.closing {
            if last {
                self.listeners.remove(key);
            }
            accepted
                .into_iter()
                .for_each(|socket| self.begin_close(socket));
            return;
        }
        match accepted {
            Some(socket) => {
                listener.accepted.push_back(socket);
                // Equal, not at least: one cancel is enough, later arrivals were under way.
                // Nearly full, it goes on one by one.
                if listener.armed && (listener.accepted.len() == ACCEPTED_MAX || nearly_full) {
                    self.cancel(Kind::Accept, key);
                }
            }
            None if matches!(-result, libc::ECANCELED | libc::EINTR | libc::EAGAIN) => {}
            None => listener.error = Some(-result),
        }
        if let Some(waker) = self
            .listeners
            .get_mut(key)
            .and_then(|listener| listener.waiting.take())
        {
            waker.wake();
        }
    }

    pub(super) fn end_listener(&mut self, key: Key) {
        let Some(listener) = self.listeners.get_mut(key) else {
            return;
        };
        let accepted = std::mem::take(&mut listener.accepted);
        listener.waiting = None;
        let was_closing = std::mem::replace(&mut listener.closing, true);
        if !listener.armed {
            self.listeners.remove(key);
        } else if !was_closing {
            self.cancel(Kind::Accept, key);
        }
        for socket in accepted {
            self.begin_close(socket);
        }
    }
}
