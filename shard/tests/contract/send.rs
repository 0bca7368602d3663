//! Sending: partial sends, head and body, several tasks, and bytes that belong to the send.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use bytes::Bytes;
use shard::{Options, SendData, spawn, yield_now};

use crate::harness::*;

each_driver!(
    ten_megabytes_reach_a_slow_reader,
    head_and_body_are_one_whatever_their_sizes,
    a_second_post_comes_back_while_one_is_under_way,
    posted_bytes_outlive_their_future,
    tasks_that_share_a_stream_send_whole_messages,
    bytes_sent_tell_of_progress,
    a_fast_reader_leaves_turns_to_the_others,
);

/// Reads in small and odd pieces.
fn read_slowly(mut stream: std::net::TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = [0; 5_003];
    loop {
        match stream.read(&mut piece).expect("read") {
            0 => return bytes,
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn ten_megabytes_reach_a_slow_reader(options: Options) {
    let (bound, address) = listener();
    let client = thread(move || read_slowly(connect_narrow(address)));
    shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        stream.send(pattern(10_000_000)).await.expect("send");
        assert_eq!(stream.bytes_sent(), 10_000_000);
    });
    assert_same(&join(client), &pattern(10_000_000));
}

fn head_and_body_are_one_whatever_their_sizes(options: Options) {
    const SIZES: [usize; 8] = [0, 1, 2, 3, 1_447, 4_096, 70_001, 600_000];
    let (bound, address) = listener();
    let client = thread(move || read_slowly(connect_narrow(address)));
    let (want, _) = shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        let mut want = Vec::new();
        for head in SIZES {
            for body in SIZES {
                let bytes = pattern(head + body);
                want.extend_from_slice(&bytes);
                let (head, body) = bytes.split_at(head);
                let mut data = SendData::parts(head.to_vec(), Bytes::copy_from_slice(body));
                assert_eq!(data.len(), bytes.len());
                if head.len() == 3 {
                    data = data.and_more();
                }
                stream.send(data).await.expect("send");
            }
        }
        want
    });
    assert_same(&join(client), &want);
}

fn a_second_post_comes_back_while_one_is_under_way(options: Options) {
    let (open, gate) = gate();
    let client = move |stream| {
        gate.pass();
        read_all(&stream)
    };
    let (got, _, _) = pair(&options, client, async move |stream| {
        stream
            .post(pattern(9_000_000).into())
            .expect("nothing before");
        let back = stream.post(SendData::from(b"second".to_vec()));
        assert_eq!(back.expect_err("the first is under way").len(), 6);
        open.send(()).expect("the client");
        stream.sent().await.expect("the first");
        stream
            .post(SendData::from(b"third".to_vec()))
            .expect("free");
        stream.sent().await.expect("the third");
    });
    let want = [pattern(9_000_000), b"third".to_vec()].concat();
    assert_same(&got, &want);
}

/// The future of a send is dropped at once; the bytes go on, freed by nobody.
fn posted_bytes_outlive_their_future(options: Options) {
    let (bound, address) = listener();
    let client = thread(move || read_slowly(connect_narrow(address)));
    shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        let mut send = Box::pin(stream.send(pattern(5_000_000)));
        assert!(poll_once(&mut send).await.is_none(), "it does not fit");
        drop(send);
        // Memory that would now be handed out again, were it free.
        let noise: Vec<Vec<u8>> = (0..5).map(|n| vec![n; 1_000_000]).collect();
        stream.sent().await.expect("sent");
        drop(noise);
    });
    assert_same(&join(client), &pattern(5_000_000));
}

fn tasks_that_share_a_stream_send_whole_messages(options: Options) {
    const TASKS: u8 = 6;
    const ROUNDS: usize = 4;
    const MESSAGE: usize = 300_000;
    let (bound, address) = listener();
    let client = thread(move || read_slowly(connect_narrow(address)));
    shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        let stream = Rc::new(stream);
        let tasks: Vec<_> = (0..TASKS)
            .map(|number| {
                let stream = stream.clone();
                spawn(async move {
                    for _ in 0..ROUNDS {
                        stream.send(vec![number; MESSAGE]).await.expect("send");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.over().await;
        }
    });
    let got = join(client);
    let mut counts = [0; TASKS as usize];
    for message in got.chunks(MESSAGE) {
        assert!(
            message.iter().all(|byte| *byte == message[0]),
            "interleaved"
        );
        counts[usize::from(message[0])] += 1;
    }
    assert_eq!(counts, [ROUNDS; TASKS as usize]);
}

fn bytes_sent_tell_of_progress(options: Options) {
    const BYTES: u64 = 8_000_000;
    let (open, gate) = gate();
    let client = move |stream| {
        gate.pass();
        read_all(&stream).len() as u64
    };
    let (got, _, _) = pair(&options, client, async move |stream| {
        assert_eq!(stream.bytes_sent(), 0);
        stream.post(pattern(BYTES as usize).into()).expect("free");
        yield_now().await;
        let stuck = stream.bytes_sent();
        assert!(stuck < BYTES, "nobody reads");
        open.send(()).expect("the client");
        until("progress", || stream.bytes_sent() > stuck).await;
        stream.sent().await.expect("sent");
        assert_eq!(stream.bytes_sent(), BYTES);
    });
    assert_eq!(got, BYTES);
}

/// Small sends into an empty socket never wait; another task wants its turns in between.
fn a_fast_reader_leaves_turns_to_the_others(options: Options) {
    const SENDS: usize = 2_000;
    let client = |stream| read_all(&stream).len();
    let (got, others, _) = pair(&options, client, async |stream| {
        let turns = Rc::new(Cell::new(0));
        spawn({
            let turns = turns.clone();
            async move {
                loop {
                    turns.set(turns.get() + 1);
                    yield_now().await;
                }
            }
        });
        for _ in 0..SENDS {
            stream.send(&b"tick"[..]).await.expect("send");
        }
        turns.get()
    });
    assert_eq!(got, SENDS * 4);
    assert!(others >= 20, "{SENDS} sends left only {others} turns");
}
