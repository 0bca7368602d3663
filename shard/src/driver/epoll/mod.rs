//! The epoll driver: the same words as the ring, spoken over readiness.
//!
//! Sockets are plain descriptors, registered once and edge-triggered; a receive or send is tried
//! when it is asked for and waits for an edge only when the kernel said EAGAIN. Reads and opens
//! that may touch a disk go to a few worker threads. On loopback this costs the same CPU per
//! request as the ring; it lacks direct descriptors and waits for disks on other threads.

mod operations;
mod socket;
mod workers;

use std::collections::HashSet;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::net::{SocketFlags, accept_with};

use super::{Counters, Driver, DriverKind, Operation, Outcome, SendData, gone, remember};
use crate::Options;
use crate::buffer::{Chunk, FreeList, Pool};
use crate::executor::waker::Remote;
use crate::table::{GENERATION_BITS, Key, Table};

use operations::Running;
use socket::Socket;
use workers::Workers;

const EVENTS_PER_TURN: usize = 512;
const KIND_SHIFT: u32 = 32 + GENERATION_BITS;

/// What an event is about; the upper bits of its data.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Listener,
    Socket,
    Doorbell,
}

impl Kind {
    fn name(self, key: Key) -> EventData {
        EventData::new_u64((self as u64) << KIND_SHIFT | key.pack())
    }

    fn of(name: u64) -> Option<Kind> {
        [Kind::Listener, Kind::Socket, Kind::Doorbell]
            .into_iter()
            .find(|kind| *kind as u64 == name >> KIND_SHIFT)
    }
}

struct Listener {
    socket: OwnedFd,
    waiting: Option<Waker>,
    /// Whether epoll reports it. It stays so while somebody keeps accepting.
    armed: bool,
}

/// See the module's text.
pub(crate) struct Epoll {
    epoll: OwnedFd,
    pool: Rc<Pool<FreeList>>,
    remote: Arc<Remote>,
    sockets: Table<Socket>,
    sockets_max: usize,
    listeners: Table<Listener>,
    operations: Table<Running>,
    workers: Workers,
    /// Sockets whose receive found no buffer, each once however often it was asked for.
    starved: HashSet<Key>,
    events: Vec<Event>,
    counters: Counters,
}

impl Epoll {
    pub(crate) fn new(options: &Options, remote: Arc<Remote>) -> io::Result<Epoll> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let doorbell = Kind::Doorbell.name(Key::unpack(0));
        epoll::add(&epoll, remote.doorbell(), doorbell, EventFlags::IN)?;
        let buffer_bytes = options.recv_buffer_bytes;
        Ok(Epoll {
            epoll,
            pool: Pool::new(buffer_bytes, options.recv_buffers_max, FreeList::new())?,
            workers: Workers::new(remote.clone()),
            remote,
            sockets: Table::new(),
            sockets_max: options.sockets_max.map_or(usize::MAX, |max| max as usize),
            listeners: Table::new(),
            operations: Table::new(),
            starved: HashSet::new(),
            events: Vec::with_capacity(EVENTS_PER_TURN),
            counters: Counters::default(),
        })
    }

    /// Registers a connected (or connecting) socket, once for its life.
    fn register(&mut self, socket: OwnedFd) -> io::Result<Key> {
        if self.sockets.len() >= self.sockets_max {
            return Err(io::Error::from_raw_os_error(libc::ENFILE));
        }
        let key = self.sockets.insert(Socket::new(socket));
        let interest = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        let added = match self.sockets.get_mut(key) {
            Some(socket) => epoll::add(&self.epoll, &socket.fd, Kind::Socket.name(key), interest),
            None => Ok(()),
        };
        if let Err(error) = added {
            self.sockets.remove(key);
            return Err(error.into());
        }
        Ok(key)
    }

    fn deliver(&mut self, event: Event) {
        let (name, flags) = (event.data.u64(), event.flags);
        let key = Key::unpack(name);
        match Kind::of(name) {
            Some(Kind::Socket) => self.on_socket_event(key, flags),
            Some(Kind::Listener) => {
                let Some(listener) = self.listeners.get_mut(key) else {
                    return;
                };
                match listener.waiting.take() {
                    Some(waker) => waker.wake(),
                    // Level-triggered: with nobody accepting, silence it until somebody asks.
                    None => {
                        let name = Kind::Listener.name(key);
                        let silent = EventFlags::empty();
                        let _ = epoll::modify(&self.epoll, &listener.socket, name, silent);
                        listener.armed = false;
                    }
                }
            }
            Some(Kind::Doorbell) => {
                let _ = rustix::io::read(self.remote.doorbell(), &mut [0u8; 8]);
            }
            None => {}
        }
    }
}

impl Driver for Epoll {
    fn kind(&self) -> DriverKind {
        DriverKind::Epoll
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn listen(&mut self, socket: OwnedFd) -> io::Result<Key> {
        let key = self.listeners.insert(Listener {
            socket,
            waiting: None,
            armed: false,
        });
        if let Some(listener) = self.listeners.get_mut(key) {
            let name = Kind::Listener.name(key);
            epoll::add(&self.epoll, &listener.socket, name, EventFlags::empty())?;
        }
        Ok(key)
    }

    fn poll_accept(&mut self, listener: Key, context: &mut Context<'_>) -> Poll<io::Result<Key>> {
        let Some(entry) = self.listeners.get_mut(listener) else {
            return Poll::Ready(Err(gone()));
        };
        // Not accepted, a connection waits in the queue; accepted and dropped, it is lost.
        if self.sockets.len() >= self.sockets_max {
            return Poll::Ready(Err(io::Error::from_raw_os_error(libc::ENFILE)));
        }
        match accept_with(&entry.socket, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
            Ok(socket) => Poll::Ready(self.register(socket)),
            Err(rustix::io::Errno::AGAIN) => {
                remember(&mut entry.waiting, context);
                if entry.armed {
                    return Poll::Pending;
                }
                let name = Kind::Listener.name(listener);
                match epoll::modify(&self.epoll, &entry.socket, name, EventFlags::IN) {
                    Ok(()) => {
                        entry.armed = true;
                        Poll::Pending
                    }
                    Err(error) => Poll::Ready(Err(error.into())),
                }
            }
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }

    fn listener_fd(&mut self, listener: Key) -> Option<BorrowedFd<'_>> {
        self.listeners
            .get_mut(listener)
            .map(|listener| listener.socket.as_fd())
    }

    fn close_listener(&mut self, listener: Key) {
        self.listeners.remove(listener);
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
        self.sockets.get_mut(socket).map(|socket| socket.fd.as_fd())
    }

    fn abandon(&mut self, socket: Key) {
        // Nothing of a plain socket is ever in flight: all three steps are one close.
        self.sockets.remove(socket);
        self.starved.remove(&socket);
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

    /// epoll wakes for the first event and cannot be told otherwise.
    fn gather(&mut self, _completions: u32, _at_most: Duration) {}

    fn turn(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.feed_starved();
        // Before the wait: a worker that rang while this turn's tasks ran rings no second time.
        let wait = if self.take_worked() {
            Some(Duration::ZERO)
        } else {
            wait
        };
        let timeout = wait.map(|wait| rustix::event::Timespec {
            tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(wait.subsec_nanos()),
        });
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        self.counters.enters += 1;
        let waited = wait_for_events(&self.epoll, &mut events, timeout.as_ref());
        self.counters.completions += events.len() as u64;
        for event in &events {
            self.deliver(*event);
        }
        self.events = events;
        self.take_worked();
        match waited {
            Ok(()) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn cancel_all(&mut self) {
        self.listeners = Table::new();
        self.sockets = Table::new();
        for operation in self.operations.keys() {
            self.lose_interest(operation);
        }
        for operation in self.workers.cancel_waiting() {
            self.operations.remove(operation);
        }
    }

    fn in_flight(&self) -> usize {
        self.workers.in_flight()
    }

    fn sockets(&self) -> usize {
        self.sockets.len()
    }
}

fn wait_for_events(
    epoll: &OwnedFd,
    events: &mut Vec<Event>,
    timeout: Option<&rustix::event::Timespec>,
) -> Result<(), rustix::io::Errno> {
    epoll::wait(epoll, rustix::buffer::spare_capacity(events), timeout).map(|_| ())
}
