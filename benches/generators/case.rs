//! What the generators are asked to do, and of whom. A case is data: the runs differ in nothing
//! else.

use std::fmt;

use benches::arena::{Arena, Io, Ringmain, Sendfile};
use benches::failure::Failure;
use benches::generator::{Pipeline, Requests};
use benches::server::Server;
use benches::site::SiteFile;

/// Connections of every case but the held ones.
pub(crate) const CONNECTIONS: u32 = 64;

/// One kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// A closed loop, by every contestant.
    Closed(Closed),
    /// ringload's open loop.
    Open,
    /// ringload's held connections.
    Hold,
}

/// One closed loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed {
    /// Who answers.
    pub(crate) host: Host,
    /// What is asked.
    pub(crate) work: Work,
}

/// A server that is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// ringmain with its uring driver, one shard.
    Ringmain,
    /// Debian's nginx, one worker, with sendfile.
    Nginx,
    /// The same without sendfile.
    NginxCopy,
}

/// What is asked on each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// A file, keep-alive.
    File(SiteFile),
    /// The file of 1 KiB, one connection per request.
    Close,
    /// The file of 1 KiB, sixteen requests at once.
    Pipelined,
}

impl Case {
    /// All, in the order of the tables.
    pub(crate) fn all() -> Vec<Self> {
        let closed = Host::ALL.into_iter().flat_map(|host| {
            let works = Work::ALL.into_iter().filter(move |work| host.does(*work));
            works.map(move |work| Self::Closed(Closed { host, work }))
        });
        closed.chain([Self::Open, Self::Hold]).collect()
    }
}

impl Closed {
    /// What the generator has to do.
    pub(crate) fn requests(self, pipeline: &Pipeline) -> Requests {
        match self.work {
            Work::File(_) => Requests::KeepAlive,
            Work::Close => Requests::Close,
            Work::Pipelined => Requests::Pipelined(pipeline.clone()),
        }
    }

    /// What is asked for.
    pub(crate) fn file(self) -> SiteFile {
        match self.work {
            Work::File(file) => file,
            Work::Close | Work::Pipelined => SiteFile::Kib1,
        }
    }
}

impl Host {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 3] = [Self::Ringmain, Self::Nginx, Self::NginxCopy];

    /// Starts a fresh process.
    pub(crate) fn start(self, arena: &Arena) -> Result<Server, Failure> {
        match self {
            Self::Ringmain => arena.start_ringmain(self.name(), RINGMAIN),
            Self::Nginx => arena.start_nginx(self.name(), Sendfile::On),
            Self::NginxCopy => arena.start_nginx(self.name(), Sendfile::Off),
        }
    }

    /// Pipelining is asked of ringmain only: nginx answers one request after the other.
    fn does(self, work: Work) -> bool {
        match work {
            Work::File(_) | Work::Close => true,
            Work::Pipelined => self == Self::Ringmain,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ringmain => "ringmain",
            Self::Nginx => "nginx",
            Self::NginxCopy => "nginx-copy",
        }
    }
}

/// ringmain in every case but the held one.
pub(crate) const RINGMAIN: Ringmain = Ringmain {
    io: Io::Uring,
    shards: 1,
    open_files_max: None,
};

impl Work {
    const ALL: [Self; 5] = [
        Self::File(SiteFile::Kib1),
        Self::File(SiteFile::Kib64),
        Self::File(SiteFile::Mib1),
        Self::Close,
        Self::Pipelined,
    ];
}

/// As on the command line, in the CSV and in the tables.
impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(closed) => closed.fmt(formatter),
            Self::Open => formatter.write_str("open"),
            Self::Hold => formatter.write_str("hold"),
        }
    }
}

/// `ringmain/1k`.
impl fmt::Display for Closed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let work = match self.work {
            Work::File(SiteFile::Kib1) => "1k",
            Work::File(SiteFile::Kib64) => "64k",
            Work::File(SiteFile::Mib1) => "1m",
            Work::Close => "close",
            Work::Pipelined => "pipelined",
        };
        write!(formatter, "{}/{work}", self.host)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
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
        let refused = parse("nginx/pipelined").unwrap_err();
        assert!(refused.contains("ringmain/pipelined"), "{refused}");
    }
}
