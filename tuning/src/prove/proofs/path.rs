//! Loss, pauses and paths that swallow packets.

use crate::prove::proof::{About, Figure, Proof, Side};
use crate::prove::scenario::{Loss, Scenario, Transfer};

const LOSSY: Scenario = Scenario::LargeTransfer(Transfer {
    loss: Loss::TwoPercent,
    mbit_per_s: Some(200),
    delay_ms: None,
});
const FAR: Scenario = Scenario::LargeTransfer(Transfer {
    loss: Loss::None,
    mbit_per_s: None,
    delay_ms: Some(20),
});
const RATE: &[Figure] = &[Figure::more("MB/s")];
const RECOVERY: &[&str] = &[
    "TcpExt.TCPTimeouts",
    "TcpExt.TCPSackRecovery",
    "TcpExt.TCPRenoRecovery",
    "Tcp.RetransSegs",
];

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        key: "net.ipv4.tcp_sack",
        about: About::Myth,
        question: "one connection over 200 Mbit/s that lose 2 %, 2 s",
        before: Side::sysctls("1", &[("net.ipv4.tcp_sack", "1")]),
        after: Side::sysctls("0", &[("net.ipv4.tcp_sack", "0")]),
        scenario: LOSSY,
        figures: RATE,
        counters: RECOVERY,
    },
    Proof {
        key: "net.ipv4.tcp_congestion_control",
        about: About::Knob,
        question: "one connection over 200 Mbit/s that lose 2 %, 2 s",
        before: Side::sysctls("cubic", &[("net.ipv4.tcp_congestion_control", "cubic")]),
        after: Side::sysctls("bbr", &[("net.ipv4.tcp_congestion_control", "bbr")]),
        scenario: LOSSY,
        figures: RATE,
        counters: RECOVERY,
    },
    Proof {
        key: "net.ipv4.tcp_window_scaling",
        about: About::Myth,
        question: "one connection at a distance of 40 ms, 2 s",
        before: Side::sysctls("1", &[("net.ipv4.tcp_window_scaling", "1")]),
        after: Side::sysctls("0", &[("net.ipv4.tcp_window_scaling", "0")]),
        scenario: FAR,
        figures: RATE,
        counters: &["Tcp.RetransSegs"],
    },
    Proof {
        key: "net.ipv4.tcp_slow_start_after_idle",
        about: About::Knob,
        question: "a connection that goes on after a pause of 1 s",
        before: Side::sysctls("1", &[("net.ipv4.tcp_slow_start_after_idle", "1")]),
        after: Side::sysctls("0", &[("net.ipv4.tcp_slow_start_after_idle", "0")]),
        scenario: Scenario::KeepaliveIdle,
        figures: &[
            Figure::more("congestion window after the pause"),
            Figure::shows("congestion window before the pause"),
        ],
        counters: &["Tcp.OutSegs"],
    },
    Proof {
        key: "net.ipv4.tcp_mtu_probing",
        about: About::Knob,
        question: "200 KiB through a path that drops packets above 1300 bytes in silence, 9 s",
        before: Side::sysctls("0", &[("net.ipv4.tcp_mtu_probing", "0")]),
        after: Side::sysctls("1", &[("net.ipv4.tcp_mtu_probing", "1")]),
        scenario: Scenario::MtuBlackHole,
        figures: &[Figure::more("KiB received of 200"), Figure::less("seconds")],
        counters: &[
            "TcpExt.TCPTimeouts",
            "TcpExt.TCPMTUPSuccess",
            "TcpExt.TCPMTUPFail",
        ],
    },
];
