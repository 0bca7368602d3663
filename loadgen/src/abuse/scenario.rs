//! What is to be done to whom, checked: a value of [`AbuseScenario`] may be run.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{Endpoint, Extent, Scenario, Security};

/// Abusive connections at once, at most.
pub const CONNECTIONS_MAX: u32 = 65_536;
/// How long abuse may last.
pub const DURATION_MAX: Duration = Duration::from_secs(3600);

/// The ways to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A head that never ends, one field a second (slowloris).
    SlowHeaders,
    /// Requests for 8 MiB of responses, read at 1 KiB a second.
    SlowReads,
    /// A connection on which nothing is ever sent.
    HalfOpen,
    /// A head of up to 16 MiB, as fast as the server takes it.
    HeaderFlood,
    /// Heads that RFC 9112 tells a server to refuse, of a dozen sorts in turn.
    Malformed,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [
        Kind::SlowHeaders,
        Kind::SlowReads,
        Kind::HalfOpen,
        Kind::HeaderFlood,
        Kind::Malformed,
    ];

    /// The name in flags and reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::SlowHeaders => "slow-headers",
            Kind::SlowReads => "slow-reads",
            Kind::HalfOpen => "half-open",
            Kind::HeaderFlood => "header-flood",
            Kind::Malformed => "malformed",
        }
    }
}

/// Whose the target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Only this host, over loopback or a unix socket.
    LoopbackOnly,
    /// The user said that the host is theirs (`--yes-i-own-this-host`).
    OwnHost,
}

/// Abuse that may be run: bounded, and of a host that may be abused.
#[derive(Clone, Debug)]
pub struct AbuseScenario {
    kind: Kind,
    plan: Scenario,
    duration: Duration,
}

/// Why abuse is refused, with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A target that is not on loopback.
    #[error(
        "abuse goes to loopback (127.0.0.0/8, ::1) and unix sockets only, and {0} is neither; \
         add --yes-i-own-this-host if it is yours"
    )]
    NotLoopback(SocketAddr),
    /// Too many connections.
    #[error("abuse has at most {CONNECTIONS_MAX} connections, not {0}; lower --connections")]
    Connections(u32),
    /// No end, or too late a one.
    #[error(
        "abuse lasts for a time of at most {} s; give --duration, and no --requests",
        DURATION_MAX.as_secs()
    )]
    Duration,
    /// A target that wants TLS.
    #[error("{0} needs TLS, which this version does not speak yet; use http://")]
    Tls(String),
}

impl AbuseScenario {
    /// Checks. `plan` is an ordinary scenario: its connections misbehave for as long as its extent
    /// says; its requests, timeout and expectations are the probe's.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn new(kind: Kind, plan: Scenario, consent: Consent) -> Result<AbuseScenario, Refusal> {
        let connections = plan.connections.get();
        if connections > CONNECTIONS_MAX {
            return Err(Refusal::Connections(connections));
        }
        let duration = match plan.extent {
            Extent::Time(time) if !time.is_zero() && time <= DURATION_MAX => time,
            Extent::Time(_) | Extent::Requests(_) => return Err(Refusal::Duration),
        };
        for origin in plan.origins.iter() {
            if origin.security != Security::Plain {
                return Err(Refusal::Tls(origin.label.clone()));
            }
            match (consent, stranger(&origin.endpoint)) {
                (Consent::LoopbackOnly, Some(address)) => {
                    return Err(Refusal::NotLoopback(address));
                }
                (Consent::LoopbackOnly, None) | (Consent::OwnHost, _) => {}
            }
        }
        Ok(AbuseScenario {
            kind,
            plan,
            duration,
        })
    }

    /// How they misbehave.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// For how long.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The scenario that it was made of.
    pub fn plan(&self) -> &Scenario {
        &self.plan
    }
}

/// The first address that is not on loopback.
fn stranger(endpoint: &Endpoint) -> Option<SocketAddr> {
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    match endpoint {
        Endpoint::Tcp(addresses) => {
            let mut addresses = addresses.iter().copied();
            addresses.find(|address| !is_loopback(address.ip()))
        }
        Endpoint::Unix(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(addresses: &[&str]) -> Endpoint {
        let addresses = addresses
            .iter()
            .map(|text| text.parse().expect("an address"));
        Endpoint::Tcp(addresses.collect())
    }

    #[test]
    fn loopback_is_told_from_everything_else() {
        let strange = |addresses: &[&str]| stranger(&tcp(addresses)).is_some();
        assert!(!strange(&["127.0.0.1:80", "127.9.9.9:80", "[::1]:80"]));
        assert!(!strange(&["[::ffff:127.0.0.1]:80"]));
        assert!(strange(&["0.0.0.0:80"]));
        assert!(strange(&["128.0.0.1:80"]));
        assert!(strange(&["[::ffff:10.0.0.1]:80"]));
        assert!(strange(&["127.0.0.1:80", "192.0.2.1:80"]));
        assert_eq!(stranger(&Endpoint::Unix("/run/x.sock".into())), None);
    }
}
