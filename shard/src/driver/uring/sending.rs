//! Sends on the ring, quiet where they can be.
//!
//! A send is first submitted so that it ends within the submission: all of it is done and no
//! completion comes, or a completion says why not. Once the kernel has consumed everything queued
//! and every completion was delivered, silence means done. Whatever a quiet send could not do, an
//! ordinary one waits for.

use std::io;
use std::task::{Context, Poll};

use io_uring::opcode;

use super::socket::Life;
use super::{Kind, Uring, on};
use crate::driver::send::Sending;
use crate::driver::{SendData, gone};
use crate::table::Key;

/// The kernel cuts a system call's bytes at 2 GiB and calls that a success; an ordinary send sees
/// the count.
const QUIET_BYTES_MAX: usize = 1 << 30;

/// A send and the message that describes it to the kernel.
pub(super) struct SendUnderWay {
    sending: Sending,
    /// Submitted so that it either ends within the submission, without a completion, or posts
    /// one that says why not. See [`Uring::settle_quiet_sends`].
    quiet: bool,
    pieces: [libc::iovec; 2],
    message: libc::msghdr,
}

impl Uring {
    pub(super) fn begin_send(&mut self, key: Key, data: SendData) -> Result<(), SendData> {
        let quiet = self.abilities.quiet_sends && data.len() <= QUIET_BYTES_MAX;
        let Some(socket) = self.open_socket(key) else {
            return Ok(());
        };
        if socket.sending.is_some() {
            return Err(data);
        }
        if socket.send_error.is_some() || data.is_empty() {
            return Ok(());
        }
        // SAFETY: all-zero bytes are a valid iovec and msghdr (null pointers, zero lengths).
        let (pieces, message) = unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
        socket.sending = Some(Box::new(SendUnderWay {
            sending: Sending::new(data),
            quiet,
            pieces,
            message,
        }));
        self.submit_send(key);
        Ok(())
    }

    /// Submits what is left of the socket's send.
    fn submit_send(&mut self, key: Key) {
        let Some(socket) = self.sockets.get_mut(key) else {
            return;
        };
        let Some(under_way) = socket.sending.as_deref_mut() else {
            return;
        };
        socket.in_flight += 1;
        let quiet = under_way.quiet;
        let flags = if quiet {
            // DONTWAIT: never kept for later. WAITALL: less than all of it is not a success.
            under_way.sending.flags() | libc::MSG_DONTWAIT | libc::MSG_WAITALL
        } else {
            under_way.sending.flags()
        };
        let mut entry = match under_way.sending.rest() {
            [piece, []] | [[], piece] => on!(&socket.descriptor, |fd| {
                let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
                opcode::Send::new(fd, piece.as_ptr(), length)
                    .flags(flags)
                    .build()
            }),
            pieces => {
                under_way.pieces = pieces.map(|piece| libc::iovec {
                    iov_base: piece.as_ptr().cast_mut().cast(),
                    iov_len: piece.len(),
                });
                under_way.message.msg_iov = under_way.pieces.as_mut_ptr();
                // A size_t or an int, as the C library likes.
                under_way.message.msg_iovlen = under_way.pieces.len() as _;
                on!(&socket.descriptor, |fd| {
                    opcode::SendMsg::new(fd, &raw const under_way.message)
                        .flags(flags as u32)
                        .build()
                })
            }
        };
        if quiet {
            entry = entry.flags(io_uring::squeue::Flags::SKIP_SUCCESS);
            self.quiet_sends.push(key);
        }
        // SAFETY: bytes, pieces and message live in the box that the socket keeps until this
        // very operation has ended (`on_send`, `settle_quiet_sends`); a socket is removed only
        // when nothing is in flight on it.
        unsafe { self.submit(entry, Kind::Send, key) };
    }

    /// Ends the quiet sends of a turn whose submissions the kernel has all consumed, and whose
    /// completions were all delivered: a quiet send that posted none has sent everything.
    pub(super) fn settle_quiet_sends(&mut self) {
        let mut keys = std::mem::take(&mut self.quiet_sends);
        for key in keys.drain(..) {
            let Some(socket) = self.sockets.get_mut(key) else {
                continue;
            };
            match socket.sending.take() {
                Some(under_way) if under_way.quiet => {
                    socket.bytes_sent += under_way.sending.rest_len() as u64;
                    self.in_flight -= 1;
                    self.end_send(key);
                }
                other => socket.sending = other,
            }
        }
        self.quiet_sends = keys;
    }

    pub(super) fn on_send(&mut self, key: Key, result: i32) {
        let Some(socket) = self.sockets.get_mut(key) else {
            self.counters.stale += 1;
            return;
        };
        let Some(under_way) = socket.sending.as_deref_mut() else {
            return;
        };
        // Whatever a quiet send could not do at once, an ordinary one waits for.
        under_way.quiet = false;
        let again = match result {
            1.. => {
                socket.bytes_sent += result as u64;
                under_way.sending.advance(result as usize);
                !under_way.sending.is_done()
            }
            0 => {
                socket.send_error = Some(libc::EPIPE);
                false
            }
            error if error == -libc::EINTR || error == -libc::EAGAIN => true,
            error => {
                socket.send_error = Some(-error);
                false
            }
        };
        if again && socket.life == Life::Open {
            socket.in_flight -= 1;
            self.submit_send(key);
            return;
        }
        socket.sending = None;
        self.end_send(key);
    }

    /// The socket's send is over, one way or the other.
    fn end_send(&mut self, key: Key) {
        let Some(socket) = self.sockets.get_mut(key) else {
            return;
        };
        socket.in_flight -= 1;
        if socket.life != Life::Open {
            self.close_if_quiet(key);
        } else {
            socket.senders.wake();
        }
    }

    pub(super) fn is_sent(&mut self, key: Key) -> Poll<io::Result<()>> {
        let Some(socket) = self.open_socket(key) else {
            return Poll::Ready(Err(gone()));
        };
        match (&socket.sending, socket.send_error) {
            (Some(_), _) => Poll::Pending,
            (None, Some(code)) => Poll::Ready(Err(io::Error::from_raw_os_error(code))),
            (None, None) => Poll::Ready(Ok(())),
        }
    }

    pub(super) fn sent(&mut self, key: Key, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.is_sent(key);
        if polled.is_pending()
            && let Some(socket) = self.open_socket(key)
        {
            socket.senders.remember(context);
            let quiet = socket.sending.as_ref().is_some_and(|send| send.quiet);
            self.quiet_send_awaited |= quiet;
        }
        polled
    }
}
