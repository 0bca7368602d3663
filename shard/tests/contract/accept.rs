//! Accepting: bounded, backing off, recovering, and every connection handed to somebody.

use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use shard::net::{ConnectOptions, Peer, Stream, bind_tcp, bind_unix};
use shard::{Options, spawn};

use crate::harness::*;

each_driver!(
    a_full_shard_backs_off_and_recovers,
    a_burst_is_accepted_whole,
    a_dropped_listener_closes_what_it_did_not_hand_out,
    a_shrunken_backlog_queues_almost_nothing,
    two_shards_share_a_unix_listener,
    peers_are_known_on_tcp,
    peers_are_known_on_ipv6,
    a_refused_connect_is_an_error,
    connect_takes_a_source_address,
    a_full_shard_refuses_to_connect,
);

/// Eight slots, thirty clients: nobody is turned away, and waiting costs few turns.
fn a_full_shard_backs_off_and_recovers(options: Options) {
    const CLIENTS: usize = 30;
    let options = Options {
        sockets_max: Some(8),
        ..options
    };
    let (bound, address) = listener();
    let release = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            thread(move || {
                let stream = connect(address);
                write(&stream, b"hello");
                stream.shutdown(Shutdown::Write).expect("shutdown");
                assert_same(&read_all(&stream), b"hello");
            })
        })
        .collect();
    let (_, report) = shard(&options, async move || {
        let listener = bound.start().expect("listen");
        let served = Rc::new(std::cell::Cell::new(0));
        let accepting = spawn({
            let (release, served) = (release.clone(), served.clone());
            async move {
                for _ in 0..CLIENTS {
                    let stream = listener.accept().await.expect("never an error");
                    let (release, served) = (release.clone(), served.clone());
                    spawn(async move {
                        until("released", || release.load(Ordering::Relaxed) > 0).await;
                        echo(stream).await;
                        served.set(served.get() + 1);
                    });
                }
            }
        });
        until("backed off twice", || shard::report().accept_backoffs >= 2).await;
        assert_eq!(shard::report().sockets, 8, "the limit holds");
        // Full, with nothing to do: the tasks' own polling (1 ms each) makes the turns.
        let (turns, backoffs) = (shard::report().turns, shard::report().accept_backoffs);
        let began = Instant::now();
        shard::time::sleep(Duration::from_millis(200)).await;
        let most = 20 + began.elapsed().as_millis() as u64 * 20;
        assert!(shard::report().turns - turns < most, "it spins");
        assert!(shard::report().accept_backoffs - backoffs < 10, "it spins");
        release.store(1, Ordering::Relaxed);
        accepting.over().await;
        until("served", || served.get() == CLIENTS).await;
    });
    clients.into_iter().for_each(join);
    assert!(report.accept_backoffs >= 2);
}

fn a_burst_is_accepted_whole(options: Options) {
    const CLIENTS: usize = 700;
    let (bound, address) = listener();
    // All in the queue before the shard looks.
    let clients: Vec<TcpStream> = (0..CLIENTS).map(|_| connect(address)).collect();
    for (number, client) in clients.iter().enumerate() {
        write(client, &(number as u32).to_le_bytes());
    }
    let reader = thread(move || {
        for (number, client) in clients.iter().enumerate() {
            assert_eq!(read_exactly(client, 4), (number as u32).to_le_bytes());
        }
    });
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        for _ in 0..CLIENTS {
            let stream = listener.accept().await.expect("a connection");
            spawn(echo(stream));
        }
        until("served", || shard::report().sockets == 0).await;
    });
    join(reader);
}

fn a_dropped_listener_closes_what_it_did_not_hand_out(options: Options) {
    let (bound, address) = listener();
    let mut clients: Vec<TcpStream> = (0..50).map(|_| connect(address)).collect();
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        let first = listener.accept().await.expect("one");
        drop(listener);
        until("only the one handed out is left", || {
            shard::report().sockets == 1
        })
        .await;
        drop(first);
        quiet(0).await;
    });
    for client in &mut clients {
        // End of stream or reset, but never silence.
        assert!(matches!(client.read(&mut [0; 10]), Ok(0) | Err(_)));
    }
    assert!(TcpStream::connect(address).is_err(), "nobody listens");
}

fn a_shrunken_backlog_queues_almost_nothing(options: Options) {
    let (bound, address) = listener();
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        // Nothing accepts: what connects, stays in the queue.
        listener.shrink_backlog().expect("shrink");
        let connect = ConnectOptions::default();
        let attempts: Vec<_> = (0..5)
            .map(|_| Box::pin(Stream::connect(address, &connect)))
            .collect();
        let mut connected = Vec::new();
        for mut attempt in attempts {
            let limit = Duration::from_millis(30);
            if let Ok(stream) = shard::time::timeout(limit, attempt.as_mut()).await {
                connected.push(stream.expect("queued"));
            }
        }
        assert!(connected.len() <= 2, "{} were queued", connected.len());
        drop(connected);
        // What was queued is handed over all the same.
        let accepted = shard::time::timeout(Duration::from_secs(5), listener.accept()).await;
        accepted.expect("in time").expect("what was queued");
    });
}

fn two_shards_share_a_unix_listener(options: Options) {
    const CLIENTS: usize = 60;
    let scratch = Scratch::new();
    let path = scratch.path().join("socket");
    let bound = bind_unix(&path, 256).expect("bind");
    let served = Arc::new(AtomicUsize::new(0));
    let shards: Vec<_> = (0..2)
        .map(|_| {
            let bound = bound.try_clone().expect("clone");
            let (options, served) = (options.clone(), served.clone());
            thread(move || {
                shard(&options, async move || {
                    let listener = bound.start().expect("listen");
                    let total = served.clone();
                    let accepting = spawn(async move {
                        loop {
                            let stream = listener.accept().await.expect("accept");
                            assert_eq!(stream.peer().await.expect("peer"), Peer::Unix);
                            let total = total.clone();
                            spawn(async move {
                                echo(stream).await;
                                total.fetch_add(1, Ordering::Relaxed);
                            });
                        }
                    });
                    until("all served", || served.load(Ordering::Relaxed) == CLIENTS).await;
                    accepting.cancel();
                    quiet(0).await;
                });
            })
        })
        .collect();
    for _ in 0..CLIENTS {
        unix_echo(&path);
    }
    shards.into_iter().for_each(join);
}

fn unix_echo(path: &Path) {
    use std::io::Write;
    let mut stream = UnixStream::connect(path).expect("connect");
    stream.set_read_timeout(Some(DEADLINE)).expect("timeout");
    stream.write_all(b"over unix").expect("write");
    stream.shutdown(Shutdown::Write).expect("shutdown");
    let mut back = Vec::new();
    stream.read_to_end(&mut back).expect("read");
    assert_same(&back, b"over unix");
}

fn peers_are_known_on_tcp(options: Options) {
    let client = |stream: TcpStream| {
        let address = stream.local_addr().expect("address");
        read_all(&stream);
        address
    };
    let (want, got, _) = pair(&options, client, async |stream| {
        let first = stream.peer().await.expect("peer");
        assert_eq!(stream.peer().await.expect("peer again"), first);
        first
    });
    assert_eq!(got, Peer::Tcp(want));
}

fn peers_are_known_on_ipv6(options: Options) {
    let bound = match bind_tcp("[::1]:0".parse().expect("an address"), 64) {
        Ok(bound) => bound,
        Err(error) => return println!("skipped: no ::1 here ({error})"),
    };
    let address = bound.address().expect("address").expect("TCP");
    let client = thread(move || {
        let stream = connect(address);
        write(&stream, b"six");
        assert_same(&read_exactly(&stream, 3), b"six");
        stream.local_addr().expect("address")
    });
    let (got, _) = shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        let peer = stream.peer().await.expect("peer");
        echo(stream).await;
        peer
    });
    assert_eq!(got, Peer::Tcp(join(client)));
}

fn a_refused_connect_is_an_error(options: Options) {
    let (bound, address) = listener();
    drop(bound);
    let scratch = Scratch::new();
    let path = scratch.path().join("nobody");
    shard(&options, async move || {
        let connect = ConnectOptions::default();
        let refused = Stream::connect(address, &connect).await;
        let error = refused.err().expect("nobody listens");
        assert_eq!(error.raw_os_error(), Some(libc::ECONNREFUSED));
        let missing = Stream::connect_unix(&path).await;
        let error = missing.err().expect("no such socket");
        assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
        quiet(0).await;
    });
}

fn connect_takes_a_source_address(options: Options) {
    let (bound, address) = listener();
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        let source = "127.0.0.9:0".parse().expect("an address");
        let connect = ConnectOptions {
            source: Some(source),
        };
        let (connected, accepted) =
            both(Stream::connect(address, &connect), listener.accept()).await;
        let peer = accepted.expect("accept").peer().await.expect("peer");
        let Peer::Tcp(from) = peer else {
            panic!("{peer:?}");
        };
        assert_eq!(from.ip(), source.ip());
        drop(connected);
    });
}

fn a_full_shard_refuses_to_connect(options: Options) {
    let options = Options {
        sockets_max: Some(2),
        ..options
    };
    let (bound, address) = listener();
    shard(&options, async move || {
        let connect = ConnectOptions::default();
        let one = Stream::connect(address, &connect).await.expect("first");
        let two = Stream::connect(address, &connect).await.expect("second");
        let three = Stream::connect(address, &connect).await;
        let error = three.err().expect("the third is too many");
        assert_eq!(error.raw_os_error(), Some(libc::ENFILE));
        drop(one);
        until("a slot is free", || shard::report().sockets == 1).await;
        Stream::connect(address, &connect).await.expect("again");
        drop((two, bound));
    });
}
