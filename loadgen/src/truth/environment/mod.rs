//! The host as a report describes it: what a reader needs to judge a number, or to get it again.
//!
//! Reads files and asks the kernel; no privilege, no tool. What is hidden is empty or absent.

mod confinement;
mod qdisc;

use std::collections::BTreeMap;

use rustix::process::{Resource, getrlimit};
use rustix::system::uname;

use crate::record::report::Environment;
use crate::truth::files::{HostFiles, cpu_list, kilobytes, labelled};

/// Sysctls that bear on a load test: what bounds connections, ports, queues and buffers, and what
/// changes timing.
const SYSCTLS: [&str; 31] = [
    "fs.file-max",
    "fs.nr_open",
    "kernel.io_uring_disabled",
    "kernel.sched_autogroup_enabled",
    "kernel.timer_migration",
    "net.core.default_qdisc",
    "net.core.netdev_budget",
    "net.core.netdev_max_backlog",
    "net.core.rmem_max",
    "net.core.somaxconn",
    "net.core.wmem_max",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_available_congestion_control",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_fastopen",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_max_orphans",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_max_tw_buckets",
    "net.ipv4.tcp_mem",
    "net.ipv4.tcp_moderate_rcvbuf",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv4.tcp_wmem",
    "net.netfilter.nf_conntrack_count",
    "net.netfilter.nf_conntrack_max",
];

/// This host.
pub fn environment() -> Environment {
    environment_from(&HostFiles::of_this_host())
}

/// The host whose files these are. Kernel, descriptors and queueing disciplines are this host's.
pub fn environment_from(files: &HostFiles) -> Environment {
    let status = files.text("proc/self/status").unwrap_or_default();
    let cpuinfo = files.text("proc/cpuinfo").unwrap_or_default();
    let cpus_allowed = labelled(&status, "Cpus_allowed_list")
        .and_then(cpu_list)
        .unwrap_or_default();
    Environment {
        kernel: kernel(),
        cpu_model: cpu_model(&cpuinfo),
        cpus: cpus_online(files, &cpuinfo),
        memory_bytes: memory_bytes(files).unwrap_or(0),
        confinement: confinement::confinement(files, &status, &cpuinfo),
        congestion_control: files
            .words("proc/sys/net/ipv4/tcp_congestion_control")
            .unwrap_or_default(),
        qdiscs: qdisc::by_interface(files),
        sysctls: sysctls(files),
        descriptors: descriptors(),
        mitigations: mitigations(files),
        governor: governor(files, &cpus_allowed),
        clock_source: files
            .words("sys/devices/system/clocksource/clocksource0/current_clocksource")
            .unwrap_or_default(),
        cpus_allowed,
    }
}

/// Whether the way to the targets queues by fq: `lo` where they are on this host, else every
/// interface that has a queue. `None` where nothing is known of it.
pub(super) fn fair_queueing(files: &HostFiles, targets_are_here: bool) -> Option<bool> {
    qdisc::is_fair(&qdisc::by_interface(files), targets_are_here)
}

fn kernel() -> String {
    let name = uname();
    let (release, version) = (name.release(), name.version());
    let machine = name.machine().to_string_lossy();
    format!(
        "{} {} {machine}",
        release.to_string_lossy(),
        version.to_string_lossy()
    )
}

/// x86 has `model name`, some others `Model` or `cpu model`; Arm has none.
fn cpu_model(cpuinfo: &str) -> String {
    ["model name", "cpu model", "Model", "uarch"]
        .iter()
        .find_map(|label| labelled(cpuinfo, label))
        .unwrap_or(std::env::consts::ARCH)
        .to_owned()
}

fn cpus_online(files: &HostFiles, cpuinfo: &str) -> usize {
    let listed = files.text("sys/devices/system/cpu/online");
    let listed = listed.and_then(|list| cpu_list(&list));
    listed.map_or_else(
        || {
            let starts = cpuinfo.lines().filter(|line| line.starts_with("processor"));
            starts.count()
        },
        |cpus| cpus.len(),
    )
}

fn memory_bytes(files: &HostFiles) -> Option<u64> {
    kilobytes(labelled(&files.text("proc/meminfo")?, "MemTotal")?)
}

fn sysctls(files: &HostFiles) -> BTreeMap<String, String> {
    SYSCTLS
        .iter()
        .filter_map(|name| {
            let value = files.words(format!("proc/sys/{}", name.replace('.', "/")))?;
            Some(((*name).to_owned(), value))
        })
        .collect()
}

/// Unlimited is the largest number.
fn descriptors() -> (u64, u64) {
    let limit = getrlimit(Resource::Nofile);
    let number = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
    (number(limit.current), number(limit.maximum))
}

/// All that the CPU is affected by: a mitigation costs, and its absence is worth knowing.
fn mitigations(files: &HostFiles) -> BTreeMap<String, String> {
    let folder = "sys/devices/system/cpu/vulnerabilities";
    files
        .names(folder)
        .filter_map(|name| {
            let state = files.words(format!("{folder}/{name}"))?;
            (state != "Not affected").then_some((name, state))
        })
        .collect()
}

/// Of the CPUs that the process may use; all of them where they differ.
fn governor(files: &HostFiles, cpus: &[usize]) -> Option<String> {
    let mut found: Vec<String> = cpus
        .iter()
        .filter_map(|cpu| {
            files.words(format!(
                "sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor"
            ))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then(|| found.join(", "))
}
