//! The peers: which server each is, and how it is started.

use std::fmt;

use benches::arena::{Arena, Io, Ringmain, Sendfile};
use benches::failure::Failure;
use benches::server::Server;

use crate::case::Case;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Contestant {
    /// Debian's nginx, one worker, with sendfile.
    Nginx,
    /// The same without sendfile: what nginx can do for small files.
    NginxCopy,
    /// ringmain with its uring driver, one shard.
    RingmainUring,
    /// ringmain with its epoll driver, one shard.
    RingmainEpoll,
}

impl Contestant {
    /// All, in the order of the table.
    pub(crate) const ALL: [Self; 4] = [
        Self::Nginx,
        Self::NginxCopy,
        Self::RingmainUring,
        Self::RingmainEpoll,
    ];

    /// Whether it is ours, or a neighbor.
    pub(crate) fn is_ringmain(self) -> bool {
        match self {
            Self::Nginx | Self::NginxCopy => false,
            Self::RingmainUring | Self::RingmainEpoll => true,
        }
    }

    /// Whether `case` tells anything of it: replies that are no files do not know of sendfile.
    pub(crate) fn takes_part(self, case: Case) -> bool {
        match self {
            Self::NginxCopy => matches!(case, Case::File1k | Case::File64k | Case::File1m),
            Self::Nginx | Self::RingmainUring | Self::RingmainEpoll => true,
        }
    }

    /// Starts a fresh process.
    pub(crate) fn start(self, arena: &Arena) -> Result<Server, Failure> {
        let ringmain = |io| Ringmain {
            io,
            shards: 1,
            open_files_max: None,
        };
        match self {
            Self::Nginx => arena.start_nginx(self.name(), Sendfile::On),
            Self::NginxCopy => arena.start_nginx(self.name(), Sendfile::Off),
            Self::RingmainUring => arena.start_ringmain(self.name(), ringmain(Io::Uring)),
            Self::RingmainEpoll => arena.start_ringmain(self.name(), ringmain(Io::Epoll)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::NginxCopy => "nginx-copy",
            Self::RingmainUring => "ringmain-uring",
            Self::RingmainEpoll => "ringmain-epoll",
        }
    }
}

/// As on the command line, in the CSV and in the table.
impl fmt::Display for Contestant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
