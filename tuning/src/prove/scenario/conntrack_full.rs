//! `conntrack-full`: a connection-tracking table without room, and a service that is tracked or
//! not.
//!
//! The table is filled with established connections whose ends are gone without a word (their RST
//! is dropped before tracking sees it), so that no entry gives way early. That takes some seconds
//! and is done once for all rounds; the limit is the kernel's, and the entries count in this
//! namespace only.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, socket, sockopt};

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::{Port, accept_until, burst, listen};
use crate::prove::space::Space;

/// A namespace whose table is full.
#[derive(Debug)]
pub(in crate::prove) struct FullTable(Space);

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SERVICE: SocketAddr = SocketAddr::new(HOST, 7001);
const FILLER: SocketAddr = SocketAddr::new(HOST, 7002);

/// More entries than these would take minutes and hundreds of megabytes.
const ENTRIES_MAX: usize = 600_000;
/// Ports used of each source address, from 20000.
const PORTS: usize = 40_000;
const CLIENTS: usize = 50;

pub(super) fn run(stage: &mut Stage<'_>) -> Result<Round, Hindrance> {
    if stage.full_table.is_none() {
        *stage.full_table = Some(FullTable(full()?));
    }
    let Some(FullTable(space)) = stage.full_table.as_ref() else {
        return Err(Hindrance("the table was not filled".into()));
    };
    let untracked = stage.side.is_with();
    if untracked {
        for hook in ["prerouting priority raw", "output priority raw"] {
            space.filter(hook, &["tcp dport 7001 notrack", "tcp sport 7001 notrack"])?;
        }
    }
    let round = counted(space, || {
        space.inside(|| {
            let listener = listen(SERVICE, 4096, Port::Alone).hindered("a listener")?;
            let clients = burst(SERVICE, None, CLIENTS).streams;
            let accepted = accept_until(&listener, clients.len(), Duration::from_millis(500));
            Ok(Round::default()
                .with("clients accepted of 50", accepted.len() as f64)
                .with("table entries", entries() as f64))
        })
    });
    if untracked {
        for hook in ["prerouting", "output"] {
            space.run("nft", &["flush", "chain", "inet", "prove", hook])?;
        }
    }
    round
}

fn full() -> Result<Space, Hindrance> {
    let limit = number("/proc/sys/net/netfilter/nf_conntrack_max")
        .ok_or_else(|| Hindrance("this kernel has no connection tracking".into()))?;
    if limit > ENTRIES_MAX {
        return Err(Hindrance(format!(
            "the table holds {limit} entries; filling more than {ENTRIES_MAX} takes too long"
        )));
    }
    let space = Space::new()?;
    // What the recipe has, which is what makes the kernel track.
    space.filter("input priority 0", &["ct state new,established accept"])?;
    let quiet = ["tcp dport 7002", "tcp sport 7002"];
    let quiet = quiet.map(|port| format!("{port} tcp flags & (fin | rst) != 0 drop"));
    space.filter("output priority raw", &[&quiet[0], &quiet[1]])?;
    space.inside(|| {
        let listener = listen(FILLER, 16, Port::Alone).hindered("a listener")?;
        listener.set_nonblocking(false).hindered("a listener")?;
        // A few more than fit: the last ones find the table full, which is what shall be.
        for entry in 0..limit + 8 {
            let source = Ipv4Addr::from(0x7F01_0000 + (entry / PORTS) as u32);
            let port = 20_000 + (entry % PORTS) as u16;
            if entries_are_full(entry, limit)
                || !fill(SocketAddr::new(source.into(), port), &listener)?
            {
                break;
            }
        }
        Ok(())
    })?;
    Ok(space)
}

/// Looks only near the end: the number is summed over all CPUs.
fn entries_are_full(entry: usize, limit: usize) -> bool {
    entry + 64 > limit && entries() >= limit
}

/// Makes one entry; false if no more fits.
fn fill(from: SocketAddr, listener: &TcpListener) -> Result<bool, Hindrance> {
    let client = socket(AddressFamily::INET, SocketType::STREAM, None).hindered("a socket")?;
    sockopt::set_socket_linger(&client, Some(Duration::ZERO)).hindered("a socket")?;
    // A handshake that the full table drops must not take its minutes.
    sockopt::set_socket_timeout(
        &client,
        sockopt::Timeout::Send,
        Some(Duration::from_millis(200)),
    )
    .hindered("a socket")?;
    rustix::net::bind(&client, &from).hindered("a source address")?;
    if rustix::net::connect(&client, &FILLER).is_err() {
        return Ok(false);
    }
    let (server, _) = listener.accept().hindered("accepting")?;
    sockopt::set_socket_linger(&server, Some(Duration::ZERO)).hindered("a socket")?;
    Ok(true)
}

fn entries() -> usize {
    number("/proc/sys/net/netfilter/nf_conntrack_count").unwrap_or(0)
}

fn number(path: &str) -> Option<usize> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
