//! Networks as people write them: `10.0.0.0/8`, `192.0.2.7`, `fd00::/8`.
//!
//! A network with bits beyond its prefix is refused, because one of the two is a slip. A set of
//! networks has no member inside another one, which nft(8) would refuse.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// The most networks of a set.
pub const NETWORKS_MAX: usize = 256;

/// An address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// One to [`NETWORKS_MAX`] networks, none of them inside another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

/// Why a text is no network, or networks are no set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NetworkError {
    /// It is something else.
    #[error("write an address or a network, such as 10.0.0.0/8 or fd00::/8")]
    Shape,
    /// Address and prefix contradict each other.
    #[error("it has bits beyond its prefix; write {0} for the network")]
    BeyondPrefix(Network),
    /// An IPv4 address in IPv6 spelling, which no packet carries.
    #[error("write {0}, as packets have it")]
    Mapped(Ipv4Addr),
    /// There is none.
    #[error("there is no network; write --ssh-from 10.0.0.0/8, or --no-ssh")]
    None,
    /// There are too many.
    #[error("there are {0} networks, and {NETWORKS_MAX} are allowed; write larger ones")]
    TooMany(usize),
}

impl Networks {
    /// The set of these networks.
    ///
    /// # Errors
    /// Refuses none and too many.
    pub fn of(networks: impl IntoIterator<Item = Network>) -> Result<Self, NetworkError> {
        let mut kept: Vec<Network> = Vec::new();
        for network in networks {
            if !kept.iter().any(|other| other.contains(network)) {
                kept.retain(|other| !network.contains(*other));
                kept.push(network);
            }
        }
        match kept.len() {
            0 => Err(NetworkError::None),
            1..=NETWORKS_MAX => Ok(Self(kept)),
            count => Err(NetworkError::TooMany(count)),
        }
    }

    /// The IPv4 networks as nft(8) has them; `None` if there are none.
    pub(super) fn v4(&self) -> Option<String> {
        self.listed(IpAddr::is_ipv4)
    }

    /// The IPv6 networks as nft(8) has them; `None` if there are none.
    pub(super) fn v6(&self) -> Option<String> {
        self.listed(IpAddr::is_ipv6)
    }

    fn listed(&self, family: fn(&IpAddr) -> bool) -> Option<String> {
        let networks = self.0.iter().filter(|network| family(&network.address));
        let names: Vec<String> = networks.map(ToString::to_string).collect();
        Some(names.join(", ")).filter(|list| !list.is_empty())
    }
}

impl Network {
    fn contains(self, other: Self) -> bool {
        let cut = Self::cut(other.address, self.prefix);
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.prefix <= other.prefix
            && cut == self.address
    }

    /// An address without the bits beyond a prefix.
    fn cut(address: IpAddr, prefix: u8) -> IpAddr {
        match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(prefix.min(32)))
                    .unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(prefix.min(128)))
                    .unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Shape)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= bits),
            None => Some(bits),
        };
        let prefix = prefix.ok_or(NetworkError::Shape)?;
        if let IpAddr::V6(address) = address
            && let Some(mapped) = address.to_ipv4_mapped()
        {
            return Err(NetworkError::Mapped(mapped));
        }
        let network = Self {
            address: Self::cut(address, prefix),
            prefix,
        };
        if network.address == address {
            Ok(network)
        } else {
            Err(NetworkError::BeyondPrefix(network))
        }
    }
}

/// A single address has no prefix.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.address.is_ipv4() { 32 } else { 128 };
        if self.prefix == bits {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> Networks {
        let networks = texts
            .iter()
            .map(|text| text.parse::<Network>().expect(text));
        Networks::of(networks).expect("a set")
    }

    #[test]
    fn networks_are_read_as_people_write_them_and_slips_are_named() {
        for text in [
            "10.0.0.0/8",
            "192.0.2.7",
            "0.0.0.0/0",
            "fd00::/8",
            "::/0",
            "2001:db8::1",
        ] {
            let network: Network = text.parse().expect(text);
            assert_eq!(network.to_string(), text);
        }
        let refused = |text: &str| text.parse::<Network>().expect_err(text).to_string();
        assert!(
            refused("10.1.0.0/8").contains("write 10.0.0.0/8"),
            "{}",
            refused("10.1.0.0/8")
        );
        assert!(refused("::ffff:192.0.2.7").contains("write 192.0.2.7"));
        for text in [
            "",
            "10.0.0.0/33",
            "fd00::/129",
            "10.0.0/8",
            "host",
            "10.0.0.0/",
            "1.2.3.4/-1",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::Shape), "{text}");
        }
    }

    #[test]
    fn a_set_has_no_network_inside_another() {
        let inside = set(&[
            "10.1.0.0/16",
            "10.0.0.0/8",
            "10.2.3.4",
            "fd00::1",
            "fd00::/8",
        ]);
        assert_eq!(inside, set(&["10.0.0.0/8", "fd00::/8"]));
        assert_eq!(
            set(&["10.0.0.0/8", "::/0"]).v4().as_deref(),
            Some("10.0.0.0/8")
        );
        assert_eq!(
            set(&["192.0.2.1", "192.0.2.2"]).v4().as_deref(),
            Some("192.0.2.1, 192.0.2.2")
        );
        assert_eq!(set(&["::/0"]).v4(), None);
        assert_eq!(Networks::of([]), Err(NetworkError::None));
        let many = (0..=NETWORKS_MAX as u32).map(|host| Network {
            address: IpAddr::V4(Ipv4Addr::from_bits(host)),
            prefix: 32,
        });
        assert_eq!(
            Networks::of(many),
            Err(NetworkError::TooMany(NETWORKS_MAX + 1))
        );
    }
}
