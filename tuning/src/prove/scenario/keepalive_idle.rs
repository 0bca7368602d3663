//! `keepalive-idle`: a connection that has carried 8 MB pauses for a second and goes on.
//!
//! What is looked at is the congestion window with which it goes on, as ss(8) shows it: on a cable
//! without delay, time does not tell.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use super::large_transfer::connection;
use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::pause;
use crate::prove::space::Space;

/// Longer than a retransmission timeout, after which a connection counts as idle.
const PAUSE: Duration = Duration::from_secs(1);
const BYTES: usize = 8 << 20;

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let pair = stage.pair()?;
    counted(&pair.server, || {
        let (mut server, mut client) = connection(&pair)?;
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut block = vec![0; 65536];
                while client.read(&mut block).is_ok_and(|length| length > 0) {}
            });
            server.write_all(&vec![b'x'; BYTES]).hindered("sending")?;
            pause(Duration::from_millis(50));
            let before = window(&pair.server)?;
            pause(PAUSE);
            server.write_all(b"y").hindered("sending")?;
            let after = window(&pair.server)?;
            drop(server);
            Ok(Round::default()
                .with("congestion window after the pause", after)
                .with("congestion window before the pause", before))
        })
    })
}

fn window(space: &Space) -> Result<f64, Hindrance> {
    let text = space.run("ss", &["-Htin", "sport = :7001"])?;
    let word = text
        .split_whitespace()
        .find_map(|word| word.strip_prefix("cwnd:"));
    word.and_then(|word| word.parse().ok())
        .ok_or_else(|| Hindrance("ss does not show cwnd".into()))
}
