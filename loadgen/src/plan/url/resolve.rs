//! From names to addresses.
//!
//! A name may have addresses that nobody listens on: `localhost` is `::1` and 127.0.0.1, and most
//! servers are at one of them. Dividing connections among all of them would blame the server for
//! the resolver, so a name with several addresses is tried once, and those that answer are used.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::time::Duration;

/// Addresses of a name: what the system says, those that answer where there are several.
pub type Resolve<'r> = &'r dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Addresses of one name that are looked at.
const ADDRESSES_MAX: usize = 16;
/// How long an address has to answer the one connect that shows whether it is used.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// Why a host has no address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The resolver failed.
    #[error("the name {name} cannot be resolved: {error}")]
    Failed {
        /// The name.
        name: String,
        /// What the resolver said.
        error: io::Error,
    },
    /// It knows the name, and no address.
    #[error("the name {0} has no address")]
    Nothing(String),
}

/// Every port on every address, so that neighbors differ in their port.
///
/// # Errors
/// [`ResolveError`].
pub fn destinations(
    name: &str,
    ports: &RangeInclusive<u16>,
    resolve: Resolve<'_>,
) -> Result<Vec<SocketAddr>, ResolveError> {
    let bare = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(name);
    let addresses: Vec<IpAddr> = match bare.parse() {
        Ok(address) => vec![address],
        Err(_) => resolve(bare, *ports.start())
            .map_err(|error| ResolveError::Failed {
                name: name.to_owned(),
                error,
            })?
            .iter()
            .map(SocketAddr::ip)
            .collect(),
    };
    if addresses.is_empty() {
        return Err(ResolveError::Nothing(name.to_owned()));
    }
    let each = addresses.iter().flat_map(|address| {
        let ports = ports.clone();
        ports.map(|port| SocketAddr::new(*address, port))
    });
    Ok(each.collect())
}

/// Asks the system's resolver, and of several addresses takes those that answer. Where none does,
/// all stay: the run says better than this what is wrong.
///
/// # Errors
/// The resolver's.
pub fn by_system(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in (name, port).to_socket_addrs()? {
        if !addresses.contains(&address) && addresses.len() < ADDRESSES_MAX {
            addresses.push(address);
        }
    }
    let answers = |address: &SocketAddr| TcpStream::connect_timeout(address, ANSWER_MAX).is_ok();
    Ok(useful(addresses, answers))
}

/// Of several addresses those that answer; all of them where none does. One is not even asked.
fn useful(addresses: Vec<SocketAddr>, answers: impl FnMut(&SocketAddr) -> bool) -> Vec<SocketAddr> {
    if addresses.len() < 2 {
        return addresses;
    }
    let answering: Vec<SocketAddr> = addresses.iter().copied().filter(answers).collect();
    if answering.is_empty() {
        addresses
    } else {
        answering
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn two(_: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok([[192, 0, 2, 1], [192, 0, 2, 2]]
            .map(|address| SocketAddr::from((address, port)))
            .to_vec())
    }

    #[test]
    fn destinations_are_all_ports_of_all_addresses() {
        let found = destinations("h", &(80..=81), &two).expect("resolved");
        let texts: Vec<String> = found.iter().map(SocketAddr::to_string).collect();
        assert_eq!(
            texts,
            [
                "192.0.2.1:80",
                "192.0.2.1:81",
                "192.0.2.2:80",
                "192.0.2.2:81"
            ]
        );
    }

    #[test]
    fn addresses_are_not_looked_up() {
        let never = |_: &str, _| -> io::Result<Vec<SocketAddr>> { panic!("looked up") };
        for (name, address) in [("127.0.0.1", "127.0.0.1:9"), ("[::1]", "[::1]:9")] {
            let found = destinations(name, &(9..=9), &never).expect("an address");
            assert_eq!(found, [address.parse().expect(address)]);
        }
    }

    #[test]
    fn a_name_without_address_says_so() {
        let nothing = |_: &str, _| Ok(Vec::new());
        let error = destinations("h", &(9..=9), &nothing).expect_err("nothing");
        assert_eq!(error.to_string(), "the name h has no address");
    }

    #[test]
    fn of_several_addresses_those_that_answer_are_used() {
        let both = two("h", 80).expect("two");
        let first = both[0];
        assert_eq!(useful(both.clone(), |address| *address == first), [first]);
        assert_eq!(useful(both.clone(), |_| false), both);
        let asked = |_: &SocketAddr| -> bool { panic!("asked") };
        assert_eq!(useful(vec![first], asked), [first]);
    }

    #[test]
    fn of_localhost_the_address_that_answers_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let found = by_system("localhost", address.port()).expect("localhost is known");
        assert_eq!(found, [address]);
    }
}
