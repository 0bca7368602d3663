//! Abuse of servers that are known to survive it, and of some that do not.

mod abused;

use std::time::Duration;

use ringload::abuse::{AbuseReport, AbuseScenario, Consent, Kind, Refusal, render};
use ringload::plan::{Extent, Scenario};

use abused::nginx::Nginx;
use abused::ringmain::Ringmain;
use abused::tiny::{Temper, Tiny};
use abused::{abuse, plan};

/// Long enough for every limit of the servers in here, none of which is a whole second: then a
/// field comes, and a close with bytes unread is a reset.
const DURATION: Duration = Duration::from_millis(2200);

fn tiny(temper: Temper, kind: Kind) -> AbuseReport {
    let server = Tiny::start(temper);
    abuse(kind, plan(server.address, "/", DURATION))
}

/// All connections ended in one of these ways, and the ordinary user felt nothing.
fn assert_ended(report: &AbuseReport, ways: &[&str]) {
    let text = render(report);
    assert!(report.opened >= u64::from(report.connections), "{text}");
    assert!(report.connect_errors.is_empty(), "{text}");
    assert!(report.was_survived(), "{text}");
    let other = report
        .endings
        .keys()
        .find(|way| !ways.contains(&way.as_str()));
    // Those opened last may stand when the abuse ends.
    assert!(other.is_none_or(|way| way == "still open"), "{text}");
    assert!(
        ways.iter().any(|way| report.endings.contains_key(*way)),
        "{text}"
    );
}

#[test]
fn slow_headers_are_answered_with_408() {
    let report = tiny(Temper::Strict, Kind::SlowHeaders);
    assert_ended(&report, &["status 408"]);
    let (min, max) = (report.time_to_end.min_ns, report.time_to_end.max_ns);
    assert!(
        min > 290_000_000 && max < 2_000_000_000,
        "{}",
        render(&report)
    );
}

#[test]
fn silence_is_ended_by_a_close() {
    let report = tiny(Temper::Strict, Kind::HalfOpen);
    assert_ended(&report, &["closed"]);
    assert_eq!(report.sent_bytes, 0);
}

/// A reset can overtake the answer; not on all connections.
#[test]
fn a_flood_is_answered_with_431() {
    let report = tiny(Temper::Strict, Kind::HeaderFlood);
    assert_ended(&report, &["status 431", "reset"]);
    assert!(
        report.endings.contains_key("status 431"),
        "{}",
        render(&report)
    );
    assert!(
        report.sent_bytes > 8 * 1024 * report.opened,
        "{}",
        render(&report)
    );
}

#[test]
fn every_sort_of_malformed_head_is_answered_with_400() {
    let report = tiny(Temper::Strict, Kind::Malformed);
    assert_ended(&report, &["status 400"]);
    assert!(report.sorts.len() >= 12, "{}", render(&report));
    assert!(report.remarks.is_empty(), "{:?}", report.remarks);
}

#[test]
fn a_server_that_accepts_everything_is_told_on() {
    let report = tiny(Temper::Lenient, Kind::Malformed);
    let told = report
        .remarks
        .iter()
        .any(|remark| remark.contains("two hosts"));
    assert!(told, "{}", render(&report));
    assert!(report.was_survived(), "{}", render(&report));
}

#[test]
fn slow_readers_are_cut() {
    slow_readers_are_cut_on(shard::Io::Auto);
}

#[test]
fn slow_readers_are_cut_without_io_uring() {
    slow_readers_are_cut_on(shard::Io::Epoll);
}

fn slow_readers_are_cut_on(io: shard::Io) {
    let server = Tiny::start(Temper::Strict);
    let plan = Scenario {
        io,
        ..plan(server.address, "/", DURATION)
    };
    let report = abuse(Kind::SlowReads, plan);
    assert_ended(&report, &["reset"]);
    let most = report.opened * 64 * 1024;
    assert!(report.received_bytes < most, "{}", render(&report));
}

/// One at a time, without a limit on time: the first silent connection is the last one served.
#[test]
fn a_server_that_waits_for_one_client_does_not_survive_silence() {
    let report = tiny(Temper::Serial, Kind::HalfOpen);
    let text = render(&report);
    assert!(!report.was_survived(), "{text}");
    assert!(report.probes.before.is_healthy(), "{text}");
    assert!(text.contains("NOT SURVIVED"), "{text}");
    assert!(report.endings.contains_key("still open"), "{text}");
}

#[test]
fn only_loopback_is_abused_without_consent() {
    let refused = |address: &str, consent| {
        let plan = plan(address.parse().expect("an address"), "/", DURATION);
        AbuseScenario::new(Kind::HalfOpen, plan, consent).err()
    };
    // 192.0.2.0/24 is for documentation (RFC 5737).
    let stranger = refused("192.0.2.1:80", Consent::LoopbackOnly).expect("a refusal");
    assert!(matches!(stranger, Refusal::NotLoopback(_)));
    let text = stranger.to_string();
    assert!(
        text.contains("192.0.2.1:80") && text.contains("--yes-i-own-this-host"),
        "{text}"
    );
    assert_eq!(refused("192.0.2.1:80", Consent::OwnHost), None);
    assert_eq!(refused("127.9.9.9:80", Consent::LoopbackOnly), None);
}

#[test]
fn abuse_is_bounded() {
    let address = "127.0.0.1:80".parse().expect("an address");
    let refused = |change: &dyn Fn(&mut Scenario)| {
        let mut plan = plan(address, "/", DURATION);
        change(&mut plan);
        AbuseScenario::new(Kind::HalfOpen, plan, Consent::LoopbackOnly).err()
    };
    let connections = |count: u32| {
        move |plan: &mut Scenario| {
            plan.connections = count.try_into().expect("not zero");
        }
    };
    assert_eq!(refused(&connections(65_536)), None);
    assert_eq!(
        refused(&connections(65_537)),
        Some(Refusal::Connections(65_537))
    );
    let lasting = |seconds| {
        move |plan: &mut Scenario| {
            plan.extent = Extent::Time(Duration::from_secs(seconds));
        }
    };
    assert_eq!(refused(&lasting(3600)), None);
    assert_eq!(refused(&lasting(3601)), Some(Refusal::Duration));
    assert_eq!(refused(&lasting(0)), Some(Refusal::Duration));
}

#[test]
fn a_server_that_is_not_there_is_not_abused() {
    let server = Tiny::start(Temper::Strict);
    let mut address = server.address;
    address.set_ip([127, 0, 0, 2].into());
    let plan = plan(address, "/", DURATION);
    let scenario = AbuseScenario::new(Kind::HalfOpen, plan, Consent::LoopbackOnly);
    let error = ringload::abuse::run(&scenario.expect("loopback"), &mut abused::Silent);
    let text = error.expect_err("nobody listens there").to_string();
    assert!(text.contains("before it is abused"), "{text}");
}

#[test]
fn nginx_survives() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(nginx) = Nginx::start(folder.path()) else {
        println!("skipped: nginx is not installed");
        return;
    };
    let expected: [(Kind, &[&str]); 5] = [
        (Kind::SlowHeaders, &["closed", "status 408"]),
        (Kind::HalfOpen, &["closed"]),
        (Kind::HeaderFlood, &["status 400", "status 431", "reset"]),
        (Kind::SlowReads, &["reset"]),
        (Kind::Malformed, &[]),
    ];
    for (kind, ways) in expected {
        let report = abuse(kind, plan(nginx.address, "/large", DURATION));
        println!("{}", render(&report));
        match kind {
            // It takes some of them for good, by its own choice.
            Kind::Malformed => assert!(report.was_survived(), "{}", render(&report)),
            _ => assert_ended(&report, ways),
        }
    }
}

#[test]
fn ringmain_survives() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(ringmain) = Ringmain::start(folder.path()) else {
        println!("skipped: ringmain is not built beside this test");
        return;
    };
    let expected: [(Kind, &[&str]); 4] = [
        (Kind::SlowHeaders, &["status 408", "closed"]),
        (Kind::HalfOpen, &["status 408", "closed"]),
        (Kind::HeaderFlood, &["status 431", "reset"]),
        (
            Kind::Malformed,
            &[
                "status 400",
                "status 405",
                "status 414",
                "status 505",
                "reset",
            ],
        ),
    ];
    for (kind, ways) in expected {
        let report = abuse(kind, plan(ringmain.address, "/large", DURATION));
        println!("{}", render(&report));
        assert_ended(&report, ways);
    }
    let report = abuse(Kind::SlowReads, plan(ringmain.address, "/large", DURATION));
    println!("{}", render(&report));
    assert_ended(&report, &["reset"]);
}
