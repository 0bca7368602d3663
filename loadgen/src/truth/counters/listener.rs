//! The sockets that listen where a target is, by inode.
//!
//! The tables of the kernel list TCP listeners before all connections, so reading stops at the
//! first that is none: a host with a million connections costs no more than an idle one.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;

use crate::plan::Endpoint;
use crate::truth::files::HostFiles;

/// Lines of `/proc/net/unix` that are looked at: it has no order.
const UNIX_LINES_MAX: usize = 200_000;
/// `st` of a listening socket in `/proc/net/tcp` (TCP_LISTEN).
const LISTEN: &str = "0A";
/// The flag of a listening socket in `/proc/net/unix` (__SO_ACCEPTCON).
const ACCEPTING: u32 = 1 << 16;

/// A listening TCP socket as `/proc/net/tcp{,6}` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TcpListener {
    address: SocketAddr,
    inode: u64,
}

/// The inodes of all sockets that listen on one of `endpoints`.
pub(super) fn listening_inodes(files: &HostFiles, endpoints: &[Endpoint]) -> HashSet<u64> {
    let listeners: Vec<TcpListener> = ["proc/net/tcp", "proc/net/tcp6"]
        .into_iter()
        .flat_map(|table| tcp_listeners(files.lines(table)))
        .collect();
    let mut inodes = HashSet::new();
    for endpoint in endpoints
        .iter()
        .filter(|endpoint| is_of_this_host(endpoint))
    {
        match endpoint {
            Endpoint::Tcp(addresses) => inodes.extend(
                listeners
                    .iter()
                    .filter(|listener| addresses.iter().any(|target| listener.answers(*target)))
                    .map(|listener| listener.inode),
            ),
            Endpoint::Unix(path) => inodes.extend(unix_inodes(files, path)),
        }
    }
    inodes
}

/// Whether an endpoint is on this host.
pub(super) fn is_of_this_host(endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Tcp(addresses) => addresses.iter().any(|address| is_local(address.ip())),
        Endpoint::Unix(_) => true,
    }
}

/// The kernel lets a socket be bound to local addresses only.
fn is_local(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind((address, 0)).is_ok()
}

impl TcpListener {
    /// Whether a connection to `target` can come out here: the same port, and the address itself
    /// or the wildcard (`::` takes IPv4 as well, unless IPV6_V6ONLY, which the table does not say).
    fn answers(&self, target: SocketAddr) -> bool {
        let own = self.address.ip().to_canonical();
        let wanted = target.ip().to_canonical();
        let wildcard = match own {
            IpAddr::V4(address) => address.is_unspecified() && wanted.is_ipv4(),
            IpAddr::V6(address) => address.is_unspecified(),
        };
        self.address.port() == target.port() && (own == wanted || wildcard)
    }
}

fn tcp_listeners(lines: impl Iterator<Item = String>) -> impl Iterator<Item = TcpListener> {
    lines.skip(1).map_while(|line| {
        let mut fields = line.split_whitespace();
        let address = fields.nth(1)?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?;
        (state == LISTEN).then_some(())?;
        Some(TcpListener {
            address: socket_address(address)?,
            inode: inode.parse().ok()?,
        })
    })
}

/// `0100007F:1F90`: the address as words of 32 bits in the host's byte order, the port as a number.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |index: usize| -> Option<[u8; 4]> {
        let digits = address.get(index * 8..index * 8 + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    let address: IpAddr = match address.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let mut bytes = [0; 16];
            for (index, piece) in bytes.chunks_exact_mut(4).enumerate() {
                piece.copy_from_slice(&word(index)?);
            }
            Ipv6Addr::from(bytes).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

/// `Num RefCount Protocol Flags Type St Inode Path`.
fn unix_inodes(files: &HostFiles, path: &Path) -> Vec<u64> {
    let lines = files.lines("proc/net/unix").skip(1).take(UNIX_LINES_MAX);
    let inode = |line: String| -> Option<u64> {
        let mut fields = line.split_whitespace();
        let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
        let inode = fields.nth(2)?.parse().ok()?;
        let bound = line.split_once('/').map(|(_, rest)| format!("/{rest}"))?;
        (flags & ACCEPTING != 0 && Path::new(&bound) == path).then_some(inode)
    };
    lines.filter_map(inode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(listener: &str, target: &str) -> bool {
        let address = listener.parse().expect("a listener's address");
        let listener = TcpListener { address, inode: 1 };
        listener.answers(target.parse().expect("a target's address"))
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn listeners_are_read_until_the_first_connection() {
        let table = "  sl  local_address rem_address   st ...\n\
            \x20  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1517 1 0 100 0 0 10 0\n\
            \x20  1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 42 1 0\n\
            \x20  2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 99 1 0\n\
            \x20  3: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 98 1 0\n";
        let found: Vec<TcpListener> = tcp_listeners(table.lines().map(str::to_owned)).collect();
        let expected = [("127.0.0.1:8080", 1517), ("[::1]:80", 42)];
        let expected = expected.map(|(address, inode)| TcpListener {
            address: address.parse().expect("an address"),
            inode,
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_listener_answers_for_its_address_or_for_all() {
        assert!(answers("127.0.0.1:80", "127.0.0.1:80"));
        assert!(answers("0.0.0.0:80", "127.0.0.1:80"));
        assert!(answers("[::]:80", "127.0.0.1:80"));
        assert!(answers("[::]:80", "[::1]:80"));
        assert!(answers("[::ffff:127.0.0.1]:80", "127.0.0.1:80"));
        assert!(!answers("127.0.0.1:81", "127.0.0.1:80"));
        assert!(!answers("127.0.0.2:80", "127.0.0.1:80"));
        assert!(!answers("0.0.0.0:80", "[::1]:80"));
    }

    #[test]
    fn addresses_of_others_are_not_of_this_host() {
        // 192.0.2.0/24 is for documentation (RFC 5737): no host has it.
        assert!(is_local(Ipv4Addr::LOCALHOST.into()));
        assert!(is_local(Ipv4Addr::new(127, 9, 9, 9).into()));
        assert!(!is_local(Ipv4Addr::new(192, 0, 2, 1).into()));
    }
}
