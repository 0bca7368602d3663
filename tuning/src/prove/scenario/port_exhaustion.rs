//! `port-exhaustion`: more outgoing connections than the port range has ports.
//!
//! Ranges are made small so that a hundred connections show what ten thousands do: a port is given
//! once for each destination, whatever the size of the range.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::{
    Port, State, accept_waiting, burst, count, listen, pause, start_connecting, wait_until,
};
use crate::prove::space::Pair;

/// What the connections do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortExhaustion {
    /// They stay.
    Hold {
        /// Connections tried.
        connections: usize,
    },
    /// Each ends before the next begins, closed by the client, for 2.5 s.
    Churn,
    /// They stay, and then a service starts on this port.
    Service {
        /// The service's port.
        port: u16,
        /// Connections tried.
        connections: usize,
    },
}

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SERVER: SocketAddr = SocketAddr::new(HOST, 7001);
const AT: SocketAddr = SocketAddr::new(Pair::SERVER, 7001);

/// A port in TIME_WAIT may be taken again after a second at the earliest, so this is two turns.
const CHURN: Duration = Duration::from_millis(2500);

pub(super) fn run(how: PortExhaustion, stage: &Stage<'_>) -> Result<Round, Hindrance> {
    match how {
        PortExhaustion::Hold { connections } => hold(stage, connections),
        PortExhaustion::Churn => churn(stage),
        PortExhaustion::Service { port, connections } => service(stage, port, connections),
    }
}

fn hold(stage: &Stage<'_>, connections: usize) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    counted(&space, || {
        space.inside(|| {
            let _listener = listen(SERVER, 4096, Port::Alone).hindered("a listener")?;
            let clients = burst(SERVER, None, connections);
            wait_until(Duration::from_millis(300), || {
                count(State::Established, SERVER.port()) >= clients.streams.len()
            });
            Ok(Round::default()
                .with(
                    "connections",
                    count(State::Established, SERVER.port()) as f64,
                )
                .with("EADDRNOTAVAIL", clients.refused as f64))
        })
    })
}

fn churn(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let pair = stage.pair()?;
    for space in [&pair.server, &pair.client] {
        space.set("net.ipv4.ip_local_port_range", "40000 40099")?;
    }
    let listener = pair
        .server
        .inside(|| listen(AT, 4096, Port::Alone).hindered("a listener"))?;
    counted(&pair.client, || {
        pair.client.inside(|| {
            let (mut connected, mut refused) = (0_u32, 0_u32);
            let began = Instant::now();
            while began.elapsed() < CHURN {
                match start_connecting(AT, None) {
                    Ok(client) => connected += u32::from(ended(&listener, client)),
                    Err(_) => {
                        refused += 1;
                        pause(Duration::from_millis(5));
                    }
                }
            }
            Ok(Round::default()
                .with("connections in 2.5 s", f64::from(connected))
                .with("EADDRNOTAVAIL", f64::from(refused)))
        })
    })
}

/// Accepts and closes on both ends, the client first: its port is then in TIME_WAIT.
fn ended(listener: &std::net::TcpListener, client: TcpStream) -> bool {
    let mut accepted = Vec::new();
    let came = wait_until(Duration::from_millis(200), || {
        accepted = accept_waiting(listener);
        !accepted.is_empty()
    });
    drop(client);
    came
}

fn service(stage: &Stage<'_>, port: u16, connections: usize) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    counted(&space, || {
        space.inside(|| {
            let _listener = listen(SERVER, 4096, Port::Alone).hindered("a listener")?;
            let clients = burst(SERVER, None, connections);
            let starts = listen(SocketAddr::new(HOST, port), 128, Port::Alone).is_ok();
            Ok(Round::default()
                .with("services that start of 1", f64::from(u8::from(starts)))
                .with("connections", clients.streams.len() as f64))
        })
    })
}
