//! Buffers.

use crate::prove::proof::{About, Figure, Proof, Side, Way};
use crate::prove::scenario::{Fact, Loss, Scenario, Transfer};

const CABLE: Scenario = Scenario::LargeTransfer(Transfer {
    loss: Loss::None,
    mbit_per_s: None,
    delay_ms: None,
});
const FAR: Scenario = Scenario::LargeTransfer(Transfer {
    loss: Loss::None,
    mbit_per_s: None,
    delay_ms: Some(20),
});
const TRANSFER: &[Figure] = &[Figure::more("MB/s"), Figure::shows("receive buffer")];

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        key: "net.ipv4.tcp_notsent_lowat",
        about: About::Knob,
        question: "40 clients that read nothing, 1 s",
        before: Side::sysctls(
            "4294967295",
            &[("net.ipv4.tcp_notsent_lowat", "4294967295")],
        ),
        after: Side::sysctls("131072", &[("net.ipv4.tcp_notsent_lowat", "131072")]),
        scenario: Scenario::SlowReaders,
        figures: &[Figure::less("KiB queued")],
        counters: &["Tcp.OutSegs"],
    },
    Proof {
        key: "net.core.rmem_default",
        about: About::Myth,
        question: "the buffer of a fresh TCP socket",
        before: Side::global("212992", "net.core.rmem_default"),
        after: Side::global("262144", "net.core.rmem_default"),
        scenario: Scenario::Buffers,
        figures: &[
            Figure::more("TCP receive buffer"),
            Figure::shows("UDP receive buffer"),
        ],
        counters: &[],
    },
    Proof {
        key: "net.core.wmem_default",
        about: About::Myth,
        question: "the buffer of a fresh TCP socket",
        before: Side::global("212992", "net.core.wmem_default"),
        after: Side::global("262144", "net.core.wmem_default"),
        scenario: Scenario::Buffers,
        figures: &[
            Figure::more("TCP send buffer"),
            Figure::shows("UDP send buffer"),
        ],
        counters: &[],
    },
    Proof {
        key: "net.ipv4.tcp_rmem",
        about: About::Knob,
        question: "the buffer of a fresh TCP socket: the second number is the one that counts",
        before: Side::sysctls("87380", &[("net.ipv4.tcp_rmem", "4096 87380 6291456")]),
        after: Side::sysctls("131072", &[("net.ipv4.tcp_rmem", "4096 131072 33554432")]),
        scenario: Scenario::Buffers,
        figures: &[
            Figure::shows("TCP receive buffer"),
            Figure::shows("UDP receive buffer"),
        ],
        counters: &[],
    },
    Proof {
        key: "net.core.rmem_max",
        about: About::Myth,
        question: "one connection over a cable, 2 s",
        before: Side::global("212992", "net.core.rmem_max"),
        after: Side::global("16777216", "net.core.rmem_max"),
        scenario: CABLE,
        figures: TRANSFER,
        counters: &["TcpExt.TCPRcvCollapsed", "TcpExt.TCPToZeroWindowAdv"],
    },
    Proof {
        key: "net.ipv4.tcp_moderate_rcvbuf",
        about: About::Myth,
        question: "one connection at a distance of 40 ms, 2 s",
        before: Side::sysctls("1", &[("net.ipv4.tcp_moderate_rcvbuf", "1")]),
        after: Side::sysctls("0", &[("net.ipv4.tcp_moderate_rcvbuf", "0")]),
        scenario: FAR,
        figures: TRANSFER,
        counters: &["TcpExt.TCPRcvCollapsed", "TcpExt.TCPToZeroWindowAdv"],
    },
    Proof {
        key: "net.ipv4.tcp_moderate_rcvbuf",
        about: About::Myth,
        question: "what the receive buffer has grown to after 2 s of one connection over a cable",
        before: Side::sysctls("1", &[("net.ipv4.tcp_moderate_rcvbuf", "1")]),
        after: Side::sysctls("0", &[("net.ipv4.tcp_moderate_rcvbuf", "0")]),
        scenario: CABLE,
        figures: &[Figure::shows("receive buffer"), Figure::more("MB/s")],
        counters: &["TcpExt.TCPRcvCollapsed", "TcpExt.TCPToZeroWindowAdv"],
    },
    Proof {
        key: "net.ipv4.tcp_rmem",
        about: About::Myth,
        question: "one connection over a cable without delay, 2 s",
        before: Side::sysctls(
            "4096 131072 33554432",
            &[("net.ipv4.tcp_rmem", "4096 131072 33554432")],
        ),
        after: Side::sysctls(
            "4096 87380 16777216",
            &[("net.ipv4.tcp_rmem", "4096 87380 16777216")],
        ),
        scenario: CABLE,
        figures: TRANSFER,
        counters: &["TcpExt.TCPRcvCollapsed", "TcpExt.TCPToZeroWindowAdv"],
    },
    Proof {
        key: "net.ipv4.tcp_mem",
        about: About::Myth,
        question: "8388608 12582912 16777216 are pages: the third number against this host's memory",
        before: Side::way("in force", Way::Without),
        after: Side::way("recipe", Way::With),
        scenario: Scenario::Fact(Fact::TcpMem),
        figures: &[Figure::less("percent of memory that TCP may take")],
        counters: &[],
    },
];
