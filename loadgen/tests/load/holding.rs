//! Holding: every connection asked at the beginning and at the end, and the lost ones counted.

use std::time::Duration;

use ringload::hold::{HoldObserver, HoldProgress, HoldReport, HoldScenario, hold};
use ringload::plan::Threads;
use ringload::record::ErrorKind;

use crate::peer::{Answer, Peer, Seen, ok, ok_and_close};
use crate::scenario::{connecting, each_driver, nonzero, origin, request};

struct Nobody;

impl HoldObserver for Nobody {
    fn event(&mut self, _progress: &HoldProgress) {}
}

fn hold_at(peer: &Peer, io: shard::Io, every: Option<Duration>) -> HoldReport {
    let scenario = HoldScenario {
        origin: origin(peer.address, vec![(request(peer.address, "/", ""), 1.0)]),
        connections: nonzero(60),
        threads: Threads::Count(nonzero(2)),
        connecting: connecting(),
        hold: Duration::from_millis(700),
        every,
        asking_max: nonzero(8),
        timeout: Duration::from_secs(2),
        io,
    };
    hold(&scenario, &mut Nobody).expect("connections")
}

#[test]
fn everybody_is_asked_at_both_ends_and_between() {
    each_driver(|io| {
        let peer = Peer::start(|_| Answer::Send(ok("held")));
        let report = hold_at(&peer, io, None);
        assert!(report.is_whole(), "{report:?}");
        assert_eq!(report.rounds.len(), 2);
        assert_eq!(peer.seen().len(), 120);
        assert_eq!(peer.connections(), 60);
        assert_eq!(report.latency.count, 120);

        let peer = Peer::start(|_| Answer::Send(ok("held")));
        let report = hold_at(&peer, io, Some(Duration::from_millis(200)));
        assert!(report.is_whole(), "{report:?}");
        assert!(report.rounds.len() > 2);
        assert!(report.rounds.iter().all(|round| round.answered == 60));
    });
}

#[test]
fn the_lost_ones_are_counted_by_what_became_of_them() {
    each_driver(|io| {
        let peer = Peer::start(
            |request: &Seen| match (request.connection % 10, request.number) {
                (1, 0) => Answer::SendAndClose(ok_and_close("no")),
                (2, 1) => Answer::Reset,
                (3, 1) => Answer::SendAndClose(Vec::new()),
                _ => Answer::Send(ok("held")),
            },
        );
        let report = hold_at(&peer, io, None);
        assert_eq!(
            (report.established, report.alive_at_end),
            (54, 42),
            "{report:?}"
        );
        assert_eq!(
            report.failed,
            [(ErrorKind::Reset, 6), (ErrorKind::ClosedEarly, 12)].into()
        );
        assert!(!report.is_whole());
    });
}
