//! What stands between the process and the machine, in words: a hypervisor, a container, a
//! cgroup's limits, an affinity mask, a seccomp filter.

use std::path::{Path, PathBuf};

use crate::truth::files::{HostFiles, cpu_list, labelled};

/// Words in a cgroup's path that name who made it.
const CONTAINER_MAKERS: [&str; 6] = ["docker", "kubepods", "libpod", "lxc", "containerd", "crio"];
/// A memory limit above this is none: cgroup v1 writes the largest multiple of a page that fits.
const MEMORY_LIMIT_BYTES_MAX: u64 = 1 << 60;
/// Folders from a cgroup up to its root, at most.
const CGROUP_DEPTH_MAX: usize = 64;

/// Everything that was seen, the outermost first.
pub(super) fn confinement(files: &HostFiles, status: &str, cpuinfo: &str) -> Vec<String> {
    let groups = files.text("proc/self/cgroup").unwrap_or_default();
    [
        hypervisor(files, cpuinfo),
        container(files, &groups),
        cpu_quota(files, &groups).map(|cpus| format!("CPU quota of {cpus:.2} (cgroup)")),
        memory_limit(files, &groups).map(|bytes| format!("memory limit of {bytes} bytes (cgroup)")),
        affinity(files, status),
        seccomp(status),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn hypervisor(files: &HostFiles, cpuinfo: &str) -> Option<String> {
    let flags = labelled(cpuinfo, "flags").unwrap_or_default();
    let kind = files.words("sys/hypervisor/type");
    let flagged = flags.split(' ').any(|flag| flag == "hypervisor");
    (flagged || kind.is_some()).then(|| {
        let maker = kind.or_else(|| files.words("sys/class/dmi/id/sys_vendor"));
        maker.map_or("virtual machine".to_owned(), |maker| {
            format!("virtual machine ({maker})")
        })
    })
}

fn container(files: &HostFiles, groups: &str) -> Option<String> {
    let maker = if files.has(".dockerenv") {
        Some("docker")
    } else if files.has("run/.containerenv") {
        Some("podman")
    } else {
        let mut makers = CONTAINER_MAKERS.into_iter();
        makers.find(|maker| groups.contains(maker))
    };
    maker.map(|maker| format!("container ({maker})"))
}

/// How many CPUs' worth of time the tightest group grants.
fn cpu_quota(files: &HostFiles, groups: &str) -> Option<f64> {
    let unified = unified(files, groups, "cpu.max");
    let divided = folders(groups, "cpu").filter_map(|group| {
        let folder = Path::new("sys/fs/cgroup/cpu").join(group);
        let quota = files.words(folder.join("cpu.cfs_quota_us"))?;
        let period = files.words(folder.join("cpu.cfs_period_us"))?;
        Some(format!("{quota} {period}"))
    });
    unified
        .chain(divided)
        .filter_map(|text| cpus_of_quota(&text))
        .min_by(f64::total_cmp)
}

/// `QUOTA PERIOD`; no quota is `max` in version 2 and -1 in version 1.
fn cpus_of_quota(text: &str) -> Option<f64> {
    let (quota, period) = text.split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

fn memory_limit(files: &HostFiles, groups: &str) -> Option<u64> {
    let unified = unified(files, groups, "memory.max").filter_map(|text| text.parse().ok());
    let divided = folders(groups, "memory").filter_map(|group| {
        let folder = Path::new("sys/fs/cgroup/memory").join(group);
        files.number(folder.join("memory.limit_in_bytes"))
    });
    let limits = unified.chain(divided);
    limits.filter(|bytes| *bytes < MEMORY_LIMIT_BYTES_MAX).min()
}

/// A file of the process's group in version 2 and of all its parents. On hosts with both versions
/// that hierarchy has a folder of its own.
fn unified(files: &HostFiles, groups: &str, file: &str) -> impl Iterator<Item = String> {
    folders(groups, "").flat_map(move |group| {
        ["sys/fs/cgroup", "sys/fs/cgroup/unified"]
            .into_iter()
            .filter_map(move |root| files.words(Path::new(root).join(&group).join(file)))
    })
}

/// The process's group in the hierarchy of `controller` (empty: version 2) and all its parents,
/// as paths below the hierarchy's root. Lines are `ID:CONTROLLERS:PATH`, cgroups(7).
fn folders(groups: &str, controller: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let own = groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let found = controllers.split(',').any(|name| name == controller);
        found.then(|| PathBuf::from(path.trim_start_matches('/')))
    });
    let parent = |folder: &PathBuf| folder.parent().map(Path::to_owned);
    std::iter::successors(own, parent).take(CGROUP_DEPTH_MAX)
}

fn affinity(files: &HostFiles, status: &str) -> Option<String> {
    let allowed = cpu_list(labelled(status, "Cpus_allowed_list")?)?.len();
    let online = cpu_list(&files.text("sys/devices/system/cpu/online")?)?.len();
    (allowed < online).then(|| format!("{allowed} of {online} CPUs allowed"))
}

/// The `Seccomp:` line of proc_pid_status(5): 2 is a filter.
fn seccomp(status: &str) -> Option<String> {
    (labelled(status, "Seccomp")? == "2").then(|| "seccomp filter".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_in_both_versions() {
        assert_eq!(cpus_of_quota("150000 100000"), Some(1.5));
        assert_eq!(cpus_of_quota("max 100000"), None);
        assert_eq!(cpus_of_quota("-1 100000"), None);
    }

    #[test]
    fn a_groups_parents_are_looked_at_too() {
        let groups = "4:memory:/jobs/one\n3:cpu,cpuacct:/\n0::/system.slice/x.service\n";
        let paths = |controller| -> Vec<String> {
            let paths = folders(groups, controller);
            paths.map(|path| path.display().to_string()).collect()
        };
        assert_eq!(paths("memory"), ["jobs/one", "jobs", ""]);
        assert_eq!(paths("cpuacct"), [""]);
        assert_eq!(paths(""), ["system.slice/x.service", "system.slice", ""]);
        assert_eq!(paths("pids"), [""; 0]);
    }
}
