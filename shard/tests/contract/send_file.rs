//! Sending files: exact bytes, in order with what was posted, and never one that is not there.

use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::rc::Rc;

use bytes::Bytes;
use shard::time::sleep;
use shard::{Options, SendData, spawn};

use super::files::{cool, opened};
use crate::harness::*;

each_driver!(
    every_size_is_exact,
    any_part_of_a_file_can_be_sent,
    a_file_follows_its_head,
    a_slow_reader_gets_all_of_it,
    a_file_that_shrinks_is_an_error_and_never_padded,
    a_cold_file_is_sent_exactly,
    a_peer_that_leaves_ends_the_transfer_only,
    transfers_take_turns,
    the_send_queue_empties_when_the_peer_reads,
    a_dropped_transfer_leaves_a_prefix,
);

const MIB: usize = 1024 * 1024;

/// Reads in small and odd pieces.
fn read_slowly(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = [0; 9_001];
    loop {
        match stream.read(&mut piece).expect("read") {
            0 => return bytes,
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn every_size_is_exact(options: Options) {
    const SIZES: [usize; 9] = [
        0,
        1,
        4_095,
        4_096,
        4_097,
        2 * MIB - 1,
        2 * MIB,
        2 * MIB + 1,
        5_000_000,
    ];
    let scratch = Scratch::new();
    let bytes = pattern(5_000_000);
    let files = SIZES.map(|size| opened(&scratch.file(&size.to_string(), &bytes[..size])));
    let client = |stream| SIZES.map(|size| read_exactly(&stream, size + 1));
    let (got, _, _) = pair(&options, client, async move |stream| {
        for (file, size) in files.iter().zip(SIZES) {
            let sent = Cell::new(0);
            let progress = |count| sent.set(sent.get() + count);
            let whole = stream.send_file(file, 0, size as u64, progress).await;
            whole.expect("send_file");
            assert_eq!(sent.get(), size as u64);
            // So that a byte too many or too few shows where it is.
            stream.send(&b"|"[..]).await.expect("send");
        }
        stream.finish(0).await.expect("finish");
    });
    for (got, size) in got.iter().zip(SIZES) {
        assert_same(&got[..size], &bytes[..size]);
        assert_eq!(got[size], b'|');
    }
}

fn any_part_of_a_file_can_be_sent(options: Options) {
    const LENGTH: usize = 3 * MIB;
    const PARTS: [(usize, usize); 8] = [
        (0, 0),
        (1, 1),
        (4_095, 2),
        (2 * MIB - 1, 3),
        (1_000_003, 1_500_007),
        (5, 2 * MIB + 9),
        (LENGTH - 1, 1),
        (LENGTH, 0),
    ];
    let scratch = Scratch::new();
    let bytes = pattern(LENGTH);
    let file = opened(&scratch.file("file", &bytes));
    let client = |stream| read_all(&stream);
    let (got, _, _) = pair(&options, client, async move |stream| {
        for (offset, length) in PARTS {
            let part = stream.send_file(&file, offset as u64, length as u64, |_| {});
            part.await.expect("send_file");
        }
    });
    let want = PARTS.map(|(offset, length)| &bytes[offset..offset + length]);
    assert_same(&got, &want.concat());
}

/// The head is only posted, and larger than the socket takes at once.
fn a_file_follows_its_head(options: Options) {
    const HEADS: [usize; 4] = [1, 200, 70_000, 5_000_000];
    let scratch = Scratch::new();
    let (bound, address) = listener();
    let client = thread(move || read_slowly(connect_narrow(address)));
    let (want, _) = shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        let mut want = Vec::new();
        for (number, head) in HEADS.into_iter().enumerate() {
            let bytes = pattern(head + 100_000 * number);
            let (head, body) = bytes.split_at(head);
            let file = opened(&scratch.file("file", body));
            let posted = SendData::parts(head.to_vec(), Bytes::new()).and_more();
            stream.post(posted).expect("nothing is under way");
            let length = body.len() as u64;
            let sent = stream.send_file(&file, 0, length, |_| {}).await;
            sent.expect("send_file");
            want.extend_from_slice(&bytes);
        }
        want
    });
    assert_same(&join(client), &want);
}

fn a_slow_reader_gets_all_of_it(options: Options) {
    const LENGTH: usize = 5_000_000;
    let scratch = Scratch::new();
    let file = opened(&scratch.file("file", &pattern(LENGTH)));
    let (bound, address) = listener();
    let client = thread(move || read_slowly(connect_narrow(address)));
    shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        let pieces = RefCell::new(Vec::new());
        let progress = |count| pieces.borrow_mut().push(count);
        let sent = stream.send_file(&file, 0, LENGTH as u64, progress).await;
        sent.expect("send_file");
        let pieces = pieces.into_inner();
        assert!(pieces.len() > 3, "the reader was not slow: {pieces:?}");
        assert!(pieces.iter().all(|count| *count > 0));
        assert_eq!(pieces.iter().sum::<u64>(), LENGTH as u64);
    });
    assert_same(&join(client), &pattern(LENGTH));
}

/// It shrinks before it is sent (once) and while it is (once); what was there is sent, no more.
fn a_file_that_shrinks_is_an_error_and_never_padded(options: Options) {
    const LENGTH: usize = 8 * MIB;
    // More than the first window, so that no page under way is touched.
    const LEFT: usize = 3 * MIB;
    for while_sending in [false, true] {
        let scratch = Scratch::new();
        let path = scratch.file("file", &pattern(LENGTH));
        let file = opened(&path);
        let client = |stream| read_all(&stream);
        let (got, _, _) = pair(&options, client, async move |stream| {
            let shrink = || {
                let writable = std::fs::File::options().write(true).open(&path);
                let shrunk = writable.expect("open").set_len(LEFT as u64);
                shrunk.expect("shrink");
            };
            if !while_sending {
                shrink();
            }
            let mut sent = 0;
            let transfer = stream.send_file(&file, 0, LENGTH as u64, |count| {
                if sent == 0 && while_sending {
                    shrink();
                }
                sent += count;
            });
            let error = transfer.await.expect_err("the rest is missing");
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
            assert_eq!(sent, LEFT as u64);
        });
        assert_same(&got, &pattern(LEFT));
    }
}

fn a_cold_file_is_sent_exactly(options: Options) {
    const LENGTH: usize = 5_000_000;
    let scratch = Scratch::new();
    let path = scratch.file("file", &pattern(LENGTH));
    let client = |stream| read_all(&stream);
    let (got, _, _) = pair(&options, client, async move |stream| {
        // A file that was just opened is not taken to be warm.
        for (offset, length) in [(0, LENGTH), (3_000_001, 1_000_007)] {
            cool(&path);
            let (offset, length) = (offset as u64, length as u64);
            let file = opened(&path);
            let sent = stream.send_file(&file, offset, length, |_| {});
            sent.await.expect("send_file");
        }
    });
    let bytes = pattern(LENGTH);
    let want = [&bytes[..], &bytes[3_000_001..4_000_008]].concat();
    assert_same(&got, &want);
}

fn a_peer_that_leaves_ends_the_transfer_only(options: Options) {
    const LENGTH: usize = 20 * MIB;
    let scratch = Scratch::new();
    let file = opened(&scratch.file("file", &pattern(LENGTH)));
    let (bound, address) = listener();
    let client = thread(move || {
        for with_reset in [true, false] {
            let stream = connect_narrow(address);
            assert_same(&read_exactly(&stream, 100_000), &pattern(100_000));
            if with_reset {
                reset(stream);
            }
        }
        let last = connect(address);
        write(&last, b"still there?");
        assert_same(&read_exactly(&last, 12), b"still there?");
    });
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        for _ in 0..2 {
            let stream = listener.accept().await.expect("a connection");
            let sent = stream.send_file(&file, 0, LENGTH as u64, |_| {}).await;
            let error = sent.expect_err("the peer has left").raw_os_error();
            assert!(matches!(error, Some(libc::EPIPE | libc::ECONNRESET)));
        }
        echo(listener.accept().await.expect("the last")).await;
        drop(listener);
        quiet(0).await;
    });
    join(client);
}

/// However much the sockets take, a transfer sends one window a turn.
fn transfers_take_turns(options: Options) {
    const LENGTH: usize = 16 * MIB;
    const WINDOW: u64 = 2 * MIB as u64;
    let scratch = Scratch::new();
    let file = opened(&scratch.file("file", &pattern(LENGTH)));
    let (bound, address) = listener();
    let clients = [(); 2].map(|()| thread(move || read_all(&connect(address))));
    let (pieces, _) = shard(&options, async move || {
        let listener = bound.start().expect("listen");
        let pieces = Rc::new(RefCell::new(Vec::new()));
        let streams = [listener.accept().await, listener.accept().await];
        let transfers = streams.map(Result::unwrap).into_iter().enumerate();
        let tasks: Vec<_> = transfers
            .map(|(number, stream)| {
                let (pieces, file) = (pieces.clone(), file.clone());
                spawn(async move {
                    let progress = |count| {
                        let turn = shard::report().turns;
                        pieces.borrow_mut().push((number, turn, count));
                    };
                    let sent = stream.send_file(&file, 0, LENGTH as u64, progress).await;
                    sent.expect("send_file");
                })
            })
            .collect();
        for task in tasks {
            task.over().await;
        }
        pieces.take()
    });
    let changes = pieces.windows(2).filter(|pair| pair[0].0 != pair[1].0);
    assert!(changes.count() >= 2, "one after the other: {pieces:?}");
    for turn in pieces.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let sent: u64 = turn.iter().map(|piece| piece.2).sum();
        assert!(sent <= WINDOW, "more than a window: {turn:?}");
    }
    let want = pattern(LENGTH);
    for client in clients {
        assert_same(&join(client), &want);
    }
}

fn the_send_queue_empties_when_the_peer_reads(options: Options) {
    const LENGTH: usize = 300_000;
    let scratch = Scratch::new();
    let file = opened(&scratch.file("file", &pattern(LENGTH)));
    let (bound, address) = listener();
    let (open, gate) = gate();
    let client = thread(move || {
        let stream = connect_narrow(address);
        gate.pass();
        assert_same(&read_exactly(&stream, LENGTH), &pattern(LENGTH));
        stream
    });
    shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        assert_eq!(stream.unacknowledged().await.expect("ioctl"), 0);
        let sent = stream.send_file(&file, 0, LENGTH as u64, |_| {}).await;
        sent.expect("send_file");
        let queued = stream.unacknowledged().await.expect("ioctl");
        assert!(queued > 0 && queued <= LENGTH as u64, "{queued}");
        open.send(()).expect("the client");
        // The harness ends it where it never comes.
        while stream.unacknowledged().await.expect("ioctl") > 0 {
            sleep(std::time::Duration::from_millis(1)).await;
        }
    });
    join(client);
}

/// The future is dropped where it waits for the reader; the stream goes on with other bytes.
fn a_dropped_transfer_leaves_a_prefix(options: Options) {
    const LENGTH: usize = 20 * MIB;
    let scratch = Scratch::new();
    let file = opened(&scratch.file("file", &pattern(LENGTH)));
    let (bound, address) = listener();
    let (open, gate) = gate();
    let client = thread(move || {
        let stream = connect_narrow(address);
        gate.pass();
        read_slowly(stream)
    });
    let (sent, _) = shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        let sent = Cell::new(0);
        let progress = |count| sent.set(sent.get() + count);
        let transfer = stream.send_file(&file, 0, LENGTH as u64, progress);
        let limit = std::time::Duration::from_millis(100);
        let cut = shard::time::timeout(limit, transfer).await;
        cut.expect_err("nobody reads");
        open.send(()).expect("the client");
        stream.send(&b"|"[..]).await.expect("send");
        sent.get() as usize
    });
    let got = join(client);
    assert!(sent < LENGTH);
    assert_same(&got, &[&pattern(sent)[..], b"|"].concat());
}
