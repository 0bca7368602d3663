//! The kernel's files, below a root that tests bring along.
//!
//! Everything is optional: a file that is missing, unreadable, too long or not text is `None`,
//! because containers hide many of them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest file that is read whole. `/proc/net/netstat` and `/proc/cpuinfo` of a host with 512
/// CPUs stay below.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Entries of one folder that are looked at, at most: more than `kernel.pid_max` allows by default
/// and than a process has descriptors by the usual limits.
const ENTRIES_MAX: usize = 4 * 1024 * 1024;

/// The folder below which `proc` and `sys` are found.
#[derive(Clone, Debug)]
pub struct HostFiles {
    root: PathBuf,
}

impl HostFiles {
    /// Those of this host.
    pub fn of_this_host() -> HostFiles {
        HostFiles::below(Path::new("/"))
    }

    /// Those below `root`.
    pub fn below(root: &Path) -> HostFiles {
        HostFiles {
            root: root.to_owned(),
        }
    }

    /// A file's text.
    pub(crate) fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        let file = File::open(self.path(path)).ok()?;
        let mut text = String::new();
        let length = file
            .take(FILE_BYTES_MAX + 1)
            .read_to_string(&mut text)
            .ok()?;
        (length as u64 <= FILE_BYTES_MAX).then_some(text)
    }

    /// A file's text in one line, blanks joined; `None` where it is empty.
    pub(super) fn words(&self, path: impl AsRef<Path>) -> Option<String> {
        let text = self.text(path)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// A file's number.
    pub(crate) fn number(&self, path: impl AsRef<Path>) -> Option<u64> {
        self.text(path)?.trim().parse().ok()
    }

    /// A file's numbers, blanks between them.
    pub(crate) fn numbers(&self, path: impl AsRef<Path>) -> Vec<u64> {
        let text = self.text(path).unwrap_or_default();
        text.split_whitespace()
            .map_while(|word| word.parse().ok())
            .collect()
    }

    /// A file's lines as they come, for files that grow with the host's connections.
    pub(super) fn lines<P: AsRef<Path>>(&self, path: P) -> impl Iterator<Item = String> + use<P> {
        let file = File::open(self.path(path)).ok();
        file.into_iter()
            .flat_map(|file| BufReader::new(file).lines().map_while(Result::ok))
    }

    /// The names in a folder.
    pub(super) fn names<P: AsRef<Path>>(&self, path: P) -> impl Iterator<Item = String> + use<P> {
        let folder = fs::read_dir(self.path(path)).ok();
        folder
            .into_iter()
            .flatten()
            .take(ENTRIES_MAX)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
    }

    /// Where a link leads.
    pub(super) fn link(&self, path: impl AsRef<Path>) -> Option<String> {
        let target = fs::read_link(self.path(path)).ok()?;
        target.into_os_string().into_string().ok()
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).exists()
    }

    fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }
}

/// The value of a `Name:   value` line, as /proc/PID/status, /proc/meminfo and /proc/cpuinfo have
/// them.
pub(crate) fn labelled<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (label, value) = line.split_once(':')?;
        (label.trim_end() == name).then(|| value.trim())
    })
}

/// The bytes of a `12 kB` value.
pub(crate) fn kilobytes(value: &str) -> Option<u64> {
    let number: u64 = value.strip_suffix("kB")?.trim_end().parse().ok()?;
    number.checked_mul(1024)
}

/// CPUs as the kernel lists them: `0-3,8`.
pub(super) fn cpu_list(text: &str) -> Option<Vec<usize>> {
    /// More than any kernel is built for (NR_CPUS).
    const CPUS_MAX: usize = 65_536;
    let mut cpus = Vec::new();
    for piece in text.trim().split(',').filter(|piece| !piece.is_empty()) {
        let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if last >= CPUS_MAX {
            return None;
        }
        cpus.extend(first..=last);
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus_are_read_as_the_kernel_writes_them() {
        assert_eq!(cpu_list("0-3,8\n"), Some(vec![0, 1, 2, 3, 8]));
        assert_eq!(cpu_list("5"), Some(vec![5]));
        assert_eq!(cpu_list("\n"), Some(vec![]));
        assert_eq!(cpu_list("0-99999999999"), None);
        assert_eq!(cpu_list("x"), None);
    }

    #[test]
    fn labelled_values_are_found_by_their_whole_label() {
        let text = "VmHWMx:\t1 kB\nVmHWM:\t  1620 kB\nflags\t\t: fpu vme\n";
        assert_eq!(labelled(text, "VmHWM").and_then(kilobytes), Some(1_658_880));
        assert_eq!(labelled(text, "flags"), Some("fpu vme"));
        assert_eq!(labelled(text, "VmRSS"), None);
        assert_eq!(kilobytes("12 MB"), None);
    }

    #[test]
    fn a_missing_root_has_nothing_and_fails_nowhere() {
        let files = HostFiles::below(Path::new("/nonexistent"));
        assert_eq!(files.text("proc/stat"), None);
        assert_eq!(files.lines("proc/net/tcp").count(), 0);
        assert_eq!(files.names("proc").count(), 0);
        assert_eq!(files.link("proc/self/exe"), None);
        assert!(!files.has("proc"));
    }
}
