//! What the host is to be tuned for: how many connections, how fast, in which role.

use crate::catalogue::Role;

/// The inputs that an operator gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// Connections to hold.
    pub connections: u64,
    /// New connections a second.
    pub rate: f64,
    /// What the host does with them.
    pub role: Role,
    /// Seconds that accepting may stall.
    pub accept_stall_s: f64,
    /// Bytes in flight on the longest path.
    pub bdp_bytes: f64,
    /// Whether both ends are on this host.
    pub loopback: bool,
}

impl Goal {
    /// Connections if nothing is said.
    pub const CONNECTIONS: u64 = 10_000;

    /// How long accepting may stall: a garbage collection, a reload, a busy core.
    pub const ACCEPT_STALL_S: f64 = 0.2;

    /// Bytes in flight if nothing is said: 1 Gbit/s over 100 ms.
    pub const BDP_BYTES: f64 = 12_500_000.0;

    /// The goal of so many connections, with what is usual for the rest: each connection lasts a
    /// minute.
    pub fn of(connections: u64, role: Role) -> Self {
        Self {
            connections,
            rate: Self::usual_rate(connections),
            role,
            accept_stall_s: Self::ACCEPT_STALL_S,
            bdp_bytes: Self::BDP_BYTES,
            loopback: false,
        }
    }

    /// New connections a second when each lasts a minute.
    pub fn usual_rate(connections: u64) -> f64 {
        (connections as f64 / 60.0).max(1.0)
    }
}
