//! Tables, descriptors and reports.

use crate::prove::proof::{About, Change, Figure, Proof, Side, Way};
use crate::prove::scenario::{Fact, IdleMass, Scenario};

const BACKLOG: &[Figure] = &[
    Figure::more("datagrams received of 5000"),
    Figure::less("dropped from the backlog"),
];

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        key: "firewall.state-established",
        about: About::Myth,
        question: "50 new clients of a service while the table is full; the recipe tracks, ours does not",
        before: Side::way("tracked", Way::Without),
        after: Side::way("notrack", Way::With),
        scenario: Scenario::ConntrackFull,
        figures: &[
            Figure::more("clients accepted of 50"),
            Figure::shows("table entries"),
        ],
        counters: &["conntrack.drop", "conntrack.early_drop"],
    },
    Proof {
        key: "firewall.state-established",
        about: About::Myth,
        question: "what tracking costs a server under load of 64 connections, with room in the table",
        before: Side::way("tracked", Way::Without),
        after: Side::way("notrack", Way::With),
        scenario: Scenario::ConntrackLoad,
        figures: &[
            Figure::less("server CPU per request, us"),
            Figure::more("requests per second"),
            Figure::less("P99, us"),
        ],
        counters: &[],
    },
    Proof {
        key: "net.netfilter.nf_conntrack_max",
        about: About::Knob,
        question: "50 new clients of a tracked service beside 262,144 connections",
        before: Side::global("262144", "net.netfilter.nf_conntrack_max"),
        after: Side::global("393216", "net.netfilter.nf_conntrack_max"),
        scenario: Scenario::ConntrackFull,
        figures: &[
            Figure::more("clients accepted of 50"),
            Figure::shows("table entries"),
        ],
        counters: &["conntrack.drop", "conntrack.early_drop"],
    },
    Proof {
        key: "net.ipv4.neigh.default.gc_thresh3",
        about: About::Knob,
        question: "a datagram to each of 2,000 hosts of one link",
        before: Side::global("1024", "net.ipv4.neigh.default.gc_thresh3"),
        after: Side::global("8192", "net.ipv4.neigh.default.gc_thresh3"),
        scenario: Scenario::NeighborTable,
        figures: &[
            Figure::more("neighbors reached of 2000"),
            Figure::less("table found full"),
        ],
        counters: &["Udp.OutDatagrams"],
    },
    Proof {
        key: "net.core.netdev_max_backlog",
        about: About::Knob,
        question: "5,000 datagrams at once, handed by RPS to another CPU that has 1,000 firewall rules",
        before: Side::global("1000", "net.core.netdev_max_backlog"),
        after: Side::global("16384", "net.core.netdev_max_backlog"),
        scenario: Scenario::FanOut,
        figures: BACKLOG,
        counters: &["Udp.InDatagrams"],
    },
    Proof {
        key: "net.core.netdev_max_backlog",
        about: About::Myth,
        question: "the same with the recipe's value",
        before: Side::global("16384", "net.core.netdev_max_backlog"),
        after: Side::global("262144", "net.core.netdev_max_backlog"),
        scenario: Scenario::FanOut,
        figures: BACKLOG,
        counters: &["Udp.InDatagrams"],
    },
    Proof {
        key: "limit.nofile",
        about: About::Knob,
        question: "400 clients of a server with so many descriptors",
        before: Side {
            label: "128",
            change: Change::Descriptors(128),
        },
        after: Side {
            label: "4096",
            change: Change::Descriptors(4096),
        },
        scenario: Scenario::IdleMass(IdleMass::Descriptors),
        figures: &[Figure::more("clients answered of 400")],
        counters: &["Tcp.PassiveOpens"],
    },
    Proof {
        key: "file.limits.conf nofile",
        about: About::Myth,
        question: "the hard limit of a process without a login, without and with a line that halves it",
        before: Side::way("no line", Way::Without),
        after: Side::way("a line", Way::With),
        scenario: Scenario::Fact(Fact::LimitsConf),
        figures: &[
            Figure::more("descriptors of a service"),
            Figure::shows("descriptors of a login"),
        ],
        counters: &[],
    },
    Proof {
        key: "fs.file-max",
        about: About::Myth,
        question: "the limit in force and the recipe's 1000000",
        before: Side::way("in force", Way::Without),
        after: Side::way("1000000", Way::With),
        scenario: Scenario::Fact(Fact::FileMax),
        figures: &[Figure::more("files that the host may open")],
        counters: &[],
    },
    Proof {
        key: "report.stepped-load",
        about: About::Myth,
        question: "above 1 is impossible: the documents' table, and a measured one",
        before: Side::way("as written", Way::Without),
        after: Side::way("measured", Way::With),
        scenario: Scenario::SteppedLoad,
        figures: &[
            Figure::shows("mean by Little's law / P99, 100 connections"),
            Figure::shows("mean by Little's law / P99, 500 connections"),
            Figure::shows("mean by Little's law / P99, 1000 connections"),
            Figure::shows("requests per second, 100 connections"),
            Figure::shows("requests per second, 500 connections"),
            Figure::shows("requests per second, 1000 connections"),
        ],
        counters: &[],
    },
];
