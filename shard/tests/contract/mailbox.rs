//! The mailbox: bounded, in order, waking across threads, and closed from both ends.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use shard::mailbox::{PostError, mailbox};
use shard::time::timeout;
use shard::{Options, spawn, yield_now};

use crate::harness::*;

each_driver!(
    a_hundred_thousand_messages_arrive_in_each_senders_order,
    a_sleeping_shard_wakes_for_every_message,
    a_full_mailbox_gives_the_message_back,
    it_closes_from_both_ends,
    a_dropped_receive_loses_no_message,
    fast_senders_leave_turns_to_the_others,
);

fn a_hundred_thousand_messages_arrive_in_each_senders_order(options: Options) {
    const SENDERS: usize = 4;
    const EACH: u32 = 25_000;
    let (sender, mut mailbox) = mailbox::<(usize, u32)>(64);
    let threads: Vec<_> = (0..SENDERS)
        .map(|number| {
            let sender = sender.clone();
            thread(move || {
                for count in 0..EACH {
                    let mut message = (number, count);
                    while let Err(refused) = sender.post(message) {
                        let PostError::Full(back) = refused else {
                            panic!("closed");
                        };
                        message = back;
                        std::thread::yield_now();
                    }
                }
            })
        })
        .collect();
    drop(sender);
    shard(&options, async move || {
        let mut next = [0; SENDERS];
        while let Some((number, count)) = mailbox.receive().await {
            assert_eq!(count, next[number], "sender {number}");
            next[number] += 1;
        }
        assert_eq!(next, [EACH; SENDERS]);
    });
    threads.into_iter().for_each(join);
}

/// One message at a time, each sent only when the last was heard: a wake lost is a hang.
fn a_sleeping_shard_wakes_for_every_message(options: Options) {
    let (sender, mut mailbox) = mailbox::<u32>(1);
    let (heard, gate) = gate();
    let client = thread(move || {
        for number in 0..5_000 {
            sender.post(number).expect("room");
            gate.pass();
        }
    });
    shard(&options, async move || {
        let mut count = 0;
        while let Some(number) = mailbox.receive().await {
            assert_eq!(number, count);
            count += 1;
            heard.send(()).expect("the sender");
        }
        assert_eq!(count, 5_000);
    });
    join(client);
}

fn a_full_mailbox_gives_the_message_back(options: Options) {
    let (sender, mut mailbox) = mailbox::<String>(2);
    sender.post("one".to_owned()).expect("room");
    sender.post("two".to_owned()).expect("room");
    let full = sender.post("three".to_owned());
    assert_eq!(full, Err(PostError::Full("three".to_owned())));
    shard(&options, async move || {
        assert_eq!(mailbox.receive().await.as_deref(), Some("one"));
        sender.post("three".to_owned()).expect("room again");
        assert_eq!(mailbox.receive().await.as_deref(), Some("two"));
        assert_eq!(mailbox.receive().await.as_deref(), Some("three"));
    });
}

fn it_closes_from_both_ends(options: Options) {
    let (sender, mut receiving) = mailbox::<u8>(8);
    drop((sender.clone(), sender));
    let (closed, told) = gate();
    let (orphan, dropped) = mailbox::<u8>(8);
    let waiting = thread(move || {
        told.pass();
        orphan.post(7)
    });
    shard(&options, async move || {
        assert!(receiving.receive().await.is_none());
        assert!(receiving.receive().await.is_none());
        drop(dropped);
        closed.send(()).expect("the sender");
    });
    assert_eq!(join(waiting), Err(PostError::Closed(7)));
    // Closed while the receiver waits.
    let (sender, mut mailbox) = mailbox::<u8>(8);
    let (waits, gate) = gate();
    let client = thread(move || {
        gate.pass();
        drop(sender);
    });
    shard(&options, async move || {
        let mut receive = Box::pin(mailbox.receive());
        assert!(poll_once(&mut receive).await.is_none());
        waits.send(()).expect("the sender");
        assert!(receive.await.is_none());
    });
    join(client);
}

fn a_dropped_receive_loses_no_message(options: Options) {
    let (sender, mut mailbox) = mailbox::<u32>(16);
    let client = thread(move || {
        for mut number in 0..2_000 {
            while let Err(PostError::Full(back)) = sender.post(number) {
                number = back;
                std::thread::yield_now();
            }
        }
    });
    shard(&options, async move || {
        let mut next = 0;
        loop {
            match timeout(Duration::from_micros(1), mailbox.receive()).await {
                Ok(Some(number)) => {
                    assert_eq!(number, next);
                    next += 1;
                }
                Ok(None) => break,
                Err(_) => {}
            }
        }
        assert_eq!(next, 2_000);
    });
    join(client);
}

fn fast_senders_leave_turns_to_the_others(options: Options) {
    const MESSAGES: usize = 20_000;
    let (sender, mut mailbox) = mailbox::<usize>(MESSAGES);
    for number in 0..MESSAGES {
        sender.post(number).expect("room");
    }
    shard(&options, async move || {
        let turns = Rc::new(Cell::new(0));
        let other = turns.clone();
        spawn(async move {
            loop {
                other.set(other.get() + 1);
                yield_now().await;
            }
        });
        for number in 0..MESSAGES {
            assert_eq!(mailbox.receive().await, Some(number));
        }
        let turns = turns.get();
        assert!(turns > 100, "{MESSAGES} messages left only {turns} turns");
        drop(sender);
    });
}
