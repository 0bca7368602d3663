//! What a run does, checked: every value in here can be run as it stands.
//!
//! Flags and plan files both end here. Nothing in this file reads text or the host; what is wrong
//! with a wish is said where the wish is read.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::plan::mix::Mix;
use crate::plan::slo::Slo;
use crate::plan::verify::Verification;

/// One run: what is asked of whom, how often, for how long, and what must hold.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name under which reports know it.
    pub name: String,
    /// Whom to ask, at least one. Connections are divided among them by the weight of their mixes.
    pub origins: Arc<[Origin]>,
    /// Connections of all threads together.
    pub connections: NonZeroU32,
    /// Threads; each has its own ring and its share of connections and rate.
    pub threads: Threads,
    /// Closed or open loop.
    pub pacing: Pacing,
    /// Whether answers of the closed loop may gather before they are looked at.
    pub gathering: Gathering,
    /// When the measured window ends.
    pub extent: Extent,
    /// Time before the measured window, at the same load, whose results are dropped.
    pub warmup: Duration,
    /// How connections are opened and reused.
    pub connecting: Connecting,
    /// A request unanswered for this long is an error, recorded with this latency.
    pub timeout: Duration,
    /// What a response must be to count as good.
    pub verification: Verification,
    /// Thresholds that decide the exit code.
    pub slo: Slo,
    /// Seed of every random choice of the run: the same seed makes the same requests at the same
    /// intended times.
    pub seed: u64,
    /// Which driver the threads run on.
    pub io: shard::Io,
}

/// A server and what is asked of it.
#[derive(Clone, Debug)]
pub struct Origin {
    /// As the user wrote it, without path: `http://127.0.0.1:8080`, `unix:/run/app.sock`.
    pub label: String,
    /// Where connections go.
    pub endpoint: Endpoint,
    /// What is spoken below HTTP.
    pub security: Security,
    /// The requests, with their weights.
    pub mix: Mix,
}

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// TCP, to these addresses in turn (one name may have several; a list of ports makes several).
    Tcp(Arc<[SocketAddr]>),
    /// A unix socket.
    Unix(PathBuf),
}

/// What is spoken between TCP and HTTP: the door for TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// Nothing.
    Plain,
    /// TLS 1.2 or 1.3.
    Tls {
        /// The server name to ask for.
        sni: String,
        /// Whether the certificate must be of that name and of a known authority.
        verifies_peer: bool,
        /// Whether connections after the first resume its session.
        resumes: bool,
    },
}

/// How many threads, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Threads {
    /// One per CPU that the process may use, and not more than connections.
    Auto,
    /// So many, on the first CPUs that the process may use.
    Count(NonZeroU32),
    /// One on each of these CPUs.
    Pinned(Vec<usize>),
}

/// When a request starts.
#[derive(Clone, Debug, PartialEq)]
pub enum Pacing {
    /// As soon as an earlier one is answered: `pipeline` requests are on their way on every
    /// connection. Answers how much a server can do, not how long a user waits.
    Closed {
        /// Requests on their way per connection.
        pipeline: NonZeroU32,
    },
    /// On a schedule that does not wait for the server. Latency counts from the intended start.
    Open {
        /// How the gaps between starts are drawn.
        arrival: Arrival,
        /// Requests per second of all threads together, over time.
        profile: RateProfile,
    },
}

/// Whether answers of the closed loop may gather before they are looked at: fewer wake-ups, for a
/// latency that is up to so much too high. Measured, it cost the generator CPU (results/). The open
/// loop never gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathering {
    /// For a fiftieth of the median latency so far, and 50 µs at the most.
    Auto,
    /// For this long at the most; zero is never.
    AtMost(Duration),
}

/// How the gaps between intended starts are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Exponential gaps: users who know nothing of each other.
    Poisson,
    /// Even gaps.
    Constant,
}

/// Requests per second over time: straight pieces, each from one rate to another; the last rate
/// holds after the last piece. Times count from the start of the load, warm-up included.
#[derive(Clone, Debug, PartialEq)]
pub struct RateProfile {
    /// The pieces in order; at least one, and some rate above 0.
    pub pieces: Vec<RatePiece>,
}

/// See [`RateProfile`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePiece {
    /// How long.
    pub length: Duration,
    /// Requests per second at its beginning.
    pub from: f64,
    /// Requests per second at its end.
    pub to: f64,
}

impl RateProfile {
    /// The same rate for ever.
    pub fn constant(rate: f64) -> RateProfile {
        RateProfile {
            pieces: vec![RatePiece {
                length: Duration::ZERO,
                from: rate,
                to: rate,
            }],
        }
    }
}

/// When the measured window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// After this time.
    Time(Duration),
    /// After so many requests of all threads together.
    Requests(NonZeroU64),
}

/// How connections are opened and reused.
#[derive(Clone, Debug, PartialEq)]
pub struct Connecting {
    /// Whether a connection serves many requests.
    pub reuse: Reuse,
    /// Connections opened per second of all threads together, at most; `None`: as fast as
    /// [`Connecting::in_flight_max`] allows.
    pub rate: Option<f64>,
    /// Connects on their way at once per thread.
    pub in_flight_max: NonZeroU32,
    /// A connect unanswered for this long is an error.
    pub timeout: Duration,
    /// Source addresses to connect from.
    pub sources: Sources,
}

/// Whether a connection serves many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// For as long as the server keeps it.
    KeepAlive,
    /// One request each, with `Connection: close`.
    OneRequest,
}

/// Source addresses to connect from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sources {
    /// The kernel's choice; on loopback, as many of 127.0.0.0/8 as the ports ask for.
    Auto,
    /// These, in turn.
    Addresses(Vec<std::net::IpAddr>),
}
