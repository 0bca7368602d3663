//! The 13-byte reply on our own runtime, with its uring driver and with its epoll driver. A
//! connection is one task; it holds no buffer while it waits, and posts its replies without
//! waiting for them, as the server does.

#![forbid(unsafe_code)]

use std::io;
use std::pin::Pin;

use benches::conversation::{Conversation, READ_BYTES, Refused};
use benches::opponent::{Listen, announce};
use clap::{Parser, ValueEnum};
use shard::net::{BoundListener, Stream, bind_tcp};
use shard::{Chunk, Options, SendData};

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
        if let Some(late) = answer(&stream, &mut conversation, chunk)? {
            late.await?;
        }
    }
    stream.sent().await
}

/// Posts the replies to one read. `Some` waits for the send before, which is rare: boxed, it
/// takes no room in the tasks of idle connections.
fn answer<'s>(stream: &'s Stream, conversation: &mut Conversation, chunk: Chunk) -> Late<'s> {
    let refused = |Refused| io::Error::from(io::ErrorKind::InvalidData);
    let replies = conversation.hear(&chunk).map_err(refused)?;
    drop(chunk);
    if replies.is_empty() {
        return Ok(None);
    }
    match stream.post(SendData::from(replies)) {
        Ok(()) => Ok(None),
        Err(replies) => Ok(Some(Box::pin(stream.send(replies)))),
    }
}

type Late<'s> = io::Result<Option<Pin<Box<dyn Future<Output = io::Result<()>> + 's>>>>;
