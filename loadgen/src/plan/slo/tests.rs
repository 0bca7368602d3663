//! Thresholds against runs.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::*;
use crate::record::ErrorKind;
use crate::record::report::{Distribution, Outcome, Rate, ScenarioReport, Totals, Truth, Verdict};
use crate::stats::new_histogram;

fn slo(text: &str) -> Slo {
    text.parse().expect(text)
}

/// Latencies of 1 µs, 2 µs … `count` µs; `errors` errors; 2 s.
fn run(count: u64, errors: u64) -> RunReport {
    let mut histogram: Histogram<u64> = new_histogram();
    for value in 1..=count {
        histogram.record(value * 1000).expect("in bounds");
    }
    RunReport {
        name: "a".to_owned(),
        started: String::new(),
        scenario: ScenarioReport {
            targets: Vec::new(),
            connections: 1,
            threads: 1,
            pacing: "closed".to_owned(),
            arrival: None,
            pipeline: Some(1),
            keep_alive: true,
            gathered_ns: 0,
            warmup_s: 0.0,
            timeout_s: 1.0,
            verified: false,
            seed: 0,
            driver: String::new(),
        },
        window_s: 2.0,
        connecting_s: 0.0,
        totals: Totals {
            requests: count,
            good: count - errors,
            errors: [(ErrorKind::Status, errors)].into(),
            ..Totals::default()
        },
        rate: Rate {
            target: None,
            achieved: count as f64 / 2.0,
        },
        latency: Distribution::from_histogram(&histogram),
        service: None,
        lag: None,
        intervals: Vec::new(),
        threads: Vec::new(),
        arrivals: None,
        truth: Truth::default(),
        verdict: Verdict {
            outcome: Outcome::Sound,
            findings: Vec::new(),
        },
        slo: Vec::new(),
        samples: Vec::new(),
    }
}

/// What is found of a single threshold, and whether it holds.
fn judged(text: &str, run: &RunReport) -> (Option<String>, bool) {
    let outcomes = slo(text).judge(run);
    assert_eq!(outcomes.len(), 1, "{text}");
    assert_eq!(outcomes[0].threshold, text);
    (outcomes[0].found.clone(), outcomes[0].holds)
}

#[test]
fn each_measure_holds_on_one_side_of_its_limit_only() {
    let run = run(10_000, 10);
    for (held, missed) in [
        ("p50<5.1ms", "p50<4.9ms"),
        ("p99<10ms", "p99<9.8ms"),
        ("p99.9<=10ms", "p99.9<=9.9ms"),
        ("mean<5.1ms", "mean<5ms"),
        ("max<1s", "max<9ms"),
        ("min<2us", "min>2us"),
        ("median>4900us", "median>5100us"),
        ("latency_p90<9.1ms", "latency_p90>9.1ms"),
        ("service_p50<5.1ms", "service_p50<4.9ms"),
        ("errors<0.2%", "errors<0.1%"),
        ("errors<=0.1%", "errors<=0.09%"),
        ("errors<=10", "errors<10"),
        ("errors=10", "errors=0"),
        ("errors_status=10", "errors_status<10"),
        ("errors_reset=0", "errors_reset>0"),
        ("errors_status<=0.1%", "errors_status<0.1%"),
        ("rate>=5000", "rate>5000"),
        ("rate<5001/s", "rate>=5.001k"),
    ] {
        assert!(judged(held, &run).1, "{held}: {:?}", judged(held, &run));
        assert!(!judged(missed, &run).1, "{missed}");
    }
}

#[test]
fn what_was_found_is_said_in_the_unit_of_the_threshold() {
    let run = run(10_000, 10);
    for (text, found) in [
        ("errors<1%", "0.1%"),
        ("errors<5", "10"),
        ("rate>1", "5000.0/s"),
    ] {
        assert_eq!(judged(text, &run).0.as_deref(), Some(found), "{text}");
    }
    let found = judged("p50<1s", &run).0.expect("enough");
    let time: f64 = found
        .strip_suffix("ms")
        .expect(&found)
        .parse()
        .expect("a number");
    assert!((time - 5.0).abs() < 0.01, "{found}");
}

#[test]
fn too_few_samples_hold_nothing() {
    // A percentile needs ten values beyond it.
    assert_eq!(judged("p99<1s", &run(999, 0)), (None, false));
    assert!(judged("p99<1s", &run(1001, 0)).1);
    // 500 good requests do not show that fewer than one in 1000 fails.
    assert_eq!(judged("errors<0.1%", &run(500, 0)), (None, false));
    assert!(judged("errors<0.1%", &run(1000, 0)).1);
    // Errors that are there are seen however few requests there were.
    assert_eq!(
        judged("errors<0.1%", &run(500, 5)),
        (Some("1%".to_owned()), false)
    );
    assert!(judged("errors=0", &run(5, 0)).1);
    // Nothing was measured at all.
    for text in [
        "max<1h",
        "mean<1h",
        "errors<1%",
        "errors=0",
        "errors=0%",
        "lag_p50<1h",
    ] {
        assert_eq!(judged(text, &run(0, 0)), (None, false), "{text}");
    }
}

#[test]
fn several_thresholds_are_a_list() {
    let list = slo("p99<5ms, errors<0.1%,rate>=50k");
    assert_eq!(list.to_string(), "p99<5ms,errors<0.1%,rate>=50k");
    assert_eq!(list.judge(&run(10, 0)).len(), 3);
    assert!(Slo::default().is_empty() && !list.is_empty());
    assert_eq!(list.clone().and(&list).judge(&run(10, 0)).len(), 6);
}

#[test]
fn what_is_no_threshold_is_refused_with_its_remedy() {
    for (text, says) in [
        ("", "write it as in p99<5ms"),
        ("p99", "write it as in p99<5ms"),
        ("p99<5", "has no unit; write 5s"),
        ("p99<fast", "begin with a number"),
        ("p100<5ms", "which no run has"),
        ("p0<5ms", "write p50"),
        ("erors<1%", "did you mean errors?"),
        ("errors<0.1", "or write a share as in errors<0.1%"),
        ("errors_late=0", "of one kind as in errors_reset"),
        ("throughput>5", "which no run has; write p50"),
        ("rate>=fast", "50k/s"),
        ("achieved>99%", "which no run has; write p50"),
        ("p99<5ms,,", "\"\" has no <"),
    ] {
        let error = text.parse::<Slo>().expect_err(text).to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let time = Duration::from_millis(5).as_secs_f64();
    assert_eq!(slo("p99<5ms").thresholds[0].bound.limit, time);
}
