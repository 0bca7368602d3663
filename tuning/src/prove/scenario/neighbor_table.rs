//! `neighbor-table`: a datagram to each of 2,000 addresses of one link, all of which answer.
//!
//! The table is one for the whole host, and it is not swept within five seconds: what comes after
//! `gc_thresh3` entries is refused.

use std::fs;
use std::net::UdpSocket;
use std::time::Duration;

use rustix::net::sockopt;

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::wait_until;

const NEIGHBORS: u32 = 2000;
/// The first of the addresses, as a number: 10.77.16.0.
const FIRST: u32 = 0x0A4D_1000;

/// How often the table was found full, by all of the host.
const STATISTICS: &str = "/proc/net/stat/arp_cache";

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let pair = stage.pair()?;
    pair.client
        .run("ip", &["route", "add", "10.77.0.0/16", "dev", "wire"])?;
    // Every address of the link is this host's.
    pair.server.run(
        "ip",
        &["route", "add", "local", "10.77.16.0/20", "dev", "lo"],
    )?;
    let server = pair
        .server
        .inside(|| UdpSocket::bind("0.0.0.0:7001").hindered("a UDP socket"))?;
    server.set_nonblocking(true).hindered("a UDP socket")?;
    // The socket must not be what drops.
    sockopt::set_socket_recv_buffer_size_force(&server, 8 << 20).hindered("a large buffer")?;
    let full_before = table_fulls();
    let mut round = counted(&pair.client, || {
        pair.client.inside(|| {
            let client = UdpSocket::bind("0.0.0.0:0").hindered("a UDP socket")?;
            let mut refused = 0;
            for neighbor in FIRST..FIRST + NEIGHBORS {
                let to = (std::net::Ipv4Addr::from(neighbor), 7001);
                refused += u32::from(client.send_to(b"x", to).is_err());
            }
            let mut received = 0;
            wait_until(Duration::from_millis(500), || {
                while server.recv_from(&mut [0; 8]).is_ok() {
                    received += 1;
                }
                received + refused >= NEIGHBORS
            });
            Ok(Round::default()
                .with("neighbors reached of 2000", f64::from(received))
                .with("sends refused", f64::from(refused)))
        })
    })?;
    round = round.with("table found full", table_fulls() - full_before);
    Ok(round)
}

/// The column `table_fulls`, summed over the CPUs.
fn table_fulls() -> f64 {
    let text = fs::read_to_string(STATISTICS).unwrap_or_default();
    let mut lines = text.lines();
    let names = lines.next().unwrap_or_default();
    let Some(column) = names
        .split_whitespace()
        .position(|name| name == "table_fulls")
    else {
        return 0.0;
    };
    let number = |line: &str| {
        let word = line.split_whitespace().nth(column)?;
        u32::from_str_radix(word, 16).ok()
    };
    lines.filter_map(number).map(f64::from).sum()
}
