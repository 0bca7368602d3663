//! Abuse that a server must survive, and whether it did.
//!
//! A crowd of connections misbehaves in one way ([`Kind`]) on a thread of its own, while a probe
//! asks ten ordinary requests per second, open loop: before, meanwhile and after. What is reported
//! is how the server got rid of the crowd, how long that took, and what the ordinary user felt.
//!
//! It is bounded in connections, bytes and time, speaks complete TCP from its own addresses, and
//! refuses every target that is not this host's loopback, unless its user says that the host is
//! theirs ([`Consent`]).

mod attack;
mod crowd;
mod malformed;
mod probe;
mod report;
mod scenario;
mod text;
mod wire;

use crate::run::{Observer, RunError};

use probe::{PROBE_BEFORE, probe};

pub use report::{ABUSE_SCHEMA, AbuseReport, ProbeReport, Probes};
pub use scenario::{AbuseScenario, CONNECTIONS_MAX, Consent, DURATION_MAX, Kind, Refusal};
pub use text::render;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum AbuseError {
    /// The server did not answer an ordinary request before anything was done to it.
    #[error("the server must answer before it is abused: {0}")]
    NotWell(#[source] RunError),
    /// The probe had errors before anything was done to the server.
    #[error(
        "the server must answer before it is abused: of {requests} ordinary requests {errors} \
         failed ({kinds}); see --expect-status and the URL"
    )]
    Unwell {
        /// Requests of the probe.
        requests: u64,
        /// Of these, failed.
        errors: u64,
        /// How.
        kinds: String,
    },
    /// The crowd's thread could not be started.
    #[error("cannot start a thread: {0}; see `ulimit -u` and the cgroup's pids.max")]
    Thread(#[source] std::io::Error),
    /// The crowd's ring could not be had.
    #[error("{0}")]
    Shard(#[source] shard::StartError),
    /// The crowd's thread ended without a word.
    #[error("the thread with the abusive connections broke; please report this with the command")]
    Broken,
}

/// Abuses the server as `scenario` says, and reports. `observer` sees the probe.
///
/// # Errors
/// [`AbuseError`] where the server was not well before, or nothing could be started. What the
/// abuse does to the server is never an error.
pub fn run(
    scenario: &AbuseScenario,
    observer: &mut dyn Observer,
) -> Result<AbuseReport, AbuseError> {
    let before = probe(scenario, PROBE_BEFORE, observer).map_err(AbuseError::NotWell)?;
    if !before.is_healthy() {
        return Err(AbuseError::Unwell {
            requests: before.requests,
            errors: before.failed_requests(),
            kinds: before.kinds(),
        });
    }
    let crowd = crowd::start(scenario, before.response_bytes)?;
    let meanwhile = probe(scenario, scenario.duration(), observer)
        .unwrap_or_else(|error| ProbeReport::not_connected(error.to_string()));
    let tally = crowd.end()?;
    let after = probe(scenario, PROBE_BEFORE, observer)
        .unwrap_or_else(|error| ProbeReport::not_connected(error.to_string()));
    let probes = Probes {
        before,
        meanwhile,
        after,
    };
    Ok(report::report(scenario, tally, probes))
}
