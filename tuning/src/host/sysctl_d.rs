//! What is configured for the next start: the files of sysctl.d(5), with systemd's precedence.
//!
//! Of two files with one name, the one in the earlier folder hides the other. The rest are read
//! in the order of their names, whatever their folder, and the last value wins; a key written
//! out beats one that a wildcard matches. `/etc/sysctl.conf` counts as the last file where no
//! file of sysctl.d points at it: `sysctl --system` reads it so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::root::Root;
use super::sysctl::canonical;

/// The folders, first the one that hides the others.
const FOLDERS: [&str; 4] = [
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
];

/// Every assignment that is configured, in the order in which it takes effect.
#[derive(Clone, Debug, Default)]
pub struct SysctlFiles {
    assignments: Vec<Assignment>,
}

/// One line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The key with dots; it may have wildcards.
    pub key: String,
    /// The value as written.
    pub value: String,
    /// The file as on the host.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl SysctlFiles {
    /// Reads all files.
    pub fn read(root: &Root) -> Self {
        let mut by_name: BTreeMap<String, String> = BTreeMap::new();
        for folder in FOLDERS {
            for name in root.names(folder) {
                if name.ends_with(".conf") {
                    by_name
                        .entry(name.clone())
                        .or_insert(format!("{folder}/{name}"));
                }
            }
        }
        let mut files: Vec<String> = by_name.into_values().collect();
        if !files.iter().any(|file| points_at_sysctl_conf(root, file)) {
            files.push("/etc/sysctl.conf".into());
        }
        let mut assignments = Vec::new();
        for file in files {
            let text = root.text(&file).unwrap_or_default();
            assignments.extend(assignments_of(&file, &text));
        }
        Self { assignments }
    }

    /// What is configured for a key, the winner last.
    pub fn of(&self, key: &str) -> Vec<&Assignment> {
        let matching = |assignment: &&Assignment| matches(&assignment.key, key);
        let mut found: Vec<&Assignment> = self.assignments.iter().filter(matching).collect();
        // Stable: written-out keys come behind all wildcards, otherwise the order stays.
        found.sort_by_key(|assignment| assignment.key == key);
        found
    }
}

fn points_at_sysctl_conf(root: &Root, file: &str) -> bool {
    let target: Option<PathBuf> = std::fs::read_link(root.at(file)).ok();
    target.is_some_and(|target| target.ends_with("sysctl.conf"))
}

fn assignments_of(file: &str, text: &str) -> Vec<Assignment> {
    let read = |(index, line): (usize, &str)| {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return None;
        }
        let (key, value) = line.split_once('=')?;
        Some(Assignment {
            key: canonical(key.trim().trim_start_matches('-')),
            value: value.trim().to_owned(),
            file: file.to_owned(),
            line: index + 1,
        })
    };
    text.lines().enumerate().filter_map(read).collect()
}

/// Whether a key with wildcards (`*` is any part of one name) means `key`.
fn matches(pattern: &str, key: &str) -> bool {
    let mut names = key.split('.');
    let all = pattern
        .split('.')
        .all(|wanted| names.next().is_some_and(|name| matches_name(wanted, name)));
    all && names.next().is_none()
}

fn matches_name(pattern: &str, name: &str) -> bool {
    let Some((front, back)) = pattern.split_once('*') else {
        return pattern == name;
    };
    name.strip_prefix(front)
        .is_some_and(|rest| rest.len() >= back.len() && rest.ends_with(back))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path.trim_start_matches('/'));
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("a file");
        }
        let root = Root::new(folder.path());
        (folder, root)
    }

    fn values(files: &SysctlFiles, key: &str) -> Vec<String> {
        let found = files.of(key).into_iter();
        found
            .map(|found| format!("{}={}", found.file, found.value))
            .collect()
    }

    #[test]
    fn the_last_name_wins_and_the_first_folder_hides() {
        let (_keep, root) = tree(&[
            ("/usr/lib/sysctl.d/50-a.conf", "vm.swappiness = 1\n"),
            ("/usr/lib/sysctl.d/60-b.conf", "vm.swappiness = 2\n"),
            (
                "/etc/sysctl.d/50-a.conf",
                "# none\n; none\nvm/swappiness=3\n",
            ),
            ("/etc/sysctl.conf", "-vm.swappiness = 4\n"),
            ("/etc/sysctl.d/README", "vm.swappiness = 5\n"),
        ]);
        let files = SysctlFiles::read(&root);
        assert_eq!(
            values(&files, "vm.swappiness"),
            [
                "/etc/sysctl.d/50-a.conf=3",
                "/usr/lib/sysctl.d/60-b.conf=2",
                "/etc/sysctl.conf=4"
            ]
        );
        assert_eq!(files.of("vm.swappiness")[0].line, 3);
        assert!(files.of("vm.swap").is_empty());
    }

    #[test]
    fn a_key_written_out_beats_a_wildcard() {
        let (_keep, root) = tree(&[(
            "/etc/sysctl.d/1.conf",
            "net.ipv4.conf.all.rp_filter = 2\nnet.ipv4.conf.*.rp_filter = 1\n",
        )]);
        let files = SysctlFiles::read(&root);
        let last = |key: &str| files.of(key).last().map(|found| found.value.clone());
        assert_eq!(last("net.ipv4.conf.all.rp_filter").as_deref(), Some("2"));
        assert_eq!(last("net.ipv4.conf.eth0.rp_filter").as_deref(), Some("1"));
        assert_eq!(last("net.ipv4.conf.eth0.forwarding"), None);
    }
}
