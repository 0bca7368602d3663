//! The commands, once: parser, help and examples come from the same definition. What a load is
//! stands in [`crate::plan::flags`], for plans too.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::outputs::OutputFlags;
use crate::abuse::Kind;
use crate::plan::flags::{Flags, HoldFlags, SearchFlags, StepList, abuse_kind};
use crate::plan::units;
use crate::plan::url::WeightedUrl;

/// Loads an HTTP server and says what the numbers are worth
#[derive(Debug, Parser)]
#[command(
    name = "ringload",
    version,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = EXAMPLES
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) load: LoadArguments,
}

const EXAMPLES: &str = "\
Units: times ns us ms s min h (1.5ms, 10s); rates and counts k M (50k/s, 1M); shares % (0.1%).
Places to fill, in path, header values and --body: {seq} a number that no two requests share,
  {rand:1..1000} a number between, both included, {uuid}, {line:FILE} the next line of a file (at
  most 64 MiB, all of it in memory; empty lines are left out).
Several URLs share the load by their weights: 3@http://h/a 1@http://h/b. A range of ports,
  http://h:8080-8087/, is several destinations. Unix sockets: unix:/run/app.sock:/path.

Examples:
  ringload http://127.0.0.1:8080/                           how much, with 64 connections
  ringload -R 5k -d 60s --slo 'p99<5ms,errors<0.1%' URL     how long users wait at 5000/s
  ringload --verify=first --no-keepalive URL                each response like the first
  ringload --repeat 5 --json a.json URL                     five runs, for compare
  ringload steps 100,500,1000 URL                           the stepped table
  ringload search --slo 'p99<5ms' URL                       the highest rate that holds it

Signals: SIGINT or SIGTERM end the window and report, a second one stops at once.
Exit codes: 0 done and held, 1 a threshold missed, a response not as expected or a comparison
  that shows worse, 2 wrong flags or plan, 3 an INVALID run or none at all.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs a plan: scenarios, mixes, thresholds, repetitions
    Run(RunArguments),
    /// Runs one number of connections after another and shows a table
    Steps(StepsArguments),
    /// Finds the highest rate that holds the thresholds
    Search(SearchArguments),
    /// Opens very many connections, asks on each, holds them and asks again
    Hold(HoldArguments),
    /// Misbehaves as attackers do and says how the server took it
    Abuse(AbuseArguments),
    /// Says what two documents of --json show: better, worse, or no difference
    Compare(CompareArguments),
    /// Renders documents of --json again, several overlaid
    Report(ReportArguments),
}

#[derive(Args, Debug)]
pub(super) struct LoadArguments {
    #[command(flatten)]
    pub(super) common: CommonArguments,
    /// Runs so often, for compare to have something to tell
    #[arg(long, value_name = "N", default_value = "1", value_parser = units::positive)]
    pub(super) repeat: NonZeroU32,
}

/// What every command has that sends requests.
#[derive(Args, Debug)]
pub(super) struct CommonArguments {
    /// http://host:port/path, with a weight as in 3@http://…; https:// and unix:/path.sock:/path
    #[arg(value_name = "URL", required = true)]
    pub(super) urls: Vec<WeightedUrl>,
    #[command(flatten)]
    pub(super) flags: Flags,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}

const PLAN_HELP: &str = "\
A plan is TOML. Its keys are the flags of `ringload --help` with underscores (connect_rate = \"1k/s\",
no_keepalive = true); what stands above the first [[scenario]] holds for all that do not say
otherwise. Lists may be TOML lists. Relative paths start from the plan's folder.

  name = \"front\"                  # of the results folder
  repeat = 5                       # scenarios take turns: a b a b
  duration = \"30s\"

  [[scenario]]
  name = \"mix\"
  rate = \"5k/s\"
  slo = [\"p99<5ms\", \"errors<0.1%\"]
  url = [\"3@http://127.0.0.1:8080/\", \"http://127.0.0.1:8080/u/{seq}\"]
  [[scenario.request]]             # one more, with a request of its own
  url = \"http://127.0.0.1:8080/login\"
  weight = 0.5
  body = \"user={rand:1..1000}\"

  [[scenario]]
  name = \"table\"
  kind = \"steps\"                   # or load (default), search, hold, abuse
  steps = [100, 500, 1000]
  url = \"http://127.0.0.1:8080/\"

search has from, to, precision and runs_max; hold has hold, every and ask_at_once; abuse has
abuse = \"slow-headers\" and goes to loopback only.";

#[derive(Args, Debug)]
#[command(after_help = PLAN_HELP)]
pub(super) struct RunArguments {
    /// The plan
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,
    /// Makes a folder DATE-HOST-NAME in this one with the plan, the command and all reports
    #[arg(long, value_name = "DIR")]
    pub(super) results: Option<PathBuf>,
    /// Only reads the plan and says what is wrong with it
    #[arg(long)]
    pub(super) check: bool,
    /// Holds connections although the host lacks something without which it cannot succeed
    #[arg(long)]
    pub(super) anyway: bool,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}

#[derive(Args, Debug)]
pub(super) struct StepsArguments {
    /// Connections of each step: 100,500,1000
    #[arg(value_name = "LIST")]
    pub(super) steps: StepList,
    #[command(flatten)]
    pub(super) common: CommonArguments,
}

#[derive(Args, Debug)]
pub(super) struct SearchArguments {
    #[command(flatten)]
    pub(super) search: SearchFlags,
    #[command(flatten)]
    pub(super) common: CommonArguments,
}

#[derive(Args, Debug)]
pub(super) struct HoldArguments {
    #[command(flatten)]
    pub(super) hold: HoldFlags,
    /// Tries although the host lacks something without which it cannot succeed
    #[arg(long)]
    pub(super) anyway: bool,
    /// http://host:port/path; with a range of ports, http://h:8080-8087/, several destinations
    #[arg(value_name = "URL")]
    pub(super) url: WeightedUrl,
    #[command(flatten)]
    pub(super) flags: Flags,
    /// Writes the report as JSON; - is standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) json: Option<PathBuf>,
    /// Shows no progress
    #[arg(short, long, help_heading = "Output")]
    pub(super) quiet: bool,
}

#[derive(Args, Debug)]
pub(super) struct AbuseArguments {
    /// slow-headers, slow-reads, half-open, header-flood or malformed; repeatable
    #[arg(long, value_name = "KIND", required = true, value_parser = abuse_kind)]
    pub(super) kind: Vec<Kind>,
    /// Says that the target, which is not on loopback, is yours to abuse
    #[arg(long)]
    pub(super) yes_i_own_this_host: bool,
    /// http://host:port/path on loopback, or unix:/path.sock:/path
    #[arg(value_name = "URL")]
    pub(super) url: WeightedUrl,
    #[command(flatten)]
    pub(super) flags: Flags,
    /// Writes the reports as a JSON list; - is standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) json: Option<PathBuf>,
    /// Shows no progress
    #[arg(short, long, help_heading = "Output")]
    pub(super) quiet: bool,
}

#[derive(Args, Debug)]
pub(super) struct CompareArguments {
    /// The document to compare with
    #[arg(value_name = "A.json")]
    pub(super) a: PathBuf,
    /// The document that may be better or worse
    #[arg(value_name = "B.json")]
    pub(super) b: PathBuf,
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ReportArguments {
    /// Documents of --json
    #[arg(value_name = "FILE.json", required = true)]
    pub(super) documents: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn sentence(arguments: &[&str]) -> String {
        let all = ["ringload"].iter().chain(arguments);
        let error = Arguments::try_parse_from(all).expect_err("wrong");
        super::super::one_sentence(&error.render().to_string())
    }

    #[test]
    fn the_flags_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn commands_and_plain_loads_are_told_apart() {
        let parse = |arguments: &[&str]| {
            let all = ["ringload"].iter().chain(arguments);
            Arguments::try_parse_from(all).expect("valid")
        };
        let load = parse(&["-c", "5", "http://h/"]);
        assert!(load.command.is_none() && load.load.common.urls.len() == 1);
        let steps = parse(&["steps", "1,2k", "http://h/", "-d", "1s"]);
        let Some(Command::Steps(steps)) = steps.command else {
            panic!("{steps:?}");
        };
        assert_eq!(
            steps
                .steps
                .0
                .iter()
                .map(|step| step.get())
                .collect::<Vec<_>>(),
            [1, 2000]
        );
        assert!(steps.common.flags.load.duration.is_some());
    }

    #[test]
    fn a_wrong_flag_is_one_sentence_with_its_remedy() {
        for (arguments, says) in [
            (&["-d", "10", "http://h/"][..], "has no unit; write 10s"),
            (&["--slo", "p99<5", "http://h/"], "has no unit; write 5s"),
            (&["localhost:80"], "write http://localhost:80"),
            (&["stesp"], "neither a URL"),
            (&["--conections", "5", "http://h/"], "'--connections'"),
            (&["-c", "5"], "not provided: <URL>..."),
            (&["-d", "1s", "-n", "5", "http://h/"], "cannot be used with"),
            (&["search"], "<URL>..."),
            (&["steps", "0", "http://h/"], "as in 100,500,1000"),
            (
                &["abuse", "--kind", "slow", "http://h/"],
                "write one of slow-headers",
            ),
        ] {
            let sentence = sentence(arguments);
            assert!(sentence.contains(says), "{arguments:?}: {sentence}");
            assert!(
                !sentence.contains('\n') && !sentence.contains("Usage"),
                "{sentence}"
            );
        }
    }
}
