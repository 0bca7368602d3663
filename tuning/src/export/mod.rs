//! `export`: the wanted values as files and scripts for hosts that ringtune does not run on.
//!
//! Every value is what `apply` would have left here: what is higher already stays so. Nothing is
//! written; the text goes to whoever asked.

mod ansible;
mod script;

use clap::ValueEnum;

pub use self::ansible::ansible;
pub use self::script::script;

use crate::catalogue::{Kind, Knob};
use crate::check::{Judgement, Report, Verdict};
use crate::plan::Lowering;
use crate::setting::{Operation, Setting, UNLIMITED};

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A file for /etc/sysctl.d
    #[value(name = "sysctl.d")]
    SysctlD,
    /// A drop-in for the service
    Systemd,
    /// Tasks for ansible
    Ansible,
    /// A POSIX script with check, apply and rollback
    Sh,
    /// The firewall's rule set
    Nft,
}

/// A value that is to last.
#[derive(Clone, Debug, PartialEq)]
pub struct Lasting<'c> {
    /// The name, with the interface where there are several.
    pub name: String,
    /// The knob's key as configuration has it.
    pub key: &'c str,
    /// Why, in a sentence or two.
    pub why: &'c str,
    /// The file, for a sysfs knob.
    pub file: Option<&'c str>,
    /// How it is meant.
    pub operation: Operation,
    /// What the goal asks for.
    pub wanted: Setting,
    /// The value to have on this host.
    pub value: Setting,
}

/// Everything that a goal wants on a host, by where it is written.
#[derive(Clone, Debug, Default)]
pub struct Values<'c> {
    /// For sysctl.d.
    pub sysctls: Vec<Lasting<'c>>,
    /// For the service's unit.
    pub limits: Vec<Lasting<'c>>,
    /// For tmpfiles.d.
    pub files: Vec<Lasting<'c>>,
}

impl<'c> Values<'c> {
    /// The values that a report comes to.
    pub fn of(report: &Report<'c>, lowering: Lowering) -> Self {
        let mut values = Self::default();
        for judgement in &report.judgements {
            let Some(lasting) = lasting(judgement, lowering) else {
                continue;
            };
            match &judgement.knob.kind {
                Kind::Sysctl => values.sysctls.push(lasting),
                Kind::Limit => values.limits.push(lasting),
                Kind::Sysfs(_) => values.files.push(lasting),
                // Interfaces come and go, and boot lines, sockets and modules are a person's.
                Kind::Nic(_) | Kind::Boot(_) | Kind::Socket | Kind::Module => {}
            }
        }
        values.sysctls.sort_by(|a, b| a.key.cmp(b.key));
        values
    }

    /// A file for sysctl.d(5).
    pub fn sysctl_d(&self) -> String {
        let mut text = String::new();
        for value in &self.sysctls {
            // What a module brings is absent until the module is there.
            let may_fail = if value.key.starts_with("net.netfilter.") {
                "-"
            } else {
                ""
            };
            text.push_str(&format!(
                "# {}\n{may_fail}{} = {}\n",
                value.why, value.key, value.value
            ));
        }
        text
    }

    /// A drop-in for a unit; empty if there is nothing to say.
    pub fn drop_in(&self) -> String {
        let mut text = String::new();
        for value in &self.limits {
            let Some(directive) = directive(value.key) else {
                continue;
            };
            text.push_str(&format!(
                "# {}\n{directive}={}\n",
                value.why,
                for_systemd(&value.value)
            ));
        }
        if text.is_empty() {
            text
        } else {
            format!("[Service]\n{text}")
        }
    }

    /// A file for tmpfiles.d(5).
    pub fn tmpfiles(&self) -> String {
        let mut text = String::new();
        for value in &self.files {
            let file = value.file.unwrap_or_default();
            text.push_str(&format!(
                "# {}\nw {file} - - - - {}\n",
                value.why, value.value
            ));
        }
        text
    }
}

fn lasting<'c>(judgement: &Judgement<'c>, lowering: Lowering) -> Option<Lasting<'c>> {
    let knob: &'c Knob = judgement.knob;
    let wanted = judgement.wanted.clone()?;
    let value = match (&judgement.current, &knob.kind) {
        (Some(current), _) => knob.operation.apply(current, &wanted),
        // The service does not run yet; its limits are wanted all the same.
        (None, Kind::Limit) => wanted.clone(),
        (None, _) => return None,
    };
    let lowers = knob.operation == Operation::Lower && judgement.verdict == Verdict::Drift;
    if lowers && lowering == Lowering::HeldBack {
        return None;
    }
    Some(Lasting {
        name: judgement.name.clone(),
        key: &knob.key,
        why: &knob.why,
        file: match &knob.kind {
            Kind::Sysfs(path) => Some(path),
            _ => None,
        },
        operation: knob.operation,
        value,
        wanted,
    })
}

/// `LimitNOFILE` for `limit.nofile` and for `unit.LimitNOFILE`.
fn directive(key: &str) -> Option<String> {
    if let Some(name) = key.strip_prefix("limit.") {
        return Some(format!("Limit{}", name.to_ascii_uppercase()));
    }
    key.strip_prefix("unit.").map(str::to_owned)
}

fn for_systemd(value: &Setting) -> String {
    match value.number(0) {
        Some(UNLIMITED) => "infinity".into(),
        Some(_) | None => value.to_string(),
    }
}
