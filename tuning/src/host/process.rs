//! The service whose limits count: found by its unit or its PID, never the shell that asks.

use super::root::Root;

/// Where a unit's control group may be mounted: version 2, hybrid, version 1.
const CGROUPS: [&str; 3] = [
    "/sys/fs/cgroup/system.slice",
    "/sys/fs/cgroup/unified/system.slice",
    "/sys/fs/cgroup/systemd/system.slice",
];

/// The rows of proc_pid_limits(5), and what systemd calls them.
const ROWS: [(&str, &str); 9] = [
    ("nofile", "Max open files"),
    ("memlock", "Max locked memory"),
    ("nproc", "Max processes"),
    ("core", "Max core file size"),
    ("stack", "Max stack size"),
    ("as", "Max address space"),
    ("rtprio", "Max realtime priority"),
    ("sigpending", "Max pending signals"),
    ("data", "Max data size"),
];

/// Which process is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The main process of a systemd unit.
    Unit(String),
    /// A process.
    Pid(u32),
}

/// The process as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// It runs.
    Running {
        /// Its PID.
        pid: u32,
        /// Its proc_pid_limits(5).
        limits: String,
    },
    /// It does not, or cannot be seen; a clause says so.
    NotSeen(String),
}

impl Service {
    /// Finds it.
    pub fn find(root: &Root, subject: &Subject) -> Self {
        let pid = match subject {
            Subject::Pid(pid) => *pid,
            Subject::Unit(unit) => match pid_of(root, unit) {
                Some(pid) => pid,
                None => return Self::NotSeen(format!("{unit} is not running")),
            },
        };
        match root.text(&format!("/proc/{pid}/limits")) {
            Ok(limits) => Self::Running { pid, limits },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Self::NotSeen(format!("there is no process {pid}"))
            }
            Err(error) => Self::NotSeen(format!("the limits of process {pid}: {error}")),
        }
    }

    /// The soft limit of a name such as `nofile` or `LimitNOFILE`, as the kernel spells it.
    pub fn limit(&self, name: &str) -> Option<&str> {
        let Self::Running { limits, .. } = self else {
            return None;
        };
        let row = row_of(name)?;
        let line = limits.lines().find_map(|line| line.strip_prefix(row))?;
        line.split_whitespace().next()
    }
}

/// Whether a limit of this name exists.
pub fn row_of(name: &str) -> Option<&'static str> {
    let name = name
        .strip_prefix("Limit")
        .unwrap_or(name)
        .to_ascii_lowercase();
    let found = ROWS.iter().find(|(known, _)| *known == name);
    found.map(|(_, row)| *row)
}

fn pid_of(root: &Root, unit: &str) -> Option<u32> {
    let first = |folder: &&str| {
        let processes = root.text(&format!("{folder}/{unit}/cgroup.procs")).ok()?;
        processes
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .min()
    };
    CGROUPS.iter().find_map(first)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_limits_are_those_of_the_unit() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("sys/fs/cgroup/system.slice/web.service")).expect("folders");
        fs::create_dir_all(at("proc/71")).expect("folders");
        fs::write(
            at("sys/fs/cgroup/system.slice/web.service/cgroup.procs"),
            "72\n71\n",
        )
        .expect("a file");
        fs::write(
            at("proc/71/limits"),
            "Limit                     Soft Limit           Hard Limit           Units     \n\
             Max locked memory         8388608              unlimited            bytes     \n\
             Max open files            1024                 524288               files     \n",
        )
        .expect("a file");
        let root = Root::new(folder.path());
        let service = Service::find(&root, &Subject::Unit("web.service".into()));
        assert_eq!(service.limit("nofile"), Some("1024"));
        assert_eq!(service.limit("LimitMEMLOCK"), Some("8388608"));
        assert_eq!(service.limit("cookies"), None);
        let absent = Service::find(&root, &Subject::Unit("other.service".into()));
        assert_eq!(
            absent,
            Service::NotSeen("other.service is not running".into())
        );
        let gone = Service::find(&root, &Subject::Pid(5));
        assert_eq!(gone, Service::NotSeen("there is no process 5".into()));
    }
}
