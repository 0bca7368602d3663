//! The ordinary user: one connection, ten requests per second whether answered or not.
//!
//! It is an ordinary run, so its latencies count from the intended start like everybody's.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::plan::{Arrival, Connecting, Extent, Pacing, RateProfile, Reuse, Scenario, Threads};
use crate::run::{Observer, RunError, execute};

use super::report::ProbeReport;
use super::scenario::AbuseScenario;

/// How long the server is looked at before and after the abuse.
pub(super) const PROBE_BEFORE: Duration = Duration::from_secs(1);
/// Requests per second.
const PROBE_RATE: f64 = 10.0;

/// Asks for `duration`.
pub(super) fn probe(
    scenario: &AbuseScenario,
    duration: Duration,
    observer: &mut dyn Observer,
) -> Result<ProbeReport, RunError> {
    let plan = scenario.plan();
    let ordinary = Scenario {
        connections: NonZeroU32::MIN,
        threads: Threads::Count(NonZeroU32::MIN),
        pacing: Pacing::Open {
            arrival: Arrival::Constant,
            profile: RateProfile::constant(PROBE_RATE),
        },
        extent: Extent::Time(duration),
        warmup: Duration::ZERO,
        connecting: Connecting {
            reuse: Reuse::KeepAlive,
            rate: None,
            ..plan.connecting.clone()
        },
        slo: Default::default(),
        ..plan.clone()
    };
    execute(&ordinary, observer).map(ProbeReport::of_run)
}
