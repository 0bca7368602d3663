//! One shard of the server: what its connections share, and its life from start to drained.
//!
//! Everything here belongs to one thread. The site is an immutable snapshot shared by all; the
//! rest is the shard's own.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::ServerPhase;
use shard::mailbox::Mailbox;
use shard::net::{BoundListener, Listener};
use shard::time::{sleep, timeout};

use crate::clock::{Clock, FirstLines};
use crate::config::Limits;
use crate::connection;
use crate::control::Command;
use crate::handler::files::Cache;
use crate::observe::access_log::LogSender;
use crate::observe::counters::{Counter, ShardCounters};
use crate::readdir::Reader;
use crate::route::Site;

/// While draining, a listener whose queue stayed empty for this long has handed everything over.
const BACKLOG_QUIET_TIME: Duration = Duration::from_millis(100);
/// While draining, how long a connection between two requests may still send one: what was on
/// its way when the drain began is answered, not reset.
pub(crate) const LAST_CALL_TIME: Duration = Duration::from_millis(500);
/// How often a drain looks whether it is done.
const DRAIN_POLL_TIME: Duration = Duration::from_millis(10);

/// How far the server is on its way down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Phase {
    Serving,
    /// Every response is the last one of its connection.
    Draining,
    /// Connections end where they stand.
    Cutting,
}

/// See the module's text.
pub(crate) struct Worker {
    pub(crate) site: Arc<Site>,
    pub(crate) limits: Limits,
    pub(crate) http_limits: http::Limits,
    pub(crate) revalidate_time_max: Duration,
    pub(crate) clock: Clock,
    pub(crate) cache: RefCell<Cache>,
    pub(crate) counters: ShardCounters,
    pub(crate) log: Option<RefCell<LogSender>>,
    pub(crate) readdir: Reader,
    boundaries: RandomState,
    /// Numbers the requests of this shard for the log; starts with the shard's index above.
    request_id: Cell<u64>,
    phase: Cell<Phase>,
    connections: Cell<usize>,
}

/// What a shard is given when it starts.
pub(crate) struct Parts {
    pub(crate) index: usize,
    pub(crate) site: Arc<Site>,
    pub(crate) limits: Limits,
    pub(crate) http_limits: http::Limits,
    pub(crate) revalidate_time_max: Duration,
    pub(crate) cache_bytes_max: u64,
    pub(crate) cache_file_bytes_max: u64,
    pub(crate) open_files_max: u32,
    pub(crate) counters: ShardCounters,
    pub(crate) log: LogSender,
    pub(crate) readdir: Reader,
    pub(crate) listeners: Vec<BoundListener>,
    pub(crate) commands: Mailbox<Command>,
}

/// Serves until told to drain or stop, and returns when that is done.
pub(crate) async fn serve(parts: Parts, started: impl FnOnce(std::io::Result<()>)) {
    let (worker, listeners, mut commands) = Worker::new(parts);
    let mut accepting = Vec::new();
    for bound in listeners {
        match bound.start() {
            Ok(listener) => {
                let listener = Rc::new(listener);
                let last_accept = Rc::new(Cell::new(shard::now()));
                let task = shard::spawn(accept(
                    worker.clone(),
                    listener.clone(),
                    last_accept.clone(),
                ));
                accepting.push(Accepting {
                    listener,
                    last_accept,
                    task,
                });
            }
            Err(error) => return started(Err(error)),
        }
    }
    started(Ok(()));
    match commands.receive().await {
        Some(Command::Drain) => {
            let drain = worker.drain(accepting);
            let stop =
                async { while !matches!(commands.receive().await, Some(Command::Stop) | None) {} };
            first_of(drain, stop).await;
        }
        Some(Command::Stop) | None => {}
    }
    worker.cut().await;
}

/// A listener and the task that accepts from it.
struct Accepting {
    listener: Rc<Listener>,
    last_accept: Rc<Cell<Instant>>,
    task: shard::Task,
}

impl Accepting {
    /// Whether nobody waits and nobody came lately, of what concerns a drain that began then.
    fn has_handed_over(&self, drain_began: Instant) -> bool {
        let last = self.last_accept.get().max(drain_began);
        self.listener.waiting().is_none_or(|waiting| waiting == 0)
            && shard::now().saturating_duration_since(last) >= BACKLOG_QUIET_TIME
    }
}

async fn accept(worker: Rc<Worker>, listener: Rc<Listener>, last_accept: Rc<Cell<Instant>>) {
    loop {
        match listener.accept().await {
            Ok(stream) => {
                last_accept.set(shard::now());
                worker.counters.add(Counter::Accepted, 1);
                shard::spawn(connection::serve(worker.clone(), stream));
            }
            // The listening socket itself is broken; the shard's others go on.
            Err(_) => {
                worker.counters.add(Counter::AcceptErrors, 1);
                return;
            }
        }
    }
}

impl Worker {
    /// The worker, and what only its life needs.
    pub(crate) fn new(parts: Parts) -> (Rc<Worker>, Vec<BoundListener>, Mailbox<Command>) {
        let log = parts.log.is_on().then(|| RefCell::new(parts.log));
        let worker = Rc::new(Worker {
            site: parts.site,
            limits: parts.limits,
            http_limits: parts.http_limits,
            revalidate_time_max: parts.revalidate_time_max,
            clock: Clock::new(shard::now()),
            cache: RefCell::new(Cache::new(
                parts.cache_bytes_max,
                parts.cache_file_bytes_max,
                parts.open_files_max,
            )),
            counters: parts.counters,
            log,
            readdir: parts.readdir,
            boundaries: RandomState::new(),
            request_id: Cell::new((parts.index as u64) << 48),
            phase: Cell::new(Phase::Serving),
            connections: Cell::new(0),
        });
        (worker, parts.listeners, parts.commands)
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// The lines that responses made now begin with.
    pub(crate) fn first_lines(&self) -> FirstLines {
        self.clock.first_lines(shard::now())
    }

    /// Seconds since the epoch.
    pub(crate) fn seconds(&self) -> u64 {
        self.clock.seconds(shard::now())
    }

    pub(crate) fn next_request_id(&self) -> u64 {
        let id = self.request_id.get().wrapping_add(1);
        self.request_id.set(id);
        id
    }

    /// A number that nobody can foresee, to tell the parts of a response apart.
    pub(crate) fn next_boundary(&self) -> u128 {
        let half = || u128::from(self.boundaries.hash_one(self.next_request_id()));
        half() << 64 | half()
    }

    /// What the rules of a connection want to know of [`Worker::phase`].
    pub(crate) fn server_phase(&self) -> ServerPhase {
        match self.phase() {
            Phase::Serving => ServerPhase::Serving,
            Phase::Draining | Phase::Cutting => ServerPhase::Draining,
        }
    }

    /// Counts a connection for as long as the value lives.
    pub(crate) fn open_connection(self: &Rc<Self>) -> OpenConnection {
        self.connections.set(self.connections.get() + 1);
        self.counters.add(Counter::Active, 1);
        OpenConnection(self.clone())
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        shard::wake_all();
    }

    /// Hands over what is queued, closes the listeners, lets requests finish.
    async fn drain(&self, accepting: Vec<Accepting>) {
        let began = shard::now();
        self.enter(Phase::Draining);
        for listening in &accepting {
            let _ = listening.listener.shrink_backlog();
        }
        for listening in accepting {
            let deadline = began + self.limits.drain_accept_time_max;
            while shard::now() < deadline && !listening.has_handed_over(began) {
                sleep(DRAIN_POLL_TIME).await;
            }
            listening.task.cancel();
        }
        self.wait_for_connections(self.limits.drain_finish_time_max)
            .await;
    }

    /// Ends what is left; the shard drops what does not end by itself.
    async fn cut(&self) {
        self.enter(Phase::Cutting);
        self.wait_for_connections(self.limits.drain_cut_time_max)
            .await;
    }

    async fn wait_for_connections(&self, time_max: Duration) {
        let none_left = async {
            while self.connections.get() > 0 {
                sleep(DRAIN_POLL_TIME).await;
            }
        };
        // Too late is an answer too: the next phase is harder.
        let _ = timeout(time_max, none_left).await;
    }
}

/// See [`Worker::open_connection`].
pub(crate) struct OpenConnection(Rc<Worker>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections.set(self.0.connections.get() - 1);
        self.0.counters.subtract(Counter::Active, 1);
    }
}

impl std::ops::Deref for OpenConnection {
    type Target = Rc<Worker>;

    fn deref(&self) -> &Rc<Worker> {
        &self.0
    }
}

/// Waits for whichever is first and drops the other.
async fn first_of(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let mut one = std::pin::pin!(one);
    let mut other = std::pin::pin!(other);
    std::future::poll_fn(|context| {
        if one.as_mut().poll(context).is_ready() {
            return std::task::Poll::Ready(());
        }
        other.as_mut().poll(context)
    })
    .await;
}
