//! Where ringmain and nginx live for one run: the files that they serve, their configurations. All
//! serve the same folder from one CPU.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::host;
use crate::program;
use crate::run_folder::RunFolder;
use crate::server::Server;
use crate::site::SiteFile;

const NGINX_CONF: &str = include_str!("arena/nginx.conf");
const RINGMAIN_TOML: &str = include_str!("arena/ringmain.toml");

/// How nginx sends files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sendfile {
    /// With sendfile(2), as Debian configures it.
    On,
    /// By reading and writing, which small files cost less with.
    Off,
}

/// ringmain's driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Io {
    /// io_uring.
    Uring,
    /// epoll.
    Epoll,
}

/// How ringmain is started.
#[derive(Debug, Clone, Copy)]
pub struct Ringmain {
    /// On this driver, or not at all.
    pub io: Io,
    /// With so many shards, all on the one CPU.
    pub shards: u32,
    /// Under this `ulimit -n`, soft and hard; `None`: under ours.
    pub open_files_max: Option<u64>,
}

/// The site and the servers' binaries.
#[derive(Debug)]
pub struct Arena {
    folder: TempDir,
    ringmain: Option<PathBuf>,
    server_cpu: usize,
}

impl Arena {
    /// Writes the site. `ringmain` is the binary, if ringmain takes part.
    pub fn prepare(ringmain: Option<PathBuf>, server_cpu: usize) -> Result<Self, Failure> {
        let write = |folder: &Path| {
            // nginx's worker is another user when its master is root.
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
            let site = folder.join("site");
            fs::create_dir(&site)?;
            for file in SiteFile::ALL {
                fs::write(site.join(&file.path()[1..]), file.body())?;
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

    /// Starts a fresh nginx with one worker, called `name` in messages. Fresh, so that one unlucky
    /// memory layout is one sample and not a run.
    pub fn start_nginx(&self, name: &'static str, sendfile: Sendfile) -> Result<Server, Failure> {
        let address = free_address().map_err(Failure::io("no free port"))?;
        let text = NGINX_CONF
            .replace("{port}", &address.port().to_string())
            .replace("{sendfile}", &sendfile.to_string());
        let configuration = self.configuration("nginx.conf", &text)?;
        let mut command = program::pinned(self.server_cpu, "nginx");
        command.arg("-p").arg(self.folder.path());
        command.args(["-e", "stderr", "-c"]).arg(configuration);
        Server::at(name, command, address)
    }

    /// Starts a fresh ringmain, called `name` in messages; one that chose another driver is a
    /// failure.
    pub fn start_ringmain(&self, name: &'static str, how: Ringmain) -> Result<Server, Failure> {
        let text = RINGMAIN_TOML
            .replace("{io}", how.io.flag())
            .replace("{shards}", &how.shards.to_string());
        let configuration = self.configuration("ringmain.toml", &text)?;
        let binary = self.ringmain.as_deref().unwrap_or(Path::new("ringmain"));
        let mut command = match how.open_files_max {
            Some(files) => program::limited(self.server_cpu, files, binary),
            None => program::pinned(self.server_cpu, binary),
        };
        command.args(["run", "-c"]).arg(configuration);
        let server = Server::announced(name, command)?;
        match server.announcement().contains(how.io.announced()) {
            true => Ok(server),
            false => Err(Failure::NotReady {
                server: format!("{name} on {}", how.io.announced()),
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
    pub fn ringmain_version(&self) -> Option<String> {
        host::output(self.ringmain.as_ref()?.to_str()?, &["--version"])
    }
}

impl Io {
    fn flag(self) -> &'static str {
        match self {
            Self::Uring => "uring",
            Self::Epoll => "epoll",
        }
    }

    /// The word by which ringmain says that it runs on it.
    fn announced(self) -> &'static str {
        match self {
            Self::Uring => "io_uring",
            Self::Epoll => "epoll",
        }
    }
}

/// As in nginx.conf.
impl fmt::Display for Sendfile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::On => "on",
            Self::Off => "off",
        })
    }
}

/// The version line of nginx, or the way to get nginx.
pub fn nginx_version() -> Result<String, Failure> {
    host::output("nginx", &["-v"]).ok_or(Failure::ToolMissing {
        tool: "nginx",
        remedy: "apt-get install nginx-light",
    })
}

/// Puts the configurations as they are used into the run folder.
pub fn keep_configurations(folder: &RunFolder) -> Result<(), Failure> {
    folder.write("nginx.conf", NGINX_CONF.as_bytes())?;
    folder.write("ringmain.toml", RINGMAIN_TOML.as_bytes())
}

/// nginx cannot be told to take any port, so it is told one that was free a moment ago.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
