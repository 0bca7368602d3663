//! Start-up and end: from a checked config to running shards and back.
//!
//! The order is the user's: everything that can be wrong (folders, addresses, the log, the
//! driver) is found out before the first shard starts, and said in one sentence.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use shard::mailbox::mailbox;
use shard::{DriverKind, Io, Options, topology};
use thiserror::Error;

use crate::config::{Config, IoChoice, Shards};
use crate::control::{COMMANDS_MAX, Control};
use crate::listen::{self, ListenError, Listening};
use crate::observe::access_log::AccessLog;
use crate::observe::counters::{Counter, CounterReader, counters};
use crate::readdir::Reader;
use crate::route::Site;
use crate::worker::{self, Parts};

/// How long the access log may take to write what is left, at the end.
const LOG_FINISH_TIME_MAX: Duration = Duration::from_secs(2);
/// Descriptors where the kernel sets no limit.
const DESCRIPTORS_UNLIMITED: u64 = 1 << 20;

/// Why the server did not start or could not go on: one sentence with its remedy.
#[derive(Debug, Error)]
pub enum StartError {
    /// An address cannot be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A folder cannot be opened.
    #[error("cannot open the folder {folder}: {source}; check that it exists and may be read")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The access log cannot be opened.
    #[error("cannot open the access log: {0}; check that its folder exists and may be written")]
    Log(io::Error),
    /// A shard did not start or ended before its time.
    #[error(transparent)]
    Shard(#[from] shard::StartError),
    /// A thread, signal handler or listener could not be set up.
    #[error("cannot start: {0}")]
    Setup(#[from] io::Error),
    /// A shard's thread is gone.
    #[error("a shard ended by a panic; please report it with the lines above")]
    Panicked,
}

/// Runs the server until it is told to stop.
///
/// # Errors
/// [`StartError`] where it does not start.
pub fn run(config: Config) -> Result<(), StartError> {
    let descriptors = raise_descriptor_limit();
    let cpus = topology::allowed_cpus()?;
    let shard_count = shard_count(config.shards)?;
    let (io_choice, kind) = choose_driver(config.io)?;
    let site = Site::compile(&config.routes).map_err(|error| StartError::Folder {
        folder: error.folder,
        source: error.source,
    })?;
    let backlog = config.limits.listen_backlog_connections_max;
    let listening = listen::bind(&config.listen, shard_count, backlog)?;
    let (log, senders) = AccessLog::start(&config.log, shard_count).map_err(StartError::Log)?;
    let (counted, shard_counters) = counters(shard_count);
    let control = Control::new()?;

    let Listening {
        shards: listeners,
        addresses,
        files: _files,
    } = listening;
    let site = Arc::new(site);
    let readdir = Reader::start()?;
    let (report, reports) = channel();
    let mut mailboxes = Vec::with_capacity(shard_count);
    let mut threads = Vec::with_capacity(shard_count);
    let per_shard = listeners.into_iter().zip(senders).zip(shard_counters);
    for (index, ((listeners, log), counters)) in per_shard.enumerate() {
        let (sender, commands) = mailbox(COMMANDS_MAX);
        mailboxes.push(sender);
        let shards = u16::try_from(shard_count).unwrap_or(u16::MAX);
        let parts = Parts {
            index,
            site: site.clone(),
            limits: config.limits.clone(),
            http_limits: http_limits(&config),
            revalidate_time_max: config.cache.revalidate_time_max,
            cache_bytes_max: config.cache.bytes_per_shard_max(shards),
            cache_file_bytes_max: config.cache.file_bytes_max,
            open_files_max: config.cache.open_files_per_shard(descriptors, shards),
            counters,
            log,
            readdir: readdir.clone(),
            listeners,
            commands,
        };
        let options = Options {
            io: io_choice,
            // One CPU each while there are enough; more shards than CPUs share them unpinned.
            cpu: (shard_count <= cpus.len()).then(|| cpus[index]),
            sockets_max: Some(config.limits.connections_per_shard(descriptors)),
            ..Options::default()
        };
        threads.push(start_shard(index, options, parts, report.clone())?);
    }
    drop((report, readdir));
    wait_until_ready(&reports, shard_count)?;
    say_ready(&addresses, shard_count, kind);

    let handle = control.handle();
    let waiter = std::thread::spawn(move || {
        let ends: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
        handle.close();
        ends
    });
    control.obey(&mailboxes, &log);
    let ends = waiter.join().map_err(|_| StartError::Panicked)?;
    log.finish(LOG_FINISH_TIME_MAX);
    for end in ends {
        end.map_err(|_| StartError::Panicked)??;
    }
    say_stopped(&counted);
    Ok(())
}

/// The last line: what was done, for who watches a terminal or reads the journal.
fn say_stopped(counted: &CounterReader) {
    let _ = writeln!(
        io::stderr(),
        "ringmain: stopped after {} requests on {} connections",
        counted.total(Counter::Requests),
        counted.total(Counter::Accepted),
    );
}

fn start_shard(
    index: usize,
    options: Options,
    parts: Parts,
    report: Sender<Result<(), StartError>>,
) -> io::Result<JoinHandle<Result<(), shard::StartError>>> {
    std::thread::Builder::new()
        .name(format!("shard-{index}"))
        .spawn(move || {
            let started = report.clone();
            let ran = shard::run(&options, move || {
                worker::serve(parts, move |listening| {
                    let _ = started.send(listening.map_err(StartError::Setup));
                })
            });
            match ran {
                Ok(_) => Ok(()),
                Err(error) => {
                    // Before readiness the starter tells the user; after it the caller of `run`.
                    match report.send(Err(StartError::Shard(error))) {
                        Ok(()) => Ok(()),
                        Err(unsent) => match unsent.0 {
                            Err(StartError::Shard(error)) => Err(error),
                            Ok(()) | Err(_) => Ok(()),
                        },
                    }
                }
            }
        })
}

fn wait_until_ready(
    reports: &Receiver<Result<(), StartError>>,
    shards: usize,
) -> Result<(), StartError> {
    for _ in 0..shards {
        reports.recv().map_err(|_| StartError::Panicked)??;
    }
    Ok(())
}

/// The line that scripts and tests wait for.
fn say_ready(addresses: &[String], shards: usize, kind: DriverKind) {
    let plural = if shards == 1 { "" } else { "s" };
    let mut stderr = io::stderr().lock();
    for address in addresses {
        let _ = writeln!(
            stderr,
            "ringmain: listening on {address} ({shards} shard{plural}, {})",
            kind.name()
        );
    }
}

/// io_uring or epoll, decided once for all shards; says why where it is not the ring.
fn choose_driver(choice: IoChoice) -> Result<(Io, DriverKind), StartError> {
    match (choice, shard::probe()) {
        (IoChoice::Epoll, _) => Ok((Io::Epoll, DriverKind::Epoll)),
        (IoChoice::Auto | IoChoice::Uring, Ok(_)) => Ok((Io::Uring, DriverKind::Uring)),
        (IoChoice::Uring, Err(unavailable)) => {
            Err(StartError::Shard(shard::StartError::Uring(unavailable)))
        }
        (IoChoice::Auto, Err(unavailable)) => {
            let _ = writeln!(
                io::stderr(),
                "ringmain: epoll serves, because {unavailable}"
            );
            Ok((Io::Epoll, DriverKind::Epoll))
        }
    }
}

fn shard_count(shards: Shards) -> io::Result<usize> {
    match shards {
        Shards::Auto => Ok(topology::default_cpus()?.len().max(1)),
        Shards::Exactly(count) => Ok(usize::from(count)),
    }
}

/// The soft limit on descriptors is a historical courtesy to select(2), which we do not use:
/// raise it to the hard one. Answers what then holds.
fn raise_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    current.unwrap_or(DESCRIPTORS_UNLIMITED)
}

pub(crate) fn http_limits(config: &Config) -> http::Limits {
    let limits = &config.limits;
    http::Limits {
        header_bytes_max: limits.header_bytes_max,
        header_fields_max: limits.header_fields_max,
        request_line_bytes_max: limits.request_line_bytes_max,
        uri_bytes_max: limits.uri_bytes_max,
        body_bytes_max: limits.body_bytes_max,
        range_parts_max: limits.range_parts_max,
        requests_per_connection_max: limits.requests_per_connection_max,
        ..http::Limits::default()
    }
}
