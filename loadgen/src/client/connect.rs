//! Opening connections: where to, where from, and what failed. The door for TLS: whoever gives
//! [`crate::plan::Security`] another variant gives [`open`] another kind of stream.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use shard::net::{ConnectOptions, Stream};

use crate::plan::{Endpoint, Sources};
use crate::record::ErrorKind;

/// Ports taken from one source address towards one destination, at most, where there are other
/// sources. The kernel tries the ports of one parity before those of the other: from half of the
/// range on (14,116 by default), every connect first searches all of that half.
pub(crate) const PORTS_PER_PAIR_MAX: u32 = 4_000;
/// Source addresses on loopback at most: 127.0.1.1 to 127.0.254.254 and 127.0.0.1.
const LOOPBACK_SOURCES_MAX: u32 = 254 * 254;

/// Source addresses on loopback among which connections that do not last take turns: together
/// they have a million ports, and a search in a range full of TIME_WAIT costs more than a request.
const PASSING_SOURCES: u32 = 64;

/// Where a connection stands among the others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// It lasts, and is the so-manieth of the run.
    Standing(u32),
    /// It is for one request, and the so-manieth of its thread.
    Passing(u32),
}

/// Opens a connection.
pub(crate) async fn open(
    endpoint: &Endpoint,
    sources: &Sources,
    place: Place,
    patience: Duration,
) -> Result<Stream, ErrorKind> {
    let connecting = async {
        match endpoint {
            Endpoint::Unix(path) => Stream::connect_unix(path).await,
            Endpoint::Tcp(addresses) => {
                let (destination, options) = route(addresses, sources, place);
                Stream::connect(destination, &options).await
            }
        }
    };
    match shard::time::timeout(patience, connecting).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(kind_of(&error)),
        Err(_elapsed) => Err(ErrorKind::ConnectTimeout),
    }
}

/// Destination and source of a connection: destinations in turn, and a new source address
/// whenever the ports of the last one have been given out towards all of them.
fn route(
    addresses: &[SocketAddr],
    sources: &Sources,
    place: Place,
) -> (SocketAddr, ConnectOptions) {
    let count = addresses.len() as u32;
    let (Place::Standing(number) | Place::Passing(number)) = place;
    let destination = addresses[(number % count) as usize];
    let round = number / count;
    let source = match sources {
        Sources::Auto => {
            let index = match place {
                Place::Standing(_) => round / PORTS_PER_PAIR_MAX,
                Place::Passing(_) => round % PASSING_SOURCES,
            };
            loopback_source(destination.ip(), index)
        }
        Sources::Addresses(given) => Some(given[round as usize % given.len()]),
    };
    let options = ConnectOptions {
        source: source.map(|address| SocketAddr::new(address, 0)),
    };
    (destination, options)
}

/// The `index`th source address for a destination on loopback; `None` leaves it to the kernel.
pub(crate) fn loopback_source(destination: IpAddr, index: u32) -> Option<IpAddr> {
    let is_loopback4 = matches!(destination, IpAddr::V4(address) if address.is_loopback());
    if !is_loopback4 || index == 0 {
        return None;
    }
    let index = (index - 1) % LOOPBACK_SOURCES_MAX;
    let third = (index / 254 + 1) as u8;
    let fourth = (index % 254 + 1) as u8;
    Some(Ipv4Addr::new(127, 0, third, fourth).into())
}

/// What a failed connect is called.
pub(crate) fn kind_of(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorKind::ConnectRefused,
        io::ErrorKind::AddrNotAvailable => ErrorKind::PortsExhausted,
        io::ErrorKind::TimedOut => ErrorKind::ConnectTimeout,
        _ => ErrorKind::ConnectFailed,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_pair_of_source_and_destination_is_asked_for_more_ports_than_it_has() {
        let addresses: Vec<SocketAddr> = [8080, 8081, 8082]
            .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
            .to_vec();
        let mut pairs = std::collections::HashMap::new();
        for number in 0..200_000 {
            let (destination, options) = route(&addresses, &Sources::Auto, Place::Standing(number));
            *pairs.entry((destination, options.source)).or_insert(0_u32) += 1;
        }
        assert!(pairs.values().all(|count| *count <= PORTS_PER_PAIR_MAX));
        assert_eq!(pairs.len(), 3 * 17, "no more sources than are needed");
    }

    #[test]
    fn loopback_sources_are_all_different_and_on_loopback() {
        let destination = IpAddr::from([127, 0, 0, 1]);
        let sources: HashSet<_> = (1..=LOOPBACK_SOURCES_MAX)
            .filter_map(|index| loopback_source(destination, index))
            .collect();
        assert_eq!(sources.len(), LOOPBACK_SOURCES_MAX as usize);
        assert!(sources.iter().all(IpAddr::is_loopback));
        assert_eq!(loopback_source(destination, 0), None);
        assert_eq!(loopback_source(IpAddr::from([192, 0, 2, 1]), 5), None);
    }
}
