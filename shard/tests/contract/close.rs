//! Closing: three steps without an owner, slots reused at once, and the last bytes delivered.

use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use shard::net::{ConnectOptions, Stream, bind_unix};
use shard::{Options, spawn, yield_now};

use crate::harness::*;

each_driver!(
    finish_delivers_every_byte_despite_unread_input,
    finish_is_bounded_against_an_endless_sender,
    a_dropped_stream_closes_with_everything_in_flight,
    slots_reused_at_once_see_nothing_of_their_past,
    tcp_slots_reused_at_once_see_nothing_of_their_past,
    a_unix_peer_that_never_reads_cannot_keep_a_socket,
    a_stream_outlives_its_operations_in_any_order,
);

fn finish_delivers_every_byte_despite_unread_input(options: Options) {
    let client = |stream: std::net::TcpStream| {
        // A request body that nobody asked for, some of it before and some after the response.
        write(&stream, &pattern(150_000));
        let head = read_exactly(&stream, 10);
        write(&stream, &pattern(150_000));
        stream.shutdown(Shutdown::Write).expect("shutdown");
        [head, read_all(&stream)].concat()
    };
    let (got, _, _) = pair(&options, client, async |stream| {
        receive(&stream, 1).await;
        stream.send(pattern(2_000_000)).await.expect("send");
        stream.finish(400_000).await.expect("finish");
    });
    assert_same(&got, &pattern(2_000_000));
}

fn finish_is_bounded_against_an_endless_sender(options: Options) {
    let client = |mut stream: std::net::TcpStream| {
        let piece = pattern(100_000);
        // Ends with the reset that the bound brings.
        (0..10_000)
            .take_while(|_| stream.write_all(&piece).is_ok())
            .count()
    };
    let (pieces, _, report) = pair(&options, client, async |stream| {
        stream.finish(64 * 1024).await.expect("finish");
        quiet(1).await;
    });
    assert!(pieces < 10_000, "{report:?}");
}

/// Two ends on this shard, over a unix socket (which runs out of no ports).
async fn unix_pair(listener: &shard::net::Listener, path: &std::path::Path) -> (Stream, Stream) {
    let (a, b) = both(Stream::connect_unix(path), listener.accept()).await;
    (a.expect("connect"), b.expect("accept"))
}

/// Leaves a receive, a blocked send, a write poll and whatever `peer` does in flight.
async fn entangle(stream: &Stream, file: &shard::fs::File) {
    let mut receive = Box::pin(stream.recv());
    let mut send = Box::pin(stream.send(vec![7; 1_000_000]));
    let mut peer = Box::pin(stream.peer());
    let _ = poll_once(&mut receive).await;
    assert!(poll_once(&mut send).await.is_none());
    let _ = poll_once(&mut peer).await;
    let mut file = Box::pin(stream.send_file(file, 0, 100, |_| {}));
    assert!(
        poll_once(&mut file).await.is_none(),
        "the send is before it"
    );
}

fn a_dropped_stream_closes_with_everything_in_flight(options: Options) {
    let scratch = Scratch::new();
    let path = scratch.path().join("socket");
    let bound = bind_unix(&path, 64).expect("bind");
    let file = std::fs::File::open(scratch.file("file", &pattern(1_000))).expect("open");
    let file = shard::fs::File::from(file);
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        for turns_before in 0..12 {
            let (a, b) = unix_pair(&listener, &path).await;
            entangle(&a, &file).await;
            entangle(&b, &file).await;
            for _ in 0..turns_before {
                yield_now().await;
            }
            drop(a);
            // The other end hears of it, after the bytes that were sent.
            assert!(!receive_all_or_reset(&b).await.is_empty());
            drop(b);
            quiet(1).await;
        }
    });
}

async fn receive_all_or_reset(stream: &Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = stream.recv().await {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

fn slots_reused_at_once_see_nothing_of_their_past(options: Options) {
    const ROUNDS: u32 = 10_000;
    let options = Options {
        sockets_max: Some(16),
        ..options
    };
    let scratch = Scratch::new();
    let path = scratch.path().join("socket");
    let bound = bind_unix(&path, 64).expect("bind");
    let file = std::fs::File::open(scratch.file("file", &pattern(1_000))).expect("open");
    let file = shard::fs::File::from(file);
    let (_, report) = shard(&options, async move || {
        let listener = bound.start().expect("listen");
        for round in 0..ROUNDS {
            // The last connection's operations are still ending in the slots beside this one.
            until("a free slot", || shard::report().sockets <= 12).await;
            let (a, b) = unix_pair(&listener, &path).await;
            let word = round.to_le_bytes();
            a.send(word.to_vec()).await.expect("send");
            assert_eq!(receive(&b, 4).await, word, "bytes of another connection");
            entangle(&a, &file).await;
            if round % 2 == 0 {
                entangle(&b, &file).await;
            }
        }
        quiet(1).await;
    });
    assert_eq!(report.accept_backoffs, 0, "slots came back: {report:?}");
}

fn tcp_slots_reused_at_once_see_nothing_of_their_past(options: Options) {
    const ROUNDS: u32 = 300;
    let (bound, address) = listener();
    let scratch = Scratch::new();
    let file = std::fs::File::open(scratch.file("file", &pattern(1_000))).expect("open");
    let file = shard::fs::File::from(file);
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        for round in 0..ROUNDS {
            let connect = ConnectOptions::default();
            let (a, b) = both(Stream::connect(address, &connect), listener.accept()).await;
            let (a, b) = (a.expect("connect"), b.expect("accept"));
            let word = round.to_le_bytes();
            a.send(word.to_vec()).await.expect("send");
            assert_eq!(receive(&b, 4).await, word);
            a.post(vec![1; 8_000_000].into()).expect("free");
            b.post(vec![2; 8_000_000].into()).expect("free");
            let _ = poll_once(&mut Box::pin(a.recv())).await;
            let _ = poll_once(&mut Box::pin(b.peer())).await;
            let _ = poll_once(&mut Box::pin(b.send_file(&file, 0, 100, |_| {}))).await;
        }
        quiet(1).await;
    });
}

/// The peer holds its end open and takes nothing: a send is blocked in the kernel for ever.
fn a_unix_peer_that_never_reads_cannot_keep_a_socket(options: Options) {
    let scratch = Scratch::new();
    let path = scratch.path().join("socket");
    let bound = bind_unix(&path, 64).expect("bind");
    let (release, gate) = gate();
    let client = thread(move || {
        let stream = UnixStream::connect(path).expect("connect");
        gate.pass();
        drop(stream);
    });
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        let stream = listener.accept().await.expect("one");
        stream.post(vec![1; 4_000_000].into()).expect("free");
        yield_now().await;
        drop(stream);
        quiet(1).await;
        release.send(()).expect("the client");
    });
    join(client);
}

/// Operations hold their socket, and their futures may go before or after the stream.
fn a_stream_outlives_its_operations_in_any_order(options: Options) {
    let client = |stream: std::net::TcpStream| read_all(&stream).len();
    let (got, _, _) = pair(&options, client, async |stream| {
        let stream = std::rc::Rc::new(stream);
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let stream = stream.clone();
                spawn(async move {
                    match number % 4 {
                        0 => drop(stream.peer().await),
                        1 => drop(stream.sent().await),
                        2 => drop(stream.send(vec![0; 10_000]).await),
                        _ => drop(stream.shutdown_write().await),
                    }
                })
            })
            .collect();
        drop(stream);
        yield_now().await;
        for task in tasks.iter().step_by(3) {
            task.cancel();
        }
        for task in tasks {
            task.over().await;
        }
        quiet(1).await;
    });
    assert!(got <= 50_000 && got % 10_000 == 0, "{got}");
}
