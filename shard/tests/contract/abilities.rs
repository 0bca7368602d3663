//! Abilities of the ring, each masked once: every way around a missing one serves the same.

use std::collections::BTreeSet;
use std::net::{Shutdown, SocketAddr, TcpStream};

use bytes::Bytes;
use shard::fs::File;
use shard::net::{Peer, Stream};
use shard::{Abilities, DriverKind, Io, Options, SendData, StartError, spawn};

use super::files::opened;
use crate::harness::*;

const CONNECTIONS: usize = 6;
const ECHO_BYTES: usize = 300_000;
const HEAD_BYTES: usize = 200;
const BODY_BYTES: usize = 40_000;
const FILE_BYTES: usize = 1024 * 1024;

/// One test per ability, which runs the exercise without it.
macro_rules! without_each {
    ($($ability:ident),+ $(,)?) => {
        mod without {
            $(#[test]
            fn $ability() {
                let abilities = shard::Abilities {
                    $ability: false,
                    ..shard::Abilities::ALL
                };
                super::exercise(abilities);
            })+
        }
        const MASKED: &[&str] = &[$(stringify!($ability)),+];
    };
}

without_each!(
    single_issuer,
    defer_taskrun,
    registered_ring,
    direct_descriptors,
    multishot_recv,
    receive_limit,
    multishot_accept,
    quiet_sends,
);

/// A new ability gets its test.
#[test]
fn each_ability_is_masked_once() {
    assert_eq!(Abilities::ALL.list().map(|(name, _)| name), MASKED);
}

#[test]
fn with_all_of_them() {
    exercise(Abilities::ALL);
}

#[test]
fn with_none_of_them() {
    exercise(Abilities {
        single_issuer: false,
        defer_taskrun: false,
        registered_ring: false,
        direct_descriptors: false,
        multishot_recv: false,
        receive_limit: false,
        multishot_accept: false,
        quiet_sends: false,
    });
}

/// What a connection does in its life, on several connections at once.
fn exercise(abilities: Abilities) {
    let Some(options) = options(Io::Uring) else {
        return;
    };
    let options = Options {
        abilities,
        ..options
    };
    let scratch = Scratch::new();
    let bytes = pattern(HEAD_BYTES + BODY_BYTES + FILE_BYTES);
    let file = opened(&scratch.file("file", &bytes[HEAD_BYTES + BODY_BYTES..]));
    let (bound, address) = listener();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| thread(move || converse(connect(address))))
        .collect();
    let (peers, _) = shard(&options, async move || {
        let listener = bound.start().expect("listen");
        assert_eq!(shard::driver_kind(), DriverKind::Uring);
        let mut peers = BTreeSet::new();
        for _ in 0..CONNECTIONS {
            let stream = listener.accept().await.expect("a connection");
            match stream.peer().await.expect("peer") {
                Peer::Tcp(address) => peers.insert(address),
                Peer::Unix => panic!("a TCP listener"),
            };
            spawn(serve(stream, file.clone(), bytes.clone()));
        }
        until("served", || shard::report().sockets == 0).await;
        drop(listener);
        quiet(0).await;
        peers
    });
    let clients: BTreeSet<SocketAddr> = clients.into_iter().map(join).collect();
    assert_eq!(peers, clients);
}

async fn serve(stream: Stream, file: File, bytes: Vec<u8>) {
    // Until the client's half-close.
    while let Some(chunk) = stream.recv().await.expect("recv") {
        stream.send(chunk.to_vec()).await.expect("echo");
    }
    let (head, rest) = bytes.split_at(HEAD_BYTES);
    let body = Bytes::copy_from_slice(&rest[..BODY_BYTES]);
    let answer = SendData::parts(head.to_vec(), body).and_more();
    stream.send(answer).await.expect("head and body");
    let sent = stream.send_file(&file, 0, FILE_BYTES as u64, |_| {}).await;
    sent.expect("send_file");
    stream.finish(0).await.expect("finish");
}

/// Answers the address from which it spoke.
fn converse(stream: TcpStream) -> SocketAddr {
    let writer = thread({
        let stream = stream.try_clone().expect("clone");
        move || {
            write(&stream, &pattern(ECHO_BYTES));
            stream.shutdown(Shutdown::Write).expect("half-close");
        }
    });
    let got = read_all(&stream);
    join(writer);
    let (echoed, answer) = got.split_at(ECHO_BYTES.min(got.len()));
    assert_same(echoed, &pattern(ECHO_BYTES));
    assert_same(answer, &pattern(HEAD_BYTES + BODY_BYTES + FILE_BYTES));
    stream.local_addr().expect("address")
}

/// What the probe says is what starting says, in the same words.
#[test]
fn the_probe_tells_what_starts() {
    let start = |io| {
        let options = Options {
            io,
            ..Options::default()
        };
        shard::run(&options, || async { shard::driver_kind() })
    };
    let auto = start(Io::Auto).expect("something always runs").0;
    match shard::probe() {
        Ok(abilities) => {
            println!("{:?}", abilities.list());
            assert_eq!(auto, DriverKind::Uring);
            assert_eq!(start(Io::Uring).expect("as probed").0, DriverKind::Uring);
        }
        Err(unavailable) => {
            assert_eq!(auto, DriverKind::Epoll);
            let refused = start(Io::Uring).expect_err("as probed");
            assert!(matches!(refused, StartError::Uring(_)));
            assert_eq!(refused.to_string(), unavailable.to_string());
            assert!(unavailable.to_string().contains("io_uring"));
        }
    }
    assert_eq!(start(Io::Epoll).expect("epoll").0, DriverKind::Epoll);
}
