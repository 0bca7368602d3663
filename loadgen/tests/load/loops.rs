//! Closed and open loop: every request is counted once, and a stall shows where it must.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringload::plan::{Arrival, Extent, Pacing, RatePiece, RateProfile, Reuse, Scenario};
use ringload::record::report::{Outcome, RunReport};

use crate::peer::{Answer, Peer, ok, ok_and_close};
use crate::scenario::{closed, each_driver, nonzero, open, origin, request, run};

fn assert_all_good(report: &RunReport, requests: u64) {
    assert_eq!(report.totals.errors, Default::default());
    assert_eq!(report.totals.good, requests);
    assert_eq!(report.totals.requests, requests);
    assert_eq!(report.totals.statuses, [(200, requests)].into());
    assert_eq!(report.latency.count, requests);
}

#[test]
fn so_many_requests_are_made_and_not_one_more() {
    each_driver(|io| {
        for (pipeline, connections, requests) in [(1, 8, 1000), (4, 3, 1001), (16, 1, 40)] {
            let peer = Peer::start(|_| Answer::Send(ok("hello")));
            let report = run(&Scenario {
                pacing: Pacing::Closed {
                    pipeline: nonzero(pipeline),
                },
                io,
                ..closed(peer.address, connections, requests)
            });
            assert_all_good(&report, requests);
            assert_eq!(peer.seen().len() as u64, requests, "pipeline {pipeline}");
            assert_eq!(peer.connections(), u64::from(connections));
            assert_eq!(
                report.totals.received_bytes,
                requests * ok("hello").len() as u64
            );
            let by_second: u64 = report.intervals.iter().map(|second| second.responses).sum();
            assert_eq!(by_second, requests);
            let by_thread: u64 = report.threads.iter().map(|thread| thread.responses).sum();
            assert_eq!(by_thread, requests);
        }
    });
}

#[test]
fn a_server_that_closes_after_some_requests_loses_none_of_them() {
    each_driver(|io| {
        for pipeline in [1, 8] {
            let peer = Peer::start(|request| match request.number {
                4 => Answer::SendAndClose(ok_and_close("last")),
                _ => Answer::Send(ok("some")),
            });
            let report = run(&Scenario {
                pacing: Pacing::Closed {
                    pipeline: nonzero(pipeline),
                },
                io,
                ..closed(peer.address, 4, 500)
            });
            assert_all_good(&report, 500);
            // Five a connection. Requests pipelined behind the last answer are asked again.
            assert!(peer.connections() >= 100, "{}", peer.connections());
        }
    });
}

#[test]
fn one_request_per_connection_opens_one_for_each() {
    each_driver(|io| {
        let peer = Peer::start(|_| Answer::SendAndClose(ok_and_close("bye")));
        let mut scenario = closed(peer.address, 6, 300);
        scenario.connecting.reuse = Reuse::OneRequest;
        let report = run(&Scenario { io, ..scenario });
        assert_all_good(&report, 300);
        assert_eq!(peer.connections(), 300);
        assert_eq!(report.totals.connections_opened, 300);
    });
}

#[test]
fn the_open_loop_keeps_its_rate_and_its_count() {
    each_driver(|io| {
        let peer = Peer::start(|_| Answer::Send(ok("hello")));
        let report = run(&Scenario {
            io,
            pacing: Pacing::Open {
                arrival: Arrival::Constant,
                profile: RateProfile::constant(500.0),
            },
            ..open(peer.address, 16, 500.0, Duration::from_secs(2))
        });
        // Even gaps: the count is known to one per thread.
        assert!(
            (998..=1002).contains(&report.totals.good),
            "{:?}",
            report.totals
        );
        assert_eq!(report.totals.requests, report.totals.good);
        assert_eq!(report.rate.target, Some(500.0));
        let lag = report.lag.expect("the open loop has one");
        assert_eq!(lag.count, report.totals.requests);
    });
}

#[test]
fn a_ramp_starts_what_its_area_says() {
    let peer = Peer::start(|_| Answer::Send(ok("hello")));
    let report = run(&Scenario {
        pacing: Pacing::Open {
            arrival: Arrival::Constant,
            profile: RateProfile {
                pieces: vec![RatePiece {
                    length: Duration::from_secs(2),
                    from: 0.0,
                    to: 400.0,
                }],
            },
        },
        ..open(peer.address, 8, 1.0, Duration::from_secs(2))
    });
    assert!(
        (398..=402).contains(&report.totals.good),
        "{:?}",
        report.totals
    );
}

/// A server that answers at once but for a stall of 400 ms in every 2 s.
fn stalling() -> Peer {
    let began = Instant::now();
    Peer::start(move |_| {
        let into = began.elapsed().as_millis() as u64 % 2_000;
        if (1_000..1_400).contains(&into) {
            std::thread::sleep(Duration::from_millis(1_400 - into));
        }
        Answer::Send(ok("hello"))
    })
}

#[test]
fn a_stall_shows_in_the_open_loop_and_hides_in_the_closed_one() {
    let length = Duration::from_secs(4);
    let peer = stalling();
    let opened = run(&open(peer.address, 4, 300.0, length));
    let p90 = quantile(&opened, 0.9);
    // A fifth of the time is stall: a tenth of the starts wait 200 ms and more.
    assert!(p90 > 100_000_000, "the stall is missing: P90 {p90} ns");
    assert_eq!(opened.totals.errors, Default::default());

    let peer = stalling();
    let closed = run(&Scenario {
        extent: Extent::Time(length),
        ..closed(peer.address, 4, 1)
    });
    // Four connections wait once in every stall, among thousands that did not.
    let p90 = quantile(&closed, 0.9);
    assert!(
        p90 < 100_000_000,
        "P90 {p90} ns: closed loops do not see it"
    );
    assert!(closed.latency.max_ns > 300_000_000, "but its maximum does");
}

fn quantile(report: &RunReport, q: f64) -> u64 {
    let all = &report.latency.quantiles;
    let found = all.iter().find(|one| one.q == q).expect("enough samples");
    found.value_ns
}

#[test]
fn a_server_that_is_too_slow_makes_an_open_run_invalid() {
    let peer = Peer::start(|_| {
        std::thread::sleep(Duration::from_millis(20));
        Answer::Send(ok("slow"))
    });
    // Two connections of 50 a second each are asked for 400.
    let report = run(&Scenario {
        timeout: Duration::from_secs(2),
        ..open(peer.address, 2, 400.0, Duration::from_secs(2))
    });
    assert_eq!(
        report.verdict.outcome,
        Outcome::Invalid,
        "{:?}",
        report.verdict
    );
    assert!(report.rate.achieved < 110.0);
    // What waits for a connection is in the latency: nothing is forgotten.
    let unfinished: u64 = report.totals.errors.values().sum();
    assert!(unfinished > 100, "{:?}", report.totals);
    assert!(
        (700..900).contains(&report.totals.requests),
        "{:?}",
        report.totals
    );
}

#[test]
fn requests_are_drawn_by_their_weights_and_origins_by_theirs() {
    let (first, second) = (
        Peer::start(|_| Answer::Send(ok("a"))),
        Peer::start(|_| Answer::Send(ok("b"))),
    );
    let mixed = vec![
        (request(first.address, "/often", ""), 3.0),
        (request(first.address, "/seldom", ""), 1.0),
    ];
    let other = vec![(request(second.address, "/other", ""), 4.0)];
    let report = run(&Scenario {
        origins: Arc::from([origin(first.address, mixed), origin(second.address, other)]),
        ..open(first.address, 16, 2_000.0, Duration::from_secs(2))
    });
    assert_eq!(report.totals.errors, Default::default());
    let mut by_target = HashMap::new();
    for seen in first.seen().iter().chain(&second.seen()) {
        *by_target.entry(seen.target().to_owned()).or_insert(0.0) += 1.0;
    }
    let all: f64 = by_target.values().sum();
    for (target, share) in [("/often", 0.375), ("/seldom", 0.125), ("/other", 0.5)] {
        let found = by_target[target] / all;
        // Six standard deviations of 4,000 draws.
        assert!((found - share).abs() < 0.05, "{target}: {found}");
    }
}

#[test]
fn the_same_seed_makes_the_same_requests() {
    let targets = |seed| {
        let peer = Peer::start(|_| Answer::Send(ok("x")));
        let mix = (0..10).map(|n| (request(peer.address, &format!("/{n}"), ""), 1.0));
        let scenario = closed(peer.address, 1, 200);
        run(&Scenario {
            origins: Arc::from([origin(peer.address, mix.collect())]),
            seed,
            ..scenario
        });
        let seen = peer.seen();
        seen.iter()
            .map(|one| one.target().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(targets(1), targets(1));
    assert_ne!(targets(1), targets(2));
}
