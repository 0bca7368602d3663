//! The command line: what the user asked for, and the exit code that answers.
//!
//! The only room that knows exit codes and writes files. Results go to standard output, how it
//! goes and what is wrong to standard error; every message there is one line that starts with
//! `ringload: `.

mod abuse;
mod arguments;
mod documents;
mod exit;
mod hold;
mod load;
mod outputs;
mod outside;
mod plan;
mod results;
mod session;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::plan::problem::{Fault, Problem};

use arguments::{Arguments, Command};
use exit::Exit;

/// Does what the arguments say and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let exit = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => {
            let typed: Vec<String> = arguments
                .iter()
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect();
            obey(parsed, typed)
        }
        Err(error) => say_usage(&error),
    };
    ExitCode::from(exit)
}

fn obey(arguments: Arguments, typed: Vec<String>) -> Exit {
    match arguments.command {
        None => load::load(arguments.load, typed),
        Some(Command::Run(arguments)) => plan::run(arguments, typed),
        Some(Command::Steps(arguments)) => load::steps(arguments, typed),
        Some(Command::Search(arguments)) => load::search(arguments, typed),
        Some(Command::Hold(arguments)) => hold::hold(arguments),
        Some(Command::Abuse(arguments)) => abuse::abuse(arguments),
        Some(Command::Compare(arguments)) => documents::compare(&arguments),
        Some(Command::Report(arguments)) => documents::report(&arguments),
    }
}

/// Says what is wrong with the flags.
fn refuse(faults: Vec<Fault>) -> Exit {
    say_problems(faults.into_iter().map(Fault::on_command_line))
}

fn say_problems(problems: impl IntoIterator<Item = Problem>) -> Exit {
    for problem in problems {
        say(&problem);
    }
    Exit::Usage
}

fn say_usage(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            print(&text);
            Exit::Done
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = io::stderr().write_all(text.as_bytes());
            Exit::Usage
        }
        _ => {
            say(&one_sentence(&text));
            Exit::Usage
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
        [alone] if !alone.contains(": ") => format!("{alone}; see ringload --help"),
        // What excludes each other, and what is missing, stands on lines of its own.
        [first, rest @ ..] if first.ends_with(':') => format!("{first} {}", rest.join(", ")),
        _ => parts.join("; "),
    }
}

/// One line on standard error. If nobody reads it, there is nobody else to tell.
fn say(message: &dyn Display) {
    let _ = writeln!(io::stderr(), "ringload: {message}");
}

/// The answer on standard output. A reader that went away (`| head`) wants no more of it.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}
