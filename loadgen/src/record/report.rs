//! What is known after a run: the document that `--json` writes and every report reads.
//!
//! Times are nanoseconds where a name ends in `_ns`, seconds where it ends in `_s`. Histograms
//! travel whole (HDR V2, compressed, base64), so that documents can be merged and never averaged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::error_kind::ErrorKind;

/// The version of the document's shape.
pub const SCHEMA: &str = "ringload/1";

/// One or more runs: `steps` and repeated runs have several.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// What made it: `ringload 0.1.0`.
    pub generator: String,
    /// The command line.
    pub command: Vec<String>,
    /// The host as it was when the first run began.
    pub environment: Environment,
    /// The runs, in the order in which they ran.
    pub runs: Vec<RunReport>,
}

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunReport {
    /// The scenario's name; runs of the same name are repetitions of each other.
    pub name: String,
    /// When the load began: RFC 3339, UTC.
    pub started: String,
    /// What was asked for.
    pub scenario: ScenarioReport,
    /// Length of the measured window as it was.
    pub window_s: f64,
    /// How long the connecting before the load took.
    pub connecting_s: f64,
    /// What was counted.
    pub totals: Totals,
    /// Requests per second, asked and had.
    pub rate: Rate,
    /// From the intended start (open loop) or the send (closed loop) to the last byte.
    pub latency: Distribution,
    /// From the send to the last byte; only the open loop tells it from latency.
    pub service: Option<Distribution>,
    /// From the intended start to the send, open loop only: the generator's own lateness.
    pub lag: Option<Distribution>,
    /// One entry per second of the window.
    pub intervals: Vec<Interval>,
    /// One entry per thread.
    pub threads: Vec<ThreadReport>,
    /// Gaps between sends against the law they were drawn from, open loop with Poisson arrivals
    /// only.
    pub arrivals: Option<ArrivalCheck>,
    /// The host and the generator during the window.
    pub truth: Truth,
    /// What all of that means.
    pub verdict: Verdict,
    /// The thresholds, each with what was found.
    pub slo: Vec<SloOutcome>,
    /// Some responses that were not as expected, at most [`SAMPLES_MAX`].
    pub samples: Vec<MismatchSample>,
}

/// Mismatch samples kept per run.
pub const SAMPLES_MAX: usize = 16;

/// What was asked for, in words that a reader of the report needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScenarioReport {
    /// The URLs with their weights, as written.
    pub targets: Vec<String>,
    /// Connections wanted.
    pub connections: u32,
    /// Threads used.
    pub threads: u32,
    /// `closed` or `open`.
    pub pacing: String,
    /// `poisson` or `constant`; open loop only.
    pub arrival: Option<String>,
    /// Requests on their way per connection; closed loop only.
    pub pipeline: Option<u32>,
    /// The longest that answers were let gather before they were looked at: latencies are up to
    /// this much too high. Closed loop only.
    pub gathered_ns: u64,
    /// Whether connections are reused.
    pub keep_alive: bool,
    /// Warm-up.
    pub warmup_s: f64,
    /// A request's timeout.
    pub timeout_s: f64,
    /// Whether responses were verified beyond their status.
    pub verified: bool,
    /// Seed of the random choices.
    pub seed: u64,
    /// `io_uring` or `epoll`.
    pub driver: String,
}

/// What was counted in the measured window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Requests that were meant to start in the window, whatever became of them (closed loop: that
    /// ended in the window).
    pub requests: u64,
    /// Of these, answered as expected.
    pub good: u64,
    /// The others, by kind. Failed connects count here too.
    pub errors: BTreeMap<ErrorKind, u64>,
    /// Responses by status code.
    pub statuses: BTreeMap<u16, u64>,
    /// Bytes received, heads included.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Connections opened during the window (the first ones before the load are not in here).
    pub connections_opened: u64,
    /// Connections that stood when the load began.
    pub connections_at_start: u64,
}

/// Requests per second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// What the open loop was to start per second, averaged over the window.
    pub target: Option<f64>,
    /// Responses per second that ended in the window, good or bad.
    pub achieved: f64,
}

/// A distribution of times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Values.
    pub count: u64,
    /// Smallest.
    pub min_ns: u64,
    /// Largest.
    pub max_ns: u64,
    /// Mean.
    pub mean_ns: f64,
    /// Standard deviation.
    pub stdev_ns: f64,
    /// Only quantiles for which there are enough values.
    pub quantiles: Vec<Quantile>,
    /// HDR V2 compressed, base64: the whole histogram.
    pub histogram: String,
}

/// A quantile: printed only with n(1-q) >= 10, with an interval only from 100.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// 0.5, 0.9, 0.99 …
    pub q: f64,
    /// The value.
    pub value_ns: u64,
    /// 95 % confidence interval by order statistics.
    pub interval_ns: Option<(u64, u64)>,
}

/// One second of the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its beginning, from the window's.
    pub at_s: f64,
    /// Its length.
    pub length_s: f64,
    /// Responses that ended in it.
    pub responses: u64,
    /// Errors in it.
    pub errors: u64,
    /// Bytes received in it.
    pub received_bytes: u64,
    /// Latency of what ended in it; the quantiles are of the merged histogram of all threads.
    pub p50_ns: u64,
    /// See [`Interval::p50_ns`].
    pub p90_ns: u64,
    /// See [`Interval::p50_ns`].
    pub p99_ns: u64,
    /// See [`Interval::p50_ns`].
    pub max_ns: u64,
    /// The whole histogram as in [`Distribution::histogram`], for interval logs; `None` where a
    /// document leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<String>,
}

/// One thread of the generator in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreadReport {
    /// The CPU that it was pinned to.
    pub cpu: Option<usize>,
    /// Responses.
    pub responses: u64,
    /// CPU time used: user and system.
    pub cpu_s: f64,
    /// Time that it waited, runnable, for a CPU.
    pub run_queue_s: f64,
    /// P99 of its own latencies, where it has enough.
    pub p99_ns: Option<u64>,
    /// P99 of its own send lag, open loop only.
    pub lag_p99_ns: Option<u64>,
}

/// Anderson-Darling of the gaps between sends against the exponential law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrivalCheck {
    /// Gaps looked at.
    pub samples: u64,
    /// A² with the correction for an estimated mean.
    pub statistic: f64,
    /// The statistic's 1 % critical value.
    pub critical: f64,
}

/// What the host and the generator did during the window. `None` where it cannot be seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Segments sent again, by all of this network namespace (`Tcp.RetransSegs`).
    pub retransmitted_segments: Option<u64>,
    /// Packets dropped because a CPU's backlog was full (softnet_stat, column 2).
    pub softnet_dropped: Option<u64>,
    /// Times that a softirq ran out of budget (softnet_stat, column 3).
    pub softnet_squeezed: Option<u64>,
    /// SYNs and accepts lost to a full queue (`TcpExt.ListenDrops`, which has `ListenOverflows` in it).
    pub listen_drops: Option<u64>,
    /// Share of CPU time that the hypervisor took, 0 to 1.
    pub steal: Option<f64>,
    /// Share of the host's CPU time that was idle, 0 to 1.
    pub idle: Option<f64>,
    /// Times that a ring's completion queue overflowed.
    pub ring_overflows: u64,
    /// Receives that found no buffer.
    pub ring_no_buffers: u64,
    /// `net.ipv4.tcp_congestion_control` during the window.
    #[serde(default)]
    pub congestion_control: Option<String>,
    /// Whether the interface towards the targets queues by `fq`, which paces without timers in TCP:
    /// `lo` for targets on this host, else every interface that has a queue.
    #[serde(default)]
    pub fair_queueing: Option<bool>,
    /// The processes that answered, where they run on this host.
    pub servers: Vec<ServerProcess>,
    /// Peak resident memory of the generator.
    pub generator_rss_bytes: Option<u64>,
    /// CPU time of the whole generator: user and system.
    pub generator_cpu_s: f64,
}

/// A process on this host that listens on a target's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerProcess {
    /// Its id.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// CPU time in the window, user and system, of it and its kin that share the listener.
    pub cpu_ns: Option<u64>,
    /// CPU time in the window of its busiest thread: a server of one thread is at its end when this
    /// nears the window, however many CPUs it may use.
    #[serde(default)]
    pub busiest_thread_ns: Option<u64>,
    /// CPUs that its threads with work may use.
    pub cpus: Vec<usize>,
}

/// What a run is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// In one word.
    pub outcome: Outcome,
    /// Each with what was seen and what to do.
    pub findings: Vec<Finding>,
}

/// See [`Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing speaks against the numbers.
    Sound,
    /// The numbers are of the generator and not of the server: it had no CPU left.
    SaturatedClient,
    /// The load was not the load that was asked for.
    Invalid,
}

/// Something seen that bears on the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// How grave.
    pub level: Level,
    /// A word that scripts can look for: `co-located`, `send-lag`, `achieved-rate` …
    pub code: String,
    /// One sentence: what was seen, against which bound, what to do.
    pub text: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Good to know.
    Note,
    /// The numbers are biased.
    Warning,
    /// The numbers do not mean what they say.
    Fatal,
}

/// A threshold and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SloOutcome {
    /// As written: `p99<5ms`.
    pub threshold: String,
    /// What was found, in the threshold's unit; `None` where there were too few samples to say.
    pub found: Option<String>,
    /// Whether it holds. Too few samples do not hold anything.
    pub holds: bool,
}

/// A response that was not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MismatchSample {
    /// The request's target.
    pub target: String,
    /// What was expected and what came.
    pub what: String,
    /// The beginning of the response, printable.
    pub beginning: String,
}

/// The host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Kernel release and version.
    pub kernel: String,
    /// CPU model.
    pub cpu_model: String,
    /// CPUs online.
    pub cpus: usize,
    /// CPUs that this process may use.
    pub cpus_allowed: Vec<usize>,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Hypervisor, container or cgroup limits seen, in words.
    pub confinement: Vec<String>,
    /// `net.ipv4.tcp_congestion_control`.
    pub congestion_control: String,
    /// Queueing discipline by interface.
    pub qdiscs: BTreeMap<String, String>,
    /// Sysctls that bear on a load test.
    pub sysctls: BTreeMap<String, String>,
    /// Soft and hard RLIMIT_NOFILE.
    pub descriptors: (u64, u64),
    /// Mitigations that cost system calls, as the kernel lists them.
    pub mitigations: BTreeMap<String, String>,
    /// CPU frequency governor.
    pub governor: Option<String>,
    /// Clock source.
    pub clock_source: String,
}
