//! One core of ringmain: a small thread-per-core async runtime over io_uring or epoll.
//!
//! [`run`] turns the calling thread into a shard: it makes the ring, runs a future and the
//! tasks that it spawns, and stops in order. Inside, [`net`] has listeners and streams, [`fs`]
//! files, [`time`] timers, [`mailbox`] the way in from other threads. Everything belongs to its
//! thread; nothing is shared and nothing locked on the request path.
//!
//! This crate knows no HTTP. All `unsafe` of the project is here, each block with the invariant
//! that it relies on.

pub mod buffer;
mod driver;
mod executor;
pub mod fs;
mod future;
pub mod mailbox;
pub mod net;
mod table;
pub mod time;
pub mod topology;

use std::io;

pub use buffer::Chunk;
pub use driver::uring::{Abilities, Unavailable, probe};
pub use driver::{Counters, DriverKind, SendData};
pub use executor::{
    Report, Task, driver_kind, gather, now, report, run, spawn, wake_all, yield_now,
};

/// Which driver a shard should run on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Io {
    /// io_uring where it works, else epoll; ask [`probe`] for the reason.
    #[default]
    Auto,
    /// io_uring or an error.
    Uring,
    /// epoll.
    Epoll,
}

/// What a shard is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which driver.
    pub io: Io,
    /// The CPU to pin the thread to; `None` leaves it where it is.
    pub cpu: Option<usize>,
    /// Bytes of one receive buffer. Pages are touched when bytes first land in them.
    pub recv_buffer_bytes: u32,
    /// Receive buffers of the shard, at most 32,768 of which count. The working set starts at 64
    /// and doubles on demand.
    pub recv_buffers_max: u16,
    /// Sockets of the shard at once; `None`: as many as the descriptor limit allows.
    pub sockets_max: Option<u32>,
    /// Abilities of the ring that may be used, for tests of the ways around them.
    pub abilities: Abilities,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            io: Io::Auto,
            cpu: None,
            recv_buffer_bytes: 16 * 1024,
            recv_buffers_max: 1024,
            sockets_max: None,
            abilities: Abilities::ALL,
        }
    }
}

/// Why a shard did not start, or could not go on.
#[derive(Debug)]
pub enum StartError {
    /// io_uring was asked for and cannot be used.
    Uring(Unavailable),
    /// The thread cannot be pinned to the CPU.
    Pin {
        /// The CPU that was asked for.
        cpu: usize,
        /// What the kernel said.
        source: io::Error,
    },
    /// A descriptor or memory was missing at the start.
    Setup(io::Error),
    /// The kernel refused to wait; nothing can go on.
    Wait(io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Uring(unavailable) => unavailable.fmt(f),
            StartError::Pin { cpu, source } => write!(
                f,
                "cannot pin a thread to CPU {cpu}: {source}; it may be offline or outside of the \
                 process's affinity mask (see `taskset -p`)"
            ),
            StartError::Setup(source) => write!(f, "cannot set up a shard: {source}"),
            StartError::Wait(source) => write!(f, "the shard cannot wait for events: {source}"),
        }
    }
}

impl std::error::Error for StartError {}
