//! A run that breaks no rule, for tests that let it break one.

use crate::record::report::Level;
use crate::record::report::{
    Distribution, Outcome, Quantile, Rate, RunReport, ScenarioReport, ServerProcess, ThreadReport,
    Totals, Truth, Verdict,
};
use crate::truth::judge;

/// 10,000/s for 10 s by two pinned threads, against a server on another CPU of the same host.
pub(super) fn sound() -> RunReport {
    let thread = |cpu| ThreadReport {
        cpu: Some(cpu),
        responses: 50_000,
        cpu_s: 3.0,
        run_queue_s: 0.1,
        p99_ns: Some(1_000_000),
        lag_p99_ns: Some(20_000),
    };
    RunReport {
        name: "sample".to_owned(),
        started: "2026-01-01T00:00:00Z".to_owned(),
        scenario: scenario(),
        window_s: 10.0,
        connecting_s: 0.1,
        totals: Totals {
            requests: 100_000,
            good: 100_000,
            connections_at_start: 64,
            ..Totals::default()
        },
        rate: Rate {
            target: Some(10_000.0),
            achieved: 10_000.0,
        },
        latency: with_quantiles(&[(0.5, 400_000), (0.99, 1_000_000)]),
        service: None,
        lag: Some(with_quantiles(&[(0.99, 20_000)])),
        intervals: Vec::new(),
        threads: vec![thread(1), thread(2)],
        arrivals: None,
        truth: truth(),
        verdict: Verdict {
            outcome: Outcome::Sound,
            findings: Vec::new(),
        },
        slo: Vec::new(),
        samples: Vec::new(),
    }
}

/// Whether `change` makes the sound run break the rule with this code.
pub(super) fn breaks(code: &str, change: impl FnOnce(&mut RunReport)) -> bool {
    let mut run = sound();
    change(&mut run);
    level(&run, code).is_some()
}

/// The level of the finding with this code.
pub(super) fn level(run: &RunReport, code: &str) -> Option<Level> {
    let findings = judge(run).findings;
    let found = findings.iter().find(|finding| finding.code == code);
    found.map(|finding| finding.level)
}

/// The codes of all findings.
pub(super) fn codes(run: &RunReport) -> Vec<String> {
    let findings = judge(run).findings.into_iter();
    findings.map(|finding| finding.code).collect()
}

/// A distribution of 100,000 values of which only these quantiles are known.
pub(super) fn with_quantiles(quantiles: &[(f64, u64)]) -> Distribution {
    let quantile = |(q, value_ns): &(f64, u64)| Quantile {
        q: *q,
        value_ns: *value_ns,
        interval_ns: None,
    };
    Distribution {
        count: 100_000,
        quantiles: quantiles.iter().map(quantile).collect(),
        ..Distribution::default()
    }
}

fn scenario() -> ScenarioReport {
    ScenarioReport {
        targets: vec!["http://127.0.0.1:8080/".to_owned()],
        connections: 64,
        threads: 2,
        pacing: "open".to_owned(),
        arrival: Some("constant".to_owned()),
        pipeline: None,
        keep_alive: true,
        warmup_s: 1.0,
        timeout_s: 10.0,
        verified: false,
        seed: 1,
        driver: "io_uring".to_owned(),
        gathered_ns: 0,
    }
}

fn truth() -> Truth {
    Truth {
        retransmitted_segments: Some(0),
        softnet_dropped: Some(0),
        softnet_squeezed: Some(0),
        listen_drops: Some(0),
        steal: Some(0.0),
        idle: Some(0.4),
        congestion_control: Some("cubic".to_owned()),
        fair_queueing: Some(false),
        servers: vec![ServerProcess {
            pid: 77,
            name: "server".to_owned(),
            cpu_ns: Some(4_000_000_000),
            busiest_thread_ns: Some(4_000_000_000),
            cpus: vec![3],
        }],
        generator_rss_bytes: Some(20_000_000),
        generator_cpu_s: 6.0,
        ..Truth::default()
    }
}
