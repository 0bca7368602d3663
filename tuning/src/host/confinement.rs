//! What this process may change: containers, namespaces and read-only mounts.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::fs::{Access, access};

use super::root::Root;

/// What stands between this process and the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confinement {
    /// The network namespace.
    pub netns: Netns,
    /// Whether user IDs are mapped, so that root is not the host's root.
    pub user_namespace: bool,
    /// The container runtime, where one says its name.
    pub container: Option<String>,
    mounts: Vec<Mount>,
    privileged: bool,
}

/// The network namespace of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Netns {
    /// The host's own.
    Initial,
    /// Another one: keys of the whole host are absent or read-only in it.
    Own,
    /// It cannot be told.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    point: String,
    read_only: bool,
}

impl Confinement {
    /// Looks at the tree and at this process.
    pub fn read(root: &Root) -> Self {
        Self {
            netns: netns(root),
            user_namespace: user_namespace(root),
            container: container(root),
            mounts: mounts(&root.text("/proc/self/mountinfo").unwrap_or_default()),
            privileged: rustix::process::geteuid().is_root(),
        }
    }

    /// Why nobody can write the file from here, if so. Without root that root could is assumed.
    pub fn forbids(&self, root: &Root, path: &str) -> Option<String> {
        if let Some(mount) = self.read_only_mount(path) {
            return Some(format!("{mount} is mounted read-only here"));
        }
        let file = root.at(path);
        let mode = fs::metadata(&file).ok()?.permissions().mode();
        if mode & 0o222 == 0 {
            return Some(match self.netns {
                Netns::Own => "it is read-only in this network namespace".into(),
                Netns::Initial | Netns::Unknown => "the kernel has it read-only".into(),
            });
        }
        let refused = self.privileged && access(&file, Access::WRITE_OK).is_err();
        refused.then(|| "this container may not write it".into())
    }

    /// The mount point of a path, if it is mounted read-only.
    pub fn read_only_mount(&self, path: &str) -> Option<&str> {
        let holds = |mount: &&Mount| {
            let rest = path.strip_prefix(mount.point.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // Of mounts on one point the last one is on top, and `max_by_key` takes the last.
        let mount = self
            .mounts
            .iter()
            .filter(holds)
            .max_by_key(|mount| mount.point.len())?;
        mount.read_only.then_some(mount.point.as_str())
    }
}

/// A namespace other than PID 1's is not the host's, and neither is one in which keys of the
/// whole host are missing: in a container PID 1 is in the same namespace and says nothing.
fn netns(root: &Root) -> Netns {
    if root.has("/proc/sys/net/core/somaxconn")
        && !root.has("/proc/sys/net/core/netdev_max_backlog")
    {
        return Netns::Own;
    }
    let link = |path: &str| fs::read_link(root.at(path)).ok();
    match (link("/proc/self/ns/net"), link("/proc/1/ns/net")) {
        (Some(ours), Some(first)) if ours != first => Netns::Own,
        _ if root.has("/proc/sys/net/core/netdev_max_backlog") => Netns::Initial,
        _ => Netns::Unknown,
    }
}

fn user_namespace(root: &Root) -> bool {
    let map = root.text("/proc/self/uid_map").unwrap_or_default();
    let fields: Vec<&str> = map.split_whitespace().collect();
    !fields.is_empty() && fields != ["0", "0", "4294967295"]
}

fn container(root: &Root) -> Option<String> {
    if let Some(name) = root.word("/run/systemd/container") {
        return Some(name);
    }
    let marks = [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")];
    let found = marks.iter().find(|(mark, _)| root.has(mark));
    found.map(|(_, name)| (*name).to_owned())
}

/// Reads proc_pid_mountinfo(5): the fifth field is the mount point, the sixth its options.
fn mounts(text: &str) -> Vec<Mount> {
    let read = |line: &str| {
        let mut fields = line.split(' ').skip(4);
        let point = fields.next()?.to_owned();
        let read_only = fields.next()?.split(',').any(|option| option == "ro");
        Some(Mount { point, read_only })
    };
    text.lines().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_decides() {
        let text = "20 1 0:3 / / rw - ext4 /dev/vda rw\n\
                    21 20 0:4 / /proc rw,nosuid - proc proc rw\n\
                    22 21 0:4 /sys /proc/sys ro,nosuid - proc proc rw\n\
                    23 20 0:5 / /sys ro - sysfs sysfs rw\n";
        let confinement = Confinement {
            netns: Netns::Initial,
            user_namespace: false,
            container: None,
            mounts: mounts(text),
            privileged: false,
        };
        let mount = |path| confinement.read_only_mount(path);
        assert_eq!(mount("/proc/sys/vm/swappiness"), Some("/proc/sys"));
        assert_eq!(mount("/proc/1/limits"), None);
        assert_eq!(mount("/sys/kernel/mm"), Some("/sys"));
        assert_eq!(mount("/system/x"), None);
    }
}
