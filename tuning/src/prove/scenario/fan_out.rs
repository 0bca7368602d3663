//! `fan-out`: 5,000 datagrams at once to one receive queue that hands them to another CPU.
//!
//! A cable between namespaces has one queue, like many virtual cards, and no polling of its own:
//! RPS spreads what comes in, and `netdev_max_backlog` bounds what waits for the other CPU.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use rustix::net::sockopt;
use rustix::thread::{CpuSet, sched_setaffinity};

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::wait_until;
use crate::prove::space::{Pair, Space};

const AT: SocketAddr = SocketAddr::new(Pair::SERVER, 7001);
const DATAGRAMS: usize = 5000;
/// Rules that each datagram is held against: they make receiving slower than sending.
const RULES: usize = 1000;
/// As many as fit in one argument of nft.
const RULES_AT_ONCE: usize = 1000;
/// Room for all of them: the socket must not be what drops.
const BUFFER_BYTES: usize = 64 << 20;

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Err(Hindrance(
            "this host has one CPU and none to hand packets to".into(),
        ));
    }
    let pair = stage.pair()?;
    steer(&pair.server)?;
    for _ in 0..RULES / RULES_AT_ONCE {
        pair.server
            .filter("input priority 0", &["udp dport 9 drop"; RULES_AT_ONCE])?;
    }
    let server = pair
        .server
        .inside(|| UdpSocket::bind(AT).hindered("a UDP socket"))?;
    sockopt::set_socket_recv_buffer_size_force(&server, BUFFER_BYTES).hindered("a large buffer")?;
    server.set_nonblocking(true).hindered("a UDP socket")?;
    let dropped_before = dropped();
    let round = counted(&pair.server, || {
        pair.client.inside(|| {
            let client = UdpSocket::bind("0.0.0.0:0").hindered("a UDP socket")?;
            client.connect(AT).hindered("a UDP socket")?;
            // What waits in the backlog counts against the sender's buffer, too.
            sockopt::set_socket_send_buffer_size_force(&client, BUFFER_BYTES)
                .hindered("a buffer")?;
            stay_on_first_cpu()?;
            for _ in 0..DATAGRAMS {
                let _ = client.send(b"x");
            }
            let mut received = 0_u32;
            wait_until(Duration::from_millis(300), || {
                while server.recv_from(&mut [0; 8]).is_ok() {
                    received += 1;
                }
                received as usize >= DATAGRAMS
            });
            Ok(Round::default().with("datagrams received of 5000", f64::from(received)))
        })
    })?;
    Ok(round.with("dropped from the backlog", dropped() - dropped_before))
}

/// Hands what comes in to the second CPU.
fn steer(space: &Space) -> Result<(), Hindrance> {
    let script = "mount -t sysfs none /sys && echo 2 >/sys/class/net/wire/queues/rx-0/rps_cpus";
    space
        .run("unshare", &["--mount", "--", "sh", "-c", script])
        .map(drop)
}

/// The second CPU is the one that receives.
fn stay_on_first_cpu() -> Result<(), Hindrance> {
    let mut first = CpuSet::new();
    first.set(0);
    sched_setaffinity(None, &first).hindered("a CPU of its own")
}

/// Packets that found a backlog full, on all CPUs of the host.
fn dropped() -> f64 {
    let text = fs::read_to_string("/proc/net/softnet_stat").unwrap_or_default();
    let number = |line: &str| {
        let word = line.split_whitespace().nth(1)?;
        u32::from_str_radix(word, 16).ok()
    };
    text.lines().filter_map(number).map(f64::from).sum()
}
