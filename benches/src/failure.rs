//! Why a run could not be made. A sample that went wrong is not one of these: it is kept, marked
//! invalid (`generator::Fault`), and left out of the statistics.

use std::io;

/// One sentence each, with the remedy where there is one.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The host refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was attempted.
        what: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A program is missing.
    #[error("{tool} is not on PATH: install it with `{remedy}`")]
    ToolMissing {
        /// The program's name.
        tool: &'static str,
        /// A command that brings it.
        remedy: &'static str,
    },
    /// A tool or the kernel wrote something that was not understood.
    #[error("{what} says {text:?}, which was not understood")]
    Unparsed {
        /// Whose text it is.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// `cargo build` failed; it has said why.
    #[error("cargo could not build {0}")]
    Build(String),
    /// A server did not come up.
    #[error("{server} was not ready within {seconds} s; it said {words:?}")]
    NotReady {
        /// Which one.
        server: String,
        /// How long it was given.
        seconds: u64,
        /// What it wrote to stderr.
        words: String,
    },
    /// A server answered wrongly before it was even loaded.
    #[error("{server} answered {path} with {found}, not with {expected}")]
    WrongAnswer {
        /// Which one.
        server: String,
        /// What was asked for.
        path: String,
        /// What came.
        found: String,
        /// What should have come.
        expected: String,
    },
    /// SIGINT or SIGTERM.
    #[error("interrupted: the folder holds the samples taken so far, and no table")]
    Interrupted,
}

impl Failure {
    /// For `map_err`: names what was attempted.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
