//! `large-transfer`, before the first byte: the buffers that a fresh socket begins with.

use std::net::UdpSocket;

use rustix::net::sockopt;

use super::stage::{Stage, counted};
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;
use crate::prove::sockets::stream_socket;

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    counted(&space, || {
        space.inside(|| {
            let tcp = stream_socket().hindered("a TCP socket")?;
            let udp = UdpSocket::bind("127.0.0.1:0").hindered("a UDP socket")?;
            let of = |bytes: rustix::io::Result<usize>| {
                bytes.map(|bytes| bytes as f64).hindered("a buffer's size")
            };
            Ok(Round::default()
                .with(
                    "TCP receive buffer",
                    of(sockopt::socket_recv_buffer_size(&tcp))?,
                )
                .with(
                    "TCP send buffer",
                    of(sockopt::socket_send_buffer_size(&tcp))?,
                )
                .with(
                    "UDP receive buffer",
                    of(sockopt::socket_recv_buffer_size(&udp))?,
                )
                .with(
                    "UDP send buffer",
                    of(sockopt::socket_send_buffer_size(&udp))?,
                ))
        })
    })
}
