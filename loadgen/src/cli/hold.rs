//! `ringload hold`: what the host lacks, how it goes, what was found.

use std::fmt::Write;

use crate::hold::{
    self, HoldObserver, HoldPhase, HoldProgress, HoldReport, HoldScenario, HoldSide,
};
use crate::plan::build;
use crate::report::Progress;
use crate::report::figure;
use crate::run::Observer;

use super::arguments::HoldArguments;
use super::exit::Exit;
use super::outside::world;
use super::session::View;
use super::{load, outputs, print, refuse, say};

/// Opens, holds, asks, counts.
pub(super) fn hold(arguments: HoldArguments) -> Exit {
    let targets = load::targets(vec![arguments.url]);
    let name = arguments
        .flags
        .name
        .clone()
        .unwrap_or_else(|| "hold".to_owned());
    let scenario = match build::hold(&targets, &arguments.flags, &arguments.hold, world()) {
        Ok(scenario) => scenario,
        Err(faults) => return refuse(faults),
    };
    if arguments
        .json
        .as_deref()
        .is_some_and(|file| !outputs::is_writable(file))
    {
        return Exit::Usage;
    }
    let report = match held(&scenario, arguments.anyway, &mut View::new(arguments.quiet)) {
        Ok(report) => report,
        Err(exit) => return exit,
    };
    let is_shown = arguments
        .json
        .as_deref()
        .is_none_or(|file| !outputs::is_stdout(file));
    if is_shown {
        print(&text(&name, &report));
    }
    let written = arguments
        .json
        .map_or(Exit::Done, |file| outputs::write(&file, &json(&report)));
    exit_of(&report).max(written)
}

/// Says what the host lacks, and holds.
pub(super) fn held(
    scenario: &HoldScenario,
    anyway: bool,
    view: &mut View,
) -> Result<HoldReport, Exit> {
    let lacks = hold::preflight(scenario);
    for lack in &lacks {
        say(&format_args!(
            "this host lacks something: {}; {}",
            lack.what, lack.remedy
        ));
    }
    if lacks.iter().any(|lack| lack.is_fatal) && !anyway {
        say(&"it cannot succeed like this; try it with --anyway");
        return Err(Exit::Invalid);
    }
    let held = hold::hold(
        scenario,
        &mut Watch {
            view,
            phase: HoldPhase::Opening,
        },
    );
    view.clear();
    held.map_err(|error| {
        say(&error);
        Exit::Invalid
    })
}

/// Whether all stood and answered to the last.
pub(super) fn exit_of(report: &HoldReport) -> Exit {
    if report.is_whole() {
        Exit::Done
    } else {
        Exit::Failed
    }
}

/// The report as JSON, with line breaks.
pub(super) fn json(report: &HoldReport) -> String {
    let mut text =
        serde_json::to_string_pretty(report).expect("a report has no map with other keys");
    text.push('\n');
    text
}

/// The report for people.
pub(super) fn text(name: &str, report: &HoldReport) -> String {
    let count = |number: u32| figure::count(u64::from(number));
    let mut text = format!(
        "{}: {} connections to {} on {} rings\n",
        figure::printable(name),
        count(report.wanted),
        figure::printable(&report.target),
        report.rings
    );
    let mut line = |label: &str, value: &str| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {label:<18}{value}");
    };
    line("established", &count(report.established));
    line("alive at the end", &count(report.alive_at_end));
    line("opening took", &figure::seconds(report.opening_s));
    line("held for", &figure::seconds(report.held_s));
    for (kind, number) in &report.failed {
        line(kind.name(), &figure::count(*number));
    }
    for round in &report.rounds {
        let told = format!(
            "{} of {} answered in {}, {} lost",
            count(round.answered),
            count(round.asked),
            figure::seconds(round.took_s),
            round.lost
        );
        line(&format!("asked at {}", figure::seconds(round.at_s)), &told);
    }
    for (label, side) in [
        ("generator", report.generator),
        ("server", report.server),
        ("host in all", report.host),
    ] {
        line(label, &memory(side));
    }
    text
}

fn memory(side: HoldSide) -> String {
    match (side.bytes, side.bytes_per_connection) {
        (Some(bytes), Some(each)) => {
            let (bytes, each) = (figure::bytes(bytes as f64), figure::bytes(each));
            format!("{bytes}, {each} per connection")
        }
        (Some(bytes), None) => figure::bytes(bytes as f64),
        (None, _) => "cannot be seen from here".to_owned(),
    }
}

/// The live view of a hold.
struct Watch<'v> {
    view: &'v mut View,
    phase: HoldPhase,
}

impl HoldObserver for Watch<'_> {
    fn event(&mut self, progress: &HoldProgress) {
        if progress.phase == HoldPhase::Opening {
            let (done, wanted) = (progress.alive, progress.wanted);
            self.view
                .show(&Progress::connecting(done, wanted, progress.elapsed));
        }
        if progress.phase != self.phase {
            self.phase = progress.phase;
            let doing = match progress.phase {
                HoldPhase::Opening => "opening",
                HoldPhase::Holding => "holding",
                HoldPhase::Asking => "asking",
            };
            let alive = figure::count(u64::from(progress.alive));
            let elapsed = figure::seconds(progress.elapsed.as_secs_f64());
            self.view
                .line(&format!("{doing}: {alive} connections after {elapsed}"));
        }
    }

    fn wants_stop(&self) -> bool {
        self.view.wants_stop()
    }
}
