//! What is asked of each peer. A case is data: the runs differ in nothing else.

use std::fmt;

use benches::generator::{Generator, Load, Requests};
use benches::site::SiteFile;

/// Connections of every loaded case.
pub(crate) const CONNECTIONS: u32 = 64;

/// One kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Case {
    /// The 13-byte fixed reply, keep-alive.
    Hello,
    /// A file of 1 KiB, keep-alive.
    #[value(name = "1k")]
    File1k,
    /// A file of 64 KiB, keep-alive.
    #[value(name = "64k")]
    File64k,
    /// A file of 1 MiB, keep-alive.
    #[value(name = "1m")]
    File1m,
    /// The 13-byte fixed reply, one connection per request.
    Close,
    /// Memory of idle keep-alive connections.
    Idle,
}

impl Case {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 6] = [
        Self::Hello,
        Self::File1k,
        Self::File64k,
        Self::File1m,
        Self::Close,
        Self::Idle,
    ];

    /// Those that are measured under load.
    pub(crate) const LOADED: [Self; 5] = [
        Self::Hello,
        Self::File1k,
        Self::File64k,
        Self::File1m,
        Self::Close,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::File1k => "1k",
            Self::File64k => "64k",
            Self::File1m => "1m",
            Self::Close => "close",
            Self::Idle => "idle",
        }
    }

    /// In the table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Hello => "13-byte reply",
            Self::File1k => "1 KiB file",
            Self::File64k => "64 KiB file",
            Self::File1m => "1 MiB file",
            Self::Close => "13-byte reply, one connection per request",
            Self::Idle => "idle keep-alive connections",
        }
    }

    /// What is asked for.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Hello | Self::Close | Self::Idle => "/hello",
            Self::File1k => SiteFile::Kib1.path(),
            Self::File64k => SiteFile::Kib64.path(),
            Self::File1m => SiteFile::Mib1.path(),
        }
    }

    /// What must come back.
    pub(crate) fn body(self) -> Vec<u8> {
        match self {
            Self::Hello | Self::Close | Self::Idle => b"Hello, world!".to_vec(),
            Self::File1k => SiteFile::Kib1.body(),
            Self::File64k => SiteFile::Kib64.body(),
            Self::File1m => SiteFile::Mib1.body(),
        }
    }

    /// How it is asked for.
    pub(crate) fn load(self) -> Load {
        let requests = match self {
            Self::Close => Requests::Close,
            Self::Hello | Self::File1k | Self::File64k | Self::File1m | Self::Idle => {
                Requests::KeepAlive
            }
        };
        Load {
            generator: Generator::Wrk,
            connections: CONNECTIONS,
            requests,
        }
    }
}

/// As on the command line, in the CSV and in the table.
impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
