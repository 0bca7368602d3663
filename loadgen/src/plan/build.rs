//! From wishes to a [`Scenario`]: defaults, files, names, and what contradicts what.
//!
//! Every fault is found before anything runs, and all of them are said at once.

mod jobs;
mod origins;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::plan::flags::{ContentChoice, Flags, LoadFlags, RequestFlags};
use crate::plan::problem::Fault;
use crate::plan::request::ReadFile;
use crate::plan::url::{Resolve, WeightedUrl};
use crate::plan::verify::{Content, MANIFEST_BYTES_MAX, Manifest, Verification};
use crate::plan::{
    Arrival, Connecting, Endpoint, Extent, Gathering, Origin, Pacing, RatePiece, RateProfile,
    Reuse, Scenario, Sources, Threads,
};

pub use jobs::{
    ASK_AT_ONCE_DEFAULT, EVERY_DEFAULT, HOLD_DEFAULT, PRECISION_DEFAULT, RUNS_MAX_DEFAULT,
    SEARCH_FROM_DEFAULT, SEARCH_TO_DEFAULT, abuse, hold, search,
};

/// Connections where none are asked for.
pub const CONNECTIONS_DEFAULT: NonZeroU32 = NonZeroU32::new(64).expect("not 0");
/// The measured window.
pub const DURATION_DEFAULT: Duration = Duration::from_secs(10);
/// The load before it.
pub const WARMUP_DEFAULT: Duration = Duration::from_secs(1);
/// For an answer.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
/// For a connection.
pub const CONNECT_TIMEOUT_DEFAULT: Duration = Duration::from_secs(5);
/// Connects on their way per thread.
pub const CONNECT_AT_ONCE_DEFAULT: NonZeroU32 = NonZeroU32::new(256).expect("not 0");
/// The name of a run that nobody named.
pub const NAME_DEFAULT: &str = "load";

/// What building needs of the outside.
#[derive(Clone, Copy)]
pub struct World<'w> {
    /// Reads the files that a wish names.
    pub read: ReadFile<'w>,
    /// Finds the addresses of names.
    pub resolve: Resolve<'w>,
    /// The seed of scenarios that name none.
    pub seed: u64,
}

/// One URL with what is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The URL and its share of the load.
    pub url: WeightedUrl,
    /// The request; what it leaves open is the scenario's.
    pub request: RequestFlags,
}

impl Scenario {
    /// The scenario that asks `targets` as `flags` say.
    ///
    /// # Errors
    /// Every [`Fault`] that there is.
    pub fn build(
        targets: &[Target],
        flags: &Flags,
        world: World<'_>,
    ) -> Result<Scenario, Vec<Fault>> {
        let mut faults = contradictions(flags);
        let reuse = if flags.connection.no_keepalive {
            Reuse::OneRequest
        } else {
            Reuse::KeepAlive
        };
        let origins = origins::build(targets, flags, reuse, world, &mut faults);
        let sources = sources(&flags.connection.source, &origins, &mut faults);
        let verification = verification(flags, world, &mut faults);
        let load = &flags.load;
        let connections = load.connections.unwrap_or(CONNECTIONS_DEFAULT);
        if origins.len() > connections.get() as usize {
            let text = format!(
                "{connections} for {} servers; each needs at least one",
                origins.len()
            );
            faults.push(Fault::new("connections", text));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let warmup = warmup(load);
        let connection = &flags.connection;
        Ok(Scenario {
            name: flags
                .name
                .clone()
                .unwrap_or_else(|| NAME_DEFAULT.to_owned()),
            origins: origins.into(),
            connections,
            threads: match (&load.cpus, load.threads) {
                (Some(cpus), _) => Threads::Pinned(cpus.0.clone()),
                (None, Some(count)) => Threads::Count(count),
                (None, None) => Threads::Auto,
            },
            pacing: pacing(load, warmup),
            gathering: load.gather.unwrap_or(Gathering::AtMost(Duration::ZERO)),
            extent: extent(load),
            warmup,
            connecting: Connecting {
                reuse,
                rate: connection.connect_rate,
                in_flight_max: connection
                    .connect_at_once
                    .unwrap_or(CONNECT_AT_ONCE_DEFAULT),
                timeout: connection
                    .connect_timeout
                    .unwrap_or(CONNECT_TIMEOUT_DEFAULT),
                sources,
            },
            timeout: connection.timeout.unwrap_or(TIMEOUT_DEFAULT),
            verification,
            slo: flags.check.slo.clone().unwrap_or_default(),
            seed: load.seed.unwrap_or(world.seed),
            io: connection.io.unwrap_or(shard::Io::Auto),
        })
    }
}

/// What cannot be meant together, or not at all.
fn contradictions(flags: &Flags) -> Vec<Fault> {
    let (load, connection) = (&flags.load, &flags.connection);
    let is_open = load.rate.is_some() || load.stages.is_some();
    let is_zero = |time: Option<Duration>| time.is_some_and(|time| time.is_zero());
    let pipelines = load.pipeline.is_some_and(|pipeline| pipeline.get() > 1);
    let rules = [
        (
            load.arrival.is_some() && !is_open,
            "arrival",
            "needs an open loop; add a rate or stages",
        ),
        (
            load.pipeline.is_some() && is_open,
            "pipeline",
            "is of the closed loop; leave it out, or leave out rate and stages",
        ),
        (
            load.gather.is_some() && is_open,
            "gather",
            "is of the closed loop; leave it out, or leave out rate and stages",
        ),
        (
            pipelines && connection.no_keepalive,
            "pipeline",
            "needs connections that are kept; leave out no_keepalive or write 1",
        ),
        (
            load.rate == Some(0.0),
            "rate",
            "is 0, which starts nothing; write more",
        ),
        (
            connection.connect_rate == Some(0.0),
            "connect_rate",
            "is 0, which connects nothing; write more",
        ),
        (
            is_zero(load.duration),
            "duration",
            "is 0, in which nothing is measured; write more",
        ),
        (
            is_zero(connection.timeout),
            "timeout",
            "is 0, in which nothing is answered; write more",
        ),
        (
            is_zero(connection.connect_timeout),
            "connect_timeout",
            "is 0, in which nothing connects; write more",
        ),
    ];
    rules
        .into_iter()
        .filter(|(is_broken, ..)| *is_broken)
        .map(|(_, key, text)| Fault::new(key, text))
        .collect()
}

/// A number of requests is meant exactly: it has a warm-up only where one is asked for.
fn warmup(load: &LoadFlags) -> Duration {
    let default = match load.requests {
        Some(_) => Duration::ZERO,
        None => WARMUP_DEFAULT,
    };
    load.warmup.unwrap_or(default)
}

fn extent(load: &LoadFlags) -> Extent {
    match (&load.stages, load.requests) {
        (Some(stages), _) => Extent::Time(stages.0.iter().map(|stage| stage.length).sum()),
        (None, Some(requests)) => Extent::Requests(requests),
        (None, None) => Extent::Time(load.duration.unwrap_or(DURATION_DEFAULT)),
    }
}

/// Stages are the measured window: the warm-up before them has the rate that they begin with.
fn pacing(load: &LoadFlags, warmup: Duration) -> Pacing {
    let arrival = load.arrival.unwrap_or(Arrival::Poisson);
    match (&load.stages, load.rate) {
        (Some(stages), _) => {
            let from = stages.0.first().map_or(0.0, |stage| stage.from);
            let before = RatePiece {
                length: warmup,
                from,
                to: from,
            };
            let before = (!warmup.is_zero()).then_some(before);
            let pieces = before.into_iter().chain(stages.0.iter().copied()).collect();
            Pacing::Open {
                arrival,
                profile: RateProfile { pieces },
            }
        }
        (None, Some(rate)) => Pacing::Open {
            arrival,
            profile: RateProfile::constant(rate),
        },
        (None, None) => Pacing::Closed {
            pipeline: load.pipeline.unwrap_or(NonZeroU32::MIN),
        },
    }
}

fn sources(given: &[std::net::IpAddr], origins: &[Origin], faults: &mut Vec<Fault>) -> Sources {
    if given.is_empty() {
        return Sources::Auto;
    }
    for origin in origins {
        let Endpoint::Tcp(addresses) = &origin.endpoint else {
            let text = format!(
                "{} is a unix socket, which has no source address",
                origin.label
            );
            faults.push(Fault::new("source", text));
            continue;
        };
        let is_odd = |source: &std::net::IpAddr| {
            let differs = |address: &SocketAddr| address.is_ipv4() != source.is_ipv4();
            addresses.iter().any(differs)
        };
        if let Some(odd) = given.iter().find(|source| is_odd(source)) {
            let text = format!(
                "{odd} cannot reach {}: one is IPv4, the other IPv6; write the address instead of \
                 the name, or another source",
                origin.label
            );
            faults.push(Fault::new("source", text));
        }
    }
    Sources::Addresses(given.to_vec())
}

fn verification(flags: &Flags, world: World<'_>, faults: &mut Vec<Fault>) -> Verification {
    let check = &flags.check;
    let content = match &check.verify {
        None => Content::Any,
        Some(ContentChoice::FirstReply) => Content::FirstReply,
        Some(ContentChoice::Manifest(file)) => {
            let manifest = (world.read)(file, MANIFEST_BYTES_MAX)
                .map_err(|error| error.to_string())
                .and_then(|text| Manifest::parse(&text).map_err(|error| error.to_string()));
            match manifest {
                Ok(manifest) => Content::Manifest(Arc::new(manifest)),
                Err(error) => {
                    let text = format!("the manifest {}: {error}", file.display());
                    faults.push(Fault::new("verify", text));
                    Content::Any
                }
            }
        }
    };
    Verification {
        statuses: check.expect_status.clone().unwrap_or_default(),
        length: check.expect_length,
        fields: check.expect_header.clone(),
        content,
    }
}

#[cfg(test)]
mod tests;
