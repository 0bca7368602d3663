//! Who else writes knobs on this host: tuned and bpftune.

use super::root::Root;
use super::sysctl::canonical;

/// How many profiles may include one another.
const INCLUDES_MAX: usize = 8;

/// Other tools that write sysctls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// The active profile of tuned.
    pub tuned_profile: Option<String>,
    /// Whether bpftune runs.
    pub bpftune: bool,
    /// What tuned's profile sets: key and value as written.
    tuned_sysctls: Vec<(String, String)>,
}

impl Owners {
    /// Looks for them.
    pub fn read(root: &Root) -> Self {
        let tuned_profile = root.word("/etc/tuned/active_profile");
        let tuned_sysctls = tuned_profile.as_deref().map_or_else(Vec::new, |profiles| {
            let of = |name| sysctls_of_profile(root, name, 0);
            profiles.split_whitespace().flat_map(of).collect()
        });
        Self {
            tuned_profile,
            bpftune: runs(root, "bpftune"),
            tuned_sysctls,
        }
    }

    /// Who writes a key besides the files of sysctl.d, as clauses.
    pub fn of(&self, key: &str) -> Vec<String> {
        let profile = self.tuned_profile.as_deref().unwrap_or_default();
        let written = self.tuned_sysctls.iter().filter(|(name, _)| name == key);
        let mut found: Vec<String> = written
            .map(|(_, value)| format!("tuned profile {profile} writes {value}"))
            .collect();
        if self.bpftune && (key.starts_with("net.") || key == "limit.nofile") {
            found.push("bpftune runs and may change it".into());
        }
        found
    }
}

fn sysctls_of_profile(root: &Root, name: &str, depth: usize) -> Vec<(String, String)> {
    if depth >= INCLUDES_MAX || name.contains('/') {
        return Vec::new();
    }
    let folders = [
        "/etc/tuned",
        "/etc/tuned/profiles",
        "/usr/lib/tuned",
        "/usr/lib/tuned/profiles",
    ];
    let read = |folder: &&str| root.text(&format!("{folder}/{name}/tuned.conf")).ok();
    let text = folders.iter().find_map(read).unwrap_or_default();
    let mut section = "";
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('[') {
            section = heading.trim_end_matches(']');
        } else if let Some((key, value)) = line.split_once('=') {
            // `key=>value` is tuned's own raise-only operator.
            let value = value.trim_start_matches('>').trim();
            match section {
                "main" if key.trim() == "include" => {
                    let names = value.split([',', ' ']).filter(|name| !name.is_empty());
                    found.extend(names.flat_map(|name| sysctls_of_profile(root, name, depth + 1)));
                }
                "sysctl" => found.push((canonical(key.trim()), value.to_owned())),
                _ => {}
            }
        }
    }
    found
}

fn runs(root: &Root, program: &str) -> bool {
    let is_process = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    let names = root.names("/proc").into_iter().filter(is_process);
    names
        .filter_map(|pid| root.word(&format!("/proc/{pid}/comm")))
        .any(|comm| comm == program)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_profile_of_tuned_is_named_with_what_it_includes() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("a file");
        };
        write("etc/tuned/active_profile", "edge\n");
        write(
            "etc/tuned/edge/tuned.conf",
            "[main]\ninclude=base\n[sysctl]\nvm.swappiness=1\n",
        );
        write(
            "usr/lib/tuned/base/tuned.conf",
            "[sysctl]\nnet.core.somaxconn=>2048\n[cpu]\nx=1\n",
        );
        write("proc/9/comm", "bpftune\n");
        let owners = Owners::read(&Root::new(folder.path()));
        assert_eq!(
            owners.of("net.core.somaxconn"),
            [
                "tuned profile edge writes 2048",
                "bpftune runs and may change it"
            ]
        );
        assert_eq!(owners.of("vm.swappiness"), ["tuned profile edge writes 1"]);
        assert!(owners.of("x").is_empty());
    }
}
