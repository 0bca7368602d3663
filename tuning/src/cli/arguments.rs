//! The flags, once: parser, help and examples come from the same definition.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::firewall::{FirewallArguments, RuleArguments};
use super::prove::ProveArguments;
use crate::catalogue::Role;
use crate::export::Format;
use crate::formula::number;
use crate::goal::Goal;
use crate::host::{Root, Subject};

/// Says what a Linux host needs for a number of connections, changes it and takes it back
#[derive(Debug, Parser)]
#[command(name = "ringtune", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  ringtune check --connections 1e6             is this host ready for a million?
  ringtune plan --connections 1e6              what to change, and what it costs
  ringtune apply --connections 1e6 --yes       change it, with a journal
  ringtune rollback                            put everything back
  ringtune explain net.core.somaxconn          what is known of one knob
  ringtune export --format sh > ringtune.sh    the same for hosts without this binary

Exit codes: 0 compliant or done, 1 something differs, 2 unsafe or wrong flags, 3 an error.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judges every knob and myth on this host; needs no root
    Check(CheckArguments),
    /// Shows what to change and what the connections cost in memory
    Plan(PlanArguments),
    /// Changes what the plan says, with a journal of the originals
    Apply(ApplyArguments),
    /// Puts the originals back where the value is still ours
    Rollback(RollbackArguments),
    /// Writes sysctl.d, tmpfiles.d and unit files so that the values last
    Persist(PersistArguments),
    /// Prints the values as files or scripts for other hosts
    Export(ExportArguments),
    /// Says everything that is known of a key
    Explain(ExplainArguments),
    /// Loads a default-deny nftables rule set that takes itself back unless confirmed
    Firewall(FirewallArguments),
    /// Measures whether a value helps here: rounds with and without it, in network namespaces
    Prove(ProveArguments),
}

#[derive(Debug, Args)]
pub(super) struct Inputs {
    /// Connections to hold: 10000, 1e6, 100_000
    #[arg(long, value_name = "N", default_value_t = Goal::CONNECTIONS, value_parser = count)]
    connections: u64,
    /// What the host does with them
    #[arg(long, value_enum, default_value = "server")]
    role: Role,
    /// New connections a second [default: connections / 60]
    #[arg(long, value_name = "N", value_parser = amount)]
    rate: Option<f64>,
    /// Bytes in flight on the longest path (bandwidth-delay product): 12.5e6, 16Mi
    #[arg(long, value_name = "BYTES", default_value_t = Goal::BDP_BYTES, value_parser = amount)]
    bdp: f64,
    /// Both ends of each connection are on this host
    #[arg(long)]
    loopback: bool,
    /// The service whose limits count, as a systemd unit
    #[arg(long, value_name = "NAME", default_value = "ringmain.service", value_parser = unit_name)]
    pub(super) unit: String,
    /// The service whose limits count, as a process
    #[arg(long, value_name = "PID", conflicts_with = "unit")]
    pid: Option<u32>,
    /// Another root for /proc, /sys and /etc
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Entries of this folder are added to the built-in ones, or replace them
    #[arg(long, value_name = "DIR")]
    pub(super) catalogue: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Shows what needs no attention as well
    #[arg(long)]
    pub(super) all: bool,
}

#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// Lowers values too, not only raises them
    #[arg(long)]
    pub(super) allow_lower: bool,
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    #[command(flatten)]
    pub(super) state: State,
    /// Does not ask
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Lowers values too, not only raises them
    #[arg(long)]
    pub(super) allow_lower: bool,
}

#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    #[command(flatten)]
    pub(super) state: State,
    /// Another root for /proc and /sys
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct State {
    /// Folder of journal and lock [default: /var/lib/ringtune below the root]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct PersistArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// Lowers values too, not only raises them
    #[arg(long)]
    pub(super) allow_lower: bool,
    /// Shows the files and writes nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// What to print
    #[arg(long, value_enum)]
    pub(super) format: Format,
    /// Lowers values too, not only raises them
    #[arg(long)]
    pub(super) allow_lower: bool,
    #[command(flatten, next_help_heading = "For --format nft")]
    pub(super) rules: RuleArguments,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// The key, such as net.core.somaxconn
    pub(super) key: String,
    #[command(flatten)]
    pub(super) inputs: Inputs,
}

impl Inputs {
    /// What the host is tuned for.
    pub(super) fn goal(&self) -> Goal {
        Goal {
            rate: self
                .rate
                .unwrap_or_else(|| Goal::usual_rate(self.connections)),
            bdp_bytes: self.bdp,
            loopback: self.loopback,
            ..Goal::of(self.connections, self.role)
        }
    }

    /// The goal in words.
    pub(super) fn in_words(&self) -> String {
        format!("{} connections as {}", self.connections, self.role.name())
    }

    /// The tree to look at.
    pub(super) fn root(&self) -> Root {
        Root::new(&self.root)
    }

    /// The service to look at.
    pub(super) fn subject(&self) -> Subject {
        match self.pid {
            Some(pid) => Subject::Pid(pid),
            None => Subject::Unit(self.unit.clone()),
        }
    }
}

impl RollbackArguments {
    /// The tree to write to.
    pub(super) fn root(&self) -> Root {
        Root::new(&self.root)
    }
}

impl State {
    /// The folder of journal and lock.
    pub(super) fn folder(&self, root: &Root) -> PathBuf {
        self.state_dir
            .clone()
            .unwrap_or_else(|| root.at("/var/lib/ringtune"))
    }
}

/// The most connections that a goal may ask for: more than one kernel can hold.
const CONNECTIONS_MAX: f64 = 1e9;

fn count(text: &str) -> Result<u64, String> {
    let wrong =
        || format!("write a whole number from 1 to {CONNECTIONS_MAX:.0}, such as 10000 or 1e6");
    let value = number(text).ok_or_else(wrong)?;
    if value.fract() == 0.0 && (1.0..=CONNECTIONS_MAX).contains(&value) {
        Ok(value as u64)
    } else {
        Err(wrong())
    }
}

fn amount(text: &str) -> Result<f64, String> {
    let value = number(text).filter(|value| (0.0..=1e15).contains(value));
    value.ok_or_else(|| "write a number such as 500, 12.5e6 or 16Mi".into())
}

/// The name becomes part of a path.
fn unit_name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-@\\:".contains(c);
    if !text.is_empty() && text.chars().all(allowed) && !text.starts_with('.') {
        let has_type = text.contains('.');
        Ok(if has_type {
            text.into()
        } else {
            format!("{text}.service")
        })
    } else {
        Err("write the name of a systemd unit, such as ringmain.service".into())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn counts_are_written_as_people_do() {
        assert_eq!(count("1e6"), Ok(1_000_000));
        assert_eq!(count("100_000"), Ok(100_000));
        for wrong in ["0", "1.5", "-1", "x", "1e12", ""] {
            assert!(count(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_unit_is_a_name_and_no_path() {
        assert_eq!(unit_name("web"), Ok("web.service".into()));
        assert_eq!(unit_name("web@1.service"), Ok("web@1.service".into()));
        for wrong in ["../x.service", "a/b.service", "", ".hidden"] {
            assert!(unit_name(wrong).is_err(), "{wrong}");
        }
    }
}
