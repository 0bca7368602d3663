//! What a hold has found.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::hold::HoldScenario;
use crate::hold::memory::Usage;
use crate::hold::ring::Latency;
use crate::record::ErrorKind;
use crate::record::report::Distribution;

/// See the module's text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldReport {
    /// Whom was asked.
    pub target: String,
    /// Connections wanted.
    pub wanted: u32,
    /// Connections that stood and had answered their first request.
    pub established: u32,
    /// Connections that answered their last request.
    pub alive_at_end: u32,
    /// Rings that held them.
    pub rings: usize,
    /// How long opening took, with a request on each.
    pub opening_s: f64,
    /// How long they were held after that.
    pub held_s: f64,
    /// Failed connects and lost connections by kind.
    pub failed: BTreeMap<ErrorKind, u64>,
    /// Every time that all were asked: at the beginning, at intervals, at the end.
    pub rounds: Vec<RoundReport>,
    /// Latency of all requests, to a hundredth.
    pub latency: Distribution,
    /// What the connections cost the generator.
    pub generator: HoldSide,
    /// What they cost the server, where it runs on this host.
    pub server: HoldSide,
    /// What they cost the host in all: both sides and the kernel.
    pub host: HoldSide,
    /// TCP sockets in use on this host when all stood.
    pub sockets: Option<u64>,
}

/// Memory of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HoldSide {
    /// When all connections stood.
    pub bytes: Option<u64>,
    /// What came with the connections, per connection.
    pub bytes_per_connection: Option<f64>,
}

/// One round of requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundReport {
    /// When it began, from the beginning.
    pub at_s: f64,
    /// How long it took.
    pub took_s: f64,
    /// Connections asked.
    pub asked: u32,
    /// Connections that answered.
    pub answered: u32,
    /// Connections lost since the round began.
    pub lost: u64,
}

/// What the rings and the host gave.
pub(super) struct Found<'f> {
    pub(super) scenario: &'f HoldScenario,
    pub(super) rings: usize,
    pub(super) opened: Duration,
    pub(super) established: u32,
    pub(super) alive_at_end: u32,
    pub(super) failed: BTreeMap<ErrorKind, u64>,
    pub(super) rounds: Vec<RoundReport>,
    pub(super) latency: Latency,
    pub(super) before: Usage,
    pub(super) standing: Usage,
}

impl HoldReport {
    pub(super) fn new(found: Found<'_>) -> HoldReport {
        let side = |of: fn(&Usage) -> Option<u64>| {
            let bytes = of(&found.standing);
            let grown = bytes
                .zip(of(&found.before))
                .map(|(after, before)| after.saturating_sub(before) as f64);
            HoldSide {
                bytes,
                bytes_per_connection: grown.map(|grown| grown / f64::from(found.established)),
            }
        };
        let ended_s = found
            .rounds
            .last()
            .map_or(0.0, |round| round.at_s + round.took_s);
        HoldReport {
            target: found.scenario.origin.label.clone(),
            wanted: found.scenario.connections.get(),
            established: found.established,
            alive_at_end: found.alive_at_end,
            rings: found.rings,
            opening_s: found.opened.as_secs_f64(),
            held_s: ended_s - found.opened.as_secs_f64(),
            failed: found.failed,
            rounds: found.rounds,
            latency: Distribution::from_histogram(&found.latency),
            generator: side(|usage| usage.generator_rss_bytes),
            server: side(|usage| usage.server_rss_bytes),
            host: side(|usage| usage.host_used_bytes),
            sockets: found.standing.sockets,
        }
    }

    /// Whether every connection wanted stood, and answered its last request.
    pub fn is_whole(&self) -> bool {
        self.established == self.wanted && self.alive_at_end == self.wanted
    }
}
