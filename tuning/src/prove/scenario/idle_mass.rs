//! `idle-mass`: connections that do nothing, and what they cost or how many there can be.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use rustix::net::sockopt;

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::{Change, Round};
use crate::prove::server::Server;
use crate::prove::sockets::{Port, accept_until, burst, listen, pause, wait_until};

/// What the mass shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleMass {
    /// A hundred sockets with SO_KEEPALIVE are left alone for three seconds.
    Probes,
    /// 400 clients ask a server whose descriptors are limited.
    Descriptors,
}

const AT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7001);

pub(super) fn run(how: IdleMass, stage: &Stage<'_>) -> Result<Round, Hindrance> {
    match how {
        IdleMass::Probes => probes(stage),
        IdleMass::Descriptors => descriptors(stage),
    }
}

fn probes(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    const CONNECTIONS: usize = 100;
    let space = stage.space()?;
    let mut round = counted(&space, || {
        space.inside(|| {
            let listener = listen(AT, 4096, Port::Alone).hindered("a listener")?;
            let clients = burst(AT, None, CONNECTIONS).streams;
            let accepted = accept_until(&listener, clients.len(), Duration::from_secs(2));
            for stream in &accepted {
                sockopt::set_socket_keepalive(stream, true).hindered("SO_KEEPALIVE")?;
            }
            pause(Duration::from_millis(3200));
            Ok(Round::default())
        })
    })?;
    let sent = round.counter("TcpExt.TCPKeepAlive");
    round = round.with("probes in 3 s", sent);
    Ok(round)
}

fn descriptors(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    const CLIENTS: usize = 400;
    let space = stage.space()?;
    let Change::Descriptors(limit) = stage.side.change else {
        return Err(Hindrance("this proof needs a limit of descriptors".into()));
    };
    let _server = Server::start(stage.programs, &space, AT, Some(limit))?;
    counted(&space, || {
        space.inside(|| {
            let mut clients = burst(AT, None, CLIENTS).streams;
            let request = b"GET / HTTP/1.1\r\nHost: prove\r\n\r\n";
            pause(Duration::from_millis(200));
            for client in &mut clients {
                // Who is not connected by now is not answered later.
                let _ = client.write_all(request);
            }
            let mut answered = vec![false; clients.len()];
            wait_until(Duration::from_secs(1), || {
                for (client, answered) in clients.iter_mut().zip(&mut answered) {
                    *answered |= client.read(&mut [0; 512]).is_ok_and(|length| length > 0);
                }
                answered.iter().all(|answered| *answered)
            });
            let good = answered.iter().filter(|answered| **answered).count();
            Ok(Round::default().with("clients answered of 400", good as f64))
        })
    })
}
