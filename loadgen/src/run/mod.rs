//! A run from end to end: threads, phases, merging, judging.
//!
//! The calling thread only watches: it gives the words, merges what the workers hand over and
//! takes the host's counters. It is never on the way of a request.

mod crew;
mod error;
mod reporting;
mod sampling;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use shard::mailbox::Sender;

use crate::client::content::ContentCheck;
use crate::plan::{Extent, Pacing, Scenario};
use crate::record::collector::Collector;
use crate::record::report::RunReport;
use crate::record::slice::Slice;
use crate::report::{Phase, Progress};
use crate::worker::{Assignment, Command, Message, Outcome, live};

pub use crew::Crew;
pub use error::RunError;

use sampling::Sampling;

/// Messages of all workers that may wait to be merged: seconds of them.
const MESSAGES_MAX: usize = 1_024;
/// Empty slices that wait for a worker.
const SPARE_SLICES_MAX: usize = 4;
/// Commands that may wait for a worker.
const COMMANDS_MAX: usize = 4;
/// How often the watcher is told how it goes.
const WATCH: Duration = Duration::from_millis(100);
/// Time between the word and the load, for every thread to have heard it.
const LEAD: Duration = Duration::from_millis(20);
/// How long a worker may take beyond window and drain before the run is given up.
const LATE_MAX: Duration = Duration::from_secs(30);

/// Who watches a run.
pub trait Observer {
    /// How it goes, several times a second.
    fn event(&mut self, progress: &Progress);

    /// Whether the window should end now; what was measured is reported.
    fn wants_stop(&self) -> bool {
        false
    }
}

/// Runs `scenario`.
///
/// # Errors
/// [`RunError`] where no load could be made at all. A load that was made and was not what was
/// asked for is no error: the report's verdict says so.
pub fn execute(scenario: &Scenario, observer: &mut dyn Observer) -> Result<RunReport, RunError> {
    scenario_is_speakable(scenario)?;
    let crew = Crew::plan(scenario)?;
    let started = SystemTime::now();
    let sampling = Sampling::new(scenario);
    let mut run = Run::start(Arc::new(scenario.clone()), &crew)?;
    let opening = run.open(observer)?;
    let load_begin = Instant::now() + LEAD;
    run.command(Command::Go { load_begin });
    let timeline = Timeline::new(scenario, load_begin);
    let watched = run.watch(&timeline, sampling, observer)?;
    let finished = reporting::Finished {
        started,
        opening,
        timeline,
        watched,
        crew,
    };
    Ok(reporting::report(scenario, finished))
}

/// The door for TLS stands open, and nobody is behind it yet.
fn scenario_is_speakable(scenario: &Scenario) -> Result<(), RunError> {
    let secured = scenario
        .origins
        .iter()
        .find(|origin| origin.security != crate::plan::Security::Plain);
    match secured {
        Some(origin) => Err(RunError::NoTls {
            origin: origin.label.clone(),
        }),
        None => Ok(()),
    }
}

/// When what happens.
pub(crate) struct Timeline {
    load_begin: Instant,
    window_begin: Instant,
    /// Where the run ends after a time.
    window_end: Option<Instant>,
}

impl Timeline {
    fn new(scenario: &Scenario, load_begin: Instant) -> Timeline {
        let window_begin = load_begin + scenario.warmup;
        let window_end = match scenario.extent {
            Extent::Time(length) => Some(window_begin + length),
            Extent::Requests(_) => None,
        };
        Timeline {
            load_begin,
            window_begin,
            window_end,
        }
    }

    fn progress(&self) -> (Phase, Duration, Option<Duration>) {
        let now = Instant::now();
        if now < self.window_begin {
            let elapsed = now.saturating_duration_since(self.load_begin);
            return (
                Phase::Warmup,
                elapsed,
                Some(self.window_begin - self.load_begin),
            );
        }
        let length = self.window_end.map(|end| end - self.window_begin);
        (Phase::Measuring, now - self.window_begin, length)
    }
}

/// How the opening went.
pub(crate) struct Opening {
    pub(crate) took: Duration,
    pub(crate) connected: u32,
}

/// What the watcher has at the end.
pub(crate) struct Watched {
    pub(crate) collector: Collector,
    /// One per thread, in their order.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) truth: crate::record::report::Truth,
    /// The zero of the outcomes' times.
    pub(crate) zero: Instant,
}

/// The threads of a run and the ways to and from them.
struct Run {
    scenario: Arc<Scenario>,
    zero: Instant,
    messages: Receiver<Message>,
    commands: Vec<Sender<Command>>,
    spares: Vec<SyncSender<Box<Slice>>>,
    threads: Vec<JoinHandle<Result<(), shard::StartError>>>,
    connected: Arc<AtomicU32>,
}

impl Run {
    fn start(scenario: Arc<Scenario>, crew: &Crew) -> Result<Run, RunError> {
        let (out, messages) = sync_channel(MESSAGES_MAX);
        let connected = Arc::new(AtomicU32::new(0));
        let labels = scenario
            .origins
            .iter()
            .flat_map(|origin| origin.mix.requests())
            .map(|request| request.label.clone());
        let content = Arc::new(ContentCheck::new(labels));
        let mut run = Run {
            zero: Instant::now(),
            messages,
            commands: Vec::new(),
            spares: Vec::new(),
            threads: Vec::new(),
            connected: connected.clone(),
            scenario: scenario.clone(),
        };
        for (thread, cpu) in crew.cpus.iter().enumerate() {
            let assignment = Assignment {
                scenario: scenario.clone(),
                thread: thread as u32,
                threads: crew.cpus.len() as u32,
                zero: run.zero,
                content: content.clone(),
                connected: connected.clone(),
            };
            let options = crew.options(&scenario, *cpu);
            let (sender, mailbox) = shard::mailbox::mailbox(COMMANDS_MAX);
            let (spare, spares) = sync_channel(SPARE_SLICES_MAX);
            let out = out.clone();
            let handle = std::thread::Builder::new()
                .name(format!("ringload-{thread}"))
                .spawn(move || {
                    shard::run(&options, || live(assignment, out, spares, mailbox)).map(drop)
                })
                .map_err(RunError::Thread)?;
            run.commands.push(sender);
            run.spares.push(spare);
            run.threads.push(handle);
        }
        Ok(run)
    }

    fn command(&self, command: Command) {
        for sender in &self.commands {
            // A worker that is gone has said why in its thread's result.
            let _ = sender.post(command);
        }
    }

    /// Waits until every worker has opened its connections.
    fn open(&mut self, observer: &mut dyn Observer) -> Result<Opening, RunError> {
        let began = Instant::now();
        let total = self.scenario.connections.get();
        let (mut waiting, mut connected) = (self.threads.len(), 0);
        let mut failed = std::collections::BTreeMap::new();
        while waiting > 0 {
            match self.messages.recv_timeout(WATCH) {
                Ok(Message::Opened {
                    connected: here,
                    failed: theirs,
                }) => {
                    waiting -= 1;
                    connected += here;
                    for (kind, count) in theirs {
                        *failed.entry(kind).or_insert(0) += count;
                    }
                }
                Ok(Message::Slice { .. } | Message::Done { .. }) => {}
                Err(RecvTimeoutError::Timeout) if !self.has_lost_a_worker(&[]) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(self.broken());
                }
            }
            if observer.wants_stop() {
                return Err(RunError::Stopped);
            }
            let done = self.connected.load(Ordering::Relaxed);
            observer.event(&Progress::connecting(done, total, began.elapsed()));
        }
        let is_one_request = self.scenario.connecting.reuse == crate::plan::Reuse::OneRequest;
        if connected == 0 && !is_one_request {
            let origins = self.scenario.origins.iter();
            return Err(RunError::NothingConnected {
                origins: origins.map(|origin| origin.label.clone()).collect(),
                failed,
            });
        }
        Ok(Opening {
            took: began.elapsed(),
            connected,
        })
    }

    /// Merges what comes until every worker is done.
    fn watch(
        mut self,
        timeline: &Timeline,
        mut sampling: Sampling,
        observer: &mut dyn Observer,
    ) -> Result<Watched, RunError> {
        let is_open_loop = matches!(self.scenario.pacing, Pacing::Open { .. });
        let mut collector = Collector::new(self.threads.len(), is_open_loop);
        let mut outcomes: Vec<Option<Outcome>> = self.threads.iter().map(|_| None).collect();
        let mut progress = Progress::default();
        let mut is_stopping = false;
        let mut give_up_at = timeline
            .window_end
            .map(|end| end + self.scenario.timeout + LATE_MAX);
        while outcomes.iter().any(Option::is_none) {
            sampling.look(timeline);
            match self
                .messages
                .recv_timeout(sampling.patience(timeline, WATCH))
            {
                Ok(Message::Slice { thread, slice }) => {
                    if let Some(interval) = collector.take(thread, &slice) {
                        progress.take(interval);
                    }
                    // A full queue of spares drops this one.
                    let _ = self.spares[thread].try_send(slice);
                }
                Ok(Message::Done { thread, outcome }) => outcomes[thread] = Some(outcome),
                Ok(Message::Opened { .. }) => {}
                Err(RecvTimeoutError::Timeout) if !self.has_lost_a_worker(&outcomes) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(self.broken());
                }
            }
            if give_up_at.is_some_and(|at| Instant::now() > at) {
                return Err(RunError::Stuck);
            }
            if !is_stopping && observer.wants_stop() {
                is_stopping = true;
                self.command(Command::Stop);
                give_up_at = Some(Instant::now() + self.scenario.timeout + LATE_MAX);
            }
            let (phase, elapsed, total) = timeline.progress();
            progress.phase = phase;
            progress.elapsed = elapsed;
            progress.total = total;
            progress.connections = self.connected.load(Ordering::Relaxed);
            observer.event(&progress);
        }
        let truth = sampling.end();
        for thread in std::mem::take(&mut self.threads) {
            join(thread)?;
        }
        Ok(Watched {
            collector,
            outcomes: outcomes.into_iter().flatten().collect(),
            truth,
            zero: self.zero,
        })
    }

    /// Whether a thread has ended without a word. Asked when no message waits: a thread's last
    /// message comes before its end.
    fn has_lost_a_worker(&self, outcomes: &[Option<Outcome>]) -> bool {
        self.threads.iter().enumerate().any(|(index, thread)| {
            thread.is_finished() && outcomes.get(index).is_none_or(Option::is_none)
        })
    }

    /// Why a worker is gone.
    fn broken(&mut self) -> RunError {
        for thread in std::mem::take(&mut self.threads) {
            if thread.is_finished()
                && let Err(error) = join(thread)
            {
                return error;
            }
        }
        RunError::Stuck
    }
}

fn join(thread: JoinHandle<Result<(), shard::StartError>>) -> Result<(), RunError> {
    match thread.join() {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(RunError::Shard(error)),
        Err(_panic) => Err(RunError::Stuck),
    }
}
