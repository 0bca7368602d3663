//! What should be known of a host and is none of our business to change: reported, not touched.

use super::programs::Programs;
use crate::host::{Host, Netns, Root, Service};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What was looked at.
    pub subject: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// What was found, and where it matters what to do, as a clause.
    pub found: String,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As it should be.
    Fine,
    /// Somebody should look at it.
    Finding,
    /// It cannot be told.
    Unknown,
}

impl Standing {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Finding => "note",
            Self::Unknown => "unknown",
        }
    }
}

/// What sshd should say: the setting, the test, and what is recommended.
type SshRule = (&'static str, fn(&str) -> bool, &'static str);

const SSH_RULES: [SshRule; 4] = [
    (
        "permitrootlogin",
        |value| value != "yes",
        "PermitRootLogin no",
    ),
    (
        "passwordauthentication",
        |value| value == "no",
        "PasswordAuthentication no",
    ),
    (
        "maxauthtries",
        |value| value.parse::<u32>().is_ok_and(|tries| tries <= 4),
        "MaxAuthTries 4",
    ),
    (
        "logingracetime",
        |value| {
            value
                .parse::<u32>()
                .is_ok_and(|seconds| (1..=30).contains(&seconds))
        },
        "LoginGraceTime 30",
    ),
];

/// Looks at everything.
pub(super) fn notes(host: &Host, mut programs: Programs) -> Vec<Note> {
    vec![
        namespaces(host),
        service(host),
        pacing(&host.root),
        other_tools(host),
        mitigations(&host.root),
        ssh(host, programs.answer("sshd")),
        clock(host, &mut programs),
    ]
}

fn note(subject: &'static str, standing: Standing, found: impl Into<String>) -> Note {
    Note {
        subject,
        standing,
        found: found.into(),
    }
}

fn namespaces(host: &Host) -> Note {
    let confinement = &host.confinement;
    let mut found = Vec::new();
    if let Some(container) = &confinement.container {
        found.push(format!("in a container ({container})"));
    }
    if confinement.netns == Netns::Own {
        found.push(
            "in a network namespace of its own: keys of the whole host are absent or read-only"
                .into(),
        );
    }
    if confinement.user_namespace {
        found.push("in a user namespace: root here is not the host's root".into());
    }
    if let Some(mount) = confinement.read_only_mount("/proc/sys") {
        found.push(format!("{mount} is mounted read-only here"));
    }
    match (found.is_empty(), confinement.netns) {
        (true, Netns::Unknown) => note("namespaces", Standing::Unknown, "cannot be told"),
        (true, Netns::Initial | Netns::Own) => note("namespaces", Standing::Fine, "the host's own"),
        (false, _) => note("namespaces", Standing::Finding, found.join("; ")),
    }
}

fn service(host: &Host) -> Note {
    match &host.service {
        Service::Running { pid, .. } => note(
            "service",
            Standing::Fine,
            format!("limits are those of process {pid}"),
        ),
        Service::NotSeen(why) => note(
            "service",
            Standing::Unknown,
            format!("{why}, so its limits are not known"),
        ),
    }
}

/// bbr paces; without fq every socket does it with a timer of its own.
fn pacing(root: &Root) -> Note {
    let word = |path: &str| root.word(path);
    let control = word("/proc/sys/net/ipv4/tcp_congestion_control");
    let qdisc = word("/proc/sys/net/core/default_qdisc");
    match (control.as_deref(), qdisc.as_deref()) {
        (Some("bbr"), Some("fq")) => note("pacing", Standing::Fine, "bbr with fq"),
        (Some("bbr"), Some(other)) => note(
            "pacing",
            Standing::Finding,
            format!(
                "bbr without fq (default_qdisc is {other}): each socket paces with a timer of its \
                 own; set net.core.default_qdisc = fq, or cubic where the network is clean"
            ),
        ),
        (Some("bbr"), None) => note(
            "pacing",
            Standing::Unknown,
            "bbr, and the queueing discipline is not visible here",
        ),
        (Some(other), _) => note("pacing", Standing::Fine, format!("{other} needs none")),
        (None, _) => note(
            "pacing",
            Standing::Unknown,
            "the congestion control is not visible",
        ),
    }
}

fn other_tools(host: &Host) -> Note {
    let mut found = Vec::new();
    if let Some(profile) = &host.owners.tuned_profile {
        found.push(format!("tuned is active with the profile {profile}"));
    }
    if host.owners.bpftune {
        found.push("bpftune runs: it stops tuning a key that somebody else writes".into());
    }
    if found.is_empty() {
        note("other tools", Standing::Fine, "neither tuned nor bpftune")
    } else {
        note("other tools", Standing::Finding, found.join("; "))
    }
}

fn mitigations(root: &Root) -> Note {
    let folder = "/sys/devices/system/cpu/vulnerabilities";
    let (mut open, mut mitigated) = (Vec::new(), 0);
    for name in root.names(folder) {
        match root.word(&format!("{folder}/{name}")) {
            Some(state) if state.starts_with("Vulnerable") => open.push(name),
            Some(state) if state.starts_with("Mitigation") => mitigated += 1,
            Some(_) | None => {}
        }
    }
    if !open.is_empty() {
        return note(
            "mitigations",
            Standing::Finding,
            format!(
                "vulnerable: {}; update kernel and microcode",
                open.join(", ")
            ),
        );
    }
    if !root.has(folder) {
        return note("mitigations", Standing::Unknown, "the kernel does not say");
    }
    note(
        "mitigations",
        Standing::Fine,
        format!("{mitigated} in force; they cost CPU on every system call and are worth it"),
    )
}

fn ssh(host: &Host, answer: Option<String>) -> Note {
    if !host.root.is_live() {
        return note(
            "sshd",
            Standing::Unknown,
            "not asked: another root was given",
        );
    }
    let Some(settings) = answer else {
        return note(
            "sshd",
            Standing::Unknown,
            "not there, or sshd -T did not answer (it needs root)",
        );
    };
    let value_of = |name: &str| {
        let mut lines = settings.lines().filter_map(|line| line.split_once(' '));
        lines
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.trim().to_owned())
    };
    let broken: Vec<String> = SSH_RULES
        .iter()
        .filter_map(|(name, is_right, advice)| {
            let value = value_of(name)?;
            (!is_right(&value)).then(|| format!("{name} {value} (better {advice})"))
        })
        .collect();
    if broken.is_empty() {
        note("sshd", Standing::Fine, "keys only, few tries, short grace")
    } else {
        note("sshd", Standing::Finding, broken.join("; "))
    }
}

/// TLS, logs and load generators on several hosts need one time.
fn clock(host: &Host, programs: &mut Programs) -> Note {
    if host.root.has("/run/systemd/timesync/synchronized") {
        return note("clock", Standing::Fine, "kept by systemd-timesyncd");
    }
    if let Some(tracking) = programs.answer("chronyc") {
        return chrony(&tracking);
    }
    match programs.answer("timedatectl").as_deref().map(str::trim) {
        Some("yes") => note("clock", Standing::Fine, "synchronized"),
        Some(_) => note(
            "clock",
            Standing::Finding,
            "not synchronized: install chrony or enable systemd-timesyncd",
        ),
        None => note(
            "clock",
            Standing::Unknown,
            "nobody here says whether it is synchronized",
        ),
    }
}

/// The fields of `chronyc -c tracking`: the fifth is the offset in seconds, the last one whether
/// there is a leap second, or no synchronization.
fn chrony(tracking: &str) -> Note {
    let fields: Vec<&str> = tracking.trim().split(',').collect();
    let offset: Option<f64> = fields.get(4).and_then(|field| field.parse().ok());
    match (fields.last(), offset) {
        (Some(&"Not synchronised"), _) | (_, None) => note(
            "clock",
            Standing::Finding,
            "chrony runs and is not synchronized",
        ),
        (_, Some(offset)) if offset.abs() > 0.1 => note(
            "clock",
            Standing::Finding,
            format!("off by {offset:.3} s; wait for chrony, or chronyc makestep"),
        ),
        (_, Some(offset)) => note(
            "clock",
            Standing::Fine,
            format!("kept by chrony, off by {:.3} ms", offset.abs() * 1000.0),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chrony_is_read_by_its_fields() {
        let line = |offset: &str, leap: &str| {
            format!("A,10.0.0.1,2,1.0,{offset},0.0,0.0,1,1,0,0,0,64,{leap}\n")
        };
        assert_eq!(chrony(&line("0.00001", "Normal")).standing, Standing::Fine);
        assert_eq!(chrony(&line("-0.4", "Normal")).standing, Standing::Finding);
        let lost = line("0.0", "Not synchronised");
        assert_eq!(chrony(&lost).standing, Standing::Finding);
        assert_eq!(chrony("").standing, Standing::Finding);
    }

    #[test]
    fn bbr_without_fq_is_a_finding() {
        let folder = tempfile::tempdir().expect("a folder");
        let sys = folder.path().join("proc/sys/net");
        for name in ["ipv4", "core"] {
            std::fs::create_dir_all(sys.join(name)).expect("folders");
        }
        let standing = |control: &str, qdisc: &str| {
            std::fs::write(sys.join("ipv4/tcp_congestion_control"), control).expect("a file");
            std::fs::write(sys.join("core/default_qdisc"), qdisc).expect("a file");
            pacing(&Root::new(folder.path())).standing
        };
        assert_eq!(standing("bbr\n", "pfifo_fast\n"), Standing::Finding);
        assert_eq!(standing("bbr\n", "fq\n"), Standing::Fine);
        assert_eq!(standing("cubic\n", "pfifo_fast\n"), Standing::Fine);
    }
}
