//! `time-wait`: what is left of closed connections on the server that closed them.
//!
//! Fifty connections are closed by both ends, the server first, and fifty by the server only. Then
//! three seconds pass: long beside a `tcp_fin_timeout` of 1, short beside the 60 s of TIME_WAIT.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::{Port, State, accept_until, burst, count, listen, pause, wait_until};

/// How long is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeWait {
    /// Three seconds.
    AfterThreeSeconds,
    /// Not at all.
    AtOnce,
}

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Where both ends close.
const BOTH: SocketAddr = SocketAddr::new(HOST, 7001);
/// Where only the server closes.
const ALONE: SocketAddr = SocketAddr::new(HOST, 7002);

const CONNECTIONS: usize = 50;
const SOON: Duration = Duration::from_secs(2);

pub(super) fn run(how: TimeWait, stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    counted(&space, || {
        space.inside(|| {
            let mut clients = Vec::new();
            for at in [BOTH, ALONE] {
                let listener = listen(at, 4096, Port::Alone).hindered("a listener")?;
                let came = burst(at, None, CONNECTIONS).streams;
                let accepted = accept_until(&listener, came.len(), SOON);
                if accepted.len() < CONNECTIONS {
                    return Err(Hindrance(
                        "fifty connections were not accepted in 2 s".into(),
                    ));
                }
                drop(accepted);
                wait_until(SOON, || count(State::FinWait2, at.port()) >= CONNECTIONS);
                clients.push(came);
            }
            // The clients of the first listener close as well, those of the second stay.
            clients.remove(0);
            match how {
                TimeWait::AfterThreeSeconds => pause(Duration::from_secs(3)),
                TimeWait::AtOnce => pause(Duration::from_millis(100)),
            }
            Ok(Round::default()
                .with("TIME_WAIT", count(State::TimeWait, BOTH.port()) as f64)
                .with("FIN_WAIT_2", count(State::FinWait2, ALONE.port()) as f64))
        })
    })
}
