//! The firewall: a default-deny nftables rule set, and a way to load it that takes itself back.
//!
//! What is wanted is parsed into a [`RuleSet`], which cannot exist without a decision about SSH;
//! [`render`] makes text of it, [`Nft`] runs nft(8), and [`Trials`] loads a rule set that is
//! rolled back unless somebody confirms in time. This room touches the table `inet ringmain` and
//! no other, and never flushes the rule set of a host.

mod guard;
mod networks;
mod nft;
mod record;
mod render;
mod trial;

use thiserror::Error;

pub use self::guard::{Watch, watch};
pub use self::networks::{NETWORKS_MAX, Network, NetworkError, Networks};
pub use self::nft::{Nft, NftError};
pub use self::render::render;
pub use self::trial::{RolledBack, TrialError, Trials};

use crate::setting::Ports;

/// The table that is ours.
pub const TABLE: &str = "inet ringmain";

/// What the firewall lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    tcp: Ports,
    udp: Option<Ports>,
    ssh: Ssh,
    tracking: Tracking,
}

/// Who may open SSH connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ssh {
    /// Nobody.
    Closed,
    /// These networks.
    From {
        /// The networks.
        networks: Networks,
        /// The port.
        port: u16,
    },
}

/// Whether connection tracking follows connections to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// It does not: neither the size nor the lookup of its table matters to the service.
    Off,
    /// It does: for hosts whose other rules need it, such as address translation.
    On,
}

/// Why there is no such rule set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleSetError {
    /// Port 0 is none.
    #[error("port 0 is no port of a service; write 1 to 65535")]
    PortZero,
    /// There is no service.
    #[error("there is no service port; write --service-port 80,443 or the port of the service")]
    NoPort,
    /// Everybody could reach SSH.
    #[error(
        "port {0} is both the SSH port and a service port, which is open to everybody; \
         take it out of --service-port, or name the right --ssh-port"
    )]
    SshIsService(u16),
}

impl RuleSet {
    /// A rule set for services on these ports.
    ///
    /// # Errors
    /// Refuses port 0, no port at all, and an SSH port that is open to everybody.
    pub fn new(
        tcp: Ports,
        udp: Option<Ports>,
        ssh: Ssh,
        tracking: Tracking,
    ) -> Result<Self, RuleSetError> {
        let udp = udp.filter(|ports| *ports != Ports::default());
        if tcp == Ports::default() {
            return Err(RuleSetError::NoPort);
        }
        if has(&tcp, 0) || udp.as_ref().is_some_and(|ports| has(ports, 0)) {
            return Err(RuleSetError::PortZero);
        }
        match &ssh {
            Ssh::From { port: 0, .. } => return Err(RuleSetError::PortZero),
            Ssh::From { port, .. } if has(&tcp, *port) => {
                return Err(RuleSetError::SshIsService(*port));
            }
            Ssh::From { .. } | Ssh::Closed => {}
        }
        Ok(Self {
            tcp,
            udp,
            ssh,
            tracking,
        })
    }
}

fn has(ports: &Ports, port: u16) -> bool {
    ports.union(&[port].into_iter().collect()) == *ports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(text: &str) -> Ports {
        Ports::read(text).expect(text)
    }

    fn ssh(port: u16) -> Ssh {
        let networks = Networks::of(["10.0.0.0/8".parse().expect("a network")]);
        Ssh::From {
            networks: networks.expect("one network"),
            port,
        }
    }

    #[test]
    fn a_rule_set_that_opens_ssh_to_everybody_or_nothing_at_all_does_not_exist() {
        let made = |tcp, udp: Option<&str>, ssh| {
            RuleSet::new(ports(tcp), udp.map(ports), ssh, Tracking::Off).map(|_| ())
        };
        assert_eq!(made("80,443", None, ssh(22)), Ok(()));
        assert_eq!(made("80,443", Some("443"), Ssh::Closed), Ok(()));
        assert_eq!(
            made("1-1024", None, ssh(22)),
            Err(RuleSetError::SshIsService(22))
        );
        assert_eq!(made("", None, ssh(22)), Err(RuleSetError::NoPort));
        assert_eq!(made("0-80", None, Ssh::Closed), Err(RuleSetError::PortZero));
        assert_eq!(
            made("80", Some("0"), Ssh::Closed),
            Err(RuleSetError::PortZero)
        );
        assert_eq!(made("80", None, ssh(0)), Err(RuleSetError::PortZero));
    }
}
