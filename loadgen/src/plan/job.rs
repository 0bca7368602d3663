//! What a plan does with a scenario: one run, steps, a search, holding connections, or abuse.

use std::num::NonZeroU32;

use crate::abuse::AbuseScenario;
use crate::hold::HoldScenario;
use crate::plan::Scenario;

/// One entry of a plan.
#[derive(Clone, Debug)]
pub enum Job {
    /// One run.
    Load(Scenario),
    /// The same with one number of connections after another.
    Steps(Scenario, Vec<NonZeroU32>),
    /// The highest rate that holds the scenario's thresholds.
    Search(Scenario, SearchBounds),
    /// Connections that are opened and held, under this name.
    Hold(String, HoldScenario),
    /// Connections that misbehave, under this name; in a plan only against loopback.
    Abuse(String, AbuseScenario),
}

/// Where a search looks, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchBounds {
    /// Requests per second to begin with.
    pub from: f64,
    /// Requests per second at most.
    pub to: f64,
    /// The answer is at most this share below the lowest rate that missed.
    pub precision: f64,
    /// Runs at most, the confirming ones included.
    pub runs_max: NonZeroU32,
}

impl SearchBounds {
    /// Where a search gives up going down: six halvings below its beginning.
    pub fn lowest(&self) -> f64 {
        self.from / 64.0
    }
}
