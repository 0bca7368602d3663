//! The floor: the plainest ring loop that answers HTTP, for `benches/runtimes` to measure ours
//! against. Multishot accept into direct descriptors, multishot recv into provided buffers, one
//! `io_uring_enter` per turn, completions handled in place: no executor, no futures, no timers.
//!
//! It is a yardstick and not a server: it has no limit on time, and ends when it is killed. It
//! shares nothing with the crate beside it, so that a mistake there cannot hide here.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;

use io_uring::types::{Fd, Fixed};
use io_uring::{IoUring, cqueue, opcode, squeue};
use socket2::{Domain, Socket, Type};

use buffers::Buffers;
use conversation::{Conversation, Refused};

#[path = "../../benches/src/conversation.rs"]
#[expect(
    unreachable_pub,
    reason = "public in the crate it comes from; here it is included by its path"
)]
mod conversation;

/// Submission entries; a turn that wants more submits in between.
const SUBMISSIONS: u32 = 1024;
/// Completion entries: room for one of every connection that a turn may serve.
const COMPLETIONS: u32 = 8192;
/// Most direct descriptors; the kernel allows no more than RLIMIT_NOFILE.
const DESCRIPTORS_MAX: u32 = 16_384;
/// As deep as the kernel's own default cap, so that 1,024 connections may come at once.
const BACKLOG: i32 = 4096;

fn main() -> io::Result<()> {
    let address = listen_address()?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let mut floor = Floor::new(socket.into())?;
    eprintln!(
        "opponent: listening on http://{}",
        floor.listener.local_addr()?
    );
    floor.run()
}

/// `--listen ADDR`, the only flag.
fn listen_address() -> io::Result<SocketAddr> {
    let mut arguments = std::env::args().skip(1);
    let address = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => "127.0.0.1:0".to_owned(),
        (Some("--listen"), Some(address)) => address,
        (Some(_), _) => return Err(io::Error::other("usage: bare_ring [--listen ADDR]")),
    };
    address.parse().map_err(io::Error::other)
}

/// What a completion belongs to. There is no generation: a slot is closed only when nothing that
/// matters to it is in flight, so there are no late completions to tell apart.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Accept,
    Recv(u32),
    Send(u32),
    Shutdown,
    Close(u32),
}

impl Operation {
    fn user_data(self) -> u64 {
        let (kind, slot) = match self {
            Self::Accept => (0, 0),
            Self::Recv(slot) => (1, slot),
            Self::Send(slot) => (2, slot),
            Self::Shutdown => (3, 0),
            Self::Close(slot) => (4, slot),
        };
        (kind << 32) | u64::from(slot)
    }

    fn of(user_data: u64) -> Option<Self> {
        let slot = user_data as u32;
        match user_data >> 32 {
            0 => Some(Self::Accept),
            1 => Some(Self::Recv(slot)),
            2 => Some(Self::Send(slot)),
            3 => Some(Self::Shutdown),
            4 => Some(Self::Close(slot)),
            _ => None,
        }
    }
}

/// Whether more may come from the peer.
#[derive(Debug, Default, PartialEq, Eq)]
enum Incoming {
    #[default]
    Armed,
    Over,
}

/// One connection; its place in the table is its direct descriptor.
#[derive(Debug, Default)]
struct Connection {
    conversation: Conversation,
    incoming: Incoming,
    /// What the kernel is sending; neither moved nor freed before the send's completion.
    sending: Vec<u8>,
    /// How much of `sending` has gone out.
    sent: usize,
    /// What was answered while `sending` was under way.
    waiting: Vec<u8>,
}

struct Floor {
    ring: IoUring,
    buffers: Buffers,
    /// By direct descriptor.
    connections: Vec<Option<Connection>>,
    listener: TcpListener,
}

impl Floor {
    fn new(listener: TcpListener) -> io::Result<Self> {
        let ring: IoUring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_submit_all()
            .setup_cqsize(COMPLETIONS)
            .build(SUBMISSIONS)?;
        ring.submitter().register_ring_fd()?;
        let open_files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let descriptors = open_files.map_or(DESCRIPTORS_MAX, |limit| {
            limit.min(DESCRIPTORS_MAX.into()) as u32
        });
        ring.submitter().register_files_sparse(descriptors)?;
        let buffers = Buffers::register(&ring)?;
        Ok(Self {
            ring,
            buffers,
            connections: Vec::new(),
            listener,
        })
    }

    fn run(&mut self) -> io::Result<()> {
        self.accept()?;
        let mut turn = Vec::with_capacity(COMPLETIONS as usize);
        loop {
            match self.ring.submit_and_wait(1) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            turn.extend(self.ring.completion());
            for completion in turn.drain(..) {
                self.complete(&completion)?;
            }
            self.buffers.publish();
        }
    }

    fn complete(&mut self, completion: &cqueue::Entry) -> io::Result<()> {
        let (result, flags) = (completion.result(), completion.flags());
        match Operation::of(completion.user_data()) {
            Some(Operation::Accept) => self.accepted(result, flags),
            Some(Operation::Recv(slot)) => self.received(slot, result, flags),
            Some(Operation::Send(slot)) => self.sent(slot, result),
            Some(Operation::Shutdown) => Ok(()),
            Some(Operation::Close(slot)) => {
                self.connections[slot as usize] = None;
                Ok(())
            }
            None => Err(io::Error::other("a completion of nothing that was asked")),
        }
    }

    fn accepted(&mut self, result: i32, flags: u32) -> io::Result<()> {
        if !cqueue::more(flags) {
            self.accept()?;
        }
        let Ok(slot) = u32::try_from(result) else {
            return Err(io::Error::from_raw_os_error(-result));
        };
        // The kernel gives the lowest free slot, so the table grows with the connections.
        let index = slot as usize;
        if index >= self.connections.len() {
            self.connections.resize_with(index + 1, || None);
        }
        self.connections[index] = Some(Connection::default());
        self.receive(slot)
    }

    fn received(&mut self, slot: u32, result: i32, flags: u32) -> io::Result<()> {
        let connection = connection(&mut self.connections, slot)?;
        let buffer = cqueue::buffer_select(flags);
        let heard = match (usize::try_from(result), buffer) {
            (Ok(bytes @ 1..), Some(buffer)) => {
                let bytes = self.buffers.filled(buffer, bytes);
                connection.conversation.hear(bytes)
            }
            // All buffers were out; they come back at the end of this turn.
            (Err(_), None) if result == -libc::ENOBUFS => Ok(Vec::new()),
            // The peer's end, or an error.
            _ => Err(Refused),
        };
        if let Some(buffer) = buffer {
            self.buffers.give_back(buffer);
        }
        match (heard, cqueue::more(flags)) {
            (Ok(mut replies), more) => {
                match connection.waiting.is_empty() {
                    true => connection.waiting = replies,
                    false => connection.waiting.append(&mut replies),
                }
                if !more {
                    self.receive(slot)?;
                }
            }
            // Cut, the peer's side ends and the recv with it.
            (Err(Refused), true) => self.shutdown(slot)?,
            (Err(Refused), false) => connection.incoming = Incoming::Over,
        }
        self.proceed(slot)
    }

    fn sent(&mut self, slot: u32, result: i32) -> io::Result<()> {
        let connection = connection(&mut self.connections, slot)?;
        match usize::try_from(result) {
            Ok(bytes) => connection.sent += bytes,
            Err(_) => {
                connection.sent = connection.sending.len();
                connection.waiting.clear();
                self.shutdown(slot)?;
            }
        }
        let connection = self::connection(&mut self.connections, slot)?;
        if connection.sent < connection.sending.len() {
            return self.send(slot);
        }
        connection.sending = Vec::new();
        connection.sent = 0;
        self.proceed(slot)
    }

    /// What comes next for a connection: a send, its end, or nothing but waiting.
    fn proceed(&mut self, slot: u32) -> io::Result<()> {
        let connection = connection(&mut self.connections, slot)?;
        if !connection.sending.is_empty() {
            return Ok(());
        }
        if !connection.waiting.is_empty() {
            connection.sending = std::mem::take(&mut connection.waiting);
            return self.send(slot);
        }
        match connection.incoming {
            Incoming::Armed => Ok(()),
            Incoming::Over => self.close(slot),
        }
    }
}

/// The operations, one submission each.
impl Floor {
    fn accept(&mut self) -> io::Result<()> {
        let accept = opcode::AcceptMulti::new(Fd(self.listener.as_raw_fd()));
        let entry = accept.allocate_file_index(true).build();
        self.push(entry, Operation::Accept)
    }

    fn receive(&mut self, slot: u32) -> io::Result<()> {
        let entry = opcode::RecvMulti::new(Fixed(slot), buffers::GROUP).build();
        self.push(entry, Operation::Recv(slot))
    }

    fn send(&mut self, slot: u32) -> io::Result<()> {
        let connection = connection(&mut self.connections, slot)?;
        let rest = &connection.sending[connection.sent..];
        let bytes = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let entry = opcode::Send::new(Fixed(slot), rest.as_ptr(), bytes)
            .flags(libc::MSG_NOSIGNAL)
            .build();
        self.push(entry, Operation::Send(slot))
    }

    fn shutdown(&mut self, slot: u32) -> io::Result<()> {
        let entry = opcode::Shutdown::new(Fixed(slot), libc::SHUT_RDWR).build();
        self.push(entry, Operation::Shutdown)
    }

    fn close(&mut self, slot: u32) -> io::Result<()> {
        let entry = opcode::Close::new(Fixed(slot)).build();
        self.push(entry, Operation::Close(slot))
    }

    fn push(&mut self, entry: squeue::Entry, operation: Operation) -> io::Result<()> {
        let entry = entry.user_data(operation.user_data());
        loop {
            // SAFETY: the memory that an entry names outlives its operation. Sent bytes are in
            // `Connection::sending`, which changes only in `sent`, after the completion; provided
            // buffers live as long as the ring.
            match unsafe { self.ring.submission().push(&entry) } {
                Ok(()) => return Ok(()),
                Err(squeue::PushError { .. }) => drop(self.ring.submit()?),
            }
        }
    }
}

fn connection(connections: &mut [Option<Connection>], slot: u32) -> io::Result<&mut Connection> {
    connections[slot as usize]
        .as_mut()
        .ok_or_else(|| io::Error::other("a completion for an empty slot"))
}

/// The provided buffers of the one group.
mod buffers {
    use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
    use std::io;
    use std::ptr::NonNull;
    use std::sync::atomic::{AtomicU16, Ordering};

    use io_uring::IoUring;
    use io_uring::types::BufRingEntry;

    use super::conversation::READ_BYTES;

    /// The group's number, as the receiving operations name it.
    pub(super) const GROUP: u16 = 0;
    /// Buffers of `READ_BYTES` each; a power of two.
    const BUFFERS: u16 = 2048;

    pub(super) struct Buffers {
        /// What the kernel reads: `BUFFERS` entries, page-aligned, never freed.
        entries: NonNull<BufRingEntry>,
        /// The bytes of all buffers one after the other, never freed.
        bytes: NonNull<u8>,
        /// Entries written so far, modulo 2^16.
        tail: u16,
    }

    impl Buffers {
        /// Allocates all buffers and gives them to the kernel.
        pub(super) fn register(ring: &IoUring) -> io::Result<Self> {
            let entries = zeroed(usize::from(BUFFERS) * size_of::<BufRingEntry>());
            let bytes = zeroed(usize::from(BUFFERS) * READ_BYTES);
            // SAFETY: `entries` is page-aligned, zeroed, has BUFFERS entries and is never freed.
            unsafe {
                ring.submitter().register_buf_ring_with_flags(
                    entries.as_ptr() as u64,
                    BUFFERS,
                    GROUP,
                    0,
                )?;
            }
            let mut buffers = Self {
                entries: entries.cast(),
                bytes,
                tail: 0,
            };
            (0..BUFFERS).for_each(|buffer| buffers.give_back(buffer));
            buffers.publish();
            Ok(buffers)
        }

        /// The first `bytes` bytes of a buffer that a completion has just named.
        pub(super) fn filled(&self, buffer: u16, bytes: usize) -> &[u8] {
            assert!(buffer < BUFFERS && bytes <= READ_BYTES);
            // SAFETY: in bounds by the line above; the kernel has handed the buffer over and does
            // not write to it before `publish` shows that it was given back, which takes `&mut`.
            unsafe {
                let start = self.bytes.as_ptr().add(usize::from(buffer) * READ_BYTES);
                std::slice::from_raw_parts(start, bytes)
            }
        }

        /// Writes a free buffer's entry; the kernel sees it after the next `publish`.
        pub(super) fn give_back(&mut self, buffer: u16) {
            assert!(buffer < BUFFERS);
            let index = usize::from(self.tail % BUFFERS);
            // SAFETY: `index` and `buffer` are below BUFFERS. The kernel reads entries below the
            // published tail only, and at most BUFFERS are out, so this one is ours to write.
            unsafe {
                let entry = &mut *self.entries.as_ptr().add(index);
                let start = self.bytes.as_ptr().add(usize::from(buffer) * READ_BYTES);
                entry.set_addr(start as u64);
                entry.set_len(READ_BYTES as u32);
                entry.set_bid(buffer);
            }
            self.tail = self.tail.wrapping_add(1);
        }

        /// Shows the kernel all entries that were written.
        pub(super) fn publish(&mut self) {
            // SAFETY: the tail lies within the first entry, which is valid and aligned for a u16
            // as long as `entries` is, that is for ever; the kernel reads it atomically.
            unsafe {
                let tail = BufRingEntry::tail(self.entries.as_ptr()).cast_mut();
                AtomicU16::from_ptr(tail).store(self.tail, Ordering::Release);
            }
        }
    }

    /// Page-aligned zeroed memory that lives as long as the process.
    fn zeroed(bytes: usize) -> NonNull<u8> {
        const PAGE_BYTES: usize = 4096;
        let Ok(layout) = Layout::from_size_align(bytes, PAGE_BYTES) else {
            panic!("{bytes} bytes of buffers make no layout");
        };
        // SAFETY: no caller asks for zero bytes.
        NonNull::new(unsafe { alloc_zeroed(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
    }
}
