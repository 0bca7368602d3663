//! The comparison as people read it: what may be said stands at the end of each line, in words.

use std::fmt::Write;

use super::{Comparison, Finding, MeasureComparison, ScenarioComparison, Unit};
use crate::report::figure::{duration, percent, printable, rate};
use crate::report::{Align, Grid, Ink, Tone, wrapped};

/// Characters per line of running text.
const TEXT_WIDTH: usize = 96;

impl Comparison {
    /// Warnings first, then a table per scenario.
    pub fn text(&self, ink: Ink) -> String {
        let mut text = String::new();
        for warning in &self.warnings {
            push_paragraph(&mut text, ink.paint(Tone::Doubtful, "warning"), warning);
        }
        if !self.unmatched.is_empty() {
            let names = self.unmatched.join(", ");
            push_paragraph(
                &mut text,
                ink.paint(Tone::Soft, "note   "),
                &format!("only one document has {names}"),
            );
        }
        for scenario in &self.scenarios {
            if !text.is_empty() {
                text.push('\n');
            }
            push_scenario(&mut text, scenario, ink);
        }
        text
    }
}

fn push_paragraph(text: &mut String, word: String, sentence: &str) {
    for (at, line) in wrapped(&printable(sentence), TEXT_WIDTH - 9)
        .iter()
        .enumerate()
    {
        // Writing to a String does not fail.
        let _ = match at {
            0 => writeln!(text, "{word}  {line}"),
            _ => writeln!(text, "         {line}"),
        };
    }
}

fn push_scenario(text: &mut String, scenario: &ScenarioComparison, ink: Ink) {
    let runs = |number: usize| match number {
        1 => "1 run".to_owned(),
        many => format!("{many} runs"),
    };
    let name = ink.paint(Tone::Strong, &printable(&scenario.name));
    let (runs_a, runs_b) = (runs(scenario.runs_a), runs(scenario.runs_b));
    let _ = writeln!(text, "{name}: {runs_a} of A, {runs_b} of B");
    if scenario.measures.is_empty() {
        let _ = writeln!(text, "  nothing to compare: one side has no valid run");
        return;
    }
    let mut grid = Grid::new(&[
        ("", Align::Left),
        ("A, median", Align::Right),
        ("B, median", Align::Right),
        ("B to A", Align::Right),
        ("95 % interval", Align::Right),
        ("p", Align::Right),
        ("", Align::Left),
    ]);
    for measure in &scenario.measures {
        grid.row(vec![
            measure.measure.to_owned(),
            value(measure, measure.a.median),
            value(measure, measure.b.median),
            measure.ratio.map_or_else(absent, change),
            interval(measure),
            format!("{:.3}", measure.p),
            finding(measure, ink),
        ]);
    }
    text.push_str(&grid.render(ink));
    push_explanation(text, scenario, ink);
}

fn push_explanation(text: &mut String, scenario: &ScenarioComparison, ink: Ink) {
    let needed = scenario.measures.iter().find_map(|one| match one.finding {
        Finding::TooFewRuns { needed } => Some(needed),
        Finding::NoDifferenceShown | Finding::Better | Finding::Worse => None,
    });
    let sentence = match needed {
        Some(needed) => format!(
            "With so few runs nothing can be shown: repeat both sides at least {needed} times, \
             better 10, interleaved (A B A B), and restart the server in between."
        ),
        None => "Each p is for its measure alone: of twenty measures without any difference, one \
                 shows one by chance."
            .to_owned(),
    };
    for line in wrapped(&sentence, TEXT_WIDTH - 2) {
        let _ = writeln!(text, "  {}", ink.paint(Tone::Soft, &line));
    }
}

fn finding(measure: &MeasureComparison, ink: Ink) -> String {
    match measure.finding {
        Finding::TooFewRuns { .. } => ink.paint(Tone::Soft, "too few runs to say"),
        Finding::NoDifferenceShown => match measure.minimum_detectable {
            Some(least) => format!("no difference shown (one of {} would be)", percent(least)),
            None => "no difference shown".to_owned(),
        },
        Finding::Better => ink.paint(Tone::Good, "B is better"),
        Finding::Worse => ink.paint(Tone::Bad, "B is worse"),
    }
}

fn value(measure: &MeasureComparison, value: f64) -> String {
    match measure.unit {
        Unit::PerSecond => rate(value),
        Unit::Nanoseconds => duration(value),
        Unit::Share => percent(value),
    }
}

fn interval(measure: &MeasureComparison) -> String {
    measure.ratio_interval.map_or_else(absent, |(low, high)| {
        format!("{} to {}", change(low), change(high))
    })
}

/// A ratio as a change: `+5.0 %`.
fn change(ratio: f64) -> String {
    let text = format!("{:+.1} %", (ratio - 1.0) * 100.0);
    if text == "-0.0 %" {
        return "+0.0 %".to_owned();
    }
    text
}

fn absent() -> String {
    "–".to_owned()
}
