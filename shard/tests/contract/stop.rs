//! Stopping: everything in flight ends, in time and without a leak.

use std::future::pending;
use std::rc::Rc;
use std::time::{Duration, Instant};

use shard::fs::{Directory, File, Symlinks};
use shard::net::{ConnectOptions, Listener, Stream, bind_unix};
use shard::time::sleep;
use shard::{Options, spawn, yield_now};

use crate::harness::*;

each_driver!(
    stops_at_once_with_nothing_to_do,
    stops_with_everything_in_flight,
    stops_whatever_the_turn,
    what_was_sent_before_the_stop_arrives,
    a_chunk_may_outlive_its_shard,
    a_stream_may_outlive_its_shard,
);

fn stops_at_once_with_nothing_to_do(options: Options) {
    let began = Instant::now();
    let (_, report) = shard(&options, async || {});
    assert!(began.elapsed() < Duration::from_secs(2), "{report:?}");
    assert_eq!((report.sockets, report.in_flight), (0, 0));
}

/// Starts one of each sort of operation and leaves them all waiting.
async fn leave_everything_waiting(place: Rc<Place>) {
    let (address, full) = (place.address, place.full);
    for round in 0..4 {
        // Accepted, receiving, its send blocked.
        let one = place.clone();
        spawn(async move {
            let connect = ConnectOptions::default();
            let (a, b) = both(Stream::connect(address, &connect), one.listener.accept()).await;
            let (a, b) = (Rc::new(a.expect("connect")), b.expect("accept"));
            let receiver = a.clone();
            spawn(async move { drop(receiver.recv().await) });
            spawn(async move {
                let _ = a.send(vec![1; 30_000_000]).await;
            });
            let file = File::from(std::fs::File::open(&one.file).expect("open"));
            let _ = b.send_file(&file, 0, 30_000_000, |_| {}).await;
            pending::<()>().await;
        });
        // Accepting, with nobody coming.
        let two = place.clone();
        spawn(async move { drop(two.quiet_listener.accept().await) });
        // Connecting to a queue that is full.
        spawn(async move {
            let connect = ConnectOptions::default();
            let mut streams = Vec::new();
            while let Ok(stream) = Stream::connect(full, &connect).await {
                streams.push(stream);
            }
        });
        // Files, and timers near and far.
        let three = place.clone();
        spawn(async move {
            loop {
                let name = format!("missing-{}", shard::report().turns);
                let name = std::ffi::CString::new(name).expect("a name");
                let _ = three.directory.open(&name, Symlinks::Inside).await;
                let file = File::from(std::fs::File::open(&three.file).expect("open"));
                let _ = file.warm(round << 20, 1 << 20).await;
                let _ = file.read_at(round << 20, 1 << 20).await;
                sleep(Duration::from_micros(50)).await;
            }
        });
        spawn(sleep(Duration::MAX));
    }
}

struct Place {
    listener: Listener,
    address: std::net::SocketAddr,
    /// Its queue holds almost nothing and nobody takes from it.
    full: std::net::SocketAddr,
    quiet_listener: Listener,
    directory: Directory,
    file: std::path::PathBuf,
}

fn stop_after(options: &Options, scratch: &Scratch, turns: u64) -> Duration {
    let file = scratch.path().join("file");
    let directory = Directory::open_root(scratch.path()).expect("directory");
    let (bound, address) = listener();
    let (full, full_address) = listener();
    let socket = scratch
        .path()
        .join(format!("socket-{turns}-{:?}", options.io));
    let quiet = bind_unix(&socket, 16).expect("bind");
    let (stopping, _) = shard(options, async move || {
        let full = full.start().expect("listen");
        full.shrink_backlog().expect("shrink");
        let place = Place {
            listener: bound.start().expect("listen"),
            address,
            full: full_address,
            quiet_listener: quiet.start().expect("listen"),
            directory,
            file,
        };
        let place = Rc::new(place);
        spawn(leave_everything_waiting(place));
        let start = shard::report().turns;
        while shard::report().turns < start + turns {
            yield_now().await;
        }
        drop(full);
        Instant::now()
    });
    stopping.elapsed()
}

fn scratch_with_a_file() -> Scratch {
    let scratch = Scratch::new();
    scratch.file("file", &pattern(30_000_000));
    scratch
}

fn stops_with_everything_in_flight(options: Options) {
    let scratch = scratch_with_a_file();
    let took = stop_after(&options, &scratch, 3_000);
    assert!(took < Duration::from_secs(4), "it took {took:?}");
}

fn stops_whatever_the_turn(options: Options) {
    let scratch = scratch_with_a_file();
    for turns in 0..40 {
        let took = stop_after(&options, &scratch, turns);
        assert!(
            took < Duration::from_secs(4),
            "{took:?} after {turns} turns"
        );
    }
}

fn what_was_sent_before_the_stop_arrives(options: Options) {
    let client = |stream: std::net::TcpStream| read_all(&stream);
    let (got, _, _) = pair(&options, client, async |stream| {
        stream.send(pattern(5_000_000)).await.expect("send");
    });
    assert_same(&got, &pattern(5_000_000));
}

fn a_chunk_may_outlive_its_shard(options: Options) {
    let client = |stream: std::net::TcpStream| write(&stream, b"kept");
    let (_, chunk, _) = pair(&options, client, async |stream| {
        stream.recv().await.expect("recv").expect("bytes")
    });
    assert_same(&chunk, b"kept");
    drop(chunk);
}

fn a_stream_may_outlive_its_shard(options: Options) {
    let client = |stream: std::net::TcpStream| read_all(&stream).len();
    let (got, kept, report) = pair(&options, client, async |stream| {
        let timer = shard::time::Timer::new();
        (stream, timer)
    });
    assert_eq!((got, report.sockets), (0, 0), "the connection has ended");
    drop(kept);
}
