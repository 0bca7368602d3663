//! What a reader needs to doubt a figure: the machine, the kernel, the settings, the versions, the
//! commit. Written beside the samples as `environment.json`. Neither the host's name nor a path.

use std::time::SystemTime;

use serde::Serialize;

use crate::congestion::Congestion;
use crate::host;
use crate::settings::Settings;

/// Taken at the start of a run, completed at its end.
#[derive(Debug, Serialize)]
pub struct Environment {
    started: String,
    ended: Option<String>,
    commit: Option<String>,
    /// Files that differ from the commit; any makes the commit a hint only.
    uncommitted_files: Option<usize>,
    cpu_model: Option<String>,
    cpus: usize,
    server_cpu: usize,
    client_cpu: usize,
    /// `None` where the hypervisor hides it.
    cpu_governor: Option<String>,
    memory_total: Option<String>,
    hypervisor: Option<String>,
    clock_source: Option<String>,
    kernel: Option<String>,
    transparent_hugepages: Option<String>,
    io_uring_disabled: Option<String>,
    congestion_control: String,
    /// `qdisc` and options of lo as tc(8) says.
    qdisc_lo: Option<String>,
    tcp_max_tw_buckets: Option<String>,
    somaxconn: Option<String>,
    load_average_start: Option<String>,
    load_average_end: Option<String>,
    /// Ticks of 10 ms that the hypervisor gave to others during the run, on all CPUs together.
    steal_ticks: u64,
    rustc: Option<String>,
    /// Name and version of each program that took part.
    programs: Vec<(String, String)>,
}

impl Environment {
    /// Looks around before the first sample.
    pub fn at_start(
        settings: &Settings,
        congestion: &Congestion,
        programs: Vec<(String, String)>,
    ) -> Self {
        Self {
            started: now(),
            ended: None,
            commit: host::output("git", &["rev-parse", "HEAD"]),
            uncommitted_files: uncommitted_files(),
            cpu_model: host::cpu_model(),
            cpus: host::cpus(),
            server_cpu: settings.server_cpu,
            client_cpu: settings.client_cpu,
            cpu_governor: host::text(&format!(
                "/sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor",
                settings.server_cpu
            )),
            memory_total: memory_total(),
            hypervisor: host::output("systemd-detect-virt", &[]),
            clock_source: host::text(
                "/sys/devices/system/clocksource/clocksource0/current_clocksource",
            ),
            kernel: kernel(),
            transparent_hugepages: host::text("/sys/kernel/mm/transparent_hugepage/enabled"),
            io_uring_disabled: host::text("/proc/sys/kernel/io_uring_disabled"),
            congestion_control: congestion.describe(),
            qdisc_lo: host::output("tc", &["qdisc", "show", "dev", "lo"]),
            tcp_max_tw_buckets: host::text("/proc/sys/net/ipv4/tcp_max_tw_buckets"),
            somaxconn: host::text("/proc/sys/net/core/somaxconn"),
            load_average_start: host::text("/proc/loadavg"),
            load_average_end: None,
            steal_ticks: host::steal_ticks(),
            rustc: host::output("rustc", &["--version"]),
            programs,
        }
    }

    /// Looks around again after the last sample.
    pub fn at_end(mut self) -> Self {
        self.ended = Some(now());
        self.load_average_end = host::text("/proc/loadavg");
        self.steal_ticks = host::steal_ticks().saturating_sub(self.steal_ticks);
        self
    }

    /// One paragraph for a table's foot.
    pub fn summary(&self) -> String {
        let known = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "unknown".to_owned());
        let programs: Vec<String> = self
            .programs
            .iter()
            .map(|(name, version)| format!("{name}: {version}"))
            .collect();
        let commit = match self.uncommitted_files {
            Some(0) => known(&self.commit),
            Some(files) => format!("{} with {files} uncommitted files", known(&self.commit)),
            None => "unknown".to_owned(),
        };
        format!(
            "{}, {} CPUs (server on {}, client on {}), Linux {}, congestion control {}, {}. \
             Steal during the run: {} ticks of 10 ms. Commit {commit}. {}. {}.",
            known(&self.cpu_model),
            self.cpus,
            self.server_cpu,
            self.client_cpu,
            known(&self.kernel),
            self.congestion_control,
            known(&self.qdisc_lo),
            self.steal_ticks,
            known(&self.rustc),
            programs.join("; "),
        )
    }
}

/// Now, in UTC, to the second.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

fn kernel() -> Option<String> {
    let release = host::text("/proc/sys/kernel/osrelease")?;
    Some(format!(
        "{release} {}",
        host::text("/proc/sys/kernel/version")?
    ))
}

fn memory_total() -> Option<String> {
    let meminfo = host::text("/proc/meminfo")?;
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().to_owned())
}

/// `None` outside a repository. Untracked files count too, unless they are ignored.
fn uncommitted_files() -> Option<usize> {
    host::output("git", &["rev-parse", "--git-dir"])?;
    let status = host::output("git", &["status", "--porcelain"]);
    Some(status.map_or(0, |status| status.lines().count()))
}
