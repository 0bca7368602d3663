//! Queues of listeners.

use crate::prove::proof::{About, Figure, Proof, Side, Way};
use crate::prove::scenario::{AcceptBurst, Scenario};

const QUEUE: &[Figure] = &[
    Figure::more("accepted in time"),
    Figure::shows("queued connections"),
];
const HALF_OPEN: &[Figure] = &[Figure::shows("half-open connections")];

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        key: "net.core.somaxconn",
        about: About::Knob,
        question: "2,000 connections during a stall of 0.3 s, program asks for 65535",
        before: Side::sysctls("128", &[("net.core.somaxconn", "128")]),
        after: Side::sysctls("4096", &[("net.core.somaxconn", "4096")]),
        scenario: Scenario::AcceptBurst(AcceptBurst::Accept {
            backlog_asked: 65535,
            connections: 2000,
        }),
        figures: QUEUE,
        counters: &["TcpExt.ListenOverflows", "TcpExt.ListenDrops"],
    },
    Proof {
        key: "net.core.somaxconn",
        about: About::Myth,
        question: "600 connections during a stall of 0.3 s, program asks for 128",
        before: Side::sysctls("4096", &[("net.core.somaxconn", "4096")]),
        after: Side::sysctls("65535", &[("net.core.somaxconn", "65535")]),
        scenario: Scenario::AcceptBurst(AcceptBurst::Accept {
            backlog_asked: 128,
            connections: 600,
        }),
        figures: QUEUE,
        counters: &["TcpExt.ListenOverflows", "TcpExt.ListenDrops"],
    },
    Proof {
        key: "socket.listen_backlog",
        about: About::Knob,
        question: "2,000 connections during a stall of 0.3 s, somaxconn as it is; what listen(2) asks for",
        before: Side::way("128", Way::Without),
        after: Side::way("65535", Way::With),
        scenario: Scenario::AcceptBurst(AcceptBurst::Asked { connections: 2000 }),
        figures: QUEUE,
        counters: &["TcpExt.ListenOverflows", "TcpExt.ListenDrops"],
    },
    Proof {
        key: "net.ipv4.tcp_max_syn_backlog",
        about: About::Myth,
        question: "600 handshakes without an end, syncookies on, program asks for 256",
        before: Side::sysctls(
            "16",
            &[
                ("net.ipv4.tcp_syncookies", "1"),
                ("net.ipv4.tcp_max_syn_backlog", "16"),
            ],
        ),
        after: Side::sysctls(
            "65535",
            &[
                ("net.ipv4.tcp_syncookies", "1"),
                ("net.ipv4.tcp_max_syn_backlog", "65535"),
            ],
        ),
        scenario: Scenario::AcceptBurst(AcceptBurst::Handshakes {
            backlog_asked: 256,
            connections: 600,
        }),
        figures: HALF_OPEN,
        counters: &["TcpExt.TCPReqQFullDoCookies", "TcpExt.TCPReqQFullDrop"],
    },
    Proof {
        key: "net.ipv4.tcp_max_syn_backlog",
        about: About::Knob,
        question: "the same with syncookies off: the only place where it is read",
        before: Side::sysctls(
            "16",
            &[
                ("net.ipv4.tcp_syncookies", "0"),
                ("net.ipv4.tcp_max_syn_backlog", "16"),
            ],
        ),
        after: Side::sysctls(
            "65535",
            &[
                ("net.ipv4.tcp_syncookies", "0"),
                ("net.ipv4.tcp_max_syn_backlog", "65535"),
            ],
        ),
        scenario: Scenario::AcceptBurst(AcceptBurst::Handshakes {
            backlog_asked: 256,
            connections: 600,
        }),
        figures: HALF_OPEN,
        counters: &["TcpExt.TCPReqQFullDoCookies", "TcpExt.TCPReqQFullDrop"],
    },
    Proof {
        key: "net.ipv4.tcp_syncookies",
        about: About::Myth,
        question: "50 good clients behind a flood of 1,000 handshakes without an end",
        before: Side::sysctls("1", &[("net.ipv4.tcp_syncookies", "1")]),
        after: Side::sysctls("0", &[("net.ipv4.tcp_syncookies", "0")]),
        scenario: Scenario::AcceptBurst(AcceptBurst::Flood),
        figures: &[Figure::more("good clients accepted of 50")],
        counters: &[
            "TcpExt.SyncookiesSent",
            "TcpExt.SyncookiesRecv",
            "TcpExt.TCPReqQFullDrop",
        ],
    },
    Proof {
        key: "net.ipv4.tcp_abort_on_overflow",
        about: About::Myth,
        question: "130 connections whose handshakes end while a queue of 64 is full",
        before: Side::sysctls("0", &[("net.ipv4.tcp_abort_on_overflow", "0")]),
        after: Side::sysctls("1", &[("net.ipv4.tcp_abort_on_overflow", "1")]),
        scenario: Scenario::AcceptBurst(AcceptBurst::LateHandshakes),
        figures: &[Figure::less("clients reset"), Figure::more("accepted")],
        counters: &["Tcp.OutRsts", "TcpExt.ListenOverflows"],
    },
    Proof {
        key: "net.ipv4.tcp_migrate_req",
        about: About::Knob,
        question: "200 connections wait, one of two listeners of the port goes",
        before: Side::sysctls("0", &[("net.ipv4.tcp_migrate_req", "0")]),
        after: Side::sysctls("1", &[("net.ipv4.tcp_migrate_req", "1")]),
        scenario: Scenario::Reload,
        figures: &[Figure::less("clients reset"), Figure::more("accepted")],
        counters: &["TcpExt.TCPMigrateReqSuccess", "TcpExt.TCPMigrateReqFailure"],
    },
];
