//! What formulas may ask about a host: memory, cores, nodes, queues.

use super::interfaces::interfaces;
use super::root::Root;
use crate::catalogue::Version;

/// The host in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The kernel's release.
    pub kernel: String,
    /// Its version, if the release begins with one.
    pub version: Option<Version>,
    /// Memory in bytes.
    pub ram_bytes: u64,
    /// Memory that could be had now, in bytes.
    pub available_bytes: u64,
    /// Bytes of a page.
    pub page_bytes: u64,
    /// CPUs that are online.
    pub cores: u64,
    /// NUMA nodes.
    pub numa_nodes: u64,
    /// Receive queues of the widest interface.
    pub nic_queues: u64,
}

impl Facts {
    /// Reads them; what cannot be read counts as the smallest that there is (one core, no
    /// memory).
    pub fn read(root: &Root) -> Self {
        let kernel = root
            .word("/proc/sys/kernel/osrelease")
            .unwrap_or_else(|| "unknown".into());
        let memory = root.text("/proc/meminfo").unwrap_or_default();
        let queues = interfaces(root)
            .iter()
            .map(|nic| receive_queues(root, nic))
            .max();
        Self {
            version: Version::read(&kernel),
            kernel,
            ram_bytes: kib_of(&memory, "MemTotal:") * 1024,
            available_bytes: kib_of(&memory, "MemAvailable:") * 1024,
            page_bytes: rustix::param::page_size() as u64,
            cores: counted(root, "/sys/devices/system/cpu/online").max(1),
            numa_nodes: counted(root, "/sys/devices/system/node/online").max(1),
            nic_queues: queues.unwrap_or(1).max(1),
        }
    }
}

fn receive_queues(root: &Root, nic: &str) -> u64 {
    let names = root.names(&format!("/sys/class/net/{nic}/queues"));
    names.iter().filter(|name| name.starts_with("rx-")).count() as u64
}

fn kib_of(memory: &str, name: &str) -> u64 {
    memory
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// How many numbers a list such as `0-3,8` names.
fn counted(root: &Root, path: &str) -> u64 {
    let list = root.word(path).unwrap_or_default();
    list.split(',')
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            Some(last.checked_sub(first)? + 1)
        })
        .sum()
}
