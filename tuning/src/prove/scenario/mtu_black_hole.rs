//! `mtu-black-hole`: packets above 1300 bytes are lost, the sender believes in 1500, and nobody
//! tells it: as behind a tunnel whose firewall drops ICMP.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use super::large_transfer::connection;
use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;

/// Three retransmissions make a black hole; they are over after some six seconds.
const PATIENCE: Duration = Duration::from_secs(9);
const BYTES: usize = 200 << 10;

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let pair = stage.pair()?;
    pair.server
        .run("ip", &["link", "set", "wire", "gso_max_segs", "1"])?;
    // Not by a smaller MTU of the cable: its refusal reaches the sender as local congestion.
    pair.client.filter(
        "input priority 0",
        &["tcp sport 7001 meta length > 1300 drop"],
    )?;
    counted(&pair.server, || {
        let (mut server, mut client) = connection(&pair)?;
        server
            .set_write_timeout(Some(PATIENCE))
            .hindered("a timeout")?;
        client
            .set_read_timeout(Some(Duration::from_millis(100)))
            .hindered("a timeout")?;
        let began = Instant::now();
        thread::scope(|scope| {
            let sender = scope.spawn(move || {
                let _ = server.write_all(&vec![b'x'; BYTES]);
                // The end of the connection must not come before the end of the bytes.
                thread::park_timeout(PATIENCE.saturating_sub(began.elapsed()));
            });
            let mut received = 0;
            let mut block = vec![0; 65536];
            while received < BYTES && began.elapsed() < PATIENCE {
                received += client.read(&mut block).unwrap_or(0);
            }
            sender.thread().unpark();
            Ok(Round::default()
                .with("KiB received of 200", (received >> 10) as f64)
                .with("seconds", began.elapsed().as_secs_f64()))
        })
    })
}
