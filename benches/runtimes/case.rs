//! How the runtimes are loaded: few and many connections, one request at a time and sixteen.

use std::fmt;

use benches::generator::{Generator, Load, Pipeline, Requests};

/// One way of loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// So many connections, on each a request after the reply to the one before.
    KeepAlive(u32),
    /// So many connections, on each sixteen requests at once.
    Pipelined(u32),
    /// Memory of idle connections.
    Idle,
}

/// How many connections the loaded cases have.
pub(crate) const CONNECTIONS: [u32; 5] = [1, 16, 64, 256, 1024];

impl Case {
    /// All, in the order of the tables.
    pub(crate) fn all() -> Vec<Self> {
        let loaded = [Self::KeepAlive, Self::Pipelined].into_iter();
        let loaded = loaded.flat_map(|mode| CONNECTIONS.map(mode));
        loaded.chain([Self::Idle]).collect()
    }

    /// What wrk has to do, `None` for the case without load.
    pub(crate) fn load(self, pipeline: &Pipeline) -> Option<Load> {
        let (connections, requests) = match self {
            Self::KeepAlive(connections) => (connections, Requests::KeepAlive),
            Self::Pipelined(connections) => (connections, Requests::Pipelined(pipeline.clone())),
            Self::Idle => return None,
        };
        Some(Load {
            generator: Generator::Wrk,
            connections,
            requests,
        })
    }
}

/// As on the command line and in the CSV.
impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeepAlive(connections) => write!(formatter, "keep-alive-{connections}"),
            Self::Pipelined(connections) => write!(formatter, "pipelined-{connections}"),
            Self::Idle => formatter.write_str("idle"),
        }
    }
}

/// From the command line.
pub(crate) fn parse(text: &str) -> Result<Case, String> {
    let all = Case::all();
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    let found = all.into_iter().find(|case| case.to_string() == text);
    found.ok_or_else(|| format!("it is one of {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_found_by_its_name() {
        for case in Case::all() {
            assert_eq!(parse(&case.to_string()), Ok(case));
        }
        assert!(parse("keep-alive-2").is_err());
    }
}
