//! Judgment of the facts: what is fine, what costs something, what stands in the way.
//!
//! A finding that is not fine has a remedy, and its wording says what the reader gains by it. No
//! advice here without an effect that this server can feel.

use super::host::{HostReport, Quota, ResourceLimit, RingReport, UringSwitch};
use crate::config::{DESCRIPTORS_RESERVED, Limits};

/// Connections that a host should allow one shard before it is worth a note.
const CONNECTIONS_WORTHWHILE: u64 = 16 * 1024;
/// Locked memory that a ring needs on kernels that count it (before 5.12).
const LOCKED_BYTES_WORTHWHILE: u64 = 8 * 1024 * 1024;

/// One fact and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// What was found.
    pub found: String,
    /// What it means.
    pub verdict: Verdict,
}

/// What a fact means for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    Fine,
    /// The server runs, with less than it could; the remedy.
    Note(String),
    /// The server can not run; the remedy.
    Obstacle(String),
    /// The host does not say.
    Unknown,
}

impl HostReport {
    /// Every fact with its verdict, what matters most first.
    pub fn findings(&self) -> Vec<Finding> {
        vec![
            finding("kernel", format!("Linux {}", self.kernel), Verdict::Fine),
            self.ring_finding(),
            self.switch_finding(),
            self.seccomp_finding(),
            self.cpu_finding(),
            self.descriptor_finding(),
            self.locked_finding(),
            self.backlog_finding(),
            self.congestion_finding(),
            self.port_finding(),
        ]
    }

    /// Whether nothing stands in the way.
    pub fn can_serve(&self) -> bool {
        let stands = |finding: &Finding| matches!(finding.verdict, Verdict::Obstacle(_));
        !self.findings().iter().any(stands)
    }

    fn ring_finding(&self) -> Finding {
        match &self.ring {
            RingReport::Refused(reason) => finding(
                "io_uring",
                reason.clone(),
                Verdict::Note("until then io = \"auto\" serves with epoll".to_owned()),
            ),
            RingReport::Usable(abilities) => {
                let missing: Vec<&str> = abilities
                    .iter()
                    .filter(|(_, has)| !has)
                    .map(|(name, _)| *name)
                    .collect();
                if missing.is_empty() {
                    return finding(
                        "io_uring",
                        "usable, with every ability".into(),
                        Verdict::Fine,
                    );
                }
                finding(
                    "io_uring",
                    format!("usable, without {}", missing.join(", ")),
                    Verdict::Note("Linux 6.8 or later has them all".to_owned()),
                )
            }
        }
    }

    fn switch_finding(&self) -> Finding {
        let (found, verdict) = match self.uring_switch {
            Some(UringSwitch::Everyone) => ("0 (everyone)", Verdict::Fine),
            Some(UringSwitch::Privileged) => (
                "1 (privileged processes)",
                Verdict::Note(
                    "allow a group: sysctl kernel.io_uring_group=GID, or everyone: \
                     sysctl kernel.io_uring_disabled=0"
                        .to_owned(),
                ),
            ),
            Some(UringSwitch::Nobody) => (
                "2 (nobody)",
                Verdict::Note("allow it: sysctl kernel.io_uring_disabled=0".to_owned()),
            ),
            None => ("not there (Linux before 6.6)", Verdict::Unknown),
        };
        finding("kernel.io_uring_disabled", found.to_owned(), verdict)
    }

    fn seccomp_finding(&self) -> Finding {
        match (self.seccomp_filter, &self.ring) {
            (Some(true), RingReport::Refused(_)) => finding(
                "seccomp",
                "a filter is in force".to_owned(),
                Verdict::Note(
                    "allow io_uring_setup, io_uring_enter and io_uring_register in the \
                     container's profile"
                        .to_owned(),
                ),
            ),
            (Some(true), RingReport::Usable(_)) => finding(
                "seccomp",
                "a filter is in force, io_uring passes".into(),
                Verdict::Fine,
            ),
            (Some(false), _) => finding("seccomp", "no filter".to_owned(), Verdict::Fine),
            (None, _) => finding("seccomp", "not visible".to_owned(), Verdict::Unknown),
        }
    }

    fn cpu_finding(&self) -> Finding {
        let cpus = self.cpus.len();
        let quota = match self.quota {
            Quota::Unlimited => "no quota".to_owned(),
            Quota::Cpus(quota) => format!("a quota of {quota:.2}"),
        };
        let found = format!("{cpus} allowed, {quota}: {} shards", self.shards);
        let verdict = match self.quota {
            Quota::Cpus(quota) if quota < 1.0 => Verdict::Note(
                "with less than one CPU every request can wait for the next period: raise cpu.max"
                    .to_owned(),
            ),
            Quota::Cpus(_) | Quota::Unlimited => Verdict::Fine,
        };
        finding("CPUs", found, verdict)
    }

    fn descriptor_finding(&self) -> Finding {
        let reachable = self.descriptors.reachable();
        let connections = Limits::default().connections_per_shard(reachable);
        let found = format!(
            "{}: up to {connections} connections per shard",
            limit(self.descriptors)
        );
        let verdict = if reachable <= DESCRIPTORS_RESERVED {
            Verdict::Obstacle(format!(
                "raise the hard limit above {DESCRIPTORS_RESERVED}: `ulimit -Hn 20000` as root"
            ))
        } else if u64::from(connections) < CONNECTIONS_WORTHWHILE {
            Verdict::Note("for more, raise the hard limit: LimitNOFILE=1048576 in systemd, `ulimit -Hn` as root".to_owned())
        } else {
            Verdict::Fine
        };
        finding("descriptors (RLIMIT_NOFILE)", found, verdict)
    }

    fn locked_finding(&self) -> Finding {
        let found = match self.locked_bytes.soft {
            None => "unlimited".to_owned(),
            Some(bytes) => crate::config::units::format_bytes_rounded(bytes),
        };
        let scarce = self
            .locked_bytes
            .soft
            .is_some_and(|b| b < LOCKED_BYTES_WORTHWHILE);
        let refused = matches!(self.ring, RingReport::Refused(_));
        let verdict = if scarce && refused {
            Verdict::Note("some kernels count rings here: `ulimit -l unlimited`".to_owned())
        } else {
            Verdict::Fine
        };
        finding("locked memory (RLIMIT_MEMLOCK)", found, verdict)
    }

    fn backlog_finding(&self) -> Finding {
        let asked = u64::from(Limits::default().listen_backlog_connections_max);
        let Some(cap) = self.somaxconn else {
            return finding(
                "net.core.somaxconn",
                "not visible".to_owned(),
                Verdict::Unknown,
            );
        };
        let verdict = if cap < 1024 {
            Verdict::Note(format!(
                "bursts above {cap} new connections per shard are dropped: \
                 sysctl net.core.somaxconn={asked}"
            ))
        } else {
            Verdict::Fine
        };
        finding(
            "net.core.somaxconn",
            format!("{cap} (asked for: {asked})"),
            verdict,
        )
    }

    fn congestion_finding(&self) -> Finding {
        let Some(name) = &self.congestion_control else {
            return finding("congestion control", "not visible".into(), Verdict::Unknown);
        };
        let qdisc = self.qdisc.as_deref().unwrap_or("unknown");
        let verdict = if name == "bbr" && qdisc != "fq" {
            Verdict::Note(
                "bbr without fq paces by timers in TCP and costs much CPU for large files: \
                 sysctl net.core.default_qdisc=fq, or use cubic"
                    .to_owned(),
            )
        } else {
            Verdict::Fine
        };
        finding(
            "congestion control",
            format!("{name}, qdisc {qdisc}"),
            verdict,
        )
    }

    fn port_finding(&self) -> Finding {
        let Some(first) = self.unprivileged_port_first else {
            return finding(
                "ports without a right",
                "not visible".into(),
                Verdict::Unknown,
            );
        };
        let found = if first == 0 {
            "all".to_owned()
        } else {
            format!("from {first} on")
        };
        finding("ports without a right", found, Verdict::Fine)
    }
}

fn finding(subject: &'static str, found: String, verdict: Verdict) -> Finding {
    Finding {
        subject,
        found,
        verdict,
    }
}

fn limit(limit: ResourceLimit) -> String {
    let show = |value: Option<u64>| value.map_or("unlimited".to_owned(), |v| v.to_string());
    format!("{} soft, {} hard", show(limit.soft), show(limit.hard))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::doctor) fn healthy() -> HostReport {
        HostReport {
            kernel: "6.18.0".into(),
            ring: RingReport::Usable(vec![("multishot_recv", true)]),
            uring_switch: Some(UringSwitch::Everyone),
            seccomp_filter: Some(false),
            descriptors: ResourceLimit {
                soft: Some(1 << 20),
                hard: Some(1 << 20),
            },
            locked_bytes: ResourceLimit {
                soft: None,
                hard: None,
            },
            somaxconn: Some(4096),
            cpus: vec![0, 1],
            quota: Quota::Unlimited,
            shards: 2,
            congestion_control: Some("cubic".into()),
            qdisc: Some("fq_codel".into()),
            unprivileged_port_first: Some(1024),
        }
    }

    fn not_fine(report: &HostReport) -> Vec<&'static str> {
        let findings = report.findings();
        findings
            .iter()
            .filter(|f| f.verdict != Verdict::Fine)
            .map(|f| f.subject)
            .collect()
    }

    #[test]
    fn a_healthy_host_has_nothing_to_do() {
        assert_eq!(not_fine(&healthy()), [""; 0]);
        assert!(healthy().can_serve());
    }

    #[test]
    fn a_blocked_ring_is_noted_and_serving_goes_on() {
        let report = HostReport {
            ring: RingReport::Refused("io_uring is blocked".into()),
            seccomp_filter: Some(true),
            ..healthy()
        };
        assert_eq!(not_fine(&report), ["io_uring", "seccomp"]);
        assert!(report.can_serve());
    }

    #[test]
    fn scarce_descriptors_are_noted_and_none_is_an_obstacle() {
        let with = |soft| HostReport {
            descriptors: ResourceLimit {
                soft: Some(soft),
                hard: Some(soft),
            },
            ..healthy()
        };
        assert_eq!(not_fine(&with(1024)), ["descriptors (RLIMIT_NOFILE)"]);
        assert!(with(1024).can_serve());
        assert!(!with(32).can_serve());
    }

    #[test]
    fn bbr_without_fq_and_small_backlogs_are_noted() {
        let report = HostReport {
            congestion_control: Some("bbr".into()),
            somaxconn: Some(128),
            quota: Quota::Cpus(0.5),
            ..healthy()
        };
        assert_eq!(
            not_fine(&report),
            ["CPUs", "net.core.somaxconn", "congestion control"]
        );
    }
}
