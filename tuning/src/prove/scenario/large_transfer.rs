//! `large-transfer`: one connection that carries as much as it can for two seconds.
//!
//! Loss is made by nftables on the receiver's side, packet by packet: segmentation offload is off,
//! because a dropped super-packet of 64 KiB is no loss that a network knows. The rate is bounded by
//! tbf. Delay needs netem: without it in the kernel, what only shows at a distance (window sizes) is
//! not run.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt;

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::{Port, accept_until, listen, start_connecting};
use crate::prove::space::Pair;

/// What the path is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// What it loses.
    pub loss: Loss,
    /// What it carries; `None` is as much as the host can copy.
    pub mbit_per_s: Option<u32>,
    /// How long a packet is on its way, in each direction.
    pub delay_ms: Option<u32>,
}

/// What a path loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing.
    None,
    /// Two packets in a hundred, at random.
    TwoPercent,
}

const SERVER: SocketAddr = SocketAddr::new(Pair::SERVER, 7001);
const SENDING: Duration = Duration::from_secs(2);

pub(super) fn run(how: Transfer, stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let pair = stage.pair()?;
    shape(&pair, how)?;
    counted(&pair.server, || {
        let (sender, receiver) = connection(&pair)?;
        let (received, buffer) = carry(sender, receiver)?;
        Ok(Round::default()
            .with("MB/s", received as f64 / 1e6 / SENDING.as_secs_f64())
            .with("receive buffer", buffer as f64))
    })
}

/// A connection over the cable: the server's end, the client's end. Both block.
pub(super) fn connection(pair: &Pair) -> Result<(TcpStream, TcpStream), Hindrance> {
    let listener = pair
        .server
        .inside(|| listen(SERVER, 8, Port::Alone).hindered("a listener"))?;
    let client = pair
        .client
        .inside(|| start_connecting(SERVER, None).hindered("a connection"))?;
    let server = accept_until(&listener, 1, Duration::from_secs(5)).pop();
    let server = server.ok_or_else(|| Hindrance("no connection came to be in 5 s".into()))?;
    for stream in [&server, &client] {
        stream
            .set_nonblocking(false)
            .hindered("a blocking socket")?;
    }
    Ok((server, client))
}

fn shape(pair: &Pair, how: Transfer) -> Result<(), Hindrance> {
    for space in [&pair.server, &pair.client] {
        space.run("ip", &["link", "set", "wire", "gso_max_segs", "1"])?;
    }
    if how.loss == Loss::TwoPercent {
        let loss = "tcp sport 7001 numgen random mod 100 < 2 drop";
        pair.client.filter("input priority 0", &[loss])?;
    }
    if let Some(delay) = how.delay_ms {
        let delay = format!("{delay}ms");
        for space in [&pair.server, &pair.client] {
            let far = [
                "qdisc", "add", "dev", "wire", "root", "netem", "delay", &delay,
            ];
            space
                .run("tc", &[&far[..], &["limit", "100000"]].concat())
                .map_err(|error| {
                    Hindrance(format!(
                        "no delay without netem (CONFIG_NET_SCH_NETEM): {error}"
                    ))
                })?;
        }
    }
    if let Some(rate) = how.mbit_per_s {
        let rate = format!("{rate}mbit");
        let bounded = ["qdisc", "add", "dev", "wire", "root", "tbf", "rate", &rate];
        pair.server.run(
            "tc",
            &[&bounded[..], &["burst", "64kb", "latency", "50ms"]].concat(),
        )?;
    }
    Ok(())
}

/// Bytes received, and the receive buffer at the end.
fn carry(mut sender: TcpStream, mut receiver: TcpStream) -> Result<(u64, usize), Hindrance> {
    let deadline = Instant::now() + SENDING;
    sender
        .set_write_timeout(Some(SENDING))
        .hindered("a timeout")?;
    receiver
        .set_read_timeout(Some(Duration::from_millis(100)))
        .hindered("a timeout")?;
    thread::scope(|scope| {
        scope.spawn(move || {
            let block = vec![b'x'; 65536];
            while Instant::now() < deadline && sender.write(&block).is_ok() {}
        });
        let mut received = 0_u64;
        let mut block = vec![0; 262_144];
        while Instant::now() < deadline {
            // A timeout is no end: a lost packet may take longer.
            received += receiver.read(&mut block).unwrap_or(0) as u64;
        }
        let buffer = sockopt::socket_recv_buffer_size(&receiver).hindered("a buffer's size");
        let _ = receiver.shutdown(std::net::Shutdown::Both);
        Ok((received, buffer?))
    })
}
