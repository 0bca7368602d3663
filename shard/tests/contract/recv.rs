//! Receiving: every byte once and in order, end of stream after the last one, and a bounded pool
//! that nobody can take for himself.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::net::Shutdown;
use std::rc::Rc;

use shard::{Options, spawn, yield_now};

use crate::harness::*;

each_driver!(
    bytes_arrive_once_and_in_order,
    the_end_comes_after_unread_bytes,
    each_side_can_end_first,
    a_slow_handler_holds_a_bounded_part_of_the_pool,
    a_short_pool_serves_everybody_in_the_end,
    a_starved_socket_can_be_closed,
    a_dropped_receive_loses_nothing,
    a_fast_peer_leaves_turns_to_the_others,
    a_pool_of_one_small_buffer_works,
);

fn bytes_arrive_once_and_in_order(options: Options) {
    let sent = pattern(3_000_000);
    let want = sent.clone();
    let client = move |stream| {
        for piece in sent.chunks(7_919) {
            write(&stream, piece);
        }
    };
    let (_, got, _) = pair(&options, client, async |stream| receive_all(&stream).await);
    assert_same(&got, &want);
}

fn the_end_comes_after_unread_bytes(options: Options) {
    let (posted, mut ended) = shard::mailbox::mailbox(1);
    let client = move |stream: std::net::TcpStream| {
        write(&stream, &pattern(100_000));
        stream.shutdown(Shutdown::Write).expect("shutdown");
        posted.post(()).expect("post");
        assert_same(&read_all(&stream), b"done");
    };
    let (_, got, _) = pair(&options, client, async move |stream| {
        // One poll, so that the receive is armed and the rest comes before anybody looks.
        let early = poll_once(&mut Box::pin(stream.recv())).await;
        let mut got = early.map_or(Vec::new(), |chunk| {
            chunk.expect("recv").expect("bytes").to_vec()
        });
        ended.receive().await;
        got.extend(receive_all(&stream).await);
        for _ in 0..3 {
            assert!(stream.recv().await.expect("still the end").is_none());
        }
        stream
            .send(&b"done"[..])
            .await
            .expect("the other side is open");
        stream.finish(0).await.expect("finish");
        got
    });
    assert_same(&got, &pattern(100_000));
}

fn each_side_can_end_first(options: Options) {
    let client = |stream: std::net::TcpStream| {
        assert_same(&read_all(&stream), b"first");
        write(&stream, b"after your end");
        stream.shutdown(Shutdown::Write).expect("shutdown");
    };
    let (_, got, _) = pair(&options, client, async |stream| {
        stream.send(&b"first"[..]).await.expect("send");
        stream.shutdown_write().await.expect("shutdown");
        let got = receive_all(&stream).await;
        let refused = stream
            .send(&b"more"[..])
            .await
            .expect_err("it was shut down");
        assert_eq!(refused.raw_os_error(), Some(libc::EPIPE));
        got
    });
    assert_same(&got, b"after your end");
}

/// The greedy peer's handler looks away; the echo beside it must not notice.
fn a_slow_handler_holds_a_bounded_part_of_the_pool(options: Options) {
    const GREEDY_BYTES: usize = 6_000_000;
    let options = Options {
        recv_buffer_bytes: 4096,
        recv_buffers_max: 64,
        ..options
    };
    let (bound, address) = listener();
    let greedy = thread(move || write(&connect(address), &pattern(GREEDY_BYTES)));
    let (looked_away, turn_of_echo) = gate();
    let echo_client = thread(move || {
        turn_of_echo.pass();
        let stream = connect(address);
        for round in 0..200u32 {
            let sent = pattern(2_000 + round as usize);
            write(&stream, &sent);
            assert_same(&read_exactly(&stream, sent.len()), &sent);
        }
    });
    let (got, report) = shard(&options, async move || {
        let listener = bound.start().expect("a listener");
        let slow = listener.accept().await.expect("greedy");
        let mut got = receive(&slow, 1).await;
        // Until the kernel holds so many of its bytes that they could fill the pool.
        let turns = shard::report().turns;
        until("turns", || shard::report().turns > turns + 20).await;
        looked_away.send(()).expect("the echo client");
        let other = listener.accept().await.expect("echo");
        echo(other).await;
        got.extend(receive_all(&slow).await);
        (got, shard::report())
    })
    .0;
    join(greedy);
    join(echo_client);
    assert_same(&got, &pattern(GREEDY_BYTES));
    if options.io == shard::Io::Uring {
        assert!(report.driver.paused > 0, "{report:?}");
    }
    assert_eq!(
        report.driver.no_buffers, 0,
        "somebody ran short: {report:?}"
    );
}

/// Leases on the whole pool, and forty connections that all have bytes waiting.
fn a_short_pool_serves_everybody_in_the_end(options: Options) {
    const CLIENTS: usize = 40;
    const BYTES: usize = 60_000;
    let options = Options {
        recv_buffer_bytes: 4096,
        recv_buffers_max: 16,
        ..options
    };
    let (bound, address) = listener();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            thread(move || {
                let stream = connect(address);
                write(&stream, &pattern(BYTES));
                stream.shutdown(Shutdown::Write).expect("shutdown");
                assert_same(&read_all(&stream), b"all of it");
            })
        })
        .collect();
    let (_, report) = shard(&options, async move || {
        let listener = bound.start().expect("a listener");
        let held = Rc::new(RefCell::new(Vec::new()));
        let exact = Rc::new(Cell::new(0));
        for _ in 0..CLIENTS {
            let stream = listener.accept().await.expect("a connection");
            let (held, exact) = (held.clone(), exact.clone());
            spawn(async move {
                let first = stream.recv().await.expect("recv").expect("bytes");
                let mut got = first.to_vec();
                held.borrow_mut().push(first);
                got.extend(receive_all(&stream).await);
                assert_same(&got, &pattern(BYTES));
                exact.set(exact.get() + 1);
                stream.send(&b"all of it"[..]).await.expect("send");
                stream.finish(0).await.expect("finish");
            });
        }
        until("the pool is empty", || {
            shard::report().driver.no_buffers > 0
        })
        .await;
        assert!(
            exact.get() < 16,
            "the first sixteen leases are not given back"
        );
        // One by one, so that each return must be passed on.
        while exact.get() < CLIENTS {
            if held.borrow_mut().pop().is_none() {
                yield_now().await;
            }
        }
        quiet(1).await;
    });
    clients.into_iter().for_each(join);
    assert!(report.driver.no_buffers > 0);
}

fn a_starved_socket_can_be_closed(options: Options) {
    let options = Options {
        recv_buffer_bytes: 4096,
        recv_buffers_max: 4,
        ..options
    };
    let (bound, address) = listener();
    let (release, gate) = gate();
    let client = thread(move || {
        let streams: Vec<_> = (0..24).map(|_| connect(address)).collect();
        for stream in &streams {
            write(stream, &pattern(3_000));
        }
        gate.pass();
        let last = connect(address);
        write(&last, b"still there?");
        last.shutdown(Shutdown::Write).expect("shutdown");
        assert_same(&read_all(&last), b"still there?");
    });
    shard(&options, async move || {
        let listener = bound.start().expect("a listener");
        let mut streams = Vec::new();
        for _ in 0..24 {
            streams.push(listener.accept().await.expect("a connection"));
        }
        let mut held = Vec::new();
        for stream in &streams[..4] {
            held.push(stream.recv().await.expect("recv"));
        }
        for stream in &streams[4..] {
            let mut receive = Box::pin(stream.recv());
            assert!(poll_once(&mut receive).await.is_none(), "no buffer is left");
        }
        until("they run short", || shard::report().driver.no_buffers >= 20).await;
        streams.drain(4..);
        until("closed", || shard::report().sockets == 4).await;
        held.clear();
        drop(streams);
        release.send(()).expect("the client");
        echo(listener.accept().await.expect("the last")).await;
        quiet(1).await;
    });
    join(client);
}

fn a_dropped_receive_loses_nothing(options: Options) {
    let client = |stream| {
        for piece in pattern(200_000).chunks(1_000) {
            write(&stream, piece);
        }
    };
    let (_, got, _) = pair(&options, client, async |stream| {
        let mut got = Vec::new();
        loop {
            // Polled once and dropped, whatever it was up to.
            match poll_once(&mut Box::pin(stream.recv())).await {
                Some(chunk) => match chunk.expect("recv") {
                    Some(chunk) => got.extend_from_slice(&chunk),
                    None => break got,
                },
                None => yield_now().await,
            }
        }
    });
    assert_same(&got, &pattern(200_000));
}

/// A thousand receives can be answered at once; another task wants its turns in between.
fn a_fast_peer_leaves_turns_to_the_others(options: Options) {
    const BYTES: usize = 64_000;
    let options = Options {
        recv_buffer_bytes: 64,
        ..options
    };
    let (posted, mut written) = shard::mailbox::mailbox(1);
    let client = move |mut stream: std::net::TcpStream| {
        stream.write_all(&pattern(BYTES)).expect("write");
        posted.post(()).expect("post");
        read_all(&stream);
    };
    let (_, others, _) = pair(&options, client, async move |stream| {
        written.receive().await;
        let turns = Rc::new(Cell::new(0));
        let other = spawn({
            let turns = turns.clone();
            async move {
                loop {
                    turns.set(turns.get() + 1);
                    yield_now().await;
                }
            }
        });
        let got = receive(&stream, BYTES).await;
        other.cancel();
        assert_same(&got, &pattern(BYTES));
        turns.get()
    });
    assert!(others >= 12, "1,000 receives left only {others} turns");
}

fn a_pool_of_one_small_buffer_works(options: Options) {
    let options = Options {
        recv_buffer_bytes: 16,
        recv_buffers_max: 1,
        ..options
    };
    let client = |stream: std::net::TcpStream| {
        write(&stream, &pattern(5_000));
        stream.shutdown(Shutdown::Write).expect("shutdown");
        read_all(&stream)
    };
    let (echoed, _, _) = pair(&options, client, async |stream| {
        let mut chunks = 0;
        while let Some(chunk) = stream.recv().await.expect("recv") {
            stream.send(chunk.to_vec()).await.expect("send");
            chunks += 1;
        }
        assert!(chunks >= 5_000 / 16);
        stream.finish(0).await.expect("finish");
    });
    assert_same(&echoed, &pattern(5_000));
}
