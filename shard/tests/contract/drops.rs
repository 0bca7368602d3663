//! Any future may be dropped at any await point: nothing is freed too early, nothing stays.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use shard::fs::{Directory, Symlinks};
use shard::net::{ConnectOptions, Listener, Stream};
use shard::time::{sleep, timeout};
use shard::{Options, SendData};

use crate::harness::*;

each_driver!(
    a_conversation_can_be_dropped_at_every_await_point,
    one_side_of_a_conversation_can_be_dropped_at_every_await_point,
    a_connect_under_way_can_be_dropped,
    a_file_under_way_can_be_dropped_and_sent_again,
);

const FILE_BYTES: usize = 1_200_000;

/// What a conversation needs, shared by all rounds.
struct Place {
    listener: Listener,
    address: std::net::SocketAddr,
    directory: Directory,
}

/// A client: connects, asks in two pieces, takes the answer whole.
async fn ask(place: Rc<Place>) {
    let connect = ConnectOptions::default();
    let stream = Stream::connect(place.address, &connect).await;
    let stream = stream.expect("connect");
    stream.send(pattern(150_000)).await.expect("send");
    let parts = SendData::parts(pattern(10), pattern(50).into());
    stream.send(parts).await.expect("send");
    stream.shutdown_write().await.expect("shutdown");
    let got = receive_all(&stream).await;
    assert_same(&got[..FILE_BYTES], &pattern(FILE_BYTES));
    assert_same(&got[FILE_BYTES..], &pattern(700_000));
}

/// A server: takes the question, answers with a file and with bytes, finishes.
async fn answer(place: Rc<Place>) {
    let stream = place.listener.accept().await.expect("accept");
    stream.peer().await.expect("peer");
    let got = receive_all(&stream).await;
    assert_eq!(got.len(), 150_060);
    let file = place.directory.open(c"file", Symlinks::Inside).await;
    let file = file.expect("open");
    file.warm(0, 4096).await.expect("warm");
    sleep(Duration::from_micros(100)).await;
    let sent = stream.send_file(&file, 0, FILE_BYTES as u64, |_| {}).await;
    sent.expect("the file");
    let half = timeout(Duration::from_nanos(1), stream.send(pattern(700_000))).await;
    drop(half);
    stream.sent().await.expect("what was started goes on");
    stream.finish(1_000).await.expect("finish");
}

/// Polls `future` `polls` times at most and then drops it where it stands; whether it got done.
async fn cut(mut future: Pin<Box<dyn Future<Output = ()>>>, polls: usize) -> bool {
    let mut polled = 0;
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(false);
        }
        polled += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            // Dropped at once, not when something has come of it.
            Poll::Pending if polled == polls => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

fn place_in(scratch: &Scratch) -> (shard::net::BoundListener, std::net::SocketAddr, Directory) {
    scratch.file("file", &pattern(FILE_BYTES));
    let (bound, address) = listener();
    let directory = Directory::open_root(scratch.path()).expect("directory");
    (bound, address, directory)
}

fn a_conversation_can_be_dropped_at_every_await_point(options: Options) {
    let scratch = Scratch::new();
    let (bound, address, directory) = place_in(&scratch);
    let (points, _) = shard(&options, async move || {
        let place = Rc::new(Place {
            listener: bound.start().expect("listen"),
            address,
            directory,
        });
        for polls in 0.. {
            let (asking, answering) = (ask(place.clone()), answer(place.clone()));
            let whole = Box::pin(async move {
                both(asking, answering).await;
            });
            let done = cut(whole, polls).await;
            drain(&place).await;
            if done {
                return polls;
            }
        }
        unreachable!("some number of polls is enough");
    });
    assert!(points > 4, "only {points} points were cut at");
}

/// Here the other side lives on and must come to an end by itself, with an error or without.
fn one_side_of_a_conversation_can_be_dropped_at_every_await_point(options: Options) {
    let scratch = Scratch::new();
    let (bound, address, directory) = place_in(&scratch);
    let (points, _) = shard(&options, async move || {
        let place = Rc::new(Place {
            listener: bound.start().expect("listen"),
            address,
            directory,
        });
        for polls in 0.. {
            let asking = tolerant_ask(place.clone());
            let answering = Box::pin(answer(place.clone()));
            let (asked, done) = both(asking, cut(answering, polls)).await;
            if done {
                assert_eq!(asked, FILE_BYTES + 700_000, "after {polls} polls");
            }
            drain(&place).await;
            if done {
                return polls;
            }
        }
        unreachable!("some number of polls is enough");
    });
    assert!(points > 4, "only {points} points were cut at");
}

/// As [`ask`], for an answer that may end early; how many bytes of it came.
async fn tolerant_ask(place: Rc<Place>) -> usize {
    let connect = ConnectOptions::default();
    let stream = Stream::connect(place.address, &connect).await;
    let stream = stream.expect("the listener stays");
    let question = async {
        stream.send(pattern(150_060)).await?;
        stream.shutdown_write().await
    };
    let mut got = 0;
    if question.await.is_ok() {
        let limit = Duration::from_millis(200);
        while let Ok(Ok(Some(chunk))) = timeout(limit, stream.recv()).await {
            got += chunk.len();
        }
    }
    got
}

/// Takes what a cut conversation left in the listener's queue, and waits for quiet.
async fn drain(place: &Place) {
    let few = Duration::from_millis(1);
    while timeout(few, place.listener.accept()).await.is_ok() {}
    // The accept itself stays armed.
    quiet(1).await;
}

/// A listener with a full queue answers no more: the connects hang until they are given up.
fn a_connect_under_way_can_be_dropped(options: Options) {
    let (bound, address) = listener();
    shard(&options, async move || {
        let listener = bound.start().expect("listen");
        listener.shrink_backlog().expect("shrink");
        let connect = ConnectOptions::default();
        let mut hanging = Vec::new();
        for _ in 0..30 {
            let mut attempt = Box::pin(Stream::connect(address, &connect));
            let limit = Duration::from_millis(5);
            if timeout(limit, attempt.as_mut()).await.is_err() {
                hanging.push(attempt);
            }
        }
        assert!(hanging.len() > 20, "{} hang", hanging.len());
        drop(hanging);
        drop(listener);
        quiet(0).await;
    });
}

fn a_file_under_way_can_be_dropped_and_sent_again(options: Options) {
    const LONG_BYTES: usize = 9_000_000;
    let scratch = Scratch::new();
    let path = scratch.file("file", &pattern(LONG_BYTES));
    let (bound, address) = listener();
    let (release, gate) = gate();
    let client = thread(move || {
        let stream = connect_narrow(address);
        gate.pass();
        read_all(&stream)
    });
    let (sent, _) = shard(&options, async move || {
        let stream = bound.start().expect("listen").accept().await.expect("one");
        let file = shard::fs::File::from(std::fs::File::open(path).expect("open"));
        let mut sent = 0;
        // The peer takes nothing: every attempt ends up waiting to write.
        for _ in 0..200 {
            let left = LONG_BYTES as u64 - sent;
            let mut counted = 0;
            let attempt = stream.send_file(&file, sent, left, |count| counted += count);
            let cut_off = timeout(Duration::from_micros(300), attempt).await;
            assert!(cut_off.is_err(), "the peer takes nothing");
            sent += counted;
        }
        until("abandoned polls end", || shard::report().in_flight <= 1).await;
        release.send(()).expect("the client");
        let left = LONG_BYTES as u64 - sent;
        let rest = stream.send_file(&file, sent, left, |_| {}).await;
        rest.expect("the rest");
        sent
    });
    assert!(sent < LONG_BYTES as u64);
    assert_same(&join(client), &pattern(LONG_BYTES));
}
