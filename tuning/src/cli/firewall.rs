//! The firewall's commands: show, check, apply, confirm, rollback.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::arguments::State;
use super::{DONE, DRIFT, ERROR, USAGE, print, say};
use crate::apply::Place;
use crate::firewall::{
    self, Network, Networks, Nft, NftError, RolledBack, RuleSet, Ssh, Tracking, TrialError, Trials,
    Watch,
};
use crate::host::Root;
use crate::persist::MARK;
use crate::setting::Ports;

#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub(super) struct FirewallArguments {
    #[command(subcommand)]
    command: FirewallCommand,
}

const EXAMPLES: &str = "\
Examples:
  ringtune firewall show --ssh-from 10.0.0.0/8           the rule set, to read or to keep
  ringtune firewall check --ssh-from 10.0.0.0/8          would nft take it?
  ringtune firewall apply --ssh-from 10.0.0.0/8          load it for 60 s
  ringtune firewall confirm                              from a new SSH session: keep it
  ringtune firewall rollback                             put back what was before

Only the table `inet ringmain` is touched. What is loaded ends with the next start of the host.";

#[derive(Debug, Subcommand)]
enum FirewallCommand {
    /// Prints the rule set
    Show(RuleArguments),
    /// Asks nft whether it would take the rule set; loads nothing
    Check(RuleArguments),
    /// Loads the rule set, and takes it back unless it is confirmed in time
    Apply(ApplyArguments),
    /// Keeps the rule set that was loaded last
    Confirm(StateArguments),
    /// Puts back what was before the last apply
    Rollback(StateArguments),
    /// What apply starts to take the rules back
    #[command(hide = true)]
    Guard(GuardArguments),
}

/// What the rule set lets in.
#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// TCP ports of the service: 80,443,9000-9010
    #[arg(long, value_name = "PORTS", default_value = "80,443", value_parser = ports)]
    service_port: Ports,
    /// UDP ports of the service
    #[arg(long, value_name = "PORTS", value_parser = ports)]
    service_udp_port: Option<Ports>,
    /// A network that may open SSH connections: 10.0.0.0/8; repeatable
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    ssh_from: Vec<Network>,
    /// The port of SSH
    #[arg(long, value_name = "PORT", default_value_t = 22)]
    ssh_port: u16,
    /// Nobody may open SSH connections
    #[arg(long, conflicts_with = "ssh_from")]
    no_ssh: bool,
    /// Connection tracking follows the service's connections
    #[arg(long)]
    no_notrack: bool,
}

#[derive(Debug, Args)]
struct ApplyArguments {
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    state: State,
    /// Time to confirm: 60s, 5m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    confirm_within: Duration,
}

#[derive(Debug, Args)]
struct StateArguments {
    #[command(flatten)]
    state: State,
}

#[derive(Debug, Args)]
struct GuardArguments {
    #[arg(long)]
    state_dir: PathBuf,
    #[arg(long)]
    token: String,
    #[arg(long)]
    within_ms: u64,
}

/// Does what the arguments say and returns the exit code.
pub(super) fn firewall(arguments: &FirewallArguments) -> u8 {
    let done = match &arguments.command {
        FirewallCommand::Show(rules) => return show(rules),
        FirewallCommand::Check(rules) => check(rules),
        FirewallCommand::Apply(arguments) => apply(arguments),
        FirewallCommand::Confirm(arguments) => confirm(&arguments.state),
        FirewallCommand::Rollback(arguments) => roll_back(&arguments.state),
        FirewallCommand::Guard(arguments) => guard(arguments),
    };
    code_of(done)
}

/// Prints the rule set.
pub(super) fn show(rules: &RuleArguments) -> u8 {
    code_of(rules.text().map(|text| print(&text)))
}

fn code_of(done: Result<(), Stop>) -> u8 {
    match done {
        Ok(()) => DONE,
        Err(Stop { code, message }) => {
            say(&message);
            code
        }
    }
}

impl RuleArguments {
    /// The rule set as text for nft(8).
    fn text(&self) -> Result<String, Stop> {
        let usage = |message: String| Stop {
            code: USAGE,
            message,
        };
        let ssh = match (self.no_ssh, self.ssh_from.is_empty()) {
            (true, _) => Ssh::Closed,
            (false, true) => return Err(usage(NO_SSH_FROM.into())),
            (false, false) => Ssh::From {
                networks: Networks::of(self.ssh_from.iter().copied())
                    .map_err(|error| usage(error.to_string()))?,
                port: self.ssh_port,
            },
        };
        let tracking = if self.no_notrack {
            Tracking::On
        } else {
            Tracking::Off
        };
        let rules = RuleSet::new(
            self.service_port.clone(),
            self.service_udp_port.clone(),
            ssh,
            tracking,
        );
        let rules = rules.map_err(|error| usage(error.to_string()))?;
        Ok(format!(
            "#!/usr/sbin/nft -f\n{MARK}: a default-deny rule set.\n\n{}",
            firewall::render(&rules)
        ))
    }
}

/// Why a command ends early.
struct Stop {
    code: u8,
    message: String,
}

/// Where the state is unless --state-dir says otherwise.
const STATE_FOLDER: &str = "/var/lib/ringtune";

const NO_SSH_FROM: &str = "nobody could open an SSH connection any more; say --ssh-from with the \
                           networks that may (such as 10.0.0.0/8), or --no-ssh if that is meant";

fn check(rules: &RuleArguments) -> Result<(), Stop> {
    let text = rules.text()?;
    Nft::find()?.check(&text)?;
    print("nft takes it; nothing was loaded\n");
    Ok(())
}

fn apply(arguments: &ApplyArguments) -> Result<(), Stop> {
    let text = arguments.rules.text()?;
    let nft = Nft::find()?;
    let root = Root::default();
    let watch = Watch {
        state: std::path::absolute(arguments.state.folder(&root)).map_err(failed)?,
        token: root
            .word("/proc/sys/kernel/random/uuid")
            .unwrap_or_default(),
        within: arguments.confirm_within,
    };
    let program = std::env::current_exe().map_err(failed)?;
    let trials = Trials::new(&nft, &watch.state, place(&root));
    let guard = trials.begin(&text, &watch, |watch| guard_command(program, watch))?;
    print(&format!(
        "loaded table {}; it is taken back in {} s (by pid {guard}) unless a new SSH session says:\n\
         ringtune firewall confirm{}\n\
         If that process is killed, only ringtune firewall rollback takes it back.\n",
        firewall::TABLE,
        watch.within.as_secs(),
        state_flag(&watch.state),
    ));
    Ok(())
}

/// What a later command has to say to find this state folder.
fn state_flag(state: &Path) -> String {
    if state == Path::new(STATE_FOLDER) {
        return String::new();
    }
    format!(" --state-dir {}", state.display())
}

fn confirm(state: &State) -> Result<(), Stop> {
    let nft = Nft::find()?;
    let root = Root::default();
    Trials::new(&nft, &state.folder(&root), place(&root)).confirm()?;
    print(
        "confirmed: the rules stay until the next start of the host; to keep them longer, write \
         what ringtune firewall show prints to a file that nftables.service loads\n",
    );
    Ok(())
}

fn roll_back(state: &State) -> Result<(), Stop> {
    let nft = Nft::find()?;
    let root = Root::default();
    let done = Trials::new(&nft, &state.folder(&root), place(&root)).roll_back()?;
    print(match done {
        RolledBack::Restored => "the table from before is back\n",
        RolledBack::Removed => "the table is gone; there was none before\n",
        RolledBack::Nothing => "nothing to roll back\n",
    });
    Ok(())
}

fn guard_command(program: PathBuf, watch: &Watch) -> Command {
    let mut command = Command::new(program);
    command.args(["firewall", "guard", "--token", &watch.token, "--state-dir"]);
    command
        .arg(&watch.state)
        .arg("--within-ms")
        .arg(watch.within.as_millis().to_string());
    command
}

fn guard(arguments: &GuardArguments) -> Result<(), Stop> {
    let watch = Watch {
        state: arguments.state_dir.clone(),
        token: arguments.token.clone(),
        within: Duration::from_millis(arguments.within_ms),
    };
    let end = firewall::watch(
        &watch,
        &Nft::find()?,
        io::stdin().lock(),
        io::stdout().lock(),
    );
    say(end.map_err(failed)?);
    Ok(())
}

/// Where this run is.
fn place(root: &Root) -> Place {
    let netns = std::fs::read_link(root.at("/proc/self/ns/net"));
    Place {
        boot: root
            .word("/proc/sys/kernel/random/boot_id")
            .unwrap_or_default(),
        netns: netns
            .map(|link| link.display().to_string())
            .unwrap_or_default(),
    }
}

fn failed(error: io::Error) -> Stop {
    Stop {
        code: ERROR,
        message: error.to_string(),
    }
}

impl From<NftError> for Stop {
    fn from(error: NftError) -> Self {
        Self {
            code: ERROR,
            message: error.to_string(),
        }
    }
}

impl From<TrialError> for Stop {
    fn from(error: TrialError) -> Self {
        let code = match &error {
            TrialError::NothingOpen | TrialError::TooLate => DRIFT,
            TrialError::Lock(_)
            | TrialError::Nft(_)
            | TrialError::Record(_)
            | TrialError::Damaged(_)
            | TrialError::Newer(_)
            | TrialError::Open(_)
            | TrialError::Abandoned(_)
            | TrialError::Elsewhere { .. }
            | TrialError::NotRestorable(_)
            | TrialError::Guard(_)
            | TrialError::Late
            | TrialError::Unnoted(_)
            | TrialError::Interrupted
            | TrialError::Gone => ERROR,
        };
        Self {
            code,
            message: error.to_string(),
        }
    }
}

fn ports(text: &str) -> Result<Ports, String> {
    Ports::read(text).ok_or_else(|| "write ports such as 80,443 or 9000-9010".into())
}

fn network(text: &str) -> Result<Network, String> {
    text.parse()
        .map_err(|error: firewall::NetworkError| error.to_string())
}

/// The longest time to confirm, in seconds.
const CONFIRM_S_MAX: u64 = 3600;

fn time(text: &str) -> Result<Duration, String> {
    let (number, unit_s) = match text.strip_suffix('m') {
        Some(number) => (number, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let seconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit_s));
    match seconds {
        Some(seconds @ 1..=CONFIRM_S_MAX) => Ok(Duration::from_secs(seconds)),
        Some(_) | None => Err(format!("write 1s to {CONFIRM_S_MAX}s, such as 60s or 5m")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_do() {
        assert_eq!(time("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(time("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(time("90"), Ok(Duration::from_secs(90)));
        for wrong in ["0s", "2h", "61m", "-1s", "", "99999999999999999999m"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
