//! Why there was no load at all, in words for who asked for it.

use std::collections::BTreeMap;
use std::io;

use crate::record::ErrorKind;

/// See the module's text.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Not one connection stood.
    #[error("no connection to {} could be opened: {}", origins.join(", "), reasons(failed))]
    NothingConnected {
        /// Whom it was asked to reach.
        origins: Vec<String>,
        /// What failed, and how often.
        failed: BTreeMap<ErrorKind, u64>,
    },
    /// The plan wants TLS.
    #[error("{origin} needs TLS, which this version does not speak yet; use http://")]
    NoTls {
        /// Whose plan.
        origin: String,
    },
    /// The affinity mask could not be read.
    #[error("cannot read which CPUs may be used: {0}")]
    Cpus(#[source] io::Error),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}; see `ulimit -u` and the cgroup's pids.max")]
    Thread(#[source] io::Error),
    /// A worker's ring could not be had.
    #[error("{0}")]
    Shard(#[source] shard::StartError),
    /// The user was faster.
    #[error("stopped before the load began")]
    Stopped,
    /// A worker neither ended nor said why.
    #[error("a thread of the generator did not end in time; please report this with the command")]
    Stuck,
}

fn reasons(failed: &BTreeMap<ErrorKind, u64>) -> String {
    let most = failed.iter().max_by_key(|(_, count)| **count);
    match most.map(|(kind, _)| kind) {
        Some(ErrorKind::ConnectRefused) => {
            "connection refused; is the server running, and on this address and port?".to_owned()
        }
        Some(ErrorKind::ConnectTimeout) => {
            "no answer in time; a firewall may drop the packets".to_owned()
        }
        Some(ErrorKind::PortsExhausted) => {
            "no local port is free (EADDRNOTAVAIL); wait for TIME_WAIT to pass, give more sources \
             with --source or more destination ports, or widen net.ipv4.ip_local_port_range"
                .to_owned()
        }
        Some(kind) => format!("{} ({} times)", kind.name(), failed.values().sum::<u64>()),
        None => "the server was not reached".to_owned(),
    }
}
