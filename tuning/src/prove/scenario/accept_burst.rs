//! `accept-burst`: more connections at once than are accepted.
//!
//! The server takes nothing while the burst arrives, as in a stall. What is not queued by then is
//! repeated by the client's kernel after a second: so "in time" is what was accepted within 0.9 s.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::{
    Port, State, accept_until, broken, burst, count, listen, pause, wait_until,
};
use crate::prove::space::Space;

/// Which queue fills up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptBurst {
    /// The accept queue of a program that asks for this length.
    Accept {
        /// The second argument of listen(2).
        backlog_asked: i32,
        /// Connections at once.
        connections: usize,
    },
    /// The accept queue of a program that asks for 128, or with it for 65535.
    Asked {
        /// Connections at once.
        connections: usize,
    },
    /// The SYN queue: the last step of each handshake is missing.
    Handshakes {
        /// The second argument of listen(2).
        backlog_asked: i32,
        /// Connections at once.
        connections: usize,
    },
    /// The SYN queue is full of a flood; good clients come besides.
    Flood,
    /// Handshakes end while the accept queue is full.
    LateHandshakes,
}

const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7001);
/// Where the flood says that it comes from: the answers to it are dropped.
const FLOOD: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(127, 9, 9, 9)), 0);

/// What the server answers to a SYN is lost.
const NO_ANSWER: &str = "tcp sport 7001 tcp flags & (syn | ack) == (syn | ack) drop";

/// How long the server takes nothing.
const STALL: Duration = Duration::from_millis(300);
/// What is accepted later has waited for a repeated handshake.
const IN_TIME: Duration = Duration::from_millis(900);

pub(super) fn run(how: AcceptBurst, stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    counted(&space, || match how {
        AcceptBurst::Accept {
            backlog_asked,
            connections,
        } => accept_queue(&space, backlog_asked, connections),
        AcceptBurst::Asked { connections } => {
            let backlog_asked = if stage.side.is_with() { 65535 } else { 128 };
            accept_queue(&space, backlog_asked, connections)
        }
        AcceptBurst::Handshakes {
            backlog_asked,
            connections,
        } => handshakes(&space, backlog_asked, connections),
        AcceptBurst::Flood => flood(&space),
        AcceptBurst::LateHandshakes => late_handshakes(&space),
    })
}

fn accept_queue(space: &Space, backlog: i32, connections: usize) -> Result<Round, Hindrance> {
    space.inside(|| {
        let listener = listen(SERVER, backlog, Port::Alone).hindered("a listener")?;
        let began = Instant::now();
        let clients = burst(SERVER, None, connections);
        pause(STALL.saturating_sub(began.elapsed()));
        let queued = count(State::Established, SERVER.port());
        let left = IN_TIME.saturating_sub(began.elapsed());
        let accepted = accept_until(&listener, clients.streams.len(), left);
        Ok(Round::default()
            .with("queued connections", queued as f64)
            .with("accepted in time", accepted.len() as f64))
    })
}

fn handshakes(space: &Space, backlog: i32, connections: usize) -> Result<Round, Hindrance> {
    space.filter("input priority 0", &[NO_ANSWER])?;
    space.inside(|| {
        let _listener = listen(SERVER, backlog, Port::Alone).hindered("a listener")?;
        let _clients = burst(SERVER, None, connections);
        pause(STALL);
        let half_open = count(State::SynReceived, SERVER.port());
        Ok(Round::default().with("half-open connections", half_open as f64))
    })
}

fn flood(space: &Space) -> Result<Round, Hindrance> {
    const GOOD: usize = 50;
    space.filter(
        "input priority 0",
        &[&format!("ip daddr {} {NO_ANSWER}", FLOOD.ip())],
    )?;
    space.inside(|| {
        let listener = listen(SERVER, 256, Port::Alone).hindered("a listener")?;
        let _flood = burst(SERVER, Some(FLOOD), 1000);
        pause(Duration::from_millis(50));
        let good = burst(SERVER, None, GOOD);
        let accepted = accept_until(&listener, good.streams.len(), IN_TIME - STALL);
        Ok(Round::default()
            .with("good clients accepted of 50", accepted.len() as f64)
            .with(
                "half-open connections",
                count(State::SynReceived, SERVER.port()) as f64,
            ))
    })
}

/// The queue has room when the handshakes begin and none when they end, a second later: only then
/// does the kernel choose between waiting and a reset.
fn late_handshakes(space: &Space) -> Result<Round, Hindrance> {
    const ROOM: i32 = 64;
    const EARLY: usize = 60;
    space.filter("input priority 0", &[NO_ANSWER])?;
    let (listener, early) = space.inside(|| {
        let listener = listen(SERVER, ROOM, Port::Alone).hindered("a listener")?;
        let early = burst(SERVER, None, EARLY).streams;
        wait_until(STALL, || count(State::SynReceived, SERVER.port()) >= EARLY);
        Ok((listener, early))
    })?;
    space.no_filter()?;
    space.inside(|| {
        let late = burst(SERVER, None, ROOM as usize + 6).streams;
        // The answers come again a second after the first ones and find the queue full.
        pause(Duration::from_millis(1500));
        let all = early.len() + late.len();
        let accepted = accept_until(&listener, all, Duration::from_secs(5));
        Ok(Round::default()
            .with("clients reset", (broken(&early) + broken(&late)) as f64)
            .with("accepted", accepted.len() as f64))
    })
}
