//! The flags, once: parser, help and examples come from the same definition.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

use crate::config::{ChoiceError, IoChoice, ListenAddress, LogTarget, ServeFlags, Shards};

/// Serves files over HTTP from one io_uring per core
#[derive(Debug, Parser)]
#[command(name = "ringmain", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  ringmain serve ./public                      this folder at http://127.0.0.1:8080
  ringmain serve ./public --listen :80         on every address, both families
  ringmain run -c ringmain.toml                what a config file says
  ringmain check -c ringmain.toml              is it valid, and what can it cost?
  ringmain doctor                              what does this host allow?

Signals: SIGTERM or SIGINT finish what is open and stop, a second one stops at once;
SIGUSR1 reopens the access log.
Exit codes: 0 done, 1 the check or the start failed, 2 wrong flags or config.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serves a folder without a config file
    Serve(ServeArguments),
    /// Serves what a config file says
    Run(ConfigArguments),
    /// Checks a config file, prints it as it takes effect and what memory it can cost
    Check(CheckArguments),
    /// Says what this host allows and why not
    Doctor(DoctorArguments),
}

#[derive(Debug, Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub(super) struct ServeArguments {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) dir: PathBuf,
    #[arg(
        long,
        help = "Where to listen: IP:PORT, [IPv6]:PORT, :PORT (every address) or unix:/path; repeatable",
        value_name = "ADDR",
        default_value = "127.0.0.1:8080",
        value_parser = chosen::<ListenAddress>
    )]
    pub(super) listen: Vec<ListenAddress>,
    /// Threads, each with its ring: a number or auto (the CPUs that this process may use)
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = chosen::<Shards>)]
    pub(super) shards: Shards,
    /// Driver: auto (io_uring where it works), uring or epoll
    #[arg(
        long,
        value_name = "auto|uring|epoll",
        default_value = "auto",
        value_parser = chosen::<IoChoice>
    )]
    pub(super) io: IoChoice,
    /// File that answers for a folder; repeatable, first found wins
    #[arg(long, value_name = "NAME", default_value = "index.html")]
    pub(super) index: Vec<String>,
    /// Lists folders that have no index
    #[arg(long)]
    pub(super) listing: bool,
    /// Answers paths that do not exist with this file [default when given bare: index.html]
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "index.html"
    )]
    pub(super) spa: Option<String>,
    /// Access log as JSON lines: off, stdout or a file
    #[arg(
        long,
        value_name = "off|stdout|PATH",
        default_value = "off",
        value_parser = chosen::<LogTarget>
    )]
    pub(super) log: LogTarget,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  ringmain serve                               the current folder
  ringmain serve dist --spa                    a single-page application
  ringmain serve files --listing --log stdout  a folder to browse, requests on the terminal
  ringmain serve site --listen 127.0.0.1:0     a free port, printed when ready
  ringmain serve site --listen :80 --listen unix:/run/ringmain.sock";

#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    /// The config file
    #[arg(short, long, value_name = "FILE", default_value = "ringmain.toml")]
    pub(super) config: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) config: ConfigArguments,
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl From<ServeArguments> for ServeFlags {
    fn from(arguments: ServeArguments) -> Self {
        Self {
            dir: arguments.dir,
            listen: arguments.listen,
            shards: arguments.shards,
            io: arguments.io,
            index: arguments.index,
            listing: arguments.listing,
            spa: arguments.spa,
            log: arguments.log,
        }
    }
}

/// A choice that is also a key of the config; the value stands in front of the message already.
fn chosen<T: FromStr<Err = ChoiceError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: ChoiceError| error.remedy)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn serve_flags(arguments: &[&str]) -> Result<ServeFlags, String> {
        let all = ["ringmain", "serve"].iter().chain(arguments);
        let parsed = Arguments::try_parse_from(all);
        match parsed
            .map_err(|error| super::super::one_sentence(&error.render().to_string()))?
            .command
        {
            Command::Serve(arguments) => Ok(arguments.into()),
            Command::Run(_) | Command::Check(_) | Command::Doctor(_) => Err("not serve".into()),
        }
    }

    #[test]
    fn the_flags_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn serve_without_flags_has_the_documented_defaults() {
        let flags = serve_flags(&[]).expect("valid");
        assert_eq!(flags.dir, PathBuf::from("."));
        assert_eq!(flags.listen, [ListenAddress::default()]);
        assert_eq!(flags.shards, Shards::Auto);
        assert_eq!(flags.io, IoChoice::Auto);
        assert_eq!(flags.index, ["index.html"]);
        assert_eq!(flags.spa, None);
        assert_eq!(flags.log, LogTarget::Off);
    }

    #[test]
    fn spa_takes_its_file_after_an_equals_sign_only() {
        assert_eq!(
            serve_flags(&["--spa", "dist"]).expect("valid").dir,
            PathBuf::from("dist")
        );
        assert_eq!(
            serve_flags(&["--spa"]).expect("valid").spa.as_deref(),
            Some("index.html")
        );
        assert_eq!(
            serve_flags(&["--spa=a.html"]).expect("ok").spa.as_deref(),
            Some("a.html")
        );
    }

    #[test]
    fn listen_repeats_and_replaces_the_default() {
        let flags = serve_flags(&["--listen", ":80", "--listen", "unix:/run/r"]).expect("valid");
        assert_eq!(
            flags.listen,
            [ListenAddress::Any(80), ListenAddress::Unix("/run/r".into())]
        );
    }

    #[test]
    fn a_wrong_flag_is_one_sentence_with_its_remedy() {
        for (arguments, says) in [
            (&["--listen", "localhost:80"][..], "write \"127.0.0.1:80\""),
            (
                &["--shards", "0"],
                "for '--shards <N|auto>': write auto or a whole number from 1",
            ),
            (&["--io", "io_uring"], "did you mean uring?"),
            (&["--log", ""], "--log"),
            (&["--lisen", ":80"], "a similar argument exists: '--listen'"),
            (
                &["a", "b"],
                "unexpected argument 'b' found; see ringmain --help",
            ),
        ] {
            let error = serve_flags(arguments).expect_err("wrong");
            assert!(error.contains(says), "{error}");
            assert!(!error.contains('\n') && !error.contains("Usage"), "{error}");
        }
    }
}
