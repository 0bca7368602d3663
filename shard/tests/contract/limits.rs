//! Limits: more connections than descriptors, fewer slots or buffers than clients.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use shard::net::{BoundListener, bind_tcp};
use shard::time::timeout;
use shard::{Io, Options, spawn};

use crate::harness::*;

each_driver!(
    clients_beyond_the_slots_wait_and_are_served,
    leases_on_every_buffer_starve_nobody_for_ever,
);

const CONNECTIONS: usize = 3_000;
/// Below the connections, above half of them: the kernel spreads them over two shards (σ = 27).
const CHILD_DESCRIPTORS: u64 = 2_000;
/// What the parent needs: a descriptor each, and what the other tests hold meanwhile.
const PARENT_DESCRIPTORS: u64 = 3_200;
const CHILD_ROLE: &str = "SHARD_CONTRACT_CHILD";
const CHILD_TEST: &str = "limits::the_child_under_a_low_limit";

/// Limits belong to the process, so the two shards run in one of their own: this binary again.
#[test]
fn three_thousand_connections_under_two_thousand_descriptors() {
    match shard::probe() {
        Ok(abilities) if abilities.direct_descriptors => {}
        Ok(_) => return println!("skipped: this kernel has no direct descriptors"),
        Err(unavailable) => return println!("skipped: {unavailable}"),
    }
    if let Err(reason) = raise_descriptor_limit() {
        return println!("skipped: {reason}");
    }
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args([CHILD_TEST, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD_ROLE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let address = lines
        .by_ref()
        .find_map(|line| address_in(&line.expect("text")));
    let address = address.expect("the child says where it listens");
    let connections: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(address)).collect();
    for (number, stream) in connections.iter().enumerate() {
        write(stream, &[number as u8]);
    }
    for (number, stream) in connections.iter().enumerate() {
        assert_eq!(read_exactly(stream, 1), [number as u8], "{number}");
    }
    // The child counts while all of them stand; its own test fails where a count is wrong.
    drop(child.stdin.take());
    let said: Vec<String> = lines.map_while(Result::ok).collect();
    let status = child.wait().expect("the child ends");
    assert!(status.success(), "{status}: {said:#?}");
    drop(connections);
}

fn raise_descriptor_limit() -> Result<(), String> {
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= PARENT_DESCRIPTORS);
    if !enough(limit.maximum) {
        return Err(format!(
            "{limit:?} on descriptors is below {PARENT_DESCRIPTORS}"
        ));
    }
    if !enough(limit.current) {
        let raised = Rlimit {
            current: limit.maximum,
            ..limit
        };
        setrlimit(Resource::Nofile, raised).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The child's line may follow what the test runner has printed without an end of line.
fn address_in(line: &str) -> Option<SocketAddr> {
    line.split_once("listening on ")?.1.trim().parse().ok()
}

/// The other half of the test above; alone, it does nothing.
#[test]
fn the_child_under_a_low_limit() {
    if std::env::var_os(CHILD_ROLE).is_none() {
        return println!("skipped: it is a part of another test");
    }
    let limit = Rlimit {
        current: Some(CHILD_DESCRIPTORS),
        maximum: Some(CHILD_DESCRIPTORS),
    };
    setrlimit(Resource::Nofile, limit).expect("lower");
    let (first, address) = listener();
    let second = bind_tcp(address, 4096).expect("the same address");
    let shards = [first, second].map(|bound| {
        let (stop, stopped) = shard::mailbox::mailbox(1);
        (stop, thread(move || echoes_until(bound, stopped)))
    });
    println!("listening on {address}");
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).expect("stdin");
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("proc").count();
    let sockets = shards.map(|(stop, thread)| {
        stop.post(()).expect("a shard that listens");
        join(thread)
    });
    println!("{sockets:?} sockets, {descriptors} descriptors");
    assert_eq!(sockets.iter().sum::<usize>(), CONNECTIONS);
    assert!(descriptors < 100, "{descriptors}");
}

/// Echoes on every connection until it is told to stop; answers how many it held then.
fn echoes_until(bound: BoundListener, mut stopped: shard::mailbox::Mailbox<()>) -> usize {
    let options = options(Io::Uring).expect("as the parent found");
    let (sockets, report) = shard(&options, async move || {
        let listener = bound.start().expect("listen");
        spawn(async move {
            loop {
                spawn(echo(listener.accept().await.expect("accept")));
            }
        });
        stopped.receive().await;
        shard::report().sockets
    });
    assert_eq!(report.accept_backoffs, 0, "{report:?}");
    sockets
}

/// Every client that is served leaves its slot to one that waits.
fn clients_beyond_the_slots_wait_and_are_served(options: Options) {
    const SLOTS: usize = 4;
    const CLIENTS: usize = 13;
    let options = Options {
        sockets_max: Some(SLOTS as u32),
        ..options
    };
    let (bound, address) = listener();
    let (when_full, full) = channel();
    let client = thread(move || {
        let mut waiting: Vec<TcpStream> = (0..CLIENTS).map(|_| connect(address)).collect();
        for stream in &waiting {
            write(stream, b"hello");
        }
        // Connections are accepted in the order in which they came.
        let served = waiting.drain(..SLOTS).collect::<Vec<_>>();
        for stream in &served {
            assert_same(&read_exactly(stream, 5), b"hello");
        }
        when_full.send(()).expect("the shard");
        for stream in &mut waiting {
            stream.set_nonblocking(true).expect("non-blocking");
            let early = stream.read(&mut [0; 5]).expect_err("no slot is free");
            assert_eq!(early.kind(), ErrorKind::WouldBlock);
            stream.set_nonblocking(false).expect("blocking");
        }
        for stream in served.iter().chain(&waiting) {
            stream.shutdown(Shutdown::Write).expect("shutdown");
        }
        for stream in &waiting {
            assert_same(&read_all(stream), b"hello");
        }
    });
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        let accepting = spawn(async move {
            for _ in 0..CLIENTS {
                spawn(echo(listener.accept().await.expect("never an error")));
            }
        });
        until("full", || full.try_recv().is_ok()).await;
        assert!(shard::report().sockets <= SLOTS, "{:?}", shard::report());
        accepting.over().await;
        quiet(0).await;
    });
    join(client);
}

/// Four connections hold a lease on the four buffers; the fifth waits, and not longer than they.
fn leases_on_every_buffer_starve_nobody_for_ever(options: Options) {
    const BUFFERS: usize = 4;
    let options = Options {
        recv_buffer_bytes: 4096,
        recv_buffers_max: BUFFERS as u16,
        ..options
    };
    let (bound, address) = listener();
    let (open, gate) = gate();
    let client = thread(move || {
        let mut streams = Vec::new();
        for number in 0..=BUFFERS {
            gate.pass();
            let mut stream = connect(address);
            stream.write_all(&[number as u8; 100]).expect("write");
            streams.push(stream);
        }
        for stream in &streams {
            assert_same(&read_all(stream), b"done");
        }
    });
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        let mut held = Vec::new();
        for number in 0..BUFFERS {
            open.send(()).expect("the client");
            let stream = listener.accept().await.expect("a connection");
            let lease = stream.recv().await.expect("recv").expect("bytes");
            assert_eq!(*lease, [number as u8; 100]);
            held.push((stream, lease));
        }
        open.send(()).expect("the client");
        let last = listener.accept().await.expect("a connection");
        let early = timeout(Duration::from_millis(50), last.recv()).await;
        early.expect_err("no buffer is left");
        assert!(shard::report().driver.no_buffers > 0);
        // The leases are as they were: nobody was given what they hold.
        for (number, (_, lease)) in held.iter().enumerate() {
            assert_eq!(**lease, [number as u8; 100]);
        }
        let (first, lease) = held.pop().expect("four");
        drop(lease);
        assert_same(&receive(&last, 100).await, &[BUFFERS as u8; 100]);
        held.into_iter().for_each(|(stream, _)| done(stream));
        [first, last].into_iter().for_each(done);
        drop(listener);
        quiet(0).await;
    });
    join(client);
}

/// Says the last word, on a task of its own.
fn done(stream: shard::net::Stream) {
    spawn(async move {
        stream.send(&b"done"[..]).await.expect("send");
        stream.finish(0).await.expect("finish");
    });
}
