//! Connections under epoll: try, and wait for an edge when the kernel says EAGAIN.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, Waker};

use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags};

use super::Epoll;
use crate::buffer::Chunk;
use crate::driver::send::Sending;
use crate::driver::waiters::Waiters;
use crate::driver::{SendData, gone, remember};
use crate::table::Key;

pub(super) struct Socket {
    pub(super) fd: OwnedFd,
    /// Whether a receive may find something; cleared by EAGAIN, set by an edge.
    readable: bool,
    /// The peer's end (or an error) was announced: receives go on until they find it.
    hung_up: bool,
    receive_error: Option<Errno>,
    receiver: Option<Waker>,
    /// Whether a send may succeed; cleared by EAGAIN, set by an edge.
    writable: bool,
    sending: Option<Box<Sending>>,
    send_error: Option<Errno>,
    senders: Waiters,
    /// Who waits for the socket to become writable (sendfile, connect).
    pub(super) write_waiter: Option<Waker>,
    pub(super) bytes_sent: u64,
}

impl Socket {
    pub(super) fn new(fd: OwnedFd) -> Socket {
        Socket {
            fd,
            // Tried once for nothing rather than waiting a turn for the first edge.
            readable: true,
            hung_up: false,
            receive_error: None,
            receiver: None,
            writable: true,
            sending: None,
            send_error: None,
            senders: Waiters::Nobody,
            write_waiter: None,
            bytes_sent: 0,
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        self.writable
    }

    /// A system call outside of the driver (sendfile, connect) saw EAGAIN.
    pub(super) fn clear_writable(&mut self) {
        self.writable = false;
    }
}

impl Epoll {
    pub(super) fn on_socket_event(&mut self, key: Key, flags: EventFlags) {
        let Some(socket) = self.sockets.get_mut(key) else {
            self.counters.stale += 1;
            return;
        };
        let ended = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
        if flags.intersects(EventFlags::IN | ended) {
            socket.readable = true;
            socket.hung_up |= flags.intersects(ended);
            if let Some(waker) = socket.receiver.take() {
                waker.wake();
            }
        }
        if flags.intersects(EventFlags::OUT | EventFlags::HUP | EventFlags::ERR) {
            socket.writable = true;
            if let Some(waker) = socket.write_waiter.take() {
                waker.wake();
            }
            self.go_on_sending(key);
        }
    }

    pub(super) fn next_chunk(
        &mut self,
        key: Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Chunk>>> {
        let Some(socket) = self.sockets.get_mut(key) else {
            return Poll::Ready(Err(gone()));
        };
        if let Some(error) = socket.receive_error {
            return Poll::Ready(Err(error.into()));
        }
        if !socket.readable {
            remember(&mut socket.receiver, context);
            return Poll::Pending;
        }
        let buffer = match self.pool.home().take() {
            Some(buffer) => Some(buffer),
            None if self.pool.grow() => self.pool.home().take(),
            None => None,
        };
        let Some(buffer) = buffer else {
            self.counters.no_buffers += 1;
            remember(&mut socket.receiver, context);
            self.starved.insert(key);
            return Poll::Pending;
        };
        // SAFETY: the buffer was just taken out of its home: for the length of this call nobody
        // else reads or writes it, and it is `buffer_bytes` long.
        let space = unsafe {
            std::slice::from_raw_parts_mut(
                self.pool.address(buffer).as_ptr(),
                self.pool.buffer_bytes() as usize,
            )
        };
        let received = loop {
            match rustix::net::recv(&socket.fd, &mut *space, RecvFlags::DONTWAIT) {
                Err(Errno::INTR) => {}
                other => break other,
            }
        };
        let length = received.as_ref().map_or(0, |(length, _)| *length);
        let full = length == space.len();
        let chunk = Chunk::lease(self.pool.clone(), buffer, length as u32);
        match received {
            Ok((0, _)) => Poll::Ready(Ok(None)),
            Ok(_) => {
                // A short receive emptied the queue; the next bytes make an edge.
                socket.readable = full || socket.hung_up;
                Poll::Ready(Ok(Some(chunk)))
            }
            Err(Errno::AGAIN) => {
                socket.readable = false;
                remember(&mut socket.receiver, context);
                Poll::Pending
            }
            Err(error) => {
                socket.receive_error = Some(error);
                Poll::Ready(Err(error.into()))
            }
        }
    }

    /// Wakes receives that found no buffer, when some came back.
    pub(super) fn feed_starved(&mut self) {
        if self.starved.is_empty() || !self.pool.take_returned() {
            return;
        }
        for key in std::mem::take(&mut self.starved) {
            if let Some(waker) = self
                .sockets
                .get_mut(key)
                .and_then(|socket| socket.receiver.take())
            {
                waker.wake();
            }
        }
    }

    pub(super) fn begin_send(&mut self, key: Key, data: SendData) -> Result<(), SendData> {
        let Some(socket) = self.sockets.get_mut(key) else {
            return Ok(());
        };
        if socket.sending.is_some() {
            return Err(data);
        }
        if socket.send_error.is_some() || data.is_empty() {
            return Ok(());
        }
        let mut sending = Sending::new(data);
        socket.send_some(&mut sending);
        if socket.send_error.is_none() && !sending.is_done() {
            socket.sending = Some(Box::new(sending));
        }
        Ok(())
    }

    fn go_on_sending(&mut self, key: Key) {
        let Some(socket) = self.sockets.get_mut(key) else {
            return;
        };
        if let Some(mut sending) = socket.sending.take() {
            socket.send_some(&mut sending);
            if socket.send_error.is_none() && !sending.is_done() {
                socket.sending = Some(sending);
            } else {
                socket.senders.wake();
            }
        }
    }

    pub(super) fn is_sent(&mut self, key: Key) -> Poll<io::Result<()>> {
        let Some(socket) = self.sockets.get_mut(key) else {
            return Poll::Ready(Err(gone()));
        };
        match (&socket.sending, socket.send_error) {
            (Some(_), _) => Poll::Pending,
            (None, Some(error)) => Poll::Ready(Err(error.into())),
            (None, None) => Poll::Ready(Ok(())),
        }
    }

    pub(super) fn sent(&mut self, key: Key, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.is_sent(key);
        if polled.is_pending()
            && let Some(socket) = self.sockets.get_mut(key)
        {
            socket.senders.remember(context);
        }
        polled
    }
}

impl Socket {
    /// Sends until all is gone or the kernel says EAGAIN.
    fn send_some(&mut self, sending: &mut Sending) {
        let flags = SendFlags::from_bits_retain(sending.flags() as u32) | SendFlags::DONTWAIT;
        while !sending.is_done() {
            let sent = match sending.rest() {
                [piece, []] | [[], piece] => rustix::net::send(&self.fd, piece, flags),
                pieces => {
                    let pieces = pieces.map(io::IoSlice::new);
                    let mut nothing = SendAncillaryBuffer::default();
                    rustix::net::sendmsg(&self.fd, &pieces, &mut nothing, flags)
                }
            };
            match sent {
                Ok(0) => {
                    self.send_error = Some(Errno::PIPE);
                    return;
                }
                Ok(count) => {
                    self.bytes_sent += count as u64;
                    sending.advance(count);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    self.writable = false;
                    return;
                }
                Err(error) => {
                    self.send_error = Some(error);
                    return;
                }
            }
        }
    }
}
