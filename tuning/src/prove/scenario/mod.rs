//! The scenarios by name: each stresses what a knob governs and yields figures.
//!
//! A scenario gets a fresh pair of namespaces, or one, with the value of the round in force. It is
//! bounded in sockets and time, and works without network hardware. One that cannot run here says
//! why.

mod accept_burst;
mod buffers;
mod conntrack_full;
mod conntrack_load;
mod facts;
mod fan_out;
mod idle_mass;
mod keepalive_idle;
mod large_transfer;
mod mtu_black_hole;
mod neighbor_table;
mod port_exhaustion;
mod reload;
mod slow_readers;
mod stage;
mod stepped_load;
mod time_wait;

pub use self::accept_burst::AcceptBurst;
pub use self::facts::Fact;
pub use self::idle_mass::IdleMass;
pub use self::large_transfer::{Loss, Transfer};
pub use self::port_exhaustion::PortExhaustion;
pub(super) use self::stage::{Programs, Stage};
pub use self::time_wait::TimeWait;

use super::hindrance::Hindrance;
use super::proof::Round;

/// What is done in each round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// More connections at once than are accepted.
    AcceptBurst(AcceptBurst),
    /// More outgoing connections than ports.
    PortExhaustion(PortExhaustion),
    /// What is left of closed connections.
    TimeWait(TimeWait),
    /// Connections that do nothing.
    IdleMass(IdleMass),
    /// Clients that read nothing while the server has much to send.
    SlowReaders,
    /// One connection that carries as much as it can.
    LargeTransfer(Transfer),
    /// The buffers that a socket begins with.
    Buffers,
    /// A connection that pauses and goes on.
    KeepaliveIdle,
    /// A connection-tracking table without room.
    ConntrackFull,
    /// A server under load whose connections are tracked or not.
    ConntrackLoad,
    /// A listener that goes while another stays.
    Reload,
    /// The stepped table of the documents beside Little's law.
    SteppedLoad,
    /// A path that drops large packets and says nothing.
    MtuBlackHole,
    /// More neighbors than a table has room for.
    NeighborTable,
    /// One receive queue for all CPUs.
    FanOut,
    /// Something that is read and not loaded.
    Fact(Fact),
}

impl Scenario {
    /// The name in catalogue entries and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AcceptBurst(_) => "accept-burst",
            Self::PortExhaustion(_) => "port-exhaustion",
            Self::TimeWait(_) => "time-wait",
            Self::IdleMass(_) => "idle-mass",
            Self::SlowReaders => "slow-readers",
            Self::LargeTransfer(_) | Self::Buffers => "large-transfer",
            Self::KeepaliveIdle => "keepalive-idle",
            Self::ConntrackFull => "conntrack-full",
            Self::ConntrackLoad => "conntrack-load",
            Self::Reload => "reload",
            Self::SteppedLoad => "stepped-load",
            Self::MtuBlackHole => "mtu-black-hole",
            Self::NeighborTable => "neighbor-table",
            Self::FanOut => "fan-out",
            Self::Fact(_) => "fact",
        }
    }

    /// Runs a round.
    pub(super) fn run(&self, stage: &mut Stage<'_>) -> Result<Round, Hindrance> {
        match self {
            Self::AcceptBurst(how) => accept_burst::run(*how, stage),
            Self::PortExhaustion(how) => port_exhaustion::run(*how, stage),
            Self::TimeWait(how) => time_wait::run(*how, stage),
            Self::IdleMass(how) => idle_mass::run(*how, stage),
            Self::SlowReaders => slow_readers::run(stage),
            Self::LargeTransfer(how) => large_transfer::run(*how, stage),
            Self::Buffers => buffers::run(stage),
            Self::KeepaliveIdle => keepalive_idle::run(stage),
            Self::ConntrackFull => conntrack_full::run(stage),
            Self::ConntrackLoad => conntrack_load::run(stage),
            Self::Reload => reload::run(stage),
            Self::SteppedLoad => stepped_load::run(stage),
            Self::MtuBlackHole => mtu_black_hole::run(stage),
            Self::NeighborTable => neighbor_table::run(stage),
            Self::FanOut => fan_out::run(stage),
            Self::Fact(fact) => facts::run(*fact, stage),
        }
    }
}
