//! What a host lacks for so many connections, before they are tried, each with its remedy.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use crate::client::connect::{PORTS_PER_PAIR_MAX, loopback_source};
use crate::hold::HoldScenario;
use crate::hold::memory::host_memory;
use crate::plan::{Endpoint, Sources};
use crate::truth::HostFiles;

/// Kernel memory of one established, idle TCP socket: slabs of socket, inode, file and dentry,
/// measured at 1,000,000 connections on Linux 6.18.
const SOCKET_BYTES: u64 = 3_400;
/// What a connection costs the generator itself.
const CONNECTION_BYTES: u64 = 600;
/// Descriptors below which a ring is hardly one.
const DESCRIPTORS_MIN: u64 = 1_024;

/// Something that the host lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lack {
    /// What there is, and what is needed.
    pub what: String,
    /// What to do.
    pub remedy: String,
    /// Whether the hold cannot succeed like this.
    pub is_fatal: bool,
}

/// What stands against `scenario` on this host.
pub fn preflight(scenario: &HoldScenario) -> Vec<Lack> {
    lacks(scenario, &HostFiles::of_this_host())
}

fn lacks(scenario: &HoldScenario, files: &HostFiles) -> Vec<Lack> {
    let connections = u64::from(scenario.connections.get());
    let is_here = match &scenario.origin.endpoint {
        Endpoint::Tcp(addresses) => addresses.iter().all(|address| address.ip().is_loopback()),
        Endpoint::Unix(_) => true,
    };
    let sides = if is_here { 2 } else { 1 };
    let ports = match &scenario.origin.endpoint {
        Endpoint::Tcp(addresses) => {
            ports(addresses, &scenario.connecting.sources, connections, files)
        }
        Endpoint::Unix(_) => None,
    };
    ports
        .into_iter()
        .chain(memory(connections, sides, files))
        .chain(open_files(connections, sides, files))
        .chain(queue_memory(connections, sides, files))
        .chain(conntrack(connections, files))
        .chain(descriptors(files))
        .collect()
}

/// Ports from all sources towards all destinations.
fn ports(
    addresses: &[SocketAddr],
    sources: &Sources,
    connections: u64,
    files: &HostFiles,
) -> Option<Lack> {
    let range = files.numbers("proc/sys/net/ipv4/ip_local_port_range");
    let in_range = match range[..] {
        [first, last] => last.saturating_sub(first) + 1,
        _ => return None,
    };
    let per_pair = match sources {
        Sources::Auto => in_range.min(u64::from(PORTS_PER_PAIR_MAX)),
        Sources::Addresses(_) => in_range,
    };
    let destinations = addresses.len() as u64;
    let is_many_sourced = addresses
        .iter()
        .all(|address| loopback_source(address.ip(), 1).is_some());
    let source_count = match sources {
        Sources::Addresses(given) => given.len() as u64,
        Sources::Auto if is_many_sourced && in_range >= u64::from(PORTS_PER_PAIR_MAX) => {
            return None;
        }
        Sources::Auto => 1,
    };
    let room = per_pair * destinations * source_count;
    let needed = connections.div_ceil(per_pair * destinations);
    (room < connections).then(|| Lack {
        what: format!(
            "{connections} connections need more than the {room} pairs of source port and \
             destination that there are ({in_range} ports of net.ipv4.ip_local_port_range, \
             {source_count} source address, {destinations} destination port)"
        ),
        remedy: match addresses.first().map(SocketAddr::ip) {
            Some(IpAddr::V4(_)) => format!(
                "give {needed} source addresses with --source, more destination ports as \
                 http://host:8080-8087, or widen the range: \
                 sysctl -w net.ipv4.ip_local_port_range='10240 65535'"
            ),
            _ => "give more destination ports as http://host:8080-8087, or source addresses with \
                  --source"
                .to_owned(),
        },
        is_fatal: true,
    })
}

fn memory(connections: u64, sides: u64, files: &HostFiles) -> Option<Lack> {
    let needed = connections * (sides * SOCKET_BYTES + CONNECTION_BYTES);
    let available = host_memory(files, "MemAvailable")?;
    (needed > available).then(|| Lack {
        what: format!(
            "{connections} connections need about {} MiB ({SOCKET_BYTES} bytes of kernel memory a \
             socket, {sides} of them here), and {} MiB are available",
            needed >> 20,
            available >> 20
        ),
        remedy: "hold fewer connections or run the server on another host".to_owned(),
        is_fatal: true,
    })
}

/// Every socket is an open file of the host, direct descriptors too.
fn open_files(connections: u64, sides: u64, files: &HostFiles) -> Option<Lack> {
    let maximum = files.number("proc/sys/fs/file-max")?;
    let allocated = files.numbers("proc/sys/fs/file-nr").first().copied()?;
    let needed = connections * sides;
    (maximum.saturating_sub(allocated) < needed).then(|| Lack {
        what: format!(
            "fs.file-max is {maximum} with {allocated} in use, and {needed} sockets are to be opened"
        ),
        remedy: format!("sysctl -w fs.file-max={}", allocated + needed * 5 / 4),
        is_fatal: true,
    })
}

/// Idle sockets hold no queue memory, but each may keep a page for a while after its request.
fn queue_memory(connections: u64, sides: u64, files: &HostFiles) -> Option<Lack> {
    let limits = files.numbers("proc/sys/net/ipv4/tcp_mem");
    let pressure = *limits.get(1)?;
    let needed = connections * sides;
    (needed > pressure).then(|| Lack {
        what: format!(
            "net.ipv4.tcp_mem begins to press at {pressure} pages, and {needed} sockets may keep \
             a page each after a request"
        ),
        remedy: format!(
            "sysctl -w net.ipv4.tcp_mem='{} {} {}'",
            needed,
            needed * 5 / 4,
            needed * 3 / 2
        ),
        is_fatal: false,
    })
}

fn conntrack(connections: u64, files: &HostFiles) -> Option<Lack> {
    let maximum = files.number("proc/sys/net/netfilter/nf_conntrack_max")?;
    let count = files.number("proc/sys/net/netfilter/nf_conntrack_count")?;
    // Tracking is on where something is tracked.
    (count > 0 && maximum.saturating_sub(count) < connections).then(|| Lack {
        what: format!(
            "connections are tracked ({count} now), and net.netfilter.nf_conntrack_max is {maximum}"
        ),
        remedy: format!(
            "do not track the port (nft: notrack in a raw prerouting and output chain), or \
             sysctl -w net.netfilter.nf_conntrack_max={}",
            connections * 3 / 2
        ),
        is_fatal: true,
    })
}

fn descriptors(files: &HostFiles) -> Option<Lack> {
    let limits = files.text("proc/self/limits")?;
    let mut lines = limits.lines();
    let line = lines.find_map(|line| line.strip_prefix("Max open files"))?;
    // Soft, hard, unit; the soft one is raised to the hard one.
    let hard: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    (hard < DESCRIPTORS_MIN).then(|| Lack {
        what: format!("the hard descriptor limit is {hard}, so that every ring holds few sockets"),
        remedy: "ulimit -Hn 20000, or LimitNOFILE= in the unit".to_owned(),
        is_fatal: false,
    })
}
