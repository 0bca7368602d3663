//! Which CPUs this process may use, and pinning a thread to one.

use std::io;
use std::path::Path;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The CPUs of the affinity mask, in order.
///
/// # Errors
/// Whatever sched_getaffinity(2) says.
pub fn allowed_cpus() -> io::Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|cpu| set.is_set(*cpu))
        .collect())
}

/// How many CPUs' worth of time the cgroup's quota grants, if it sets one (`cpu.max`, the
/// tightest of the group and its parents).
pub fn cgroup_quota() -> Option<f64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let root = Path::new("/sys/fs/cgroup");
    let mut directory = root.join(group.trim_start_matches('/'));
    let mut tightest: Option<f64> = None;
    loop {
        let quota = std::fs::read_to_string(directory.join("cpu.max"))
            .ok()
            .and_then(|text| parse_quota(&text));
        if let Some(quota) = quota {
            tightest = Some(tightest.map_or(quota, |least| least.min(quota)));
        }
        if directory == root || !directory.pop() {
            return tightest;
        }
    }
}

fn parse_quota(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (period > 0.0).then_some(quota / period)
}

/// One CPU per shard: the allowed CPUs, as many as the cgroup's quota pays for (at least one).
///
/// # Errors
/// Whatever sched_getaffinity(2) says.
pub fn default_cpus() -> io::Result<Vec<usize>> {
    let mut cpus = allowed_cpus()?;
    if let Some(quota) = cgroup_quota() {
        cpus.truncate((quota.ceil() as usize).max(1));
    }
    Ok(cpus)
}

/// Pins the calling thread to `cpu`.
///
/// # Errors
/// Whatever sched_setaffinity(2) says; EINVAL for a CPU that is offline or not allowed.
pub fn pin(cpu: usize) -> io::Result<()> {
    if cpu >= CpuSet::MAX_CPU {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(sched_setaffinity(None, &set)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_as_cpus() {
        assert_eq!(parse_quota("150000 100000\n"), Some(1.5));
        assert_eq!(parse_quota("max 100000\n"), None);
        assert_eq!(parse_quota("1 0\n"), None);
        assert_eq!(parse_quota(""), None);
    }

    #[test]
    fn a_pinned_thread_is_allowed_one_cpu() {
        std::thread::spawn(|| {
            let cpus = allowed_cpus().expect("affinity");
            pin(cpus[0]).expect("pin");
            assert_eq!(allowed_cpus().expect("affinity"), [cpus[0]]);
            assert!(pin(CpuSet::MAX_CPU).is_err());
        })
        .join()
        .expect("thread");
    }
}
