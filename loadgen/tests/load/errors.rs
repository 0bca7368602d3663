//! Every way in which a request can fail has its name, and fails that request and no other.

use std::num::NonZeroU64;
use std::time::Duration;

use ringload::plan::{Extent, Scenario};
use ringload::record::ErrorKind;
use ringload::run::RunError;

use crate::peer::{Answer, Peer, Seen, ok};
use crate::scenario::{closed, each_driver, run, try_run};

/// Every tenth request of a connection gets `bad`; answers how many of 200 failed, and as what.
fn every_tenth(io: shard::Io, bad: fn() -> Answer) -> Vec<(ErrorKind, u64)> {
    let peer = Peer::start(move |request: &Seen| match request.number {
        9 => bad(),
        _ => Answer::Send(ok("fine")),
    });
    let report = run(&Scenario {
        timeout: Duration::from_millis(300),
        io,
        ..closed(peer.address, 1, 200)
    });
    assert_eq!(report.totals.requests, 200);
    assert_eq!(report.latency.count, 200, "errors are part of the latency");
    assert_eq!(
        peer.seen().len(),
        200,
        "a failed request is not asked again"
    );
    report.totals.errors.into_iter().collect()
}

#[test]
fn each_failure_has_its_name() {
    each_driver(|io| {
        assert_eq!(every_tenth(io, || Answer::Reset), [(ErrorKind::Reset, 20)]);
        let early =
            || Answer::SendAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfo".into());
        assert_eq!(every_tenth(io, early), [(ErrorKind::ClosedEarly, 20)]);
        let silent_end = || Answer::SendAndClose(Vec::new());
        assert_eq!(every_tenth(io, silent_end), [(ErrorKind::ClosedEarly, 20)]);
        let nonsense = || Answer::Send(b"220 mail.example.com ESMTP\r\n\r\n".into());
        assert_eq!(every_tenth(io, nonsense), [(ErrorKind::Malformed, 20)]);
        assert_eq!(
            every_tenth(io, || Answer::Silence),
            [(ErrorKind::Timeout, 20)]
        );
    });
}

#[test]
fn a_bad_status_is_an_error_and_keeps_its_connection() {
    each_driver(|io| {
        let peer = Peer::start(|request| match request.number % 4 {
            3 => Answer::Send(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy".into()),
            _ => Answer::Send(ok("fine")),
        });
        let report = run(&Scenario {
            io,
            ..closed(peer.address, 1, 100)
        });
        assert_eq!(report.totals.errors, [(ErrorKind::Status, 25)].into());
        assert_eq!(report.totals.statuses, [(200, 75), (503, 25)].into());
        assert_eq!(peer.connections(), 1);
        let sample = report.samples.first().expect("a sample is kept");
        assert!(sample.what.contains("503"), "{sample:?}");
    });
}

#[test]
fn bytes_that_nobody_asked_for_end_the_connection() {
    let peer = Peer::start(|request| match request.number {
        0 => Answer::Send([ok("one"), ok("two")].concat()),
        _ => Answer::Send(ok("three")),
    });
    let report = run(&closed(peer.address, 1, 10));
    // Each first answer comes with a second one that belongs to no request.
    assert_eq!(report.totals.good, 10, "{:?}", report.totals);
    assert!(peer.connections() > 1);
}

#[test]
fn answers_in_pieces_are_answers() {
    let response = ok("in pieces");
    for at in 1..response.len() {
        let response = response.clone();
        let peer = Peer::start(move |_| Answer::SendSplit(response.clone(), at));
        let report = run(&closed(peer.address, 1, 2));
        assert_eq!(report.totals.good, 2, "split at {at}");
    }
}

#[test]
fn nobody_there_is_said_in_words() {
    let unused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound")
    };
    let error = try_run(&closed(unused, 4, 10)).expect_err("nobody listens");
    let RunError::NothingConnected { failed, .. } = &error else {
        panic!("{error}");
    };
    assert!(
        failed.contains_key(&ErrorKind::ConnectRefused),
        "{failed:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains(&unused.to_string()) && text.contains("refused"),
        "{text}"
    );
}

#[test]
fn a_server_that_goes_away_is_counted_and_outlived() {
    let peer = Peer::start(|_| Answer::Send(ok("here")));
    let address = peer.address;
    let scenario = Scenario {
        extent: Extent::Time(Duration::from_secs(1)),
        ..closed(address, 2, 1)
    };
    // Only the listener goes: what is connected stays; nothing must hang.
    drop(peer);
    match try_run(&scenario) {
        Ok(report) => assert!(report.totals.requests > 0),
        Err(RunError::NothingConnected { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_run_of_requests_ends_although_all_fail() {
    let peer = Peer::start(|_| Answer::Reset);
    let report = run(&Scenario {
        extent: Extent::Requests(NonZeroU64::new(20).expect("not zero")),
        ..closed(peer.address, 2, 1)
    });
    assert_eq!(report.totals.errors, [(ErrorKind::Reset, 20)].into());
    assert_eq!(report.rate.achieved, 0.0);
}
