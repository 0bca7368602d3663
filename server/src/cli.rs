//! The command line: what the user asked for, and the exit code that answers.
//!
//! The only room that knows exit codes: 0 done, 1 the check or the start failed, 2 usage (wrong
//! flags or a wrong config). Every message goes to standard error as one line that starts with
//! `ringmain: `; standard output is for what was asked for.

mod arguments;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use self::arguments::{Arguments, CheckArguments, Command};
use crate::config::{Config, Culprit, Problem};
use crate::{check, doctor, serve};

/// What was asked for has been done.
const DONE: u8 = 0;
/// The check or the start failed.
const FAILED: u8 = 1;
/// The flags or the config are wrong.
const USAGE: u8 = 2;

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
