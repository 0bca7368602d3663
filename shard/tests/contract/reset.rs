//! A peer that resets, at every stage of a connection: an error for that connection, nothing for
//! anybody else.

use std::io::{Read, Write};
use std::net::TcpStream;

use shard::Options;
use shard::net::Stream;

use crate::harness::*;

each_driver!(
    before_it_is_accepted,
    while_receiving,
    while_sending,
    while_a_file_is_sent,
    while_finishing,
    while_nothing_is_asked,
);

/// Runs `server` on a connection that its peer resets when `ready` is told, then shows that the
/// shard still serves.
fn with_reset<S: 'static>(
    options: &Options,
    before: impl FnOnce(&mut TcpStream) + Send + 'static,
    server: impl AsyncFnOnce(Stream, std::sync::mpsc::Sender<()>) -> S + 'static,
) -> S {
    let (bound, address) = listener();
    let (ready, gate) = gate();
    let client = thread(move || {
        let mut stream = connect_narrow(address);
        before(&mut stream);
        gate.pass();
        reset(stream);
        let next = connect(address);
        write(&next, b"next");
        assert_same(&read_exactly(&next, 4), b"next");
    });
    let (served, _) = shard(options, async move || {
        let listener = bound.start().expect("listen");
        let stream = listener.accept().await.expect("the first");
        let served = server(stream, ready).await;
        echo(listener.accept().await.expect("the next")).await;
        quiet(1).await;
        served
    });
    join(client);
    served
}

/// The codes of a connection that the peer has reset.
#[track_caller]
fn assert_reset(error: &std::io::Error) {
    let code = error.raw_os_error();
    assert!(
        matches!(code, Some(libc::ECONNRESET | libc::EPIPE)),
        "{error:?}"
    );
}

fn before_it_is_accepted(options: Options) {
    let (bound, address) = listener();
    for _ in 0..20 {
        let stream = connect(address);
        write(&stream, b"never mind");
        reset(stream);
    }
    let client = thread(move || {
        let stream = connect(address);
        write(&stream, b"me");
        assert_same(&read_exactly(&stream, 2), b"me");
    });
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        let mut resets = 0;
        loop {
            let stream = listener.accept().await.expect("the listener is well");
            let first = stream.recv().await;
            if matches!(&first, Ok(Some(bytes)) if **bytes == *b"me") {
                stream.send(&b"me"[..]).await.expect("send");
                break;
            }
            // What came before the reset may be read, and then there is an error, not an end.
            let error = match first {
                Ok(bytes) => {
                    assert_same(&bytes.expect("no end of stream"), b"never mind");
                    stream.recv().await.expect_err("reset")
                }
                Err(error) => error,
            };
            assert_reset(&error);
            assert!(stream.peer().await.is_err(), "nobody is there");
            resets += 1;
        }
        assert!(resets <= 20);
        quiet(1).await;
    });
    join(client);
}

fn while_receiving(options: Options) {
    let error = with_reset(
        &options,
        |_| {},
        async |stream, ready| {
            let mut receive = Box::pin(stream.recv());
            assert!(poll_once(&mut receive).await.is_none());
            ready.send(()).expect("the client");
            let error = receive.await.expect_err("reset");
            let again = stream.recv().await.expect_err("still reset");
            assert_reset(&again);
            error
        },
    );
    assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
}

fn while_sending(options: Options) {
    with_reset(
        &options,
        |_| {},
        async |stream, ready| {
            let mut send = Box::pin(stream.send(pattern(20_000_000)));
            assert!(poll_once(&mut send).await.is_none(), "it does not fit");
            ready.send(()).expect("the client");
            assert_reset(&send.await.expect_err("reset"));
            assert_reset(&stream.sent().await.expect_err("the first error stays"));
            assert_reset(
                &stream
                    .send(&b"x"[..])
                    .await
                    .expect_err("and for every send"),
            );
            assert!(stream.bytes_sent() < 20_000_000);
        },
    );
}

fn while_a_file_is_sent(options: Options) {
    let scratch = Scratch::new();
    let path = scratch.file("file", &pattern(20_000_000));
    let read_a_little = |stream: &mut TcpStream| {
        stream.read_exact(&mut [0; 1_000]).expect("the beginning");
    };
    let sent = with_reset(&options, read_a_little, async move |stream, ready| {
        let file = shard::fs::File::from(std::fs::File::open(path).expect("open"));
        let mut sent = 0;
        let mut ready = Some(ready);
        let result = stream
            .send_file(&file, 0, 20_000_000, |count| {
                sent += count;
                if let Some(ready) = ready.take() {
                    ready.send(()).expect("the client");
                }
            })
            .await;
        assert_reset(&result.expect_err("reset"));
        sent
    });
    assert!(sent < 20_000_000);
}

fn while_finishing(options: Options) {
    let write_some = |stream: &mut TcpStream| stream.write_all(b"some").expect("write");
    with_reset(&options, write_some, async |stream, ready| {
        stream.post(vec![1; 100].into()).expect("free");
        let mut finish = Box::pin(stream.finish(1_000_000));
        assert!(poll_once(&mut finish).await.is_none());
        ready.send(()).expect("the client");
        // The shutdown may find out first, in its own words.
        let error = finish.await.expect_err("reset");
        if error.raw_os_error() != Some(libc::ENOTCONN) {
            assert_reset(&error);
        }
    });
}

fn while_nothing_is_asked(options: Options) {
    with_reset(
        &options,
        |_| {},
        async |stream, ready| {
            ready.send(()).expect("the client");
            until("the peer is gone", || {
                futures_free_check(&stream);
                shard::report().turns > 50
            })
            .await;
            drop(stream);
        },
    );
}

/// Posting into a connection that may be gone is never a panic, whatever it answers.
fn futures_free_check(stream: &Stream) {
    let _ = stream.post(b"x".to_vec().into());
    let _ = stream.bytes_sent();
}
