//! The flags that every bench takes, and what its exit code says.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::value_parser;

use crate::failure::Failure;
use crate::host;

/// Open files of a process besides its idle connections.
const OPEN_FILES_SLACK: u64 = 100;

/// How to measure; what is measured is each bench's own.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The folder for the results [default: results/DATE-CPU-BENCH].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How often each case is measured with each server.
    #[arg(long, alias = "pairs", default_value_t = 5, value_parser = value_parser!(u32).range(1..=50))]
    pub rounds: u32,
    /// The CPU that the server is held on.
    #[arg(long, default_value_t = 0, value_name = "CPU")]
    pub server_cpu: usize,
    /// The CPU that the client is held on.
    #[arg(long, default_value_t = 1, value_name = "CPU")]
    pub client_cpu: usize,
    /// Seconds of load before each sample, not measured.
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u32).range(1..=60))]
    pub warm_seconds: u32,
    /// Seconds of load in each sample.
    #[arg(long, default_value_t = 4, value_parser = value_parser!(u32).range(1..=60))]
    pub seconds: u32,
}

/// What the benches with a memory case take besides.
#[derive(Debug, Clone, Copy, Args)]
pub struct Idle {
    /// Idle connections for the memory case.
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u32).range(100..=50_000))]
    pub idle_connections: u32,
}

impl Idle {
    /// Sees that so many connections may be opened by this process and by a server.
    pub fn allow_open_files(self) -> Result<(), Failure> {
        host::allow_open_files(u64::from(self.idle_connections) + OPEN_FILES_SLACK)
    }
}

impl Settings {
    /// The numbers of all rounds.
    pub fn rounds(&self) -> std::ops::Range<usize> {
        0..usize::try_from(self.rounds).unwrap_or(usize::MAX)
    }
}

/// What a repeatable flag chose: all when it was not given.
pub fn chosen<T: Copy>(flags: &[T], all: &[T]) -> Vec<T> {
    match flags.is_empty() {
        true => all.to_vec(),
        false => flags.to_vec(),
    }
}

/// 0 when the run was made and all its samples are valid, else 1 and a sentence on stderr.
pub fn exit_code(bench: &str, invalid: Result<usize, Failure>) -> ExitCode {
    match invalid {
        Ok(0) => return ExitCode::SUCCESS,
        Ok(invalid) => eprintln!("{bench}: {invalid} samples were invalid, see the column faults"),
        Err(failure) => eprintln!("{bench}: {failure}"),
    }
    ExitCode::FAILURE
}
