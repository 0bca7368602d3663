//! `reload`: two listeners share a port, 200 connections wait, and one listener goes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::{
    Port, State, accept_waiting, broken, burst, count, listen, pause, wait_until,
};

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7001);
const CONNECTIONS: usize = 200;

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    counted(&space, || {
        space.inside(|| {
            let goes = listen(SERVER, 4096, Port::Shared).hindered("a listener")?;
            let stays = listen(SERVER, 4096, Port::Shared).hindered("a listener")?;
            let clients = burst(SERVER, None, CONNECTIONS).streams;
            wait_until(Duration::from_secs(1), || {
                count(State::Established, SERVER.port()) >= CONNECTIONS
            });
            drop(goes);
            pause(Duration::from_millis(50));
            let accepted = accept_waiting(&stays);
            Ok(Round::default()
                .with("clients reset", broken(&clients) as f64)
                .with("accepted", accepted.len() as f64))
        })
    })
}
