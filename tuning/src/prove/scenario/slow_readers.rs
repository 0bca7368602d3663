//! `slow-readers`: forty clients read nothing while the server sends what it can for a second.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::{Port, accept_until, burst, listen};

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7001);
const READERS: usize = 40;
const SENDING: Duration = Duration::from_secs(1);

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    counted(&space, || {
        space.inside(|| {
            let listener = listen(SERVER, 4096, Port::Alone).hindered("a listener")?;
            let clients = burst(SERVER, None, READERS).streams;
            let mut accepted = accept_until(&listener, clients.len(), SENDING);
            let block = vec![b'x'; 65536];
            let mut taken = 0_u64;
            let began = Instant::now();
            // As a server with an event loop does: it writes to who says that there is room.
            while began.elapsed() < SENDING {
                let mut ready: Vec<PollFd<'_>> = accepted
                    .iter()
                    .map(|stream| PollFd::new(stream, PollFlags::OUT))
                    .collect();
                let wait = Timespec {
                    tv_sec: 0,
                    tv_nsec: 50_000_000,
                };
                poll(&mut ready, Some(&wait)).hindered("poll")?;
                let has_room: Vec<bool> = ready
                    .iter()
                    .map(|fd| fd.revents().contains(PollFlags::OUT))
                    .collect();
                for (stream, has_room) in accepted.iter_mut().zip(has_room) {
                    if has_room {
                        taken += stream.write(&block).unwrap_or(0) as u64;
                    }
                }
            }
            Ok(Round::default().with("KiB queued", (taken >> 10) as f64))
        })
    })
}
