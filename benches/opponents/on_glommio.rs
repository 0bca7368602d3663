//! The 13-byte reply on glommio 0.9, as shipped. A connection is one task with one read buffer.
//! glommio locks memory for its rings and wants `ulimit -l` at 512 KiB or more.

#![forbid(unsafe_code)]

use std::io;

use benches::conversation::{Conversation, READ_BYTES};
use benches::opponent::{Listen, announce};
use clap::Parser;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use glommio::net::{TcpListener, TcpStream};
use glommio::{LocalExecutorBuilder, Placement};

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    listen: Listen,
}

fn main() -> io::Result<()> {
    let flags = Flags::parse();
    // The driver has pinned the process, so the executor stays where it is.
    let executor = LocalExecutorBuilder::new(Placement::Unbound)
        .make()
        .map_err(|error| io::Error::other(error.to_string()))?;
    executor.run(serve(flags.listen))
}

/// glommio takes no socket from outside without `unsafe`, so it binds its own; its backlog of
/// 1,024 is enough for what the driver opens at once.
async fn serve(listen: Listen) -> io::Result<()> {
    let listener = TcpListener::bind(listen.listen)?;
    announce(listener.local_addr()?);
    loop {
        let stream = listener.accept().await?;
        glommio::spawn_local(connection(stream)).detach();
    }
}

/// Ends at the peer's end, at its first mistake, or at the first error of the socket.
async fn connection(mut stream: TcpStream) {
    let mut conversation = Conversation::default();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let Ok(read @ 1..) = stream.read(&mut buffer).await else {
            return;
        };
        let Ok(replies) = conversation.hear(&buffer[..read]) else {
            return;
        };
        if !replies.is_empty() && stream.write_all(&replies).await.is_err() {
            return;
        }
    }
}
