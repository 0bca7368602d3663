//! ringload: how it is told, and what its JSON document says. The document is read by the names of
//! its fields: this bench knows ringload as its users do, from outside.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::failure::Failure;
use crate::finished::Finished;
use crate::host;
use crate::program::pinned;

use super::{Fault, Load, PIPELINE_DEPTH, Report, Requests};

/// The version of the document that is understood.
const SCHEMA: &str = "ringload/1";

/// A ringload, and whether answers may gather before it looks at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ringload {
    /// The program.
    pub binary: PathBuf,
    /// In a closed loop.
    pub gathering: Gathering,
}

/// The flag `--gather`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gathering {
    /// As ringload does it by itself: each answer is looked at as soon as it can be.
    Default,
    /// `--gather auto`: answers may gather for a fiftieth of the median.
    Auto,
}

/// One run of the document, as far as it is needed here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Run {
    /// Length of the window in which was counted.
    pub window_s: f64,
    /// Opening of the connections, before the load.
    pub connecting_s: f64,
    /// What was counted.
    pub totals: Totals,
    /// Requests per second.
    pub rate: Rate,
    /// Completion after intended start (open loop) or after send (closed loop).
    pub latency: Distribution,
    /// Send after intended start; open loop only.
    pub lag: Option<Distribution>,
    /// Whether the gaps between sends are exponential; open loop with Poisson arrivals only.
    pub arrivals: Option<Arrivals>,
    /// What ringload makes of it.
    pub verdict: Verdict,
}

/// See [`Run::totals`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Totals {
    /// Answered as expected.
    pub good: u64,
    /// The others, by kind.
    pub errors: BTreeMap<String, u64>,
}

/// See [`Run::rate`].
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Rate {
    /// Open loop only.
    pub target: Option<f64>,
    /// What came.
    pub achieved: f64,
}

/// A distribution of times, by the quantiles for which there were samples enough.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Distribution {
    quantiles: Vec<Quantile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Quantile {
    q: f64,
    value_ns: u64,
}

/// Anderson-Darling of the gaps between sends.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Arrivals {
    /// A².
    pub statistic: f64,
    /// Its 1 % critical value.
    pub critical: f64,
}

/// See [`Run::verdict`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Verdict {
    outcome: String,
    findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Finding {
    level: String,
    code: String,
}

#[derive(Deserialize)]
struct Document {
    schema: String,
    runs: Vec<Run>,
}

impl Ringload {
    /// ringload's own word on its version.
    pub fn version(&self) -> Option<String> {
        host::output(self.binary.to_str()?, &["--version"])
    }

    /// One thread on CPU `cpu` that says what it found as JSON and nothing else. Without warm-up
    /// where the CPU time of its whole life is compared: wrk has none.
    pub fn command(&self, cpu: usize) -> Command {
        let mut command = pinned(cpu, &self.binary);
        command.args(["-t", "1", "-q", "--json", "-"]);
        command
    }

    /// The closed loop that wrk makes of the same `load`.
    pub(super) fn load(
        &self,
        load: &Load,
        url: &str,
        cpu: usize,
        seconds: u32,
    ) -> Result<Report, Failure> {
        let mut command = self.command(cpu);
        command.args(["--warmup", "0s", "-d", &format!("{seconds}s")]);
        command.args(["-c", &load.connections.to_string()]);
        match self.gathering {
            Gathering::Default => {}
            Gathering::Auto => drop(command.args(["--gather", "auto"])),
        }
        match &load.requests {
            Requests::KeepAlive => {}
            Requests::Close => drop(command.arg("--no-keepalive")),
            Requests::Pipelined(_) => {
                command.args(["--pipeline", &PIPELINE_DEPTH.to_string()]);
            }
        }
        command.arg(url);
        let finished = Finished::of("ringload", command)?;
        match parse(&finished.output) {
            Some(run) => Ok(run.report(finished.cpu)),
            None => Err(finished.unparsed("ringload")),
        }
    }
}

/// The one run of a document, `None` when the text is none or has not exactly one.
pub fn parse(text: &str) -> Option<Run> {
    let document: Document = serde_json::from_str(text).ok()?;
    match <[Run; 1]>::try_from(document.runs) {
        Ok([run]) if document.schema == SCHEMA => Some(run),
        Ok(_) | Err(_) => None,
    }
}

impl Run {
    /// Why the figures must not be used. That the generator was saturated is what a comparison of
    /// generators looks for, and no fault.
    pub fn faults(&self) -> Vec<Fault> {
        let errors: Vec<String> = self
            .totals
            .errors
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        let fatal = self.verdict.findings.iter();
        let fatal: Vec<&str> = fatal
            .filter(|finding| finding.level == "fatal")
            .map(|finding| finding.code.as_str())
            .collect();
        let invalid = self.verdict.outcome == "invalid";
        [
            (self.totals.good == 0).then_some(Fault::Silence),
            (!errors.is_empty()).then(|| Fault::Errors(errors.join(" "))),
            invalid.then(|| Fault::Invalid(fatal.join(" "))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn report(&self, cpu: Duration) -> Report {
        let (p50, p99) = (self.latency.quantile(0.5), self.latency.quantile(0.99));
        let mut faults = self.faults();
        if p99.is_none() {
            faults.push(Fault::TooFew(self.totals.good));
        }
        Report {
            requests: self.totals.good,
            seconds: self.window_s,
            loaded_seconds: self.window_s + self.connecting_s,
            p50: p50.unwrap_or_default(),
            p99: p99.unwrap_or_default(),
            cpu,
            faults,
        }
    }
}

impl Distribution {
    /// `None` when ringload had too few samples for it.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let found = self.quantiles.iter().find(|at| (at.q - q).abs() < 1e-9)?;
        Some(Duration::from_nanos(found.value_ns))
    }
}

#[cfg(test)]
mod tests;
