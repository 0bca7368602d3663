//! The facts about a host, read from the kernel and its files.
//!
//! A fact that cannot be read is `None`: containers hide many of them, and a report with gaps is
//! better than none. The folder of the files is an argument, so that tests bring their own.

use std::fs;
use std::path::Path;

use rustix::process::{Resource, getrlimit};
use rustix::system::uname;

use crate::config::HostBounds;

/// What a host allows, as far as it can be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct HostReport {
    /// The kernel's release, such as `6.18.44`.
    pub kernel: String,
    /// What the ring probe said.
    pub ring: RingReport,
    /// `kernel.io_uring_disabled`.
    pub uring_switch: Option<UringSwitch>,
    /// Whether a seccomp filter is in force for this process.
    pub seccomp_filter: Option<bool>,
    /// `RLIMIT_NOFILE`: descriptors, and slots of one ring's file table.
    pub descriptors: ResourceLimit,
    /// `RLIMIT_MEMLOCK` in bytes.
    pub locked_bytes: ResourceLimit,
    /// `net.core.somaxconn`: the cap of every listen backlog.
    pub somaxconn: Option<u64>,
    /// CPUs of the affinity mask.
    pub cpus: Vec<usize>,
    /// What the cgroup grants (`cpu.max`).
    pub quota: Quota,
    /// Shards that `shards = "auto"` would run.
    pub shards: u16,
    /// `net.ipv4.tcp_congestion_control`.
    pub congestion_control: Option<String>,
    /// `net.core.default_qdisc`.
    pub qdisc: Option<String>,
    /// `net.ipv4.ip_unprivileged_port_start`.
    pub unprivileged_port_first: Option<u16>,
}

/// Whether io_uring works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingReport {
    /// It does; the abilities of the driver by name.
    Usable(Vec<(&'static str, bool)>),
    /// It does not; one sentence with the reason and the remedy.
    Refused(String),
}

/// `kernel.io_uring_disabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UringSwitch {
    /// 0: every process may make rings.
    Everyone,
    /// 1: only processes with CAP_SYS_ADMIN or in `kernel.io_uring_group`.
    Privileged,
    /// 2: nobody.
    Nobody,
}

/// A soft and a hard limit; `None` is unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceLimit {
    /// What is in force.
    pub soft: Option<u64>,
    /// How far the process may raise it itself.
    pub hard: Option<u64>,
}

/// CPU time that a cgroup grants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quota {
    /// As much as there is.
    Unlimited,
    /// So many CPUs' worth.
    Cpus(f64),
}

impl ResourceLimit {
    /// What is in force after the start, which raises the soft limit to the hard one.
    pub fn reachable(self) -> u64 {
        self.hard.unwrap_or(u64::MAX)
    }
}

impl HostReport {
    /// Looks at this host and probes its io_uring.
    pub fn read() -> Self {
        let ring = match shard::probe() {
            Ok(abilities) => RingReport::Usable(abilities.list().to_vec()),
            Err(unavailable) => RingReport::Refused(unavailable.to_string()),
        };
        Self::read_from(Path::new("/proc"), ring)
    }

    /// Looks at this process, and at the files below `proc` instead of `/proc`.
    pub fn read_from(proc: &Path, ring: RingReport) -> Self {
        let sys = |name: &str| read_word(&proc.join("sys").join(name));
        let shards = shard::topology::default_cpus().map_or(1, |cpus| cpus.len());
        Self {
            kernel: uname().release().to_string_lossy().into_owned(),
            ring,
            uring_switch: sys("kernel/io_uring_disabled").and_then(|word| uring_switch(&word)),
            seccomp_filter: seccomp_filter(&proc.join("self/status")),
            descriptors: resource_limit(Resource::Nofile),
            locked_bytes: resource_limit(Resource::Memlock),
            somaxconn: sys("net/core/somaxconn").and_then(|word| word.parse().ok()),
            cpus: shard::topology::allowed_cpus().unwrap_or_default(),
            quota: shard::topology::cgroup_quota().map_or(Quota::Unlimited, Quota::Cpus),
            shards: u16::try_from(shards).unwrap_or(u16::MAX),
            congestion_control: sys("net/ipv4/tcp_congestion_control"),
            qdisc: sys("net/core/default_qdisc"),
            unprivileged_port_first: sys("net/ipv4/ip_unprivileged_port_start")
                .and_then(|word| word.parse().ok()),
        }
    }

    /// What the arithmetic of a config needs to know.
    pub fn bounds(&self) -> HostBounds {
        let options = shard::Options::default();
        HostBounds {
            shards: self.shards,
            descriptors: self.descriptors.reachable(),
            receive_pool_bytes_per_shard: u64::from(options.recv_buffer_bytes)
                * u64::from(options.recv_buffers_max),
        }
    }
}

fn read_word(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    Some(text.trim().to_owned()).filter(|word| !word.is_empty())
}

fn uring_switch(word: &str) -> Option<UringSwitch> {
    match word {
        "0" => Some(UringSwitch::Everyone),
        "1" => Some(UringSwitch::Privileged),
        "2" => Some(UringSwitch::Nobody),
        _ => None,
    }
}

/// The `Seccomp:` line of proc_pid_status(5): 2 is a filter.
fn seccomp_filter(status: &Path) -> Option<bool> {
    let text = fs::read_to_string(status).ok()?;
    let mode = text
        .lines()
        .find_map(|line| line.strip_prefix("Seccomp:"))?;
    Some(mode.trim() == "2")
}

fn resource_limit(resource: Resource) -> ResourceLimit {
    let limit = getrlimit(resource);
    ResourceLimit {
        soft: limit.current,
        hard: limit.maximum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_from_the_files_of_the_given_folder() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let proc = folder.path();
        for (file, text) in [
            ("sys/kernel/io_uring_disabled", "2\n"),
            ("sys/net/core/somaxconn", "4096\n"),
            ("sys/net/ipv4/tcp_congestion_control", "cubic\n"),
            (
                "self/status",
                "Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n",
            ),
        ] {
            let file = proc.join(file);
            fs::create_dir_all(file.parent().expect("it has one")).expect("folder");
            fs::write(file, text).expect("file");
        }
        let report = HostReport::read_from(proc, RingReport::Refused("not tried".into()));
        assert_eq!(report.uring_switch, Some(UringSwitch::Nobody));
        assert_eq!(report.somaxconn, Some(4096));
        assert_eq!(report.congestion_control.as_deref(), Some("cubic"));
        assert_eq!(report.seccomp_filter, Some(true));
        assert_eq!(report.qdisc, None);
    }

    #[test]
    fn this_host_has_a_cpu_and_descriptors() {
        let report = HostReport::read();
        assert!(!report.cpus.is_empty());
        assert!(report.shards >= 1);
        assert_ne!(report.descriptors.soft, Some(0));
    }
}
