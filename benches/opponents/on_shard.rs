//! The 13-byte reply on our own runtime, with its uring driver and with its epoll driver. A
//! connection is one task; it holds no buffer while it waits, and posts its replies without
//! waiting for them, as the server does.

#![forbid(unsafe_code)]

use std::io;

use benches::conversation::{Conversation, READ_BYTES};
use benches::opponent::{Listen, announce};
use clap::{Parser, ValueEnum};
use shard::net::{BoundListener, Stream, bind_tcp};
use shard::{Options, SendData};

/// As deep as the kernel's own default cap, so that 1,024 connections may come at once.
const BACKLOG: i32 = 4096;

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    listen: Listen,
    /// Which of our drivers.
    #[arg(long, value_enum)]
    io: Io,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Io {
    Uring,
    Epoll,
}

fn main() -> io::Result<()> {
    let flags = Flags::parse();
    let options = Options {
        io: match flags.io {
            Io::Uring => shard::Io::Uring,
            Io::Epoll => shard::Io::Epoll,
        },
        recv_buffer_bytes: u32::try_from(READ_BYTES).map_err(io::Error::other)?,
        ..Options::default()
    };
    let listener = bind_tcp(flags.listen.listen, BACKLOG)?;
    let (served, _) = shard::run(&options, move || serve(listener)).map_err(io::Error::other)?;
    served
}

async fn serve(listener: BoundListener) -> io::Result<()> {
    let address = listener.address()?;
    let listener = listener.start()?;
    address.into_iter().for_each(announce);
    loop {
        let stream = listener.accept().await?;
        shard::spawn(async move { drop(connection(stream).await) });
    }
}

/// Ends at the peer's end, at its first mistake, or at the first error of the socket.
async fn connection(stream: Stream) -> io::Result<()> {
    let mut conversation = Conversation::default();
    while let Some(chunk) = stream.recv().await? {
        let Ok(replies) = conversation.hear(&chunk) else {
            return Ok(());
        };
        drop(chunk);
        if replies.is_empty() {
            continue;
        }
        if let Err(replies) = stream.post(SendData::from(replies)) {
            // Boxed: a future inside the task's would take its room in every idle connection.
            Box::pin(stream.send(replies)).await?;
        }
    }
    stream.sent().await
}
