//! What is read and not loaded: files, limits and arithmetic that a recipe gets wrong.

use std::fs;
use std::process::{Command, Stdio};

use super::stage::Stage;
use crate::prove::hindrance::{Hindered, Hindrance};
use crate::prove::proof::Round;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The host's limit of open files, and the recipe's.
    FileMax,
    /// The limit of a process that a service manager starts, and that of a login, with and without
    /// a line in limits.conf. The line is in a mount namespace of its own.
    LimitsConf,
    /// The share of memory that TCP may take.
    TcpMem,
}

pub(super) fn run(fact: Fact, stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let with = stage.side.is_with();
    match fact {
        Fact::FileMax => file_max(with),
        Fact::LimitsConf => limits_conf(with),
        Fact::TcpMem => tcp_mem(with),
    }
}

fn file_max(recipe: bool) -> Result<Round, Hindrance> {
    let in_force = if recipe {
        1e6
    } else {
        numbers("/proc/sys/fs/file-nr")?[2]
    };
    Ok(Round::default().with("files that the host may open", in_force))
}

fn tcp_mem(recipe: bool) -> Result<Round, Hindrance> {
    let pages = if recipe {
        16_777_216.0
    } else {
        numbers("/proc/sys/net/ipv4/tcp_mem")?[2]
    };
    let memory = fs::read_to_string("/proc/meminfo").hindered("/proc/meminfo")?;
    let total = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
        .ok_or_else(|| Hindrance("/proc/meminfo does not say MemTotal".into()))?;
    let bytes = pages * rustix::param::page_size() as f64;
    Ok(Round::default().with("percent of memory that TCP may take", bytes / total / 10.24))
}

/// Three numbers of a file.
fn numbers(path: &str) -> Result<[f64; 3], Hindrance> {
    let text = fs::read_to_string(path).hindered(path)?;
    let found: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    found
        .try_into()
        .map_err(|_| Hindrance(format!("{path} does not have three numbers")))
}

fn limits_conf(line: bool) -> Result<Round, Hindrance> {
    // The folder is covered, not written: what is mounted here is gone with this process. The line
    // has half of the limit in force, because raising one needs a right that containers lack.
    let cover = if line {
        "echo \"* - nofile $(($(ulimit -Hn) / 2))\""
    } else {
        ":"
    };
    let script = format!(
        "mount -t tmpfs none /etc/security && {cover} >/etc/security/limits.conf; ulimit -Hn; \
         su -s /bin/sh nobody -c 'ulimit -Hn' 2>/dev/null || echo none"
    );
    let output = Command::new("unshare")
        .args(["--mount", "--", "sh", "-c", &script])
        .stdin(Stdio::null())
        .output()
        .hindered("unshare")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut limits = text.lines().map(|line| line.trim().parse::<f64>());
    let (Some(Ok(service)), Some(login)) = (limits.next(), limits.next()) else {
        return Err(Hindrance(
            "no mount namespace with a limits.conf of its own".into(),
        ));
    };
    let round = Round::default().with("descriptors of a service", service);
    Ok(match login {
        Ok(login) => round.with("descriptors of a login", login),
        // Without su or without pam_limits there is no login to compare with.
        Err(_) => round,
    })
}
