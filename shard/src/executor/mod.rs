//! The loop of a shard: run ready tasks, submit and wait, deliver completions.
//!
//! One thread, one loop, no work stealing: a task stays on the shard that spawned it. The loop
//! refuses to be clever about fairness; it polls each ready task once a turn, and an operation
//! budget a poll (see `current.rs`) keeps a fast peer from holding the turn.

pub(crate) mod current;
mod task;
pub(crate) mod waker;

use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::driver::{self, DriverKind};
use crate::table::Table;
use crate::{Options, StartError, topology};

pub use task::Task;

use current::{Core, Entered, with_core};
use task::TaskState;
use waker::Place;

/// How long a stopping shard waits for what the kernel still holds before it gives the memory
/// up for lost (and says so in [`Report::leaked`]).
const STOP_TIME_MAX: Duration = Duration::from_secs(5);
/// How often a stopping shard drops all tasks: a destructor may spawn, but not for ever.
const STOP_ROUNDS_MAX: u32 = 100;

/// What a shard counted while it ran.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Tasks (or their destructors) that panicked.
    pub panics: u64,
    /// Turns of the loop.
    pub turns: u64,
    /// Times that accept paused for want of descriptors or memory.
    pub accept_backoffs: u64,
    /// What the driver counted.
    pub driver: driver::Counters,
    /// Sockets alive when the report was made, those on their way to being closed included.
    pub sockets: usize,
    /// Operations that the kernel (or a worker) held when the report was made.
    pub in_flight: usize,
    /// Operations that did not end within the stopping time, and tasks whose destructors spawned
    /// without end; their memory was leaked on purpose.
    pub leaked: usize,
}

/// Runs a shard on this thread until `main`'s future returns, then stops it: drops every task,
/// cancels what is in flight, waits for it, and lets the ring go.
///
/// The ring is created here, on the thread that uses it; `main` is called once it stands.
///
/// # Errors
/// [`StartError`] where neither the wanted driver nor (with [`crate::Io::Auto`]) epoll can start.
///
/// # Panics
/// Passes on a panic of `main` or of its future, after the shard has stopped.
pub fn run<M, F>(options: &Options, main: M) -> Result<(F::Output, Report), StartError>
where
    M: FnOnce() -> F,
    F: Future + 'static,
{
    if let Some(cpu) = options.cpu {
        topology::pin(cpu).map_err(|source| StartError::Pin { cpu, source })?;
    }
    let place = Place::take().map_err(StartError::Setup)?;
    let driver = driver::start(options, &place.remote)?;
    let core = Rc::new(Core::new(place.index, place.remote.clone(), driver));
    let entered = Entered::new(core.clone());

    // However it ends, the shard stops while it is still this thread's shard: destructors of
    // tasks may ask for it.
    let ended = catch_unwind(AssertUnwindSafe(|| run_main(&core, main)));
    let report = stop(&core);
    drop(entered);
    match ended {
        Ok(Ok(Some(value))) => Ok((value, report)),
        Ok(Ok(None)) => panic!("the shard's main future panicked"),
        Ok(Err(error)) => Err(StartError::Wait(error)),
        Err(panic) => resume_unwind(panic),
    }
}

/// Turns the loop until `main`'s future is over; `None` where it panicked.
fn run_main<M, F>(core: &Core, main: M) -> io::Result<Option<F::Output>>
where
    M: FnOnce() -> F,
    F: Future + 'static,
{
    let output = Rc::new(RefCell::new(None));
    let future = {
        let output = output.clone();
        let future = main();
        async move {
            let value = future.await;
            *output.borrow_mut() = Some(value);
        }
    };
    let main_task = spawn(future);
    while !main_task.is_over() {
        turn(core, main_task)?;
    }
    Ok(output.take())
}

/// Starts a task on this thread's shard.
pub fn spawn(future: impl Future<Output = ()> + 'static) -> Task {
    with_core(|core| {
        let key = core.tasks.borrow_mut().insert(TaskState {
            future: Some(Box::pin(future)),
            queued: false,
        });
        core.make_ready(key);
        Task::new(key)
    })
}

/// The time of this turn of the loop: read once a turn, so it costs nothing to ask.
pub fn now() -> Instant {
    with_core(|core| core.now.get())
}

/// Has every task of this thread's shard polled once: for who has changed something that all of
/// them look at while they wait.
pub fn wake_all() {
    with_core(|core| {
        let tasks = core.tasks.borrow().keys();
        for task in tasks {
            core.make_ready(task);
        }
    });
}

/// From now on a wait of this thread's shard lets up to `completions` gather before it ends, for
/// `at_most` after it began: fewer wake-ups, here and at a peer on the same host, for up to that
/// much latency. 1 and zero switch it off. io_uring from Linux 6.12 on; elsewhere nothing changes.
pub fn gather(completions: u32, at_most: Duration) {
    with_core(|core| core.driver.borrow_mut().gather(completions, at_most));
}

/// Which driver this thread's shard runs on.
pub fn driver_kind() -> DriverKind {
    with_core(|core| core.driver.borrow().kind())
}

/// What this thread's shard has counted so far.
pub fn report() -> Report {
    with_core(report_of)
}

/// Lets the other ready tasks run before the caller goes on.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

fn report_of(core: &Core) -> Report {
    Report {
        panics: core.panics.get(),
        turns: core.turns.get(),
        accept_backoffs: core.accept_backoffs.get(),
        driver: core.driver.borrow().counters(),
        sockets: core.driver.borrow().sockets(),
        in_flight: core.driver.borrow().in_flight(),
        leaked: 0,
    }
}

/// One turn: tasks, one wait in the kernel (none once `main` is over), timers.
fn turn(core: &Core, main: Task) -> io::Result<()> {
    core.remote.take(|task| core.make_ready(task));
    // What becomes ready while these run waits for the next turn, so that completions are
    // collected in between.
    let ready_now = core.ready.borrow().len();
    for _ in 0..ready_now {
        let next = core.ready.borrow_mut().pop_front();
        match next {
            Some(task) => core.poll_task(task),
            None => break,
        }
    }
    let wait = if main.is_over() || !core.ready.borrow().is_empty() {
        Some(Duration::ZERO)
    } else {
        next_wait(core)
    };
    core.driver.borrow_mut().turn(wait)?;
    core.turns.set(core.turns.get() + 1);
    let now = Instant::now();
    core.now.set(now);
    let elapsed = now.saturating_duration_since(core.origin).as_nanos() as u64;
    core.wheel
        .borrow_mut()
        .advance(elapsed >> crate::time::wheel::TICK_SHIFT);
    ring_alarms(core, now);
    Ok(())
}

fn ring_alarms(core: &Core, now: Instant) {
    loop {
        let due = core.alarms.borrow_mut().pop_due(now);
        match due {
            Some(waker) => waker.wake(),
            None => return,
        }
    }
}

/// How long the loop may sleep; `None` is until something happens.
fn next_wait(core: &Core) -> Option<Duration> {
    let timer = core.wheel.borrow().next_tick().map(|tick| {
        let at = Duration::from_nanos(tick << crate::time::wheel::TICK_SHIFT);
        let elapsed = core.now.get().saturating_duration_since(core.origin);
        at.saturating_sub(elapsed)
    });
    let alarms = core.alarms.borrow();
    if alarms.is_empty() {
        return timer;
    }
    // The turn's own time has passed since its clock was read: too coarse for an alarm.
    let alarm = alarms.next_wait(Instant::now());
    timer.into_iter().chain(alarm).min()
}

/// The order matters: futures first (they abandon their sockets), then the kernel's work, then
/// the ring with its memory (in the driver's destructor).
fn stop(core: &Core) -> Report {
    for _ in 0..STOP_ROUNDS_MAX {
        let tasks = core.tasks.borrow().keys();
        if tasks.is_empty() {
            break;
        }
        for task in tasks {
            core.end_task(task);
        }
    }
    let endless = core.tasks.replace(Table::new());
    let tasks_leaked = endless.len();
    if tasks_leaked > 0 {
        std::mem::forget(endless);
    }
    let deadline = Instant::now() + STOP_TIME_MAX;
    let mut driver = core.driver.borrow_mut();
    driver.cancel_all();
    while driver.in_flight() > 0 && Instant::now() < deadline {
        if driver.turn(Some(Duration::from_millis(20))).is_err() {
            break;
        }
    }
    let leaked = driver.in_flight() + tasks_leaked;
    drop(driver);
    Report {
        leaked,
        ..report_of(core)
    }
}
