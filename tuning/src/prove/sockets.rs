//! The moves that scenarios are made of: listen with a given backlog, start connecting, accept
//! what waits, count sockets in a state. Everything here works in the calling thread's namespace.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, sockopt};

/// States of `include/net/tcp_states.h` that scenarios count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Established = 1,
    SynReceived = 3,
    FinWait2 = 5,
    TimeWait = 6,
}

/// Whether several listeners may share a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Alone,
    Shared,
}

/// A listener with a queue of this length asked for; accepting does not block.
pub(super) fn listen(at: SocketAddr, backlog: i32, port: Port) -> io::Result<TcpListener> {
    let socket = stream_socket()?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if port == Port::Shared {
        sockopt::set_socket_reuseport(&socket, true)?;
    }
    rustix::net::bind(&socket, &at)?;
    rustix::net::listen(&socket, backlog)?;
    Ok(TcpListener::from(socket))
}

/// Begins to connect and does not wait; `from` gives the local address.
pub(super) fn start_connecting(to: SocketAddr, from: Option<SocketAddr>) -> io::Result<TcpStream> {
    let socket = stream_socket()?;
    if let Some(from) = from {
        rustix::net::bind(&socket, &from)?;
    }
    match rustix::net::connect(&socket, &to) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(TcpStream::from(socket)),
        Err(error) => Err(error.into()),
    }
}

/// A TCP socket that never blocks.
pub(super) fn stream_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    Ok(socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        flags,
        None,
    )?)
}

/// Connects begun one after the other; those that could not even begin are counted.
pub(super) fn burst(to: SocketAddr, from: Option<SocketAddr>, count: usize) -> Burst {
    let mut burst = Burst::default();
    for _ in 0..count {
        match start_connecting(to, from) {
            Ok(stream) => burst.streams.push(stream),
            Err(_) => burst.refused += 1,
        }
    }
    burst
}

/// See [`burst`].
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// Those that began.
    pub(super) streams: Vec<TcpStream>,
    /// How many could not.
    pub(super) refused: usize,
}

/// Takes what waits in the accept queue.
pub(super) fn accept_waiting(listener: &TcpListener) -> Vec<TcpStream> {
    let mut accepted = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        let _ = stream.set_nonblocking(true);
        accepted.push(stream);
    }
    accepted
}

/// Accepts until `count` are there or time is up.
pub(super) fn accept_until(
    listener: &TcpListener,
    count: usize,
    within: Duration,
) -> Vec<TcpStream> {
    let mut accepted = Vec::new();
    wait_until(within, || {
        accepted.extend(accept_waiting(listener));
        accepted.len() >= count
    });
    accepted
}

/// How many of these the peer has reset or refused.
pub(super) fn broken(streams: &[TcpStream]) -> usize {
    let is_broken = |stream: &&TcpStream| {
        if matches!(stream.take_error(), Ok(Some(_))) {
            return true;
        }
        let peeked = stream.peek(&mut [0]);
        matches!(peeked, Err(error) if error.kind() != ErrorKind::WouldBlock)
    };
    streams.iter().filter(is_broken).count()
}

/// How many sockets with this local port are in a state.
pub(super) fn count(state: State, port: u16) -> usize {
    let table = fs::read_to_string("/proc/thread-self/net/tcp").unwrap_or_default();
    let is_meant = |line: &&str| {
        let mut words = line.split_whitespace().skip(1);
        let local = words.next().and_then(|local| local.rsplit(':').next());
        let state_found = words
            .nth(1)
            .and_then(|word| u8::from_str_radix(word, 16).ok());
        local.and_then(|local| u16::from_str_radix(local, 16).ok()) == Some(port)
            && state_found == Some(state as u8)
    };
    table.lines().skip(1).filter(is_meant).count()
}

/// Looks every few milliseconds until something holds; says whether it did in time.
pub(super) fn wait_until(within: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    loop {
        if holds() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Lets time pass: some effects are what has not happened after so long.
pub(super) fn pause(time: Duration) {
    std::thread::sleep(time);
}
