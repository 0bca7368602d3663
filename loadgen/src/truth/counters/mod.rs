//! The host's counters at the beginning and at the end of a window, and what lies between.
//!
//! The counters are of the whole network namespace and the whole host: on a shared one they hold
//! what others did as well. They are read in a few files and cost well under a millisecond; the
//! search for the servers costs more and belongs before the load ([`Servers::find`]).

mod host;
mod listener;
mod server;

use std::net::SocketAddr;

use crate::plan::Endpoint;
use crate::record::report::Truth;
use crate::truth::environment::fair_queueing;
use crate::truth::files::{HostFiles, kilobytes, labelled};
use crate::truth::thread::process_cpu_ns;

use host::HostCounters;
use server::ServerTimes;

pub use server::Servers;

/// The counters as they were at a window's beginning.
#[derive(Debug)]
pub struct Sampler {
    files: HostFiles,
    servers: Servers,
    server_times: ServerTimes,
    host: HostCounters,
    generator_cpu_ns: u64,
}

impl Sampler {
    /// Looks for the servers and begins.
    pub fn begin(targets: &[SocketAddr]) -> Sampler {
        let files = HostFiles::of_this_host();
        let servers = Servers::find(&files, &[Endpoint::Tcp(targets.into())]);
        Sampler::begin_with(files, servers)
    }

    /// Begins with servers that were found before.
    pub fn begin_with(files: HostFiles, servers: Servers) -> Sampler {
        Sampler {
            server_times: servers.times(&files),
            host: HostCounters::read(&files),
            generator_cpu_ns: process_cpu_ns(),
            files,
            servers,
        }
    }

    /// Ends: what changed. What only the rings know (`ring_overflows`, `ring_no_buffers`) is 0.
    pub fn end(self) -> Truth {
        let generator_cpu_ns = process_cpu_ns().saturating_sub(self.generator_cpu_ns);
        let end = HostCounters::read(&self.files);
        let times = self.servers.times(&self.files);
        let cpu = self.host.cpu_shares(&end);
        Truth {
            retransmitted_segments: end.since(&self.host, |host| host.retransmitted_segments),
            softnet_dropped: end.since(&self.host, |host| host.softnet_dropped),
            softnet_squeezed: end.since(&self.host, |host| host.softnet_squeezed),
            listen_drops: end.since(&self.host, |host| host.listen_drops),
            steal: cpu.map(|shares| shares.steal),
            idle: cpu.map(|shares| shares.idle),
            ring_overflows: 0,
            ring_no_buffers: 0,
            congestion_control: self.files.words("proc/sys/net/ipv4/tcp_congestion_control"),
            fair_queueing: fair_queueing(&self.files, self.servers.are_here()),
            servers: self.servers.report(&self.files, &self.server_times, &times),
            generator_rss_bytes: peak_rss_bytes(&self.files),
            generator_cpu_s: generator_cpu_ns as f64 / 1e9,
        }
    }
}

fn peak_rss_bytes(files: &HostFiles) -> Option<u64> {
    kilobytes(labelled(&files.text("proc/self/status")?, "VmHWM")?)
}
