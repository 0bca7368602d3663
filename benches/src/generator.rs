//! The load: one thread of a load generator on its own CPU, and what its report says. Both
//! generators are asked for the same closed loop (a slow answer delays the next request), so their
//! quantiles compare servers and promise nothing.

pub mod ringload;
pub mod wrk;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::failure::Failure;
use crate::run_folder::RunFolder;

/// Requests that are sent at once where requests are pipelined.
pub const PIPELINE_DEPTH: u32 = 16;
const PIPELINE_LUA: &str = include_str!("generator/pipeline.lua");

/// Who makes the load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generator {
    /// wrk, from PATH.
    Wrk,
    /// Our own.
    Ringload(ringload::Ringload),
}

/// How requests follow each other on one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requests {
    /// One after the other, each after the answer to the one before.
    KeepAlive,
    /// One per connection.
    Close,
    /// [`PIPELINE_DEPTH`] at once.
    Pipelined(Pipeline),
}

/// The Lua script by which wrk pipelines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    script: PathBuf,
}

/// One load.
#[derive(Debug, Clone)]
pub struct Load {
    /// Who makes it.
    pub generator: Generator,
    /// How many connections.
    pub connections: u32,
    /// How requests follow each other.
    pub requests: Requests,
}

/// What a generator reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Complete answers.
    pub requests: u64,
    /// How long they were counted.
    pub seconds: f64,
    /// How long the server was under load: with the opening of the connections, where that is not
    /// a part of `seconds`.
    pub loaded_seconds: f64,
    /// Half of the answers came within this time. Pipelined, wrk's times mean nothing.
    pub p50: Duration,
    /// All but one in a hundred came within this time. Pipelined, wrk's times mean nothing.
    pub p99: Duration,
    /// CPU time of the generator's process over its whole life.
    pub cpu: Duration,
    /// Why the figures must not be used.
    pub faults: Vec<Fault>,
}

/// Something that should not happen under load. One is enough to invalidate a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Errors as the generator counts them.
    Errors(String),
    /// Answers with a status other than 2xx or 3xx.
    Status(u64),
    /// Nothing was answered.
    Silence,
    /// ringload's verdict is INVALID, for these reasons.
    Invalid(String),
    /// Too few answers for a P99.
    TooFew(u64),
    /// The server's CPU time stood still: its processes were not found.
    Unseen,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errors(counts) => write!(formatter, "errors: {counts}"),
            Self::Status(answers) => write!(formatter, "{answers} answers without 2xx or 3xx"),
            Self::Silence => formatter.write_str("no answer"),
            Self::Invalid(reasons) => write!(formatter, "INVALID: {reasons}"),
            Self::TooFew(answers) => write!(formatter, "{answers} answers are too few for a P99"),
            Self::Unseen => formatter.write_str("no CPU time of the server was seen"),
        }
    }
}

impl Pipeline {
    /// Puts the script into the run folder, from where wrk reads it.
    pub fn prepare(folder: &RunFolder) -> Result<Self, Failure> {
        folder.write("pipeline.lua", PIPELINE_LUA.as_bytes())?;
        Ok(Self {
            script: folder.path().join("pipeline.lua"),
        })
    }
}

impl Load {
    /// Loads `url` from CPU `cpu` for about `seconds`.
    pub fn run(&self, url: &str, cpu: usize, seconds: u32) -> Result<Report, Failure> {
        match &self.generator {
            Generator::Wrk => wrk::run(self, url, cpu, seconds),
            Generator::Ringload(ringload) => ringload.load(self, url, cpu, seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_pipelines_as_deep_as_the_flag() {
        let line = format!("local depth = {PIPELINE_DEPTH}\n");
        assert!(PIPELINE_LUA.contains(&line));
    }
}
