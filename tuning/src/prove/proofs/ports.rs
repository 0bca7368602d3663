//! Ports of outgoing connections.

use crate::prove::proof::{About, Figure, Proof, Side};
use crate::prove::scenario::{PortExhaustion, Scenario};

const CHURN: &[Figure] = &[
    Figure::more("connections in 2.5 s"),
    Figure::less("EADDRNOTAVAIL"),
];
const SERVICE: &[Figure] = &[
    Figure::more("services that start of 1"),
    Figure::shows("connections"),
];

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        key: "net.ipv4.ip_local_port_range",
        about: About::Knob,
        question: "600 connections to one address; ranges a hundredth of 28,232 and 55,296 ports",
        before: Side::sysctls(
            "282 ports",
            &[("net.ipv4.ip_local_port_range", "40000 40281")],
        ),
        after: Side::sysctls(
            "553 ports",
            &[("net.ipv4.ip_local_port_range", "40000 40552")],
        ),
        scenario: Scenario::PortExhaustion(PortExhaustion::Hold { connections: 600 }),
        figures: &[Figure::more("connections"), Figure::less("EADDRNOTAVAIL")],
        counters: &["Tcp.ActiveOpens"],
    },
    Proof {
        key: "net.ipv4.ip_local_port_range",
        about: About::Myth,
        question: "a service on 8080 starts after 200 clients; ranges of 200 ports, without and with 8080",
        before: Side::sysctls(
            "32768 ..",
            &[("net.ipv4.ip_local_port_range", "32768 32967")],
        ),
        after: Side::sysctls("1024 ..", &[("net.ipv4.ip_local_port_range", "8000 8199")]),
        scenario: Scenario::PortExhaustion(PortExhaustion::Service {
            port: 8080,
            connections: 200,
        }),
        figures: SERVICE,
        counters: &["Tcp.ActiveOpens"],
    },
    Proof {
        key: "net.ipv4.ip_local_reserved_ports",
        about: About::Knob,
        question: "a service on 8080 starts after 200 clients took every port from 8000 to 8199",
        before: Side::sysctls(
            "none",
            &[
                ("net.ipv4.ip_local_port_range", "8000 8199"),
                ("net.ipv4.ip_local_reserved_ports", ""),
            ],
        ),
        after: Side::sysctls(
            "8080",
            &[
                ("net.ipv4.ip_local_port_range", "8000 8199"),
                ("net.ipv4.ip_local_reserved_ports", "8080"),
            ],
        ),
        scenario: Scenario::PortExhaustion(PortExhaustion::Service {
            port: 8080,
            connections: 200,
        }),
        figures: SERVICE,
        counters: &["Tcp.ActiveOpens"],
    },
    Proof {
        key: "net.ipv4.tcp_tw_reuse",
        about: About::Knob,
        question: "a client that connects and closes over a cable, with 100 ports",
        before: Side::sysctls("2", &[("net.ipv4.tcp_tw_reuse", "2")]),
        after: Side::sysctls("1", &[("net.ipv4.tcp_tw_reuse", "1")]),
        scenario: Scenario::PortExhaustion(PortExhaustion::Churn),
        figures: CHURN,
        counters: &["TcpExt.TWRecycled", "TcpExt.TW"],
    },
    Proof {
        key: "net.ipv4.tcp_timestamps",
        about: About::Myth,
        question: "a client that connects and closes over a cable, with 100 ports and tcp_tw_reuse = 1",
        before: Side::sysctls(
            "1",
            &[
                ("net.ipv4.tcp_tw_reuse", "1"),
                ("net.ipv4.tcp_timestamps", "1"),
            ],
        ),
        after: Side::sysctls(
            "0",
            &[
                ("net.ipv4.tcp_tw_reuse", "1"),
                ("net.ipv4.tcp_timestamps", "0"),
            ],
        ),
        scenario: Scenario::PortExhaustion(PortExhaustion::Churn),
        figures: CHURN,
        counters: &["TcpExt.TWRecycled", "TcpExt.TW"],
    },
];
