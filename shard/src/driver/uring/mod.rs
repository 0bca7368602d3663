//! The io_uring driver: one ring, its file table, its provided buffers.
//!
//! Every operation is named by kind, generation and slot in `user_data`, so a late completion
//! for a reused slot is recognized, counted and (where it carries something) cleaned up after.
//! Nothing that the kernel may still touch is freed before the final completion: sockets keep
//! their send, operations keep what they hold, and the pool outlives the ring.
//!
//! Not used, because it measured worse: SEND_ZC, IORING_OP_SPLICE to a socket, SQPOLL.

mod buffers;
mod listener;
mod operations;
mod probe;
mod ring;
mod sending;
mod socket;

use std::collections::VecDeque;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use io_uring::{opcode, squeue, types};

use super::{Counters, Driver, DriverKind, Operation, Outcome, SendData};
use crate::Options;
use crate::buffer::{Chunk, Pool};
use crate::executor::waker::Remote;
use crate::table::{GENERATION_BITS, Key, Table};

use buffers::BufferRing;
use listener::Listener;
use operations::Running;
use ring::{Completion, Ring};
use socket::Socket;

pub use probe::{Abilities, Unavailable};

const KIND_SHIFT: u32 = 32 + GENERATION_BITS;
/// Slots that a sparse file table can have at most (IORING_MAX_FIXED_FILES).
const FILE_TABLE_MAX: u64 = 1 << 20;
/// Entries that a provided-buffer ring can have at most.
const BUFFERS_MAX: u16 = 1 << 15;

/// What a completion is about; the upper bits of `user_data`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Kind {
    Accept,
    Recv,
    Send,
    Operation,
    Close,
    /// The cancel of everything in flight on an abandoned socket.
    CancelSocket,
    /// The shutdown of an abandoned socket on which the cancel found nothing.
    Shutdown,
    Doorbell,
    /// A cancel: what it cancels answers for itself.
    Cancel,
}

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::Accept,
        Kind::Recv,
        Kind::Send,
        Kind::Operation,
        Kind::Close,
        Kind::CancelSocket,
        Kind::Shutdown,
        Kind::Doorbell,
        Kind::Cancel,
    ];

    fn name(self, key: Key) -> u64 {
        (self as u64) << KIND_SHIFT | key.pack()
    }

    fn of(name: u64) -> Kind {
        Kind::ALL[(name >> KIND_SHIFT) as usize % Kind::ALL.len()]
    }
}

/// A socket as the ring knows it.
#[derive(Debug)]
enum Descriptor {
    /// A slot of the ring's file table; the process has no descriptor for it.
    Direct(u32),
    Plain(OwnedFd),
}

/// Builds an operation on a descriptor of either sort.
macro_rules! on {
    ($descriptor:expr, |$fd:ident| $build:expr) => {
        match $descriptor {
            crate::driver::uring::Descriptor::Direct(slot) => {
                let $fd = io_uring::types::Fixed(*slot);
                $build
            }
            crate::driver::uring::Descriptor::Plain(fd) => {
                let $fd = io_uring::types::Fd(std::os::fd::AsRawFd::as_raw_fd(fd));
                $build
            }
        }
    };
}
use on;

/// See the module's text.
pub(crate) struct Uring {
    ring: ManuallyDrop<Ring>,
    pool: ManuallyDrop<Rc<Pool<BufferRing>>>,
    abilities: Abilities,
    remote: Arc<Remote>,
    sockets: Table<Socket>,
    listeners: Table<Listener>,
    operations: Table<Running>,
    /// Sockets at once: what the options want and the file table holds.
    sockets_max: usize,
    /// Sockets whose receive found no buffer, in the order in which they ran short.
    starved: VecDeque<Key>,
    /// Sockets with a quiet send that is queued or just submitted (see `sending.rs`).
    quiet_sends: Vec<Key>,
    /// Somebody waits for a quiet send: the next turn must not sleep over it.
    quiet_send_awaited: bool,
    /// Operations that the kernel holds, the doorbell's not counted.
    in_flight: usize,
    completions: Vec<Completion>,
    counters: Counters,
    stopping: bool,
}

/// Tries to make a ring as a shard would and says what it can do.
///
/// # Errors
/// [`Unavailable`] with the reason and the remedy.
pub fn probe() -> Result<Abilities, Unavailable> {
    let mut abilities = Abilities::ALL;
    let mut ring = Ring::new(&mut abilities).map_err(|error| Unavailable::setup(&error))?;
    probe::narrow(&mut ring, &mut abilities)?;
    BufferRing::register(&ring, 2, 4096).map_err(|error| no_buffer_ring(&error))?;
    if file_table(&ring, 2).is_err() {
        abilities.direct_descriptors = false;
    }
    Ok(abilities)
}

fn no_buffer_ring(error: &io::Error) -> Unavailable {
    Unavailable::because(format!(
        "this kernel's io_uring has no provided-buffer rings ({error}); Linux 6.0 or later has them"
    ))
}

fn file_table(ring: &Ring, slots: u32) -> io::Result<()> {
    ring.submitter().register_files_sparse(slots)
}

/// Slots of the file table: what the options want, what the kernel allows. Without
/// CAP_SYS_RESOURCE one table holds at most RLIMIT_NOFILE slots.
fn file_table_slots(options: &Options) -> u32 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .unwrap_or(FILE_TABLE_MAX);
    options
        .sockets_max
        .map_or(limit, |max| limit.min(u64::from(max)))
        .clamp(1, FILE_TABLE_MAX) as u32
}

impl Uring {
    pub(crate) fn new(options: &Options, remote: Arc<Remote>) -> Result<Uring, Unavailable> {
        let mut abilities = options.abilities;
        let mut ring = Ring::new(&mut abilities).map_err(|error| Unavailable::setup(&error))?;
        probe::narrow(&mut ring, &mut abilities)?;
        let slots = file_table_slots(options);
        if abilities.direct_descriptors && file_table(&ring, slots).is_err() {
            abilities.direct_descriptors = false;
        }
        let sockets_max = if abilities.direct_descriptors {
            slots as usize
        } else {
            options.sockets_max.map_or(usize::MAX, |max| max as usize)
        };
        let buffers_max = options.recv_buffers_max.clamp(1, BUFFERS_MAX);
        let count = buffers_max.next_power_of_two();
        let buffers = BufferRing::register(&ring, count, options.recv_buffer_bytes)
            .map_err(|error| no_buffer_ring(&error))?;
        let pool = Pool::new(options.recv_buffer_bytes, buffers_max, buffers).map_err(|error| {
            Unavailable::because(format!("no memory for receive buffers: {error}"))
        })?;
        let mut driver = Uring {
            ring: ManuallyDrop::new(ring),
            pool: ManuallyDrop::new(pool),
            abilities,
            remote,
            sockets: Table::new(),
            listeners: Table::new(),
            operations: Table::new(),
            sockets_max,
            starved: VecDeque::new(),
            quiet_sends: Vec::new(),
            quiet_send_awaited: false,
            in_flight: 0,
            completions: Vec::new(),
            counters: Counters::default(),
            stopping: false,
        };
        driver.watch_doorbell();
        Ok(driver)
    }

    /// Queues an operation that owes a final completion.
    ///
    /// # Safety
    /// Everything that `entry` points to stays valid and unmoved until that completion.
    unsafe fn submit(&mut self, entry: squeue::Entry, kind: Kind, key: Key) {
        self.in_flight += 1;
        // SAFETY: passed on from the caller.
        unsafe { self.ring.push(entry.user_data(kind.name(key))) };
    }

    /// Cancels the operation under `kind` and `key`; whatever it answers comes under that name.
    fn cancel(&mut self, kind: Kind, key: Key) {
        let entry = opcode::AsyncCancel::new(kind.name(key)).build();
        // SAFETY: a cancel points to nothing.
        unsafe { self.submit(entry, Kind::Cancel, key) };
    }

    fn watch_doorbell(&mut self) {
        let fd = types::Fd(self.remote.doorbell().as_raw_fd());
        let entry = opcode::PollAdd::new(fd, libc::POLLIN as u32)
            .build()
            .user_data(Kind::Doorbell.name(Key::unpack(0)));
        // SAFETY: a poll points to nothing; the descriptor lives in `remote`, which the driver
        // keeps. It is not counted as in flight: it never ends by itself, and the ring's own end
        // ends it.
        unsafe { self.ring.push(entry) };
    }

    fn on_doorbell(&mut self) {
        // The counter's value says nothing; a failed read (already empty) neither.
        let _ = rustix::io::read(self.remote.doorbell(), &mut [0u8; 8]);
        if !self.stopping {
            self.watch_doorbell();
        }
    }

    fn deliver(&mut self, completion: Completion) {
        let kind = Kind::of(completion.name);
        let key = Key::unpack(completion.name);
        let last = !io_uring::cqueue::more(completion.flags);
        if last && kind != Kind::Doorbell {
            self.in_flight -= 1;
        }
        match kind {
            Kind::Accept => self.on_accept(key, completion.result, last),
            Kind::Recv => self.on_recv(key, completion, last),
            Kind::Send => self.on_send(key, completion.result),
            Kind::Operation => self.on_operation(key, completion.result),
            Kind::Close => self.on_closed(key),
            Kind::CancelSocket => self.on_socket_cancelled(key, completion.result),
            Kind::Shutdown => self.release_socket(key),
            Kind::Doorbell => self.on_doorbell(),
            Kind::Cancel => {}
        }
    }
}

impl Driver for Uring {
    fn kind(&self) -> DriverKind {
        DriverKind::Uring
    }

    fn counters(&self) -> Counters {
        Counters {
            enters: self.ring.enters,
            overflows: self.ring.overflows,
            ..self.counters
        }
    }

    fn listen(&mut self, socket: OwnedFd) -> io::Result<Key> {
        Ok(self.listeners.insert(Listener::new(socket)))
    }

    fn poll_accept(&mut self, listener: Key, context: &mut Context<'_>) -> Poll<io::Result<Key>> {
        self.next_accepted(listener, context)
    }

    fn listener_fd(&mut self, listener: Key) -> Option<BorrowedFd<'_>> {
        self.listeners
            .get_mut(listener)
            .map(|listener| listener.socket.as_fd())
    }

    fn close_listener(&mut self, listener: Key) {
        self.end_listener(listener);
    }

    fn poll_recv(
        &mut self,
        socket: Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Chunk>>> {
        self.next_chunk(socket, context)
    }

    fn start_send(&mut self, socket: Key, data: SendData) -> Result<(), SendData> {
        self.begin_send(socket, data)
    }

    fn try_sent(&mut self, socket: Key) -> Poll<io::Result<()>> {
        self.is_sent(socket)
    }

    fn poll_sent(&mut self, socket: Key, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.sent(socket, context)
    }

    fn bytes_sent(&mut self, socket: Key) -> u64 {
        self.sockets
            .get_mut(socket)
            .map_or(0, |socket| socket.bytes_sent)
    }

    fn plain_fd(&mut self, socket: Key) -> Option<BorrowedFd<'_>> {
        match &self.sockets.get_mut(socket)?.descriptor {
            Descriptor::Direct(_) => None,
            Descriptor::Plain(fd) => Some(fd.as_fd()),
        }
    }

    fn abandon(&mut self, socket: Key) {
        self.begin_close(socket);
    }

    fn start(&mut self, operation: Operation) -> Key {
        self.begin_operation(operation)
    }

    fn poll_operation(&mut self, key: Key, context: &mut Context<'_>) -> Poll<io::Result<Outcome>> {
        self.outcome(key, context)
    }

    fn forget(&mut self, key: Key) {
        self.lose_interest(key);
    }

    fn gather(&mut self, completions: u32, at_most: Duration) {
        let micros = u32::try_from(at_most.as_micros()).unwrap_or(u32::MAX);
        self.ring.gather(completions, micros);
    }

    fn turn(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.feed_starved();
        let wait = if std::mem::take(&mut self.quiet_send_awaited) {
            Some(Duration::ZERO)
        } else {
            wait
        };
        let mut completions = std::mem::take(&mut self.completions);
        let entered = self.ring.submit_and_wait(wait, &mut completions);
        self.counters.completions += completions.len() as u64;
        for completion in completions.drain(..) {
            self.deliver(completion);
        }
        self.completions = completions;
        if entered? {
            self.settle_quiet_sends();
        }
        Ok(())
    }

    fn cancel_all(&mut self) {
        self.stopping = true;
        for listener in self.listeners.keys() {
            self.end_listener(listener);
        }
        for socket in self.sockets.keys() {
            self.begin_close(socket);
        }
        for operation in self.operations.keys() {
            self.lose_interest(operation);
            self.cancel(Kind::Operation, operation);
        }
    }

    fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn sockets(&self) -> usize {
        self.sockets.len()
    }
}

impl Drop for Uring {
    fn drop(&mut self) {
        if self.in_flight > 0 {
            // The kernel may still write into what sockets, operations and the pool own: leak
            // all of it rather than let it be reused. `Report::leaked` tells.
            std::mem::forget(std::mem::take(&mut self.completions));
            std::mem::forget(std::mem::replace(&mut self.sockets, Table::new()));
            std::mem::forget(std::mem::replace(&mut self.operations, Table::new()));
            return;
        }
        let _ = self.ring.submitter().unregister_buf_ring(buffers::GROUP);
        // SAFETY: dropped once, here, and not used after; the ring goes before the pool whose
        // memory it was given.
        unsafe {
            ManuallyDrop::drop(&mut self.ring);
            ManuallyDrop::drop(&mut self.pool);
        }
    }
}
