//! Documents built by hand, all through one builder.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use ringload::record::ErrorKind;
use ringload::record::report::{
    Distribution, Document, Environment, Finding, Interval, Level, Outcome, Rate, RunReport,
    SCHEMA, ScenarioReport, ServerProcess, SloOutcome, ThreadReport, Totals, Truth, Verdict,
};
use ringload::stats::{encode, new_histogram, quantile_of};

/// Seconds of every run.
pub(crate) const SECONDS: u32 = 10;

/// A run in the making.
pub(crate) struct Run {
    report: RunReport,
    median_ns: f64,
    seed: u64,
}

impl Run {
    /// A closed loop of 64 connections with latencies around `median_ns`.
    pub(crate) fn closed(name: &str, per_second: f64, median_ns: f64) -> Run {
        let report = RunReport {
            name: name.to_owned(),
            started: "2026-11-21T08:30:00Z".to_owned(),
            scenario: ScenarioReport {
                targets: vec!["http://127.0.0.1:8080/1k.txt".to_owned()],
                connections: 64,
                threads: 1,
                pacing: "closed".to_owned(),
                arrival: None,
                pipeline: Some(1),
                gathered_ns: 0,
                keep_alive: true,
                warmup_s: 1.0,
                timeout_s: 10.0,
                verified: false,
                seed: 1,
                driver: "io_uring".to_owned(),
            },
            window_s: f64::from(SECONDS),
            connecting_s: 0.0123,
            totals: Totals {
                connections_at_start: 64,
                ..Totals::default()
            },
            rate: Rate {
                target: None,
                achieved: per_second,
            },
            latency: Distribution::default(),
            service: None,
            lag: None,
            intervals: Vec::new(),
            threads: Vec::new(),
            arrivals: None,
            truth: Truth {
                retransmitted_segments: Some(0),
                softnet_dropped: Some(0),
                steal: Some(0.0),
                idle: Some(0.12),
                generator_rss_bytes: Some(9 << 20),
                generator_cpu_s: 6.1,
                servers: vec![ServerProcess {
                    pid: 4711,
                    name: "ringmain".to_owned(),
                    cpu_ns: Some(9_900_000_000),
                    busiest_thread_ns: Some(9_900_000_000),
                    cpus: vec![0],
                }],
                ..Truth::default()
            },
            verdict: Verdict {
                outcome: Outcome::Sound,
                findings: Vec::new(),
            },
            slo: Vec::new(),
            samples: Vec::new(),
        };
        Run {
            report,
            median_ns,
            seed: 1,
        }
    }

    /// An open loop at `target` per second, of which `share` was achieved.
    pub(crate) fn open(name: &str, target: f64, share: f64, median_ns: f64) -> Run {
        let mut run = Run::closed(name, target * share, median_ns);
        run.report.rate.target = Some(target);
        run.report.scenario.pacing = "open".to_owned();
        run.report.scenario.arrival = Some("poisson".to_owned());
        run.report.scenario.pipeline = None;
        run
    }

    pub(crate) fn seed(mut self, seed: u64) -> Run {
        self.seed = seed;
        self
    }

    pub(crate) fn connections(mut self, connections: u32) -> Run {
        self.report.scenario.connections = connections;
        self
    }

    pub(crate) fn target(mut self, target: &str) -> Run {
        self.report.scenario.targets = vec![target.to_owned()];
        self
    }

    pub(crate) fn errors(mut self, kind: ErrorKind, number: u64) -> Run {
        self.report.totals.errors.insert(kind, number);
        self
    }

    pub(crate) fn finding(mut self, outcome: Outcome, level: Level, code: &str, text: &str) -> Run {
        self.report.verdict.outcome = outcome;
        self.report.verdict.findings.push(Finding {
            level,
            code: code.to_owned(),
            text: text.to_owned(),
        });
        self
    }

    pub(crate) fn slo(mut self, threshold: &str, found: Option<&str>, holds: bool) -> Run {
        self.report.slo.push(SloOutcome {
            threshold: threshold.to_owned(),
            found: found.map(str::to_owned),
            holds,
        });
        self
    }

    /// The finished run: latencies are drawn second by second and merged.
    pub(crate) fn build(mut self) -> RunReport {
        let mut random = SmallRng::seed_from_u64(self.seed);
        let per_second = self.report.rate.achieved as u64;
        let mut whole = new_histogram();
        for second in 0..SECONDS {
            let mut histogram = new_histogram();
            for _ in 0..per_second {
                let ns = latency_ns(&mut random, self.median_ns);
                histogram.record(ns).expect("in bounds");
            }
            whole.add(&histogram).expect("same bounds");
            self.report.intervals.push(Interval {
                at_s: f64::from(second),
                length_s: 1.0,
                responses: per_second,
                errors: self.report.totals.error_count() / u64::from(SECONDS),
                received_bytes: per_second * 1200,
                p50_ns: histogram.value_at_quantile(0.5),
                p90_ns: histogram.value_at_quantile(0.9),
                p99_ns: histogram.value_at_quantile(0.99),
                max_ns: histogram.max(),
                histogram: Some(encode(&histogram)),
            });
        }
        let good = whole.len();
        let totals = &mut self.report.totals;
        totals.good = good;
        totals.requests = good + totals.error_count();
        totals.statuses = BTreeMap::from([(200, good)]);
        totals.received_bytes = good * 1200;
        totals.sent_bytes = good * 120;
        self.report.threads = vec![ThreadReport {
            cpu: Some(1),
            responses: good,
            cpu_s: 6.0,
            run_queue_s: 0.02,
            p99_ns: quantile_of(&whole, 0.99).map(|quantile| quantile.value_ns),
            lag_p99_ns: None,
        }];
        if self.report.rate.target.is_some() {
            self.report.service = Some(Distribution::from_histogram(&whole));
            self.report.lag = Some(Distribution::from_histogram(&lags(&mut random)));
        }
        self.report.latency = Distribution::from_histogram(&whole);
        self.report
    }
}

/// A document of `runs` on a host of constants.
pub(crate) fn document(runs: Vec<RunReport>) -> Document {
    Document {
        schema: SCHEMA.to_owned(),
        generator: "ringload 0.1.0".to_owned(),
        command: vec![
            "ringload".to_owned(),
            "http://127.0.0.1:8080/1k.txt".to_owned(),
        ],
        environment: Environment {
            kernel: "6.18.44 #1 SMP".to_owned(),
            cpu_model: "Example CPU @ 2.50GHz".to_owned(),
            cpus: 2,
            cpus_allowed: vec![0, 1],
            memory_bytes: 24 << 30,
            confinement: vec!["hypervisor".to_owned()],
            congestion_control: "cubic".to_owned(),
            qdiscs: BTreeMap::from([("lo".to_owned(), "noqueue".to_owned())]),
            sysctls: BTreeMap::from([("net.core.somaxconn".to_owned(), "4096".to_owned())]),
            descriptors: (20_000, 1_000_000),
            mitigations: BTreeMap::new(),
            governor: None,
            clock_source: "tsc".to_owned(),
        },
        runs,
    }
}

/// A long tail: mostly around the median, one in a hundred ten times that.
fn latency_ns(random: &mut SmallRng, median_ns: f64) -> u64 {
    let spread = 0.6 + 0.8 * random.random::<f64>();
    let tail = if random.random_bool(0.01) { 10.0 } else { 1.0 };
    (median_ns * spread * tail) as u64
}

fn lags(random: &mut SmallRng) -> hdrhistogram::Histogram<u64> {
    let mut lags = new_histogram();
    for _ in 0..10_000 {
        lags.record(random.random_range(1_000..60_000))
            .expect("in bounds");
    }
    lags
}
