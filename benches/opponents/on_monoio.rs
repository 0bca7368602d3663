//! The 13-byte reply on monoio 0.2.4: io_uring as shipped, io_uring with the flags that its
//! builder lets through, and epoll. A connection is one task with one owned read buffer, as
//! monoio's own examples have it.

#![forbid(unsafe_code)]

use std::io;

use benches::conversation::{Conversation, READ_BYTES};
use benches::opponent::{Listen, announce};
use clap::{Parser, ValueEnum};
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::{IoUringDriver, LegacyDriver, RuntimeBuilder};

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    listen: Listen,
    /// Which of monoio's drivers.
    #[arg(long, value_enum)]
    io: Io,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Io {
    /// io_uring as shipped.
    Uring,
    /// io_uring with SINGLE_ISSUER and DEFER_TASKRUN.
    UringDeferred,
    /// The fallback, over epoll.
    Epoll,
}

fn main() -> io::Result<()> {
    let flags = Flags::parse();
    match flags.io {
        Io::Uring => RuntimeBuilder::<IoUringDriver>::new()
            .build()?
            .block_on(serve(flags.listen)),
        Io::UringDeferred => {
            let mut ring = monoio_io_uring::IoUring::builder();
            ring.setup_single_issuer().setup_defer_taskrun();
            RuntimeBuilder::<IoUringDriver>::new()
                .uring_builder(ring)
                .build()?
                .block_on(serve(flags.listen))
        }
        Io::Epoll => RuntimeBuilder::<LegacyDriver>::new()
            .build()?
            .block_on(serve(flags.listen)),
    }
}

async fn serve(listen: Listen) -> io::Result<()> {
    let listener = TcpListener::bind(listen.listen)?;
    announce(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        monoio::spawn(connection(stream));
    }
}

/// Ends at the peer's end, at its first mistake, or at the first error of the socket.
async fn connection(mut stream: TcpStream) {
    let mut conversation = Conversation::default();
    let mut buffer = Vec::with_capacity(READ_BYTES);
    loop {
        let (read, filled) = stream.read(buffer).await;
        buffer = filled;
        if !matches!(read, Ok(1..)) {
            return;
        }
        let Ok(replies) = conversation.hear(&buffer) else {
            return;
        };
        buffer.clear();
        if !replies.is_empty() && stream.write_all(replies).await.0.is_err() {
            return;
        }
    }
}
