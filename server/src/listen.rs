//! From listen addresses to bound sockets, one per shard.
//!
//! Everything is bound before the first shard starts, so that a port in use is one sentence at
//! the start and not a half-running server.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use shard::net::{BoundListener, bind_tcp, bind_unix, try_bind};
use thiserror::Error;

use crate::config::ListenAddress;

/// Why an address cannot be listened on: one sentence with its remedy.
#[derive(Debug, Error)]
pub enum ListenError {
    /// EADDRINUSE.
    #[error(
        "{address} is in use by another program; stop it (`ss -ltnp` shows it) or choose another \
         address with --listen or `listen`"
    )]
    InUse {
        /// As written in the config.
        address: String,
    },
    /// EACCES.
    #[error(
        "no right to listen on {address}: ports below 1024 need CAP_NET_BIND_SERVICE (or a lower \
         net.ipv4.ip_unprivileged_port_start), and a unix socket needs write access to its folder"
    )]
    NoRight {
        /// As written in the config.
        address: String,
    },
    /// EADDRNOTAVAIL, EAFNOSUPPORT.
    #[error("{address} is no address of this host; `ip address` lists those it has")]
    NotHere {
        /// As written in the config.
        address: String,
    },
    /// Something else stands where the unix socket should be.
    #[error("{address} exists and is no socket; remove it or choose another path")]
    NotASocket {
        /// As written in the config.
        address: String,
    },
    /// Everything else.
    #[error("cannot listen on {address}: {source}")]
    Other {
        /// As written in the config.
        address: String,
        /// What the kernel said.
        source: io::Error,
    },
}

/// What is listened on, and who is to tell the user about it.
pub struct Listening {
    /// The sockets of each shard.
    pub shards: Vec<Vec<BoundListener>>,
    /// One line each, with the real port: `http://127.0.0.1:8080`, `unix:/path`.
    pub addresses: Vec<String>,
    /// Socket files to remove at the end.
    pub files: SocketFiles,
}

/// Unix socket files that this process made; removed on drop.
#[derive(Default)]
pub struct SocketFiles(Vec<PathBuf>);

impl Drop for SocketFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Binds every address for every shard.
///
/// # Errors
/// The first address that cannot be had.
pub fn bind(
    addresses: &[ListenAddress],
    shards: usize,
    backlog: u32,
) -> Result<Listening, ListenError> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    let mut listening = Listening {
        shards: (0..shards).map(|_| Vec::new()).collect(),
        addresses: Vec::new(),
        files: SocketFiles::default(),
    };
    for address in addresses {
        listening
            .add(address, backlog)
            .map_err(|failure| failure.explain(address))?;
    }
    Ok(listening)
}

enum Failure {
    Io(io::Error),
    NotASocket,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl Failure {
    fn explain(self, address: &ListenAddress) -> ListenError {
        let address = address.to_string();
        match self {
            Failure::NotASocket => ListenError::NotASocket { address },
            Failure::Io(source) => match source.kind() {
                io::ErrorKind::AddrInUse => ListenError::InUse { address },
                io::ErrorKind::PermissionDenied => ListenError::NoRight { address },
                io::ErrorKind::AddrNotAvailable => ListenError::NotHere { address },
                _ => ListenError::Other { address, source },
            },
        }
    }
}

impl Listening {
    fn add(&mut self, address: &ListenAddress, backlog: i32) -> Result<(), Failure> {
        match address {
            ListenAddress::Ip(address) => self.add_tcp(*address, backlog).map(|_| ())?,
            ListenAddress::Any(port) => {
                let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, *port));
                let port = self.add_tcp(v4, backlog)?.port();
                let v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
                match self.add_tcp(v6, backlog) {
                    Ok(_) => {}
                    // A host without IPv6 still has every address that it has.
                    Err(error)
                        if error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error()) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            ListenAddress::Unix(path) => self.add_unix(path, backlog)?,
        }
        Ok(())
    }

    fn add_tcp(&mut self, address: SocketAddr, backlog: i32) -> io::Result<SocketAddr> {
        refuse_taken(address)?;
        let mut real = address;
        for listeners in &mut self.shards {
            let listener = bind_tcp(real, backlog)?;
            real = listener.address()?.unwrap_or(real);
            listeners.push(listener);
        }
        self.addresses.push(format!("http://{real}"));
        Ok(real)
    }

    fn add_unix(&mut self, path: &Path, backlog: i32) -> Result<(), Failure> {
        remove_stale(path)?;
        let listener = bind_unix(path, backlog)?;
        self.files.0.push(path.to_owned());
        for listeners in &mut self.shards {
            listeners.push(listener.try_clone()?);
        }
        self.addresses.push(format!("unix:{}", path.display()));
        Ok(())
    }
}

/// SO_REUSEPORT would let a second server of the same user share the port silently: a plain bind
/// first finds out whether somebody has it.
fn refuse_taken(address: SocketAddr) -> io::Result<()> {
    if address.port() == 0 {
        return Ok(());
    }
    try_bind(address)
}

/// A socket file that nobody listens on was left by a crash; one that answers is in use.
fn remove_stale(path: &Path) -> Result<(), Failure> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(Failure::NotASocket);
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::Error::from(io::ErrorKind::AddrInUse).into()),
        Err(_) => Ok(std::fs::remove_file(path)?),
    }
}
