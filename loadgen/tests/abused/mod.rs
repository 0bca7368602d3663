//! Servers to abuse, and the plan of abuse against them.

pub(crate) mod nginx;
pub(crate) mod ringmain;
pub(crate) mod tiny;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use ringload::abuse::{AbuseReport, AbuseScenario, Consent, Kind, run};
use ringload::plan::mix::Mix;
use ringload::plan::request::RequestTemplate;
use ringload::plan::{
    Connecting, Endpoint, Extent, Gathering, Origin, Pacing, Reuse, Scenario, Security, Sources,
    Threads,
};
use ringload::report::Progress;
use ringload::run::Observer;

/// Nobody watches.
pub(crate) struct Silent;

impl Observer for Silent {
    fn event(&mut self, _: &Progress) {}
}

/// Abuses what is known to be on loopback.
pub(crate) fn abuse(kind: Kind, plan: Scenario) -> AbuseReport {
    let scenario = AbuseScenario::new(kind, plan, Consent::LoopbackOnly).expect("loopback");
    run(&scenario, &mut Silent).expect("the server was well before")
}

/// 20 connections that ask for `path`.
pub(crate) fn plan(address: SocketAddr, path: &str, duration: Duration) -> Scenario {
    let image = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let request = RequestTemplate::fixed(format!("GET {path}"), false, image.into_bytes().into());
    let few = NonZeroU32::new(20).expect("not zero");
    Scenario {
        name: "abuse".to_owned(),
        origins: [Origin {
            label: format!("http://{address}"),
            endpoint: Endpoint::Tcp([address].into()),
            security: Security::Plain,
            mix: Mix::new(vec![(request, 1.0)]).expect("one request"),
        }]
        .into(),
        connections: few,
        threads: Threads::Auto,
        pacing: Pacing::Closed {
            pipeline: NonZeroU32::MIN,
        },
        gathering: Gathering::Auto,
        extent: Extent::Time(duration),
        warmup: Duration::ZERO,
        connecting: Connecting {
            reuse: Reuse::KeepAlive,
            rate: None,
            in_flight_max: few,
            timeout: Duration::from_secs(2),
            sources: Sources::Auto,
        },
        timeout: Duration::from_secs(1),
        verification: Default::default(),
        slo: Default::default(),
        seed: 1,
        io: shard::Io::Auto,
    }
}

/// Waits until a server accepts connections.
pub(crate) fn await_listener(address: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "nobody listens on {address}");
        std::thread::yield_now();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}
