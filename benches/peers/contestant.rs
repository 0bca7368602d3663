//! The peers: how each is configured and started. All serve the same folder from one CPU.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use benches::failure::Failure;
use benches::host;
use benches::program;
use benches::server::Server;
use tempfile::TempDir;

use crate::case::Case;

const NGINX_CONF: &str = include_str!("nginx.conf");
const RINGMAIN_TOML: &str = include_str!("ringmain.toml");

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

/// Where the contestants live for one run: the files that they serve, their configurations.
#[derive(Debug)]
pub(crate) struct Arena {
    folder: TempDir,
    ringmain: Option<PathBuf>,
    server_cpu: usize,
}

impl Arena {
    /// Writes the site. `ringmain` is the binary, if ringmain takes part.
    pub(crate) fn prepare(ringmain: Option<PathBuf>, server_cpu: usize) -> Result<Self, Failure> {
        let write = |folder: &Path| {
            // nginx's worker is another user when its master is root.
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
            let site = folder.join("site");
            fs::create_dir(&site)?;
            for case in [Case::File1k, Case::File64k, Case::File1m] {
                fs::write(site.join(&case.path()[1..]), case.body())?;
            }
            Ok(())
        };
        let folder = tempfile::tempdir().map_err(Failure::io("no temporary folder"))?;
        write(folder.path()).map_err(Failure::io("the site cannot be written"))?;
        Ok(Self {
            folder,
            ringmain,
            server_cpu,
        })
    }

    /// Starts a fresh process, so that one unlucky memory layout is one sample and not a run.
    pub(crate) fn start(&self, contestant: Contestant) -> Result<Server, Failure> {
        match contestant {
            Contestant::Nginx => self.start_nginx(contestant, "on"),
            Contestant::NginxCopy => self.start_nginx(contestant, "off"),
            Contestant::RingmainUring => self.start_ringmain(contestant, "uring", "io_uring"),
            Contestant::RingmainEpoll => self.start_ringmain(contestant, "epoll", "epoll"),
        }
    }

    fn start_nginx(&self, contestant: Contestant, sendfile: &str) -> Result<Server, Failure> {
        let address = free_address().map_err(Failure::io("no free port"))?;
        let text = NGINX_CONF
            .replace("{port}", &address.port().to_string())
            .replace("{sendfile}", sendfile);
        let configuration = self.configuration("nginx.conf", &text)?;
        let mut command = program::pinned(self.server_cpu, "nginx");
        command.arg("-p").arg(self.folder.path());
        command.args(["-e", "stderr", "-c"]).arg(configuration);
        Server::at(contestant.name(), command, address)
    }

    /// `driver` is the word by which ringmain says that it runs on what it was told to.
    fn start_ringmain(
        &self,
        contestant: Contestant,
        io: &str,
        driver: &str,
    ) -> Result<Server, Failure> {
        let text = RINGMAIN_TOML.replace("{io}", io);
        let configuration = self.configuration("ringmain.toml", &text)?;
        let binary = self.ringmain.as_deref().unwrap_or(Path::new("ringmain"));
        let mut command = program::pinned(self.server_cpu, binary);
        command.args(["run", "-c"]).arg(configuration);
        let server = Server::announced(contestant.name(), command)?;
        match server.announcement().contains(driver) {
            true => Ok(server),
            false => Err(Failure::NotReady {
                server: format!("{} on {driver}", contestant.name()),
                seconds: 0,
                words: server.announcement().to_owned(),
            }),
        }
    }

    fn configuration(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.path().join(name);
        fs::write(&path, text).map_err(Failure::io(name))?;
        Ok(path)
    }

    /// ringmain's own word on its version.
    pub(crate) fn ringmain_version(&self) -> Option<String> {
        host::output(self.ringmain.as_ref()?.to_str()?, &["--version"])
    }
}

/// The version line of nginx, or the way to get nginx.
pub(crate) fn nginx_version() -> Result<String, Failure> {
    host::output("nginx", &["-v"]).ok_or(Failure::ToolMissing {
        tool: "nginx",
        remedy: "apt-get install nginx-light",
    })
}

/// The configurations as they are used, for the run folder.
pub(crate) fn configurations() -> [(&'static str, &'static str); 2] {
    [("nginx.conf", NGINX_CONF), ("ringmain.toml", RINGMAIN_TOML)]
}

/// nginx cannot be told to take any port, so it is told one that was free a moment ago.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
