//! What stands above the charts: verdicts and headline figures.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::escape::{push_text, text};
use super::table::Table;
use super::{COLORS, LabeledRun};
use crate::record::report::{Document, Finding, Level, Outcome, RunReport, Verdict};
use crate::report::figure::{count, duration_ns, percent, rate};
use crate::report::words::{level_word, outcome_words, verdict_sentence};

/// Heading, and per run its verdict and headline figures.
pub(super) fn push_summary(html: &mut String, documents: &[Document], runs: &[LabeledRun<'_>]) {
    html.push_str("<header class=\"page\"><h1>Load report</h1>\n<p class=\"soft\">");
    let generators: BTreeSet<&str> = documents.iter().map(|one| one.generator.as_str()).collect();
    let words = match runs {
        [] => "no runs".to_owned(),
        [only] => format!("1 run, started {}", only.run.started),
        [first, ..] => format!(
            "{} runs, the first started {}",
            runs.len(),
            first.run.started
        ),
    };
    push_text(html, &words);
    for generator in generators {
        html.push_str(", ");
        push_text(html, generator);
    }
    html.push_str("</p></header>\n");
    if let [only] = runs {
        push_verdict(html, only);
        push_tiles(html, only.run);
    } else {
        push_headlines(html, runs);
        // A sound run without a finding has nothing to say beyond the word in the table.
        let speaking = |one: &&LabeledRun<'_>| {
            let verdict = &one.run.verdict;
            verdict.outcome != Outcome::Sound || !verdict.findings.is_empty()
        };
        for one in runs.iter().filter(speaking) {
            push_folded_verdict(html, one);
        }
    }
}

fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sound => "sound",
        Outcome::SaturatedClient => "saturated",
        Outcome::Invalid => "invalid",
    }
}

/// The verdict of the only run.
fn push_verdict(html: &mut String, one: &LabeledRun<'_>) {
    let verdict = &one.run.verdict;
    let class = outcome_class(verdict.outcome);
    let _ = writeln!(
        html,
        "<section class=\"verdict {class}\"><h2>{} <b>{}</b></h2><p>{}</p>",
        swatch(one),
        outcome_words(verdict.outcome),
        capitalized(verdict_sentence(verdict)),
    );
    push_findings(html, verdict);
    html.push_str("</section>\n");
}

/// The verdict of one run among several: folded while it is sound.
fn push_folded_verdict(html: &mut String, one: &LabeledRun<'_>) {
    let verdict = &one.run.verdict;
    let class = outcome_class(verdict.outcome);
    let open = match verdict.outcome {
        Outcome::Sound => "",
        Outcome::SaturatedClient | Outcome::Invalid => " open",
    };
    let findings = [Level::Fatal, Level::Warning, Level::Note].map(|level| {
        let of_level = verdict.findings.iter().filter(|one| one.level == level);
        match (of_level.count(), level_word(level)) {
            (0, _) => None,
            (many, "fatal") => Some(format!("{many} fatal")),
            (1, word) => Some(format!("1 {word}")),
            (many, word) => Some(format!("{many} {word}s")),
        }
    });
    let findings: Vec<String> = findings.into_iter().flatten().collect();
    let findings = findings.join(", ");
    let _ = writeln!(
        html,
        "<details class=\"verdict {class}\"{open}><summary>{} <b>{}</b> <span class=\"soft\">{findings}</span></summary>",
        swatch(one),
        outcome_words(verdict.outcome),
    );
    push_findings(html, verdict);
    html.push_str("</details>\n");
}

/// The gravest first.
fn push_findings(html: &mut String, verdict: &Verdict) {
    let mut findings: Vec<&Finding> = verdict.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    if findings.is_empty() {
        return;
    }
    html.push_str("<ul>\n");
    for finding in findings {
        let level = level_word(finding.level);
        let (words, code) = (text(&finding.text), text(&finding.code));
        let _ = writeln!(
            html,
            "<li class=\"{level}\"><i>{level}</i> {words} <code>{code}</code></li>"
        );
    }
    html.push_str("</ul>");
}

/// A run's name behind its color.
pub(super) fn swatch(one: &LabeledRun<'_>) -> String {
    let (color, name) = (one.color % COLORS, text(&one.label));
    format!("<span class=\"run c{color}\">{name}</span>")
}

fn capitalized(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).chain(['.']).collect()
}

/// Names of [`headlines`].
const HEADLINES: [&str; 7] = ["Responses", "P50", "P90", "P99", "P99.9", "Max", "Errors"];

/// One run's figures, large.
fn push_tiles(html: &mut String, run: &RunReport) {
    html.push_str("<dl class=\"tiles\">\n");
    for (name, figure) in HEADLINES.iter().zip(headlines(run)) {
        let _ = writeln!(html, "<div><dt>{name}</dt><dd>{figure}</dd></div>");
    }
    html.push_str("</dl>\n");
}

/// A line per run.
fn push_headlines(html: &mut String, runs: &[LabeledRun<'_>]) {
    let mut columns = vec!["Connections", "Asked for"];
    columns.extend(HEADLINES);
    let mut table = Table::begin(html, "Runs", &["Run", "Verdict"], &columns);
    for one in runs {
        let target = one.run.rate.target.map_or_else(absent, rate);
        let connections = count(one.run.scenario.connections.into());
        let outcome = one.run.verdict.outcome;
        let verdict = format!(
            "<b class=\"{}\">{}</b>",
            outcome_class(outcome),
            outcome_words(outcome)
        );
        let mut cells = vec![swatch(one), verdict, connections, target];
        cells.extend(headlines(one.run));
        table.row(&cells);
    }
    table.end();
}

fn headlines(run: &RunReport) -> [String; 7] {
    let told = |q: f64| {
        let listed = run.latency.quantiles.iter().find(|one| one.q == q);
        listed.map_or_else(absent, |one| duration_ns(one.value_ns))
    };
    let max = if run.latency.count == 0 {
        absent()
    } else {
        duration_ns(run.latency.max_ns)
    };
    [
        rate(run.rate.achieved),
        told(0.5),
        told(0.9),
        told(0.99),
        told(0.999),
        max,
        text(&percent(run.totals.error_share())),
    ]
}

/// Where there is no figure.
pub(super) fn absent() -> String {
    "–".to_owned()
}
