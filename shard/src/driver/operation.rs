//! One-shot operations: what can be started once, and what comes of it.
//!
//! An operation owns everything that the kernel or a worker borrows while it runs (paths,
//! buffers, addresses, a reference to the file), so its future can be dropped at any time.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::task::Waker;

use socket2::SockAddr;

use crate::table::Key;

/// What to do.
#[derive(Debug)]
pub(crate) enum Operation {
    /// openat2(2) relative to `directory`.
    Open {
        directory: Arc<OwnedFd>,
        path: CString,
        flags: u64,
        resolve: u64,
    },
    /// Reads up to the buffer's capacity at `offset`.
    Read {
        file: Arc<OwnedFd>,
        offset: u64,
        buffer: Vec<u8>,
    },
    /// Asks for read-ahead of a range (POSIX_FADV_WILLNEED).
    WillNeed {
        file: Arc<OwnedFd>,
        offset: u64,
        length: u64,
    },
    /// Takes a plain socket into the driver's table.
    Adopt { socket: OwnedFd },
    /// connect(2) of an adopted socket.
    Connect { socket: Key, address: Box<SockAddr> },
    /// A plain descriptor for a direct one, for system calls that know no ring.
    Install { socket: Key },
    /// Waits until the socket takes bytes again.
    Writable { socket: Key },
}

impl Operation {
    /// The socket that must outlive the operation.
    pub(crate) fn socket(&self) -> Option<Key> {
        match self {
            Operation::Connect { socket, .. }
            | Operation::Install { socket }
            | Operation::Writable { socket } => Some(*socket),
            Operation::Open { .. }
            | Operation::Read { .. }
            | Operation::WillNeed { .. }
            | Operation::Adopt { .. } => None,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// `Open`, `Install`.
    Descriptor(OwnedFd),
    /// `Read`: the buffer, its length set to what was read.
    Bytes(Vec<u8>),
    /// `Adopt`.
    Socket(Key),
    /// The others.
    Done,
}

/// Where an operation stands; `P` is what the driver keeps while it runs.
#[derive(Debug)]
pub(crate) enum Progress<P> {
    Running {
        held: P,
        waker: Option<Waker>,
        /// False once the owner has lost interest.
        wanted: bool,
    },
    Over(std::io::Result<Outcome>),
}
