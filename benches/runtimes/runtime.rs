//! The runtimes: which small server shows each, and with which flags. All answer with the same
//! bytes from the same parser (`benches::conversation`) and read into buffers of the same size.

use std::fmt;
use std::path::{Path, PathBuf};

use benches::failure::Failure;
use benches::program;
use benches::server::Server;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Runtime {
    /// The plainest ring loop: the floor.
    BareRing,
    /// Ours, on its uring driver.
    ShardUring,
    /// Ours, on its epoll driver.
    ShardEpoll,
    /// monoio, io_uring as shipped.
    MonoioUring,
    /// monoio, io_uring with SINGLE_ISSUER and DEFER_TASKRUN.
    MonoioUringDeferred,
    /// monoio, epoll.
    MonoioEpoll,
    /// glommio as shipped.
    Glommio,
}

impl Runtime {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 7] = [
        Self::BareRing,
        Self::ShardUring,
        Self::ShardEpoll,
        Self::MonoioUring,
        Self::MonoioUringDeferred,
        Self::MonoioEpoll,
        Self::Glommio,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::BareRing => "bare-ring",
            Self::ShardUring => "shard-uring",
            Self::ShardEpoll => "shard-epoll",
            Self::MonoioUring => "monoio-uring",
            Self::MonoioUringDeferred => "monoio-uring-deferred",
            Self::MonoioEpoll => "monoio-epoll",
            Self::Glommio => "glommio",
        }
    }

    /// The program below the folder of binaries, and its flags besides `--listen`.
    fn program(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::BareRing => ("examples/bare_ring", &[]),
            Self::ShardUring => ("on_shard", &["--io", "uring"]),
            Self::ShardEpoll => ("on_shard", &["--io", "epoll"]),
            Self::MonoioUring => ("on_monoio", &["--io", "uring"]),
            Self::MonoioUringDeferred => ("on_monoio", &["--io", "uring-deferred"]),
            Self::MonoioEpoll => ("on_monoio", &["--io", "epoll"]),
            Self::Glommio => ("on_glommio", &[]),
        }
    }

    /// Starts a fresh process on CPU `cpu`, from the folder of `build`.
    pub(crate) fn start(self, binaries: &Path, cpu: usize) -> Result<Server, Failure> {
        let (program, flags) = self.program();
        let mut command = program::pinned(cpu, binaries.join(program));
        command.args(["--listen", "127.0.0.1:0"]).args(flags);
        Server::announced(self.name(), command)
    }
}

/// As on the command line, in the CSV and in the tables.
impl fmt::Display for Runtime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Builds all of them and returns the folder of the binaries.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    program::build(&["-p", "shard", "--example", "bare_ring"])?;
    program::build(&["-p", "benches", "--bins"])
}
