//! What memory is used, of the generator, of the server, and of the host.

use crate::plan::Endpoint;
use crate::truth::{HostFiles, Servers, kilobytes, labelled};

/// Memory at one moment. `None` where it cannot be seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    pub(super) generator_rss_bytes: Option<u64>,
    /// Of all processes that listen on the target, where they run on this host.
    pub(super) server_rss_bytes: Option<u64>,
    /// All memory of the host that is not available for something else, the kernel's included.
    pub(super) host_used_bytes: Option<u64>,
    /// Sockets in use (`sockstat`, TCP inuse), both ends where both are on this host.
    pub(super) sockets: Option<u64>,
}

impl Usage {
    pub(super) fn read(endpoint: &Endpoint) -> Usage {
        let files = HostFiles::of_this_host();
        let servers = Servers::find(&files, std::slice::from_ref(endpoint));
        let server_rss = servers.pids().iter().map(|pid| rss_bytes(&files, *pid));
        Usage {
            generator_rss_bytes: rss_bytes(&files, std::process::id()),
            server_rss_bytes: server_rss
                .flatten()
                .reduce(|sum: u64, one| sum.saturating_add(one)),
            host_used_bytes: host_memory(&files, "MemTotal")
                .zip(host_memory(&files, "MemAvailable"))
                .map(|(total, available)| total.saturating_sub(available)),
            sockets: sockets_in_use(&files),
        }
    }
}

/// A line of /proc/meminfo, in bytes.
pub(super) fn host_memory(files: &HostFiles, name: &str) -> Option<u64> {
    kilobytes(labelled(&files.text("proc/meminfo")?, name)?)
}

fn rss_bytes(files: &HostFiles, pid: u32) -> Option<u64> {
    kilobytes(labelled(
        &files.text(format!("proc/{pid}/status"))?,
        "VmRSS",
    )?)
}

/// `TCP: inuse 12 orphan 0 …`, and the same for IPv6.
fn sockets_in_use(files: &HostFiles) -> Option<u64> {
    let of = |path: &str, name: &str| -> Option<u64> {
        let text = files.text(path)?;
        labelled(&text, name)?
            .strip_prefix("inuse ")?
            .split(' ')
            .next()?
            .parse()
            .ok()
    };
    let four = of("proc/net/sockstat", "TCP")?;
    Some(four + of("proc/net/sockstat6", "TCP6").unwrap_or(0))
}
