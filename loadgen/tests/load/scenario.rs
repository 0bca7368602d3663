//! Short scenarios for tests.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;
use std::time::Duration;

use ringload::plan::mix::Mix;
use ringload::plan::request::RequestTemplate;
use ringload::plan::{
    Arrival, Connecting, Endpoint, Extent, Gathering, Origin, Pacing, RateProfile, Reuse, Scenario,
    Security, Sources, Threads,
};
use ringload::record::report::RunReport;
use ringload::report::Progress;
use ringload::run::{Observer, RunError, execute};

/// Nobody watches.
struct Nobody;

impl Observer for Nobody {
    fn event(&mut self, _progress: &Progress) {}
}

/// Runs a scenario that is expected to run.
pub(crate) fn run(scenario: &Scenario) -> RunReport {
    try_run(scenario).expect("a load")
}

pub(crate) fn try_run(scenario: &Scenario) -> Result<RunReport, RunError> {
    execute(scenario, &mut Nobody)
}

pub(crate) fn nonzero(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}

/// A GET of `path`.
pub(crate) fn request(address: SocketAddr, path: &str, extra: &str) -> RequestTemplate {
    let image = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{extra}\r\n");
    RequestTemplate::fixed(format!("GET {path}"), false, image.into())
}

pub(crate) fn origin(address: SocketAddr, requests: Vec<(RequestTemplate, f64)>) -> Origin {
    Origin {
        label: format!("http://{address}"),
        endpoint: Endpoint::Tcp(Arc::from([address])),
        security: Security::Plain,
        mix: Mix::new(requests).expect("weights"),
    }
}

pub(crate) fn connecting() -> Connecting {
    Connecting {
        reuse: Reuse::KeepAlive,
        rate: None,
        in_flight_max: nonzero(32),
        timeout: Duration::from_secs(5),
        sources: Sources::Auto,
    }
}

/// So many requests of a closed loop on so many connections of two threads.
pub(crate) fn closed(address: SocketAddr, connections: u32, requests: u64) -> Scenario {
    Scenario {
        name: "test".to_owned(),
        origins: Arc::from([origin(address, vec![(request(address, "/", ""), 1.0)])]),
        connections: nonzero(connections),
        threads: Threads::Count(nonzero(2)),
        pacing: Pacing::Closed {
            pipeline: nonzero(1),
        },
        gathering: Gathering::Auto,
        extent: Extent::Requests(NonZeroU64::new(requests).expect("not zero")),
        warmup: Duration::ZERO,
        connecting: connecting(),
        timeout: Duration::from_secs(10),
        verification: ringload::plan::verify::Verification::default(),
        slo: ringload::plan::slo::Slo::default(),
        seed: 7,
        io: shard::Io::Auto,
    }
}

/// An open loop at `rate` for `seconds`.
pub(crate) fn open(address: SocketAddr, connections: u32, rate: f64, length: Duration) -> Scenario {
    Scenario {
        pacing: Pacing::Open {
            arrival: Arrival::Poisson,
            profile: RateProfile::constant(rate),
        },
        extent: Extent::Time(length),
        ..closed(address, connections, 1)
    }
}

/// Both drivers.
pub(crate) fn each_driver(test: impl Fn(shard::Io)) {
    test(shard::Io::Epoll);
    match shard::probe() {
        Ok(_) => test(shard::Io::Uring),
        Err(why) => eprintln!("skipped: io_uring cannot be used here: {why}"),
    }
}
