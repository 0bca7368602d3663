//! Running scenarios with somebody watching: the live view, the tables, what to exit with.

use std::io::{self, IsTerminal, Stderr, Write};

use crate::plan::Scenario;
use crate::record::report::{Document, Environment, RunReport, SCHEMA};
use crate::report::{Ink, Live, LiveMode, Progress, run_table};
use crate::run::{Observer, execute};
use crate::truth::environment;

use super::exit::{self, Exit};
use super::outside::Stop;
use super::{print, say};

/// What a session shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Showing {
    /// Neither progress nor tables.
    pub(super) is_quiet: bool,
    /// Whether standard output is free for people to read.
    pub(super) stdout: Stdout,
}

/// Whose standard output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stdout {
    /// The reader's.
    Free,
    /// A file's, as in `--json -`.
    Taken,
}

/// Runs one after another.
pub(super) struct Session {
    view: View,
    showing: Showing,
    environment: Environment,
    pub(super) runs: Vec<RunReport>,
    pub(super) exit: Exit,
}

/// Who watches.
pub(super) struct View {
    live: Live<Stderr>,
    stop: Stop,
    is_quiet: bool,
}

impl View {
    pub(super) fn new(is_quiet: bool) -> View {
        let is_terminal = io::stderr().is_terminal();
        let mode = LiveMode::of(io::stderr(), is_terminal, is_quiet, ink_on(is_terminal));
        View {
            live: Live::new(io::stderr(), mode),
            stop: Stop::on_signals(),
            is_quiet,
        }
    }

    /// Shows how it goes; a view that cannot be written is no reason to end a run.
    pub(super) fn show(&mut self, progress: &Progress) {
        let _ = self.live.show(progress);
    }

    /// Says in a line of its own how it goes.
    pub(super) fn line(&mut self, text: &str) {
        self.clear();
        if !self.is_quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Makes room for something else.
    pub(super) fn clear(&mut self) {
        let _ = self.live.clear();
    }
}

impl Observer for View {
    fn event(&mut self, progress: &Progress) {
        self.show(progress);
    }

    fn wants_stop(&self) -> bool {
        self.stop.is_wanted()
    }
}

impl Session {
    pub(super) fn new(showing: Showing) -> Session {
        Session {
            view: View::new(showing.is_quiet),
            showing,
            environment: environment(),
            runs: Vec::new(),
            exit: Exit::Done,
        }
    }

    /// Whether nothing more should be run: somebody wants it to end, or there was no load at all.
    pub(super) fn is_over(&self) -> bool {
        self.view.wants_stop() || self.exit == Exit::Invalid && self.runs.is_empty()
    }

    /// Runs a scenario and lets it count for the exit code.
    pub(super) fn run(&mut self, scenario: &Scenario) -> Option<&RunReport> {
        let (exit, reasons) = {
            let run = self.try_run(scenario)?;
            exit::of_run(scenario, run)
        };
        self.exit = self.exit.max(exit);
        for reason in reasons {
            say(&reason);
        }
        self.runs.last()
    }

    /// Runs a scenario whose failing is an answer, too.
    pub(super) fn try_run(&mut self, scenario: &Scenario) -> Option<&RunReport> {
        let executed = execute(scenario, &mut self.view);
        self.view.clear();
        match executed {
            Ok(run) => self.runs.push(run),
            Err(error) => {
                say(&format_args!("{}: {error}", scenario.name));
                self.exit = self.exit.max(Exit::Invalid);
                return None;
            }
        }
        self.runs.last()
    }

    /// Prints the table of the last run.
    pub(super) fn print_last(&self) {
        if let Some(run) = self.runs.last() {
            self.print(&run_table(run, ink()));
        }
    }

    /// Prints where tables are shown.
    pub(super) fn print(&self, text: &str) {
        if !self.showing.is_quiet && self.showing.stdout == Stdout::Free {
            print(text);
        }
    }

    /// Prints the answer to what was asked, which is never too much.
    pub(super) fn answer(&self, text: &str) {
        match self.showing.stdout {
            Stdout::Free => print(&format!("{text}\n")),
            Stdout::Taken => say(&text),
        }
    }

    /// Who watches, for what is no run.
    pub(super) fn view(&mut self) -> &mut View {
        &mut self.view
    }

    /// All runs as a document.
    pub(super) fn document(&self, command: Vec<String>) -> Document {
        Document {
            schema: SCHEMA.to_owned(),
            generator: concat!("ringload ", env!("CARGO_PKG_VERSION")).to_owned(),
            command,
            environment: self.environment.clone(),
            runs: self.runs.clone(),
        }
    }
}

/// Color on standard output.
pub(super) fn ink() -> Ink {
    ink_on(io::stdout().is_terminal())
}

fn ink_on(is_terminal: bool) -> Ink {
    let (no_color, term) = (std::env::var("NO_COLOR"), std::env::var("TERM"));
    Ink::of(is_terminal, no_color.ok().as_deref(), term.ok().as_deref())
}
