//! What is left of closed connections, and who asks whether a peer is still there.

use crate::prove::proof::{About, Figure, Proof, Side};
use crate::prove::scenario::{IdleMass, Scenario, TimeWait};

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        key: "net.ipv4.tcp_fin_timeout",
        about: About::Myth,
        question: "3 s after a server closed 50 connections of clients that close and 50 that do not",
        before: Side::sysctls("60", &[("net.ipv4.tcp_fin_timeout", "60")]),
        after: Side::sysctls("1", &[("net.ipv4.tcp_fin_timeout", "1")]),
        scenario: Scenario::TimeWait(TimeWait::AfterThreeSeconds),
        figures: &[Figure::less("TIME_WAIT"), Figure::less("FIN_WAIT_2")],
        counters: &["TcpExt.TW"],
    },
    Proof {
        key: "net.ipv4.tcp_tw_reuse",
        about: About::Myth,
        question: "a server that has closed 50 connections, at once",
        before: Side::sysctls("0", &[("net.ipv4.tcp_tw_reuse", "0")]),
        after: Side::sysctls("1", &[("net.ipv4.tcp_tw_reuse", "1")]),
        scenario: Scenario::TimeWait(TimeWait::AtOnce),
        figures: &[Figure::less("TIME_WAIT")],
        counters: &["TcpExt.TWRecycled"],
    },
    Proof {
        key: "net.ipv4.tcp_max_tw_buckets",
        about: About::Myth,
        question: "connections still protected after a server closed 50; a limit of 10 for them",
        before: Side::sysctls("131072", &[("net.ipv4.tcp_max_tw_buckets", "131072")]),
        after: Side::sysctls("10", &[("net.ipv4.tcp_max_tw_buckets", "10")]),
        scenario: Scenario::TimeWait(TimeWait::AtOnce),
        figures: &[Figure::more("TIME_WAIT")],
        counters: &["TcpExt.TCPTimeWaitOverflow"],
    },
    Proof {
        key: "net.ipv4.tcp_max_tw_buckets",
        about: About::Knob,
        question: "connections still protected after a server closed 50; room for 10 and for all",
        before: Side::sysctls("10", &[("net.ipv4.tcp_max_tw_buckets", "10")]),
        after: Side::sysctls("262144", &[("net.ipv4.tcp_max_tw_buckets", "262144")]),
        scenario: Scenario::TimeWait(TimeWait::AtOnce),
        figures: &[Figure::more("TIME_WAIT")],
        counters: &["TcpExt.TCPTimeWaitOverflow"],
    },
    Proof {
        key: "net.ipv4.tcp_keepalive_time",
        about: About::Myth,
        question: "packets that 100 idle connections with SO_KEEPALIVE cost in 3 s",
        before: Side::sysctls(
            "7200",
            &[
                ("net.ipv4.tcp_keepalive_time", "7200"),
                ("net.ipv4.tcp_keepalive_intvl", "75"),
            ],
        ),
        after: Side::sysctls(
            "1",
            &[
                ("net.ipv4.tcp_keepalive_time", "1"),
                ("net.ipv4.tcp_keepalive_intvl", "1"),
            ],
        ),
        scenario: Scenario::IdleMass(IdleMass::Probes),
        figures: &[Figure::less("probes in 3 s")],
        counters: &["TcpExt.TCPKeepAlive"],
    },
];
