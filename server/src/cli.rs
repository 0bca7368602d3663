//! The command line: what the user asked for, and the exit code that answers.
//!
//! The only room that knows exit codes: 0 done, 1 the check or the start failed, 2 usage (wrong
//! flags or a wrong config). Every message goes to standard error as one line that starts with
//! `ringmain: `; standard output is for what was asked for.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use crate::config::{
    ChoiceError, Config, Culprit, IoChoice, ListenAddress, LogTarget, Problem, ServeFlags, Shards,
};
use crate::{check, doctor, serve};

/// What was asked for has been done.
const DONE: u8 = 0;
/// The check or the start failed.
const FAILED: u8 = 1;
/// The flags or the config are wrong.
const USAGE: u8 = 2;

/// Serves files over HTTP from one io_uring per core
#[derive(Debug, Parser)]
#[command(name = "ringmain", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
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
enum Command {
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
struct ServeArguments {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Where to listen: IP:PORT, [IPv6]:PORT, :PORT (every address) or unix:/path; repeatable
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8080",
        value_parser = chosen::<ListenAddress>
    )]
    listen: Vec<ListenAddress>,
    /// Threads, each with its ring: a number or auto (the CPUs that this process may use)
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = chosen::<Shards>)]
    shards: Shards,
    /// Driver: auto (io_uring where it works), uring or epoll
    #[arg(
        long,
        value_name = "auto|uring|epoll",
        default_value = "auto",
        value_parser = chosen::<IoChoice>
    )]
    io: IoChoice,
    /// File that answers for a folder; repeatable, first found wins
    #[arg(long, value_name = "NAME", default_value = "index.html")]
    index: Vec<String>,
    /// Lists folders that have no index
    #[arg(long)]
    listing: bool,
    /// Answers paths that do not exist with this file [default when given bare: index.html]
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "index.html"
    )]
    spa: Option<String>,
    /// Access log as JSON lines: off, stdout or a file
    #[arg(
        long,
        value_name = "off|stdout|PATH",
        default_value = "off",
        value_parser = chosen::<LogTarget>
    )]
    log: LogTarget,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  ringmain serve                               the current folder
  ringmain serve dist --spa                    a single-page application
  ringmain serve files --listing --log stdout  a folder to browse, requests on the terminal
  ringmain serve site --listen 127.0.0.1:0     a free port, printed when ready
  ringmain serve site --listen :80 --listen unix:/run/ringmain.sock";

#[derive(Debug, Args)]
struct ConfigArguments {
    /// The config file
    #[arg(short, long, value_name = "FILE", default_value = "ringmain.toml")]
    config: PathBuf,
}

#[derive(Debug, Args)]
struct CheckArguments {
    #[command(flatten)]
    config: ConfigArguments,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct DoctorArguments {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Does what the arguments say and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let code = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command }) => obey(command),
        Err(error) => say_usage(&error),
    };
    ExitCode::from(code)
}

fn obey(command: Command) -> u8 {
    match command {
        Command::Serve(arguments) => start(Config::for_serve(arguments.into())),
        Command::Run(arguments) => start(Config::load(&arguments.config)),
        Command::Check(arguments) => check_config(&arguments),
        Command::Doctor(arguments) => {
            let report = doctor::HostReport::read();
            print(&if arguments.json {
                report.to_json()
            } else {
                report.to_text()
            });
            if report.can_serve() { DONE } else { FAILED }
        }
    }
}

fn start(config: Result<Config, Vec<Problem>>) -> u8 {
    match config {
        Ok(config) => match serve::run(config) {
            Ok(()) => DONE,
            Err(error) => {
                say(&error.to_string());
                FAILED
            }
        },
        Err(problems) => {
            say_problems(&problems);
            code_of(&problems)
        }
    }
}

fn check_config(arguments: &CheckArguments) -> u8 {
    let checked = Config::load(&arguments.config.config);
    let bounds = doctor::HostReport::read().bounds();
    if arguments.json {
        print(&check::to_json(&checked, bounds));
    }
    match checked {
        Ok(config) => {
            if !arguments.json {
                print(&check::to_text(&config, bounds));
            }
            DONE
        }
        Err(problems) => {
            if !arguments.json {
                say_problems(&problems);
            }
            code_of(&problems)
        }
    }
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

/// A text at fault is a usage error; if only the host is at fault, the start failed.
fn code_of(problems: &[Problem]) -> u8 {
    if problems
        .iter()
        .any(|problem| problem.culprit == Culprit::Text)
    {
        USAGE
    } else {
        FAILED
    }
}

fn say_problems(problems: &[Problem]) {
    for problem in problems {
        say(&problem.to_string());
    }
}

fn say_usage(error: &clap::Error) -> u8 {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            print(&text);
            DONE
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = io::stderr().write_all(text.as_bytes());
            USAGE
        }
        _ => {
            say(&one_sentence(&text));
            USAGE
        }
    }
}

/// A choice that is also a key of the config; the value stands in front of the message already.
fn chosen<T: FromStr<Err = ChoiceError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: ChoiceError| error.remedy)
}

/// What is wrong and the tip, without the usage that `--help` shows better.
fn one_sentence(rendered: &str) -> String {
    let lines = rendered.lines().map(str::trim).filter(|line| {
        !line.is_empty() && !line.starts_with("Usage:") && !line.starts_with("For more info")
    });
    let parts: Vec<&str> = lines
        .map(|line| line.strip_prefix("error: ").unwrap_or(line))
        .map(|line| line.strip_prefix("tip: ").unwrap_or(line))
        .collect();
    match parts.as_slice() {
        [alone] if !alone.contains(": ") => format!("{alone}; see ringmain --help"),
        _ => parts.join("; "),
    }
}

/// One line on standard error. If nobody reads it, there is nobody else to tell.
fn say(message: &str) {
    let _ = writeln!(io::stderr(), "ringmain: {message}");
}

/// The answer on standard output. A reader that went away (`| head`) wants no more of it.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn serve_flags(arguments: &[&str]) -> Result<ServeFlags, String> {
        let all = ["ringmain", "serve"].iter().chain(arguments);
        let parsed = Arguments::try_parse_from(all);
        match parsed
            .map_err(|error| one_sentence(&error.render().to_string()))?
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
