//! What is known after abuse: the document that `--json` writes and the text is made of.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::record::ErrorKind;
use crate::record::report::{Distribution, RunReport};

use super::attack::{Ending, RESPONSE_BYTES_MIN, are_long_enough};
use super::crowd::Tally;
use super::scenario::{AbuseScenario, Kind};

/// The version of the document's shape.
pub const ABUSE_SCHEMA: &str = "ringload-abuse/1";
/// A connection that stands this much longer than all that were ended is worth a remark.
const OPEN_TIME_GRANTED: Duration = Duration::from_secs(1);

/// What abuse came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AbuseReport {
    /// [`ABUSE_SCHEMA`].
    pub schema: String,
    /// How the connections misbehaved.
    pub kind: Kind,
    /// The targets, as written.
    pub targets: Vec<String>,
    /// Abusive connections wanted at once; a connection that the server ended was opened again.
    pub connections: u32,
    /// How long it lasted.
    pub duration_s: f64,
    /// Connections opened, all in all.
    pub opened: u64,
    /// Connects that failed, by kind.
    pub connect_errors: BTreeMap<ErrorKind, u64>,
    /// How connections ended: `status 408`, `reset`, `closed`, `not HTTP`, `still open`,
    /// `status 200, still open`.
    pub endings: BTreeMap<String, u64>,
    /// The same for each sort of malformed head.
    pub sorts: BTreeMap<String, BTreeMap<String, u64>>,
    /// From the connect to the server's answer or cut; connections still open at the end are not
    /// in it.
    pub time_to_end: Distribution,
    /// How long the oldest connection that was open at the end had stood.
    pub open_longest_s: f64,
    /// Bytes that the kernel took from the abusive connections.
    pub sent_bytes: u64,
    /// Bytes that they received and read.
    pub received_bytes: u64,
    /// What an ordinary user felt.
    pub probes: Probes,
    /// What a reader should know about the figures, one sentence each.
    pub remarks: Vec<String>,
}

/// The ordinary user before, meanwhile and after.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Probes {
    /// For a second before.
    pub before: ProbeReport,
    /// During the abuse.
    pub meanwhile: ProbeReport,
    /// For a second after.
    pub after: ProbeReport,
}

/// What ten ordinary requests per second came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// Requests.
    pub requests: u64,
    /// What failed, by kind.
    pub errors: BTreeMap<ErrorKind, u64>,
    /// From the intended start to the last byte.
    pub latency: Distribution,
    /// Bytes of one response, head included.
    pub response_bytes: u64,
    /// Why there was no connection at all.
    pub failure: Option<String>,
}

impl AbuseReport {
    /// Whether the ordinary user felt nothing but time: no error meanwhile nor after.
    pub fn was_survived(&self) -> bool {
        self.probes.meanwhile.is_healthy() && self.probes.after.is_healthy()
    }
}

impl ProbeReport {
    /// Whether there were answers and no errors.
    pub fn is_healthy(&self) -> bool {
        self.failure.is_none() && self.errors.is_empty() && self.latency.count > 0
    }

    /// Errors of all kinds.
    pub(super) fn failed_requests(&self) -> u64 {
        self.errors.values().sum()
    }

    /// The kinds of errors, for a sentence.
    pub(super) fn kinds(&self) -> String {
        let kinds: Vec<&str> = self.errors.keys().map(|kind| kind.name()).collect();
        kinds.join(", ")
    }

    pub(super) fn not_connected(failure: String) -> ProbeReport {
        ProbeReport {
            failure: Some(failure),
            ..ProbeReport::default()
        }
    }

    pub(super) fn of_run(run: RunReport) -> ProbeReport {
        let responses: u64 = run.totals.statuses.values().sum();
        ProbeReport {
            requests: run.totals.requests,
            errors: run.totals.errors,
            latency: run.latency,
            response_bytes: run.totals.received_bytes / responses.max(1),
            failure: None,
        }
    }
}

/// Puts it all into the document.
pub(super) fn report(scenario: &AbuseScenario, tally: Tally, probes: Probes) -> AbuseReport {
    let plan = scenario.plan();
    let named = |endings: &BTreeMap<Ending, u64>| -> BTreeMap<String, u64> {
        let endings = endings.iter();
        endings
            .map(|(ending, count)| (ending.to_string(), *count))
            .collect()
    };
    AbuseReport {
        schema: ABUSE_SCHEMA.to_owned(),
        kind: scenario.kind(),
        targets: plan
            .origins
            .iter()
            .map(|origin| origin.label.clone())
            .collect(),
        connections: plan.connections.get(),
        duration_s: tally.lasted.as_secs_f64(),
        opened: tally.opened,
        endings: named(&tally.endings),
        sorts: tally
            .sorts
            .iter()
            .map(|(sort, endings)| ((*sort).to_owned(), named(endings)))
            .collect(),
        time_to_end: Distribution::from_histogram(&tally.time_to_end),
        open_longest_s: tally.open_longest.as_secs_f64(),
        sent_bytes: tally.sent_bytes,
        received_bytes: tally.received_bytes,
        remarks: remarks(scenario, &tally, &probes),
        connect_errors: tally.connect_errors,
        probes,
    }
}

fn remarks(scenario: &AbuseScenario, tally: &Tally, probes: &Probes) -> Vec<String> {
    [
        still_open(tally),
        small_responses(scenario, &probes.before),
        accepted(tally),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Connections that were opened late and would have been ended like the others are nothing to
/// speak of.
fn still_open(tally: &Tally) -> Option<String> {
    let ended = Duration::from_nanos(tally.time_to_end.max());
    (tally.open_longest > ended + OPEN_TIME_GRANTED).then(|| {
        format!(
            "Connections were still open after {:.1} s: the server's limit is longer than that \
             or is not there; a longer --duration tells.",
            tally.open_longest.as_secs_f64()
        )
    })
}

fn small_responses(scenario: &AbuseScenario, before: &ProbeReport) -> Option<String> {
    let enough = are_long_enough(before.response_bytes);
    (scenario.kind() == Kind::SlowReads && !enough).then(|| {
        format!(
            "Responses of {} bytes fit into socket buffers however slowly they are read: choose a \
             URL with at least {} bytes.",
            before.response_bytes, RESPONSE_BYTES_MIN
        )
    })
}

fn accepted(tally: &Tally) -> Option<String> {
    let sorts: Vec<&str> = tally
        .sorts
        .iter()
        .filter(|(_, endings)| endings.keys().any(|ending| ending.is_accepted()))
        .map(|(sort, _)| *sort)
        .collect();
    (!sorts.is_empty()).then(|| {
        format!(
            "Answered as if they were well formed: {}; RFC 9112 asks for 400 (Bad Request) or a \
             close.",
            sorts.join(", ")
        )
    })
}
