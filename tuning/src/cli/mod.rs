//! The command line: what the user asked for, and the exit code that answers.
//!
//! The only room that knows exit codes: 0 compliant or done, 1 something differs, 2 unsafe or
//! wrong flags, 3 an error. Every message goes to standard error as one line that starts with
//! `ringtune: `; standard output is for what was asked for.

mod arguments;
mod change;
mod firewall;
mod prove;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use self::arguments::{
    Arguments, CheckArguments, Command, ExplainArguments, ExportArguments, Inputs, PlanArguments,
};
use crate::catalogue::{Catalogue, CatalogueError};
use crate::check::{Outcome, Programs, Report};
use crate::explain::explain;
use crate::export::{Format, Values, ansible, script};
use crate::host::Host;
use crate::persist::MARK;
use crate::plan::{Lowering, Plan};

/// Everything is as it should be, or what was asked for has been done.
const DONE: u8 = 0;
/// Something differs.
const DRIFT: u8 = 1;
/// Something is unsafe.
const UNSAFE: u8 = 2;
/// The flags are wrong.
const USAGE: u8 = 2;
/// Something could not be done.
const ERROR: u8 = 3;

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
        Command::Check(arguments) => check(&arguments),
        Command::Plan(arguments) => plan(&arguments),
        Command::Apply(arguments) => change::apply(&arguments),
        Command::Rollback(arguments) => change::rollback(&arguments),
        Command::Persist(arguments) => change::persist(&arguments),
        Command::Export(arguments) => export(&arguments),
        Command::Explain(arguments) => explain_key(&arguments),
        Command::Firewall(arguments) => firewall::firewall(&arguments),
        Command::Prove(arguments) => prove::prove(&arguments),
    }
}

fn check(arguments: &CheckArguments) -> u8 {
    // They take their time, so they start before the files are read.
    let programs = if arguments.inputs.root().is_live() {
        Programs::start()
    } else {
        Programs::default()
    };
    let Some(catalogue) = catalogue(&arguments.inputs) else {
        return ERROR;
    };
    let host = look(&arguments.inputs);
    let report = Report::of(&catalogue, &host, arguments.inputs.goal(), programs);
    print(&if arguments.json {
        report.to_json()
    } else if io::stdout().is_terminal() {
        report.to_table(arguments.all)
    } else {
        report.to_lines()
    });
    match report.outcome() {
        Outcome::Compliant => DONE,
        Outcome::Drift => DRIFT,
        Outcome::Unsafe => UNSAFE,
    }
}

fn plan(arguments: &PlanArguments) -> u8 {
    let Some(catalogue) = catalogue(&arguments.inputs) else {
        return ERROR;
    };
    let host = look(&arguments.inputs);
    let report = quiet_report(&catalogue, &host, &arguments.inputs);
    let plan = Plan::of(&report, Lowering::from_flag(arguments.allow_lower));
    print(&if arguments.json {
        plan.to_json()
    } else {
        plan.to_text()
    });
    if plan.is_empty() { DONE } else { DRIFT }
}

fn export(arguments: &ExportArguments) -> u8 {
    let Some(catalogue) = catalogue(&arguments.inputs) else {
        return ERROR;
    };
    let host = look(&arguments.inputs);
    let report = quiet_report(&catalogue, &host, &arguments.inputs);
    let values = Values::of(&report, Lowering::from_flag(arguments.allow_lower));
    let unit = &arguments.inputs.unit;
    let head = format!("{MARK} for {}.\n", arguments.inputs.in_words());
    print(&match arguments.format {
        Format::SysctlD => head + &values.sysctl_d(),
        Format::Systemd => head + &values.drop_in(),
        Format::Ansible => ansible(&values, unit),
        Format::Sh => script(&values),
        Format::Nft => return firewall::show(&arguments.rules),
    });
    DONE
}

fn explain_key(arguments: &ExplainArguments) -> u8 {
    let Some(catalogue) = catalogue(&arguments.inputs) else {
        return ERROR;
    };
    let host = look(&arguments.inputs);
    match explain(&arguments.key, &catalogue, &host, &arguments.inputs.goal()) {
        Some(text) => {
            print(&text);
            DONE
        }
        None => {
            say(&catalogue.unknown(&arguments.key).to_string());
            USAGE
        }
    }
}

/// The catalogue, or every reason why there is none on standard error.
fn catalogue(inputs: &Inputs) -> Option<Catalogue> {
    match Catalogue::load(inputs.catalogue.as_deref()) {
        Ok(catalogue) => Some(catalogue),
        Err(CatalogueError::Wrong(problems)) => {
            problems
                .iter()
                .for_each(|problem| say(&problem.to_string()));
            None
        }
        Err(error) => {
            say(&error.to_string());
            None
        }
    }
}

fn look(inputs: &Inputs) -> Host {
    Host::read(inputs.root(), &inputs.subject())
}

/// A report for those who ask for values only and have no need of other programs' answers.
fn quiet_report<'c>(catalogue: &'c Catalogue, host: &'c Host, inputs: &Inputs) -> Report<'c> {
    Report::of(catalogue, host, inputs.goal(), Programs::default())
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
        [alone] if !alone.contains(": ") => format!("{alone}; see ringtune --help"),
        _ => parts.join("; "),
    }
}

/// One line on standard error. If nobody reads it, there is nobody else to tell.
fn say(message: &str) {
    let _ = writeln!(io::stderr(), "ringtune: {message}");
}

/// The answer on standard output. A reader that went away (`| head`) wants no more of it.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}
