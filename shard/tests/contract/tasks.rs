//! Tasks: a panic ends its own connection and nothing else; cancelling, waiting and waking work
//! from every side.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use shard::time::{Timer, sleep, timeout};
use shard::{Options, Task, spawn, yield_now};

use crate::harness::*;

each_driver!(
    a_panic_ends_its_own_connection_only,
    a_panic_in_a_destructor_ends_nothing_else,
    a_task_can_cancel_itself,
    tasks_can_cancel_each_other,
    the_end_of_a_task_wakes_all_who_wait,
    impatience_with_a_task_leaves_nothing_behind,
    a_waker_may_outlive_its_task_and_its_shard,
    a_task_woken_often_runs_once_a_turn,
    a_thread_runs_one_shard_after_another,
    a_shard_within_a_shard_is_refused,
    a_panic_in_main_comes_out_after_the_stop,
    destructors_may_use_the_shard_to_the_end,
    a_destructor_that_spawns_for_ever_does_not_hold_the_stop,
);

fn a_panic_ends_its_own_connection_only(options: Options) {
    let (bound, address) = listener();
    let client = thread(move || {
        let well = connect(address);
        for round in 0..10 {
            let ill = connect(address);
            write(&ill, b"panic");
            // The connection of the panic ends; the one beside it goes on.
            assert!(matches!(
                std::io::Read::read(&mut &ill, &mut [0; 10]),
                Ok(0) | Err(_)
            ));
            let word = pattern(100 + round);
            write(&well, &word);
            assert_same(&read_exactly(&well, word.len()), &word);
        }
    });
    let (_, report) = shard_that_panics(&options, async move || {
        let listener = bound.start().expect("listen");
        for _ in 0..11 {
            let stream = listener.accept().await.expect("accept");
            spawn(async move {
                while let Ok(Some(chunk)) = stream.recv().await {
                    assert!(&*chunk != b"panic", "as the test wants");
                    let _ = stream.send(chunk.to_vec()).await;
                }
            });
        }
        quiet(1).await;
    });
    join(client);
    assert_eq!(report.panics, 10);
}

/// Panics when dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor, as the test wants");
    }
}

fn a_panic_in_a_destructor_ends_nothing_else(options: Options) {
    let (reached, report) = shard_that_panics(&options, async || {
        let finished = spawn(async {
            let _bomb = Bomb;
        });
        finished.over().await;
        let cancelled = spawn(async {
            let _bomb = Bomb;
            pending::<()>().await;
        });
        yield_now().await;
        cancelled.cancel();
        assert!(cancelled.is_over());
        // The third goes off in the stop.
        spawn(async {
            let _bomb = Bomb;
            pending::<()>().await;
        });
        yield_now().await;
        "the end"
    });
    assert_eq!(reached, "the end");
    assert_eq!(report.panics, 3);
}

fn a_task_can_cancel_itself(options: Options) {
    shard(&options, async || {
        let this: Rc<Cell<Option<Task>>> = Rc::default();
        let log = Rc::new(RefCell::new(Vec::new()));
        let task = spawn({
            let (this, log) = (this.clone(), log.clone());
            async move {
                let itself = this.get().expect("set before the first poll");
                itself.cancel();
                assert!(itself.is_over());
                // A new task takes the slot at once; it must not inherit this future.
                let heir = log.clone();
                spawn(async move {
                    yield_now().await;
                    heir.borrow_mut().push("heir");
                });
                log.borrow_mut().push("to its next await");
                yield_now().await;
                log.borrow_mut().push("and never beyond");
            }
        });
        this.set(Some(task));
        task.over().await;
        for _ in 0..5 {
            yield_now().await;
        }
        assert_eq!(*log.borrow(), ["to its next await", "heir"]);
        assert_eq!(Rc::strong_count(&log), 1, "both futures are dropped");
    });
}

fn tasks_can_cancel_each_other(options: Options) {
    shard(&options, async || {
        let tasks: Rc<RefCell<Vec<Task>>> = Rc::default();
        let alive = Rc::new(Cell::new(0));
        for number in 0..50usize {
            let (others, alive) = (tasks.clone(), alive.clone());
            let task = spawn(async move {
                alive.set(alive.get() + 1);
                // Each cancels its right neighbor before that one was ever polled.
                let neighbor = others.borrow().get(number + 1).copied();
                if let Some(neighbor) = neighbor {
                    neighbor.cancel();
                    neighbor.cancel();
                }
                yield_now().await;
            });
            tasks.borrow_mut().push(task);
        }
        let all = tasks.borrow().clone();
        for task in all {
            task.over().await;
        }
        assert_eq!(alive.get(), 25, "every second one never ran");
    });
}

fn the_end_of_a_task_wakes_all_who_wait(options: Options) {
    shard_that_panics(&options, async || {
        for way in 0..3 {
            let task = spawn(async move {
                yield_now().await;
                match way {
                    0 => {}
                    1 => panic!("as the test wants"),
                    _ => pending().await,
                }
            });
            let woken = Rc::new(Cell::new(0));
            let waiting: Vec<Task> = (0..10)
                .map(|_| {
                    let woken = woken.clone();
                    spawn(async move {
                        // Twice in one task, and both must hear.
                        both(task.over(), task.over()).await;
                        woken.set(woken.get() + 1);
                    })
                })
                .collect();
            yield_now().await;
            yield_now().await;
            if way == 2 {
                task.cancel();
            }
            for waiting in waiting {
                waiting.over().await;
            }
            assert_eq!(woken.get(), 10);
        }
    });
}

fn impatience_with_a_task_leaves_nothing_behind(options: Options) {
    shard(&options, async || {
        let task = spawn(pending());
        for _ in 0..100 {
            spawn(async move {
                let limit = Duration::from_micros(100);
                timeout(limit, task.over())
                    .await
                    .expect_err("it never ends");
            })
            .over()
            .await;
        }
        // Dropping one wait must not take the other of the same task along.
        let (mut first, mut second) = (Box::pin(task.over()), Box::pin(task.over()));
        assert!(poll_once(&mut first).await.is_none());
        assert!(poll_once(&mut second).await.is_none());
        drop(first);
        let canceller = spawn(async move {
            yield_now().await;
            task.cancel();
        });
        second.await;
        assert!(canceller.is_over() || task.is_over());
    });
}

fn a_waker_may_outlive_its_task_and_its_shard(options: Options) {
    let (wakers, _) = shard(&options, async || {
        let wakers: Rc<RefCell<Vec<Waker>>> = Rc::default();
        for _ in 0..100 {
            let wakers = wakers.clone();
            spawn(poll_fn(move |context| {
                wakers.borrow_mut().push(context.waker().clone());
                Poll::Ready(())
            }))
            .over()
            .await;
        }
        // Late wakes by another thread while the shard runs and slots are reused.
        let late = wakers.borrow().clone();
        let waking = thread(move || {
            for _ in 0..100 {
                late.iter().for_each(Waker::wake_by_ref);
            }
        });
        for _ in 0..1_000 {
            spawn(async { yield_now().await }).over().await;
        }
        join(waking);
        wakers.take()
    });
    wakers.iter().for_each(Waker::wake_by_ref);
    let again = wakers.clone();
    join(thread(move || again.into_iter().for_each(Waker::wake)));
    // A shard in the same place is woken for nothing and does not mind.
    shard(&options, async move || {
        let waking = thread(move || wakers.into_iter().for_each(Waker::wake));
        sleep(Duration::from_millis(1)).await;
        join(waking);
    });
}

fn a_task_woken_often_runs_once_a_turn(options: Options) {
    shard(&options, async || {
        let polls = Rc::new(Cell::new(0));
        let task = spawn({
            let polls = polls.clone();
            poll_fn(move |context| {
                polls.set(polls.get() + 1);
                (0..10).for_each(|_| context.waker().wake_by_ref());
                if polls.get() == 50 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
        });
        let before = shard::report().turns;
        task.over().await;
        assert_eq!(polls.get(), 50);
        let turns = shard::report().turns - before;
        assert!((49..=52).contains(&turns), "{turns} turns for 50 polls");
    });
}

fn a_thread_runs_one_shard_after_another(options: Options) {
    for round in 0..20 {
        let (got, _) = shard(&options, async move || {
            sleep(Duration::from_micros(100)).await;
            spawn(async { yield_now().await }).over().await;
            round
        });
        assert_eq!(got, round);
    }
}

fn a_shard_within_a_shard_is_refused(options: Options) {
    let inner = options.clone();
    let (_, report) = shard_that_panics(&options, async move || {
        let nested = spawn(async move {
            let _ = shard::run(&inner, || async {});
        });
        nested.over().await;
        // The outer one is still there.
        sleep(Duration::from_micros(100)).await;
        shard::driver_kind();
    });
    assert_eq!(report.panics, 1);
}

fn a_panic_in_main_comes_out_after_the_stop(options: Options) {
    let dropped = Rc::new(Cell::new(0));
    for stage in 0..3 {
        let guard = Counted(dropped.clone());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            shard::run(&options, || {
                spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
                assert!(stage != 0, "in the closure, as the test wants");
                async move {
                    assert!(stage != 1, "at once, as the test wants");
                    yield_now().await;
                    panic!("later, as the test wants");
                }
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(dropped.get(), stage + 1, "the other task was dropped");
    }
    // And the thread is free for another.
    shard(&options, async || {});
}

/// Counts its end, asking the shard for the time meanwhile.
struct Counted(Rc<Cell<i32>>);

impl Drop for Counted {
    fn drop(&mut self) {
        shard::now();
        self.0.set(self.0.get() + 1);
    }
}

fn destructors_may_use_the_shard_to_the_end(options: Options) {
    let dropped = Rc::new(Cell::new(0));
    let count = dropped.clone();
    shard(&options, async move || {
        struct Spawns(Rc<Cell<i32>>);
        impl Drop for Spawns {
            fn drop(&mut self) {
                let guard = Counted(self.0.clone());
                spawn(async move {
                    let _guard = guard;
                    let timer = Timer::new();
                    timer.arm_in(Duration::from_secs(100));
                    timer.fired().await;
                });
            }
        }
        for _ in 0..10 {
            let guard = Spawns(count.clone());
            spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
        }
        yield_now().await;
    });
    assert_eq!(
        dropped.get(),
        10,
        "spawned in the stop, and stopped as well"
    );
}

/// Spawns itself anew whenever it is dropped.
struct Hydra;

impl Drop for Hydra {
    fn drop(&mut self) {
        let head = Hydra;
        spawn(async move {
            let _head = head;
            pending::<()>().await;
        });
    }
}

fn a_destructor_that_spawns_for_ever_does_not_hold_the_stop(options: Options) {
    let report = watched(|| {
        let ran = shard::run(&options, || async {
            spawn(async {
                let _hydra = Hydra;
                pending::<()>().await;
            });
            yield_now().await;
        });
        ran.expect("the shard starts").1
    });
    assert_eq!(report.leaked, 1, "{report:?}");
}
