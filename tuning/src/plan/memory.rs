//! What idle connections cost in kernel memory, and whether the host has it.
//!
//! The objects of one TCP connection are slabs whose sizes the kernel shows in /proc/slabinfo to
//! root. Without that, the sizes measured on Linux 6.18 (x86-64) stand in. Buffers are not
//! counted: an idle connection has none.

use crate::catalogue::Role;
use crate::goal::Goal;
use crate::host::{Host, Root};

/// The share of the memory that connections may take.
const SHARE_MAX: f64 = 0.6;

/// The slabs of one socket with its file, and their effective bytes on 6.18 (a slab's pages over
/// its objects).
const SOCKET_SLABS: [(&str, f64); 4] = [
    ("TCP", 2520.6),
    ("sock_inode_cache", 862.3),
    ("filp", 195.0),
    ("dentry", 195.0),
];

/// What security modules hang on inode and file.
const SECURITY_BYTES: f64 = 56.0;

/// epoll: the item in its tree and the wait-queue entry.
const EPOLL_BYTES: f64 = 200.0;

/// io_uring: an armed multishot receive with its message header and its poll state.
const RING_BYTES: f64 = 864.0;

/// Connection tracking: the entry and its extensions.
const CONNTRACK_BYTES: f64 = 400.0;

/// What the connections of a goal cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// Connections of the goal.
    pub connections: u64,
    /// Sockets on this host for each of them.
    pub sockets_per_connection: u64,
    /// Where the sizes come from.
    pub source: &'static str,
    /// Bytes of one idle socket.
    pub cost: SocketCost,
    /// Memory of the host in bytes.
    pub ram_bytes: u64,
    /// Memory that could be had now.
    pub available_bytes: u64,
}

/// Bytes of one idle socket, by what waits for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SocketCost {
    /// In an epoll set.
    pub epoll: f64,
    /// With a multishot receive of io_uring armed.
    pub ring: f64,
}

impl Memory {
    /// The cost on a host.
    pub fn of(host: &Host, goal: &Goal) -> Self {
        let (socket, source) = socket_bytes(&host.root);
        let tracked = host.root.has("/proc/sys/net/netfilter/nf_conntrack_max");
        let tracking = if tracked { CONNTRACK_BYTES } else { 0.0 };
        let own = match goal.role {
            Role::Server | Role::Client => 1,
            Role::Proxy => 2,
        };
        Self {
            connections: goal.connections,
            sockets_per_connection: own * (1 + u64::from(goal.loopback)),
            source,
            cost: SocketCost {
                epoll: socket + tracking + EPOLL_BYTES,
                ring: socket + tracking + RING_BYTES,
            },
            ram_bytes: host.facts.ram_bytes,
            available_bytes: host.facts.available_bytes,
        }
    }

    /// Bytes of all connections, the dearer way (io_uring).
    pub fn bytes_max(&self) -> f64 {
        self.sockets() * self.cost.ring
    }

    /// Bytes of all connections, the cheaper way (epoll).
    pub fn bytes_min(&self) -> f64 {
        self.sockets() * self.cost.epoll
    }

    /// Whether they fit in the share of the memory that connections may take.
    pub fn fits(&self) -> bool {
        self.bytes_max() <= SHARE_MAX * self.ram_bytes as f64
    }

    /// How many connections would fit.
    pub fn connections_max(&self) -> u64 {
        let each = self.cost.ring * self.sockets_per_connection as f64;
        (SHARE_MAX * self.ram_bytes as f64 / each) as u64
    }

    fn sockets(&self) -> f64 {
        self.connections as f64 * self.sockets_per_connection as f64
    }
}

fn socket_bytes(root: &Root) -> (f64, &'static str) {
    let table = root.text("/proc/slabinfo").unwrap_or_default();
    let mut sum = SECURITY_BYTES;
    let mut seen = 0;
    for (name, measured) in SOCKET_SLABS {
        let effective = effective_bytes(&table, name);
        seen += usize::from(effective.is_some());
        sum += effective.unwrap_or(measured);
    }
    let source = match seen {
        0 => "slab sizes of Linux 6.18",
        SLABS => "slab sizes of this kernel",
        _ => "slab sizes of this kernel, and of Linux 6.18 where it merges them",
    };
    (sum, source)
}

const SLABS: usize = SOCKET_SLABS.len();

/// Reads slabinfo(5): name, active, all, object size, objects per slab, pages per slab.
fn effective_bytes(table: &str, name: &str) -> Option<f64> {
    let line = table
        .lines()
        .find(|line| line.split_whitespace().next() == Some(name))?;
    let fields: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    let (objects, pages) = (number(4)?, number(5)?);
    Some(pages * rustix::param::page_size() as f64 / objects).filter(|bytes| bytes.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slab_costs_its_pages_over_its_objects() {
        let table = "slabinfo - version: 2.1\n# name <active> ...\n\
                     tw_sock_TCP 0 0 256 16 1 : tunables 0 0 0\n\
                     TCP 12 26 2368 13 8 : tunables 0 0 0\n";
        let bytes = effective_bytes(table, "TCP").expect("it is there");
        let page = rustix::param::page_size() as f64;
        assert!((bytes - 8.0 * page / 13.0).abs() < 0.01, "{bytes}");
        assert_eq!(effective_bytes(table, "filp"), None);
    }

    #[test]
    fn a_million_connections_fit_in_16_gb_but_not_in_4() {
        let memory = |ram_bytes| Memory {
            connections: 1_000_000,
            sockets_per_connection: 1,
            source: "a test",
            cost: SocketCost {
                epoll: 4029.0,
                ring: 4693.0,
            },
            ram_bytes,
            available_bytes: ram_bytes,
        };
        assert!(memory(16 << 30).fits());
        assert!(!memory(4 << 30).fits());
        assert_eq!(memory(4 << 30).connections_max(), 549_111);
    }
}
