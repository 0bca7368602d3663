//! A tree that stands for a host, and the binary that is run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A host with 24 GiB, two cores and the defaults of a 6.18 kernel, as far as tests need them.
const HOST: [(&str, &str); 24] = [
    (
        "proc/meminfo",
        "MemTotal:       25165824 kB\nMemAvailable:   24000000 kB\n",
    ),
    ("proc/cmdline", "console=ttyS0\n"),
    ("proc/self/uid_map", "         0          0 4294967295\n"),
    ("proc/sys/kernel/osrelease", "6.18.0\n"),
    ("proc/sys/kernel/io_uring_disabled", "0\n"),
    ("proc/sys/kernel/randomize_va_space", "2\n"),
    ("proc/sys/kernel/random/boot_id", "11111111-2222\n"),
    ("proc/sys/fs/nr_open", "1048576\n"),
    ("proc/sys/fs/file-max", "2466193\n"),
    ("proc/sys/net/core/somaxconn", "128\n"),
    ("proc/sys/net/core/netdev_max_backlog", "1000\n"),
    ("proc/sys/net/core/default_qdisc", "pfifo_fast\n"),
    ("proc/sys/net/ipv4/tcp_congestion_control", "bbr\n"),
    ("proc/sys/net/ipv4/tcp_mem", "287901\t383869\t575802\n"),
    ("proc/sys/net/ipv4/tcp_rmem", "4096\t87380\t8000000\n"),
    ("proc/sys/net/ipv4/tcp_syncookies", "1\n"),
    ("proc/sys/net/ipv4/tcp_slow_start_after_idle", "1\n"),
    ("proc/sys/net/ipv4/tcp_fin_timeout", "60\n"),
    ("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"),
    ("proc/sys/net/ipv4/ip_local_reserved_ports", "\n"),
    ("proc/sys/vm/swappiness", "60\n"),
    ("sys/devices/system/cpu/online", "0-1\n"),
    ("sys/devices/system/node/online", "0\n"),
    (
        "sys/kernel/mm/transparent_hugepage/enabled",
        "[always] madvise never\n",
    ),
];

/// A tree that stands for a host.
pub(crate) struct Tree(TempDir);

impl Tree {
    /// A host with the defaults of a kernel, and these files besides.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let tree = Self(folder());
        for (path, text) in HOST.iter().chain(files) {
            tree.write(path, text);
        }
        tree
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    /// The words of a file, with single blanks.
    pub(crate) fn value(&self, path: &str) -> String {
        let text = fs::read_to_string(self.at(path)).expect(path);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Every value below proc/sys and sys, by path.
    pub(crate) fn values(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for top in ["proc/sys", "sys"] {
            collect(&self.at(top), &mut found);
        }
        found.sort();
        found
    }

    /// The command with `--root`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringtune"));
        command
            .args(arguments)
            .arg("--root")
            .arg(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments).output().expect("it runs"))
    }

    /// `check --json` as a value.
    pub(crate) fn report(&self, arguments: &[&str]) -> serde_json::Value {
        let mut all = vec!["check", "--json"];
        all.extend(arguments);
        serde_json::from_str(&self.run(&all).out).expect("JSON")
    }
}

/// A new folder, in memory where that is possible: the journal waits for the disk, and a busy
/// disk would make the tests slow.
pub(crate) fn folder() -> TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for item in fs::read_dir(folder).expect("a folder") {
        let path = item.expect("an item").path();
        if path.is_dir() {
            collect(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let words: Vec<&str> = text.split_whitespace().collect();
            found.push((path, words.join(" ")));
        }
    }
}

/// What a run answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The line of `check` about a key.
    pub(crate) fn line(&self, key: &str) -> &str {
        let about = |line: &&str| {
            line.split_whitespace()
                .nth(1)
                .is_some_and(|name| name.trim_end_matches(':') == key)
        };
        self.out
            .lines()
            .find(about)
            .unwrap_or_else(|| panic!("no line about {key}: {self:?}"))
    }
}

/// What every script begins with: keys of the whole host are the same files in every namespace,
/// so they are covered, and `apply` at work here cannot reach the host.
const COVER: &str = "
    for folder in /proc/sys/fs /proc/sys/vm /proc/sys/kernel /sys; do
        mount --bind $folder $folder && mount -o remount,ro,bind $folder || exit 77
    done
    ";

/// Runs `script` in a network namespace of its own, in which all of the host's own keys are
/// read-only; `None` with a reason printed where that is not possible.
pub(crate) fn in_namespace(script: &str, environment: &[(&str, &Path)]) -> Option<Answer> {
    let mut command = Command::new("unshare");
    command
        .args(["-n", "-m", "sh", "-euc", &format!("{COVER}{script}")])
        .env("RINGTUNE", env!("CARGO_BIN_EXE_ringtune"))
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    let answer = command.output().map(Answer::of);
    match answer {
        Ok(answer) if answer.code == Some(77) || answer.err.starts_with("unshare:") => {
            println!("skipped: no right to make namespaces (unshare -n -m, mount)");
            None
        }
        Ok(answer) => Some(answer),
        Err(error) => {
            println!("skipped: unshare(1): {error}");
            None
        }
    }
}

/// Whether a program is installed.
pub(crate) fn has_program(name: &str) -> bool {
    let found = Command::new(name).arg("--version").output();
    found.is_ok_and(|output| output.status.success())
}
