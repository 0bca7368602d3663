//! Connections on the ring: receiving, and the three steps of closing (`sending.rs` sends).

use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll, Waker};

use io_uring::{opcode, types};

use super::buffers::GROUP;
use super::ring::{Completion, limited};
use super::sending::SendUnderWay;
use super::{Descriptor, Kind, Uring, on};
use crate::buffer::Chunk;
use crate::driver::waiters::Waiters;
use crate::driver::{gone, remember};
use crate::table::Key;

/// Chunks that wait for their owner before its receive is paused: what one slow handler can
/// hold of the pool. The kernel keeps to it within a batch (`limited`), a cancel between batches.
const INBOX_CHUNKS_MAX: usize = 8;

pub(super) struct Socket {
    pub(super) descriptor: Descriptor,
    pub(super) life: Life,
    receive: Receive,
    inbox: Inbox,
    receive_end: Option<End>,
    receiver: Option<Waker>,
    /// What the kernel may still read. Boxed: an idle connection has none, and it must not move.
    pub(super) sending: Option<Box<SendUnderWay>>,
    pub(super) send_error: Option<i32>,
    pub(super) senders: Waiters,
    pub(super) bytes_sent: u64,
    /// Operations on this socket that owe a final completion.
    pub(super) in_flight: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Life {
    Open,
    /// Abandoned: shut down, waiting for what is in flight.
    Closing,
    /// The last operation, the close itself, is under way.
    Closed,
}

/// The receive operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Receive {
    /// Accepted and never read from. The first receive is a single one: many connections ask
    /// once and end, and then there is nothing to cancel.
    Untried,
    Off,
    Armed,
    /// Cancelled because the inbox is full; its final completion is due.
    Pausing,
    /// Ended for want of buffers; re-armed when some came back.
    Starved,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    OfStream,
    Error(i32),
}

/// Chunks not taken yet. Nearly always none or one, and then nothing is allocated.
#[derive(Debug)]
#[expect(
    clippy::box_collection,
    reason = "an idle socket pays for the largest variant: a pointer instead of 32 bytes"
)]
enum Inbox {
    Empty,
    One(Chunk),
    Many(Box<VecDeque<Chunk>>),
}

impl Inbox {
    fn push(&mut self, chunk: Chunk) {
        *self = match std::mem::replace(self, Inbox::Empty) {
            Inbox::Empty => Inbox::One(chunk),
            Inbox::One(first) => Inbox::Many(Box::new(VecDeque::from([first, chunk]))),
            Inbox::Many(mut chunks) => {
                chunks.push_back(chunk);
                Inbox::Many(chunks)
            }
        };
    }

    fn pop(&mut self) -> Option<Chunk> {
        match std::mem::replace(self, Inbox::Empty) {
            Inbox::Empty => None,
            Inbox::One(chunk) => Some(chunk),
            Inbox::Many(mut chunks) => {
                let first = chunks.pop_front();
                if !chunks.is_empty() {
                    *self = Inbox::Many(chunks);
                }
                first
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Inbox::Empty => 0,
            Inbox::One(_) => 1,
            Inbox::Many(chunks) => chunks.len(),
        }
    }
}

impl Socket {
    /// A socket that somebody connected to us.
    pub(super) fn accepted(descriptor: Descriptor) -> Socket {
        Socket {
            receive: Receive::Untried,
            ..Socket::new(descriptor)
        }
    }

    pub(super) fn new(descriptor: Descriptor) -> Socket {
        Socket {
            descriptor,
            life: Life::Open,
            receive: Receive::Off,
            inbox: Inbox::Empty,
            receive_end: None,
            receiver: None,
            sending: None,
            send_error: None,
            senders: Waiters::Nobody,
            bytes_sent: 0,
            in_flight: 0,
        }
    }
}

impl Uring {
    /// The socket under `key`, if its owner still has it.
    pub(super) fn open_socket(&mut self, key: Key) -> Option<&mut Socket> {
        self.sockets
            .get_mut(key)
            .filter(|socket| socket.life == Life::Open)
    }

    pub(super) fn next_chunk(
        &mut self,
        key: Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Chunk>>> {
        let Some(socket) = self.open_socket(key) else {
            return Poll::Ready(Err(gone()));
        };
        if let Some(chunk) = socket.inbox.pop() {
            return Poll::Ready(Ok(Some(chunk)));
        }
        match socket.receive_end {
            Some(End::OfStream) => return Poll::Ready(Ok(None)),
            Some(End::Error(code)) => {
                return Poll::Ready(Err(io::Error::from_raw_os_error(code)));
            }
            None => {}
        }
        remember(&mut socket.receiver, context);
        if matches!(socket.receive, Receive::Untried | Receive::Off) {
            self.arm_receive(key);
        }
        Poll::Pending
    }

    fn arm_receive(&mut self, key: Key) {
        let (multishot, limit) = (self.abilities.multishot_recv, self.abilities.receive_limit);
        let bytes_max = (INBOX_CHUNKS_MAX as u32).saturating_mul(self.pool.buffer_bytes());
        let Some(socket) = self.sockets.get_mut(key) else {
            return;
        };
        let multishot = multishot && socket.receive != Receive::Untried;
        socket.receive = Receive::Armed;
        socket.in_flight += 1;
        let entry = on!(&socket.descriptor, |fd| if multishot {
            let receive = opcode::RecvMulti::new(fd, GROUP).build();
            if limit {
                limited(receive, bytes_max)
            } else {
                receive
            }
        } else {
            opcode::Recv::new(fd, std::ptr::null_mut(), 0)
                .buf_group(GROUP)
                .build()
                .flags(io_uring::squeue::Flags::BUFFER_SELECT)
        });
        // SAFETY: the bytes go into provided buffers, which the pool keeps until the ring is
        // gone; the descriptor is closed only after this operation's final completion.
        unsafe { self.submit(entry, Kind::Recv, key) };
    }

    pub(super) fn on_recv(&mut self, key: Key, completion: Completion, last: bool) {
        // The lease comes first: whatever else is wrong, the buffer must find its way back.
        let chunk = io_uring::cqueue::buffer_select(completion.flags).map(|buffer| {
            let pool = (*self.pool).clone();
            Chunk::lease(pool, buffer, completion.result.max(0) as u32)
        });
        let Some(socket) = self.sockets.get_mut(key) else {
            self.counters.stale += 1;
            return;
        };
        if last {
            socket.in_flight -= 1;
            socket.receive = Receive::Off;
        }
        if socket.life != Life::Open {
            drop(chunk);
            self.close_if_quiet(key);
            return;
        }
        match (completion.result, chunk) {
            (1.., Some(chunk)) => {
                socket.inbox.push(chunk);
                if socket.inbox.len() == INBOX_CHUNKS_MAX {
                    self.counters.paused += 1;
                }
                if socket.inbox.len() >= INBOX_CHUNKS_MAX && socket.receive == Receive::Armed {
                    socket.receive = Receive::Pausing;
                    self.cancel(Kind::Recv, key);
                }
            }
            (0.., _) => socket.receive_end = Some(End::OfStream),
            (error, _) => return self.on_recv_error(key, -error),
        }
        self.wake_receiver(key);
    }

    fn on_recv_error(&mut self, key: Key, code: i32) {
        let Some(socket) = self.sockets.get_mut(key) else {
            return;
        };
        match code {
            libc::ENOBUFS => {
                self.counters.no_buffers += 1;
                if !matches!(socket.inbox, Inbox::Empty) {
                    // Its owner has bytes to take first; the poll after the last one arms.
                } else if self.pool.grow() || self.pool.has_free() {
                    self.arm_receive(key);
                } else {
                    socket.receive = Receive::Starved;
                    self.starve(key);
                }
            }
            // Paused (and perhaps wanted again since), or nothing happened: the next poll arms.
            libc::ECANCELED | libc::EINTR | libc::EAGAIN => self.wake_receiver(key),
            code => {
                socket.receive_end = Some(End::Error(code));
                self.wake_receiver(key);
            }
        }
    }

    fn wake_receiver(&mut self, key: Key) {
        if let Some(waker) = self
            .sockets
            .get_mut(key)
            .and_then(|socket| socket.receiver.take())
        {
            waker.wake();
        }
    }

    /// Queues a socket for the next buffers. Sockets closed since are swept out before the queue
    /// could outgrow the sockets alive.
    fn starve(&mut self, key: Key) {
        if self.starved.len() > self.sockets.len() {
            let sockets = &mut self.sockets;
            self.starved.retain(|key| sockets.get_mut(*key).is_some());
        }
        self.starved.push_back(key);
    }

    /// Arms receives that ended for want of buffers, as long as there are some.
    pub(super) fn feed_starved(&mut self) {
        if self.starved.is_empty() || !self.pool.take_returned() {
            return;
        }
        for _ in 0..self.starved.len() {
            if !self.pool.has_free() {
                return;
            }
            if let Some(key) = self.starved.pop_front()
                && self
                    .open_socket(key)
                    .is_some_and(|socket| socket.receive == Receive::Starved)
            {
                self.arm_receive(key);
            }
        }
    }

    /// One operation more that must end before the socket can be closed.
    pub(super) fn hold_socket(&mut self, key: Key) {
        if let Some(socket) = self.sockets.get_mut(key) {
            socket.in_flight += 1;
        }
    }

    /// The counterpart of [`Uring::hold_socket`].
    pub(super) fn release_socket(&mut self, key: Key) {
        if let Some(socket) = self.sockets.get_mut(key) {
            socket.in_flight -= 1;
            if socket.life != Life::Open {
                self.close_if_quiet(key);
            }
        }
    }

    /// Step one: end everything in flight. Skipped where nothing is. A cancel does it within the
    /// submission, while IORING_OP_SHUTDOWN is always handed to a worker thread.
    pub(super) fn begin_close(&mut self, key: Key) {
        let Some(socket) = self.open_socket(key) else {
            return;
        };
        socket.life = Life::Closing;
        socket.inbox = Inbox::Empty;
        socket.receiver = None;
        socket.senders = Waiters::Nobody;
        if socket.in_flight == 0 {
            self.close_if_quiet(key);
            return;
        }
        // By its name the kernel finds a receive in a hash table; by descriptor it looks through
        // all that the ring waits for, which among 20,000 idle connections takes a millisecond.
        let only_receives = socket.in_flight == 1 && socket.receive == Receive::Armed;
        socket.in_flight += 1;
        let what = if only_receives {
            types::CancelBuilder::user_data(Kind::Recv.name(key))
        } else {
            on!(&socket.descriptor, |fd| types::CancelBuilder::fd(fd))
        };
        let entry = opcode::AsyncCancel2::new(what.all()).build();
        // SAFETY: a cancel points to nothing; the descriptor waits for it (`in_flight`).
        unsafe { self.submit(entry, Kind::CancelSocket, key) };
    }

    /// A request that is just between two states is not found by a cancel; a shutdown ends it
    /// all the same.
    pub(super) fn on_socket_cancelled(&mut self, key: Key, cancelled: i32) {
        if let Some(socket) = self.sockets.get_mut(key)
            && cancelled <= 0
            && socket.in_flight > 1
        {
            socket.in_flight += 1;
            let entry = on!(&socket.descriptor, |fd| {
                opcode::Shutdown::new(fd, libc::SHUT_RDWR).build()
            });
            // SAFETY: a shutdown points to nothing; the descriptor waits for it.
            unsafe { self.submit(entry, Kind::Shutdown, key) };
        }
        self.release_socket(key);
    }

    /// Steps two and three: once nothing is in flight, give the slot back.
    pub(super) fn close_if_quiet(&mut self, key: Key) {
        let Some(socket) = self.sockets.get_mut(key) else {
            return;
        };
        if socket.in_flight > 0 || socket.life == Life::Closed {
            return;
        }
        match &socket.descriptor {
            Descriptor::Direct(slot) => {
                let entry = opcode::Close::new(types::Fixed(*slot)).build();
                socket.life = Life::Closed;
                // SAFETY: a close points to nothing, and nothing else is in flight on the slot.
                unsafe { self.submit(entry, Kind::Close, key) };
            }
            Descriptor::Plain(_) => {
                self.sockets.remove(key);
            }
        }
    }

    pub(super) fn on_closed(&mut self, key: Key) {
        self.sockets.remove(key);
    }
}
