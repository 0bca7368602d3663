//! The vocabulary of a load: every flag once, for the command line, its help and plan files.
//!
//! A plan's keys are these flags with underscores, and their values go through the same parsers.
//! Nothing here has a default value: what was not given is `None`, so that a plan's scenario can
//! replace what the plan says for all. Defaults are in [`super::build`]; the help names them, and
//! a test compares.

mod choice;
mod job;

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::plan::slo::Slo;
use crate::plan::units;
use crate::plan::verify::{ExpectedField, StatusSet};
use crate::plan::{Arrival, Gathering};

pub use choice::{ChoiceError, ContentChoice, CpuList, Stages};
pub use job::{HoldFlags, SearchFlags, StepList, abuse_kind};

/// What one request is.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Request")]
pub struct RequestFlags {
    /// Method [default: GET, and POST where there is a body]
    #[arg(short = 'X', long, value_name = "METHOD")]
    pub method: Option<String>,
    /// Field line, as in 'Accept: text/html'; repeatable. Replaces Host, User-Agent and Connection
    /// of the same name. Its value may have places to fill, as the URL may
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// Content as text, with places to fill
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    pub body: Option<String>,
    /// Content from a file as it is, of at most 256 MiB, all of it in memory
    #[arg(long, value_name = "FILE")]
    pub body_file: Option<PathBuf>,
}

/// How much is asked, and when.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Load")]
pub struct LoadFlags {
    /// Connections of all threads together; about 1 KiB of memory each [default: 64]
    #[arg(short, long, value_name = "N", value_parser = units::positive)]
    pub connections: Option<NonZeroU32>,
    /// Threads, each with its ring [default: one per CPU that this process may use]
    #[arg(short, long, value_name = "N", value_parser = units::positive, conflicts_with = "cpus")]
    pub threads: Option<NonZeroU32>,
    /// One thread on each of these CPUs: 1,3 or 0-3
    #[arg(long, value_name = "LIST")]
    pub cpus: Option<CpuList>,
    /// Length of the measured window [default: 10s]
    #[arg(short, long, value_name = "TIME", value_parser = units::time, conflicts_with = "requests")]
    pub duration: Option<Duration>,
    /// Ends after so many requests instead
    #[arg(short = 'n', long, value_name = "N", value_parser = requests)]
    pub requests: Option<NonZeroU64>,
    /// Open loop: starts so many requests per second, whatever the server does; latency counts
    /// from the intended start [default: closed loop, each answer starts the next request]
    #[arg(short = 'R', long, value_name = "N/s", value_parser = units::rate)]
    pub rate: Option<f64>,
    /// Open loop in stages: 10s:1000,20s:1000..5000 holds 1000/s and then climbs to 5000/s
    #[arg(long, value_name = "TIME:RATE,…", conflicts_with_all = ["rate", "duration", "requests"])]
    pub stages: Option<Stages>,
    /// Gaps between the starts of an open loop: poisson (users who know nothing of each other) or
    /// constant [default: poisson]
    #[arg(long, value_name = "LAW", value_parser = choice::arrival)]
    pub arrival: Option<Arrival>,
    /// Load before the window, whose results are dropped [default: 1s; none with --requests]
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub warmup: Option<Duration>,
    /// Requests on their way per connection of a closed loop [default: 1]
    #[arg(long, value_name = "N", value_parser = units::positive)]
    pub pipeline: Option<NonZeroU32>,
    /// Closed loop: how long answers may gather before they are looked at, which adds as much to
    /// the latency and can cost CPU (measure before use). auto is a fiftieth of the median, at
    /// most 50us [default: 0s, never]
    #[arg(long, value_name = "auto|TIME", value_parser = choice::gathering)]
    pub gather: Option<Gathering>,
    /// Seed of every random choice [default: a new one, named in the report]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// How connections are made.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Connections")]
pub struct ConnectionFlags {
    /// One request per connection, with Connection: close
    #[arg(long)]
    pub no_keepalive: bool,
    /// Opens at most so many connections per second [default: as fast as they are accepted]
    #[arg(long, value_name = "N/s", value_parser = units::rate)]
    pub connect_rate: Option<f64>,
    /// Connects on their way at once per thread [default: 256]
    #[arg(long, value_name = "N", value_parser = units::positive)]
    pub connect_at_once: Option<NonZeroU32>,
    /// A connect unanswered for this long is an error [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub connect_timeout: Option<Duration>,
    /// A request unanswered for this long is an error, and counts with this latency
    /// [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub timeout: Option<Duration>,
    /// Local address to connect from; repeatable, used in turn [default: the kernel's choice, and
    /// on loopback as many of 127.0.0.0/8 as the ports ask for]
    #[arg(long, value_name = "IP")]
    pub source: Vec<IpAddr>,
    /// Driver: auto (io_uring where it works), uring or epoll [default: auto]
    #[arg(long, value_name = "DRIVER", value_parser = choice::io)]
    pub io: Option<shard::Io>,
    /// https: server name to ask for [default: the URL's host]
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,
    /// https: takes any certificate
    #[arg(long)]
    pub insecure: bool,
    /// https: a full handshake for every connection
    #[arg(long)]
    pub no_resumption: bool,
}

/// What counts as good.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Checks")]
pub struct CheckFlags {
    /// Compares the content's SHA-256 with the first reply to the same request, or with
    /// manifest:FILE, which is what sha256sum prints in the folder that is the URL's root (about
    /// 150 bytes of memory per line) [default when given bare: first]
    #[arg(
        long,
        value_name = "first|manifest:FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "first"
    )]
    pub verify: Option<ContentChoice>,
    /// Statuses that count as good: 200, 2xx, 200-204, several with commas [default: 200-399]
    #[arg(long, value_name = "LIST")]
    pub expect_status: Option<StatusSet>,
    /// Bytes that every content must have
    #[arg(long, value_name = "N")]
    pub expect_length: Option<u64>,
    /// Field that every response must have, as in 'ETag' or 'Content-Type: text/html'; repeatable
    #[arg(long, value_name = "NAME[: VALUE]")]
    pub expect_header: Vec<ExpectedField>,
    /// Thresholds that decide the exit code: p99<5ms,errors<0.1%,rate>=50000. There are p50, p99,
    /// p99.9 …, mean, min, max (of latency; with service_ or lag_ in front, of those), errors (of
    /// one kind as in errors_reset=0) and rate
    #[arg(long, value_name = "LIST")]
    pub slo: Option<Slo>,
}

/// Everything that says what a run does, but whom to ask.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct Flags {
    #[command(flatten)]
    #[expect(missing_docs, reason = "the type says it")]
    pub load: LoadFlags,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the type says it")]
    pub request: RequestFlags,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the type says it")]
    pub connection: ConnectionFlags,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the type says it")]
    pub check: CheckFlags,
    /// Name in reports; runs of the same name are repetitions of each other [default: load]
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub name: Option<String>,
}

fn requests(text: &str) -> Result<NonZeroU64, units::UnitError> {
    NonZeroU64::new(units::count(text)?).ok_or(units::UnitError::Range("from 1"))
}

#[cfg(test)]
mod tests {
    use clap::{Command, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Only {
        #[command(flatten)]
        flags: Flags,
    }

    fn flags(arguments: &[&str]) -> Result<Flags, String> {
        let all = ["x"].iter().chain(arguments);
        Only::try_parse_from(all)
            .map(|only| only.flags)
            .map_err(|error| error.render().to_string())
    }

    #[test]
    fn nothing_given_is_nothing_said() {
        assert_eq!(flags(&[]).expect("valid"), Flags::default());
    }

    #[test]
    fn values_are_read_with_their_units() {
        let flags = flags(&[
            "-c",
            "10k",
            "-d",
            "1.5s",
            "-R",
            "50k/s",
            "--arrival",
            "constant",
            "--cpus",
            "1,4-5",
            "--verify",
            "--expect-status",
            "2xx",
            "-H",
            "A: b",
            "-H",
            "C: d",
            "--gather",
            "0s",
        ])
        .expect("valid");
        assert_eq!(flags.load.connections.map(NonZeroU32::get), Some(10_000));
        assert_eq!(flags.load.duration, Some(Duration::from_millis(1500)));
        assert_eq!(flags.load.rate, Some(50_000.0));
        assert_eq!(flags.load.arrival, Some(Arrival::Constant));
        assert_eq!(flags.load.cpus, Some(CpuList(vec![1, 4, 5])));
        assert_eq!(flags.load.gather, Some(Gathering::AtMost(Duration::ZERO)));
        assert_eq!(flags.check.verify, Some(ContentChoice::FirstReply));
        assert_eq!(flags.request.header, ["A: b", "C: d"]);
    }

    #[test]
    fn what_excludes_each_other_cannot_be_given_together() {
        for pair in [
            &["-d", "1s", "-n", "5"][..],
            &["-R", "5", "--stages", "1s:5"],
            &["-d", "1s", "--stages", "1s:5"],
            &["-t", "1", "--cpus", "0"],
            &["--body", "x", "--body-file", "y"],
        ] {
            let error = flags(pair).expect_err("exclusive");
            assert!(error.contains("cannot be used with"), "{error}");
        }
    }

    #[test]
    fn every_flag_has_a_help_that_fits_a_plan_key() {
        let command = Flags::augment_args(Command::new("x"));
        for argument in command.get_arguments() {
            let long = argument.get_long().expect("plans know long names only");
            assert!(argument.get_help().is_some(), "{long}");
            assert!(!argument.is_positional(), "{long}");
        }
    }
}
