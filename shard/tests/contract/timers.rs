//! Timers: never early, in order, pushed back and cancelled for nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use shard::time::{Elapsed, Timer, sleep, sleep_until, sleep_until_exactly, timeout};
use shard::{Options, spawn, yield_now};

use crate::harness::*;

each_driver!(
    thousands_fire_in_order_and_never_early,
    a_timer_is_pushed_back_and_pulled_forward,
    a_disarmed_timer_lets_the_shard_sleep,
    a_dropped_timer_wakes_nobody,
    a_limit_cuts_a_receive_and_the_next_one_works,
    a_timer_of_the_past_fires_at_once,
    the_farthest_future_does_not_hold_the_shard,
    alarms_come_in_order_and_never_early,
    a_dropped_alarm_wakes_nobody,
    gathering_completions_delays_no_timer_and_loses_nothing,
);

fn thousands_fire_in_order_and_never_early(options: Options) {
    const TIMERS: u64 = 5_000;
    shard(&options, async || {
        let fired = Rc::new(RefCell::new(Vec::new()));
        // Late enough that all are armed before the first is due, on the slowest machine: what
        // is overdue when it is armed fires at once, whatever its order.
        let first = Instant::now() + Duration::from_secs(1);
        for number in 0..TIMERS {
            let fired = fired.clone();
            // Out of order, over 300 ms.
            let deadline = first + Duration::from_micros(number * 7_919 % 300_000);
            spawn(async move {
                sleep_until(deadline).await;
                let now = Instant::now();
                assert!(now >= deadline, "early by {:?}", deadline - now);
                fired.borrow_mut().push(deadline);
            });
        }
        until("all fired", || fired.borrow().len() == TIMERS as usize).await;
        let fired = fired.borrow();
        // Within a tick of 66 µs and a turn, deadlines may swap.
        let late = fired
            .windows(2)
            .filter(|pair| pair[0] > pair[1] + Duration::from_millis(1));
        assert_eq!(late.count(), 0, "out of order");
    });
}

fn a_timer_is_pushed_back_and_pulled_forward(options: Options) {
    shard(&options, async || {
        let timer = Timer::new();
        let began = Instant::now();
        timer.arm_in(Duration::from_millis(5));
        for _ in 0..30 {
            timer.arm_in(Duration::from_millis(5));
            let early = timeout(Duration::from_millis(1), timer.fired()).await;
            assert!(early.is_err() || began.elapsed() > Duration::from_millis(5));
        }
        timer.arm_in(Duration::from_secs(3_600));
        timer.arm_in(Duration::from_millis(2));
        timer.fired().await;
        assert!(began.elapsed() < DEADLINE / 2, "pulled forward");
        // It has fired, and stays so until it is armed again.
        timer.fired().await;
        timer.arm_in(Duration::from_millis(3));
        let rearmed = Instant::now();
        timer.fired().await;
        assert!(rearmed.elapsed() >= Duration::from_millis(2));
    });
}

fn a_disarmed_timer_lets_the_shard_sleep(options: Options) {
    shard(&options, async || {
        let timer = Timer::new();
        timer.arm_in(Duration::from_millis(1));
        timer.disarm();
        let limit = Duration::from_millis(50);
        let before = shard::report().turns;
        let fired = timeout(limit, timer.fired()).await;
        assert_eq!(fired, Err(Elapsed));
        let turns = shard::report().turns - before;
        assert!(turns < 30, "{turns} turns to wait for 50 ms");
    });
}

fn a_dropped_timer_wakes_nobody(options: Options) {
    shard(&options, async || {
        for _ in 0..3_000 {
            let mut sleeping = Box::pin(sleep(Duration::from_millis(2)));
            assert!(poll_once(&mut sleeping).await.is_none());
        }
        let before = shard::report().turns;
        sleep(Duration::from_millis(20)).await;
        let turns = shard::report().turns - before;
        assert!(turns < 30, "{turns} turns to wait for 20 ms");
    });
}

fn a_limit_cuts_a_receive_and_the_next_one_works(options: Options) {
    let (open, gate) = gate();
    let client = move |stream| {
        for _ in 0..50 {
            gate.pass();
            write(&stream, b"late");
        }
        read_all(&stream);
    };
    pair(&options, client, async move |stream| {
        for _ in 0..50 {
            let limit = Duration::from_micros(500);
            let cut = timeout(limit, stream.recv()).await;
            assert_eq!(cut.expect_err("nothing was written"), Elapsed);
            open.send(()).expect("the client");
            assert_same(&receive(&stream, 4).await, b"late");
        }
    });
}

fn a_timer_of_the_past_fires_at_once(options: Options) {
    shard(&options, async || {
        sleep(Duration::ZERO).await;
        let past = Instant::now().checked_sub(Duration::from_secs(10));
        sleep_until(past.unwrap_or_else(Instant::now)).await;
        let done = timeout(Duration::ZERO, async { 5 }).await;
        assert_eq!(done, Ok(5), "who is ready is not cut");
    });
}

/// The top level of the wheel must not be walked round for ever.
fn the_farthest_future_does_not_hold_the_shard(options: Options) {
    shard(&options, async || {
        for far in [
            Duration::MAX,
            Duration::from_secs(60 * 86_400),
            Duration::from_secs(53 * 86_400),
        ] {
            spawn(sleep(far));
        }
        for _ in 0..20 {
            sleep(Duration::from_millis(1)).await;
            yield_now().await;
        }
        let before = shard::report().turns;
        sleep(Duration::from_millis(20)).await;
        let turns = shard::report().turns - before;
        assert!(turns < 30, "{turns} turns to wait for 20 ms");
    });
}

fn alarms_come_in_order_and_never_early(options: Options) {
    const ALARMS: u64 = 500;
    shard(&options, async || {
        let rung = Rc::new(RefCell::new(Vec::new()));
        let first = Instant::now() + Duration::from_millis(200);
        for number in 0..ALARMS {
            let rung = rung.clone();
            // Far below a tick of the wheel apart.
            let deadline = first + Duration::from_micros(number * 211 % (ALARMS * 3));
            spawn(async move {
                sleep_until_exactly(deadline).await;
                let now = Instant::now();
                assert!(now >= deadline, "early by {:?}", deadline - now);
                rung.borrow_mut().push(deadline);
            });
        }
        until("all rang", || rung.borrow().len() == ALARMS as usize).await;
        assert!(rung.borrow().is_sorted(), "out of order");
    });
}

fn a_dropped_alarm_wakes_nobody(options: Options) {
    shard(&options, async || {
        let soon = Instant::now() + Duration::from_millis(5);
        let cut = timeout(
            Duration::from_millis(1),
            sleep_until_exactly(soon + Duration::from_secs(3_600)),
        )
        .await;
        assert_eq!(cut, Err(Elapsed));
        // Nothing is left to wait for but this one, which must still come.
        sleep_until_exactly(soon).await;
        assert!(Instant::now() >= soon);
        let turns = shard::report().turns;
        sleep(Duration::from_millis(50)).await;
        assert!(
            shard::report().turns - turns < 20,
            "the shard woke for an alarm that nobody waits for"
        );
    });
}

fn gathering_completions_delays_no_timer_and_loses_nothing(options: Options) {
    let (bound, address) = listener();
    let client = thread(move || {
        let peer = connect(address);
        for round in 0..50 {
            let word = pattern(1 + round);
            write(&peer, &word);
            assert_same(&read_exactly(&peer, word.len()), &word);
        }
    });
    shard(&options, async move || {
        // More completions than ever come: every wait runs into its bounds.
        shard::gather(32, Duration::from_millis(2));
        let listener = bound.start().expect("listen");
        let stream = listener.accept().await.expect("accept");
        let began = Instant::now();
        sleep_until_exactly(began + Duration::from_micros(100)).await;
        sleep(Duration::from_millis(1)).await;
        while let Ok(Some(chunk)) = stream.recv().await {
            stream.send(chunk.to_vec()).await.expect("send");
        }
    });
    client.join().expect("the client");
}
