//! The table at the end of a run. The verdict stands above the numbers: what they are worth comes
//! before what they are.

use std::fmt::Write;

use super::figure::{
    bytes, count, duration, duration_ns, percent, printable, quantile_name, rate, seconds,
};
use super::grid::{Align, Grid, wrapped};
use super::ink::{Ink, Tone};
use super::words::{
    host_words, interval_words, level_word, list, outcome_tone, outcome_words, scenario_words,
    verdict_sentence,
};
use crate::record::report::{Distribution, Finding, Level, RunReport, Verdict};
use crate::stats::{QUANTILES, littles_law};

/// Characters per line of running text.
const TEXT_WIDTH: usize = 96;
/// Targets named; more are counted.
const TARGETS_MAX: usize = 8;

/// Everything of a run that fits a screen.
pub fn run_table(run: &RunReport, ink: Ink) -> String {
    let mut text = String::new();
    push_heading(&mut text, run, ink);
    push_verdict(&mut text, &run.verdict, ink);
    push_thresholds(&mut text, run, ink);
    push_load(&mut text, run, ink);
    push_latency(&mut text, run, ink);
    push_errors(&mut text, run, ink);
    push_cost(&mut text, run, ink);
    text
}

fn push_heading(text: &mut String, run: &RunReport, ink: Ink) {
    let name = ink.paint(Tone::Strong, &printable(&run.name));
    let _ = writeln!(text, "{name}: {}", scenario_words(&run.scenario));
    for target in run.scenario.targets.iter().take(TARGETS_MAX) {
        let _ = writeln!(text, "  {}", printable(target));
    }
    if let Some(more @ 1..) = run.scenario.targets.len().checked_sub(TARGETS_MAX) {
        let _ = writeln!(text, "  and {more} more");
    }
    let _ = writeln!(
        text,
        "  {} measured after {} of warm-up, from {}",
        seconds(run.window_s),
        seconds(run.scenario.warmup_s),
        printable(&run.started),
    );
}

fn push_verdict(text: &mut String, verdict: &Verdict, ink: Ink) {
    let words = ink.paint(
        outcome_tone(verdict.outcome),
        outcome_words(verdict.outcome),
    );
    let _ = writeln!(text, "\n{words}: {}", verdict_sentence(verdict));
    let mut findings: Vec<&Finding> = verdict.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in findings {
        push_finding(text, finding, ink);
    }
}

fn push_finding(text: &mut String, finding: &Finding, ink: Ink) {
    let tone = match finding.level {
        Level::Note => Tone::Soft,
        Level::Warning => Tone::Doubtful,
        Level::Fatal => Tone::Bad,
    };
    let level = ink.paint(tone, &format!("{:<7}", level_word(finding.level)));
    let words = format!(
        "{} [{}]",
        printable(&finding.text),
        printable(&finding.code)
    );
    let mut lines = wrapped(&words, TEXT_WIDTH - 11).into_iter();
    let first = lines.next().unwrap_or_default();
    let _ = writeln!(text, "  {level}  {first}");
    for line in lines {
        let _ = writeln!(text, "           {line}");
    }
}

fn push_thresholds(text: &mut String, run: &RunReport, ink: Ink) {
    if run.slo.is_empty() {
        return;
    }
    let mut grid = Grid::new(&[
        ("thresholds", Align::Left),
        ("found", Align::Right),
        ("", Align::Left),
    ]);
    for slo in &run.slo {
        let found = slo
            .found
            .as_deref()
            .map_or_else(|| "too few samples to say".to_owned(), printable);
        let word = if slo.holds {
            ink.paint(Tone::Good, "holds")
        } else {
            ink.paint(Tone::Bad, "missed")
        };
        grid.row(vec![printable(&slo.threshold), found, word]);
    }
    text.push('\n');
    text.push_str(&grid.render(ink));
}

fn push_load(text: &mut String, run: &RunReport, ink: Ink) {
    let totals = &run.totals;
    let mut grid = Grid::new(&[("load", Align::Left), ("", Align::Right), ("", Align::Left)]);
    let achieved = match run.rate.target {
        Some(target) if target > 0.0 => format!(
            "{} of the {} asked for",
            percent(run.rate.achieved / target),
            rate(target)
        ),
        _ => String::new(),
    };
    let errors = format!("{} errors", count(totals.error_count()));
    let opened = format!(
        "at the start in {}, {} opened later",
        duration(run.connecting_s * 1e9),
        count(totals.connections_opened)
    );
    let per_second = |amount: u64| format!("{}/s", bytes(amount as f64 / run.window_s.max(1e-9)));
    for (name, value, more) in [
        ("responses", rate(run.rate.achieved), achieved),
        ("requests", count(totals.requests), errors),
        ("connections", count(totals.connections_at_start), opened),
        (
            "received",
            bytes(totals.received_bytes as f64),
            per_second(totals.received_bytes),
        ),
        (
            "sent",
            bytes(totals.sent_bytes as f64),
            per_second(totals.sent_bytes),
        ),
    ] {
        grid.row(vec![name.to_owned(), value, more]);
    }
    if let Some(law) = littles_law(run) {
        grid.row(vec![
            "in flight".to_owned(),
            format!("{:.1}", law.accounted),
            format!(
                "of {:.0} by Little's law, {:.1} not accounted for",
                law.in_flight,
                law.residual()
            ),
        ]);
    }
    text.push('\n');
    text.push_str(&grid.render(ink));
}

fn push_latency(text: &mut String, run: &RunReport, ink: Ink) {
    let latency = &run.latency;
    if latency.count == 0 {
        let _ = writeln!(text, "\n  no latency: nothing was answered in the window");
        return;
    }
    let beside = [("service", &run.service), ("send lag", &run.lag)];
    let beside: Vec<(&str, &Distribution)> = beside
        .iter()
        .filter_map(|(name, distribution)| Some((*name, distribution.as_ref()?)))
        .collect();
    let mut heading = vec![
        ("latency", Align::Left),
        ("", Align::Right),
        ("95 % interval", Align::Left),
    ];
    heading.extend(beside.iter().map(|(name, _)| (*name, Align::Right)));
    let mut grid = Grid::new(&heading);
    let mut row = |name: String, interval: String, of: &dyn Fn(&Distribution) -> Option<String>| {
        let absent = || "–".to_owned();
        let mut texts = vec![name, of(latency).unwrap_or_else(absent), interval];
        texts.extend(beside.iter().map(|(_, one)| of(one).unwrap_or_else(absent)));
        grid.row(texts);
    };
    let none = String::new;
    row("min".into(), none(), &|one| Some(duration_ns(one.min_ns)));
    row("mean".into(), none(), &|one| Some(duration(one.mean_ns)));
    row("stdev".into(), none(), &|one| Some(duration(one.stdev_ns)));
    for quantile in &latency.quantiles {
        row(
            quantile_name(quantile.q),
            interval_words(quantile),
            &|one| {
                let listed = one.quantiles.iter().find(|other| other.q == quantile.q)?;
                Some(duration_ns(listed.value_ns))
            },
        );
    }
    row("max".into(), none(), &|one| Some(duration_ns(one.max_ns)));
    text.push('\n');
    text.push_str(&grid.render(ink));
    push_untold(text, latency, ink);
    if run.scenario.gathered_ns > 0 {
        let words = format!(
            "  answers gathered for up to {} before they were looked at: latency is up to that much too high",
            duration_ns(run.scenario.gathered_ns)
        );
        let _ = writeln!(text, "{}", ink.paint(Tone::Soft, &words));
    }
}

/// Which quantiles are not told, and how many samples they would take.
fn push_untold(text: &mut String, latency: &Distribution, ink: Ink) {
    let told = latency.quantiles.iter().map(|one| one.q);
    let last = told.fold(0.0, f64::max);
    let Some(untold) = QUANTILES.into_iter().find(|q| *q > last) else {
        return;
    };
    let words = format!(
        "  {} takes {} samples, there are {}",
        quantile_name(untold),
        count((10.0 / (1.0 - untold)).round() as u64),
        count(latency.count),
    );
    let _ = writeln!(text, "{}", ink.paint(Tone::Soft, &words));
}

fn push_errors(text: &mut String, run: &RunReport, ink: Ink) {
    let totals = &run.totals;
    let unusual: Vec<String> = totals
        .statuses
        .iter()
        .map(|(status, number)| format!("{status}: {}", count(*number)))
        .collect();
    if totals.errors.is_empty() && totals.statuses.len() < 2 && run.samples.is_empty() {
        return;
    }
    let mut grid = Grid::new(&[
        ("errors", Align::Left),
        ("", Align::Right),
        ("", Align::Right),
    ]);
    for (kind, number) in &totals.errors {
        let all = totals.good.saturating_add(totals.error_count()).max(1);
        let share = percent(*number as f64 / all as f64);
        let name = ink.paint(Tone::Bad, kind.name());
        grid.row(vec![name, count(*number), share]);
    }
    text.push('\n');
    text.push_str(&grid.render(ink));
    let _ = writeln!(text, "  by status: {}", unusual.join(", "));
    for sample in &run.samples {
        let _ = writeln!(
            text,
            "  {}: {}",
            printable(&sample.target),
            printable(&sample.what)
        );
        let _ = writeln!(
            text,
            "    {}",
            ink.paint(Tone::Soft, &printable(&sample.beginning))
        );
    }
}

fn push_cost(text: &mut String, run: &RunReport, ink: Ink) {
    let mut grid = Grid::new(&[
        ("cost", Align::Left),
        ("CPU/response", Align::Right),
        ("CPU", Align::Right),
        ("", Align::Left),
    ]);
    let busy = |cpu_s: f64| percent(cpu_s / run.window_s.max(1e-9));
    let per_response = |cost: Option<f64>| cost.map_or_else(|| "–".to_owned(), duration);
    let truth = &run.truth;
    let memory = truth.generator_rss_bytes.map_or_else(String::new, |rss| {
        format!("{} of memory at its peak", bytes(rss as f64))
    });
    grid.row(vec![
        "generator".to_owned(),
        per_response(run.generator_cpu_per_response_ns()),
        busy(truth.generator_cpu_s),
        memory,
    ]);
    for (index, thread) in run.threads.iter().enumerate() {
        let place = thread.cpu.map_or_else(
            || format!("  thread {index}"),
            |cpu| format!("  thread {index} on CPU {cpu}"),
        );
        let responses =
            (thread.responses > 0).then(|| thread.cpu_s * 1e9 / thread.responses as f64);
        let waited = format!("{} waiting for a CPU", busy(thread.run_queue_s));
        grid.row(vec![
            place,
            per_response(responses),
            busy(thread.cpu_s),
            waited,
        ]);
    }
    for server in &truth.servers {
        let cpu = server.cpu_ns.map(|cpu| cpu as f64);
        let responses = run.responses();
        let cost = cpu.filter(|_| responses >= 1.0).map(|cpu| cpu / responses);
        grid.row(vec![
            format!("{} ({})", printable(&server.name), server.pid),
            per_response(cost),
            cpu.map_or_else(|| "–".to_owned(), |cpu| busy(cpu / 1e9)),
            format!("may use CPU {}", list(&server.cpus)),
        ]);
    }
    text.push('\n');
    text.push_str(&grid.render(ink));
    let host = host_words(run);
    if !host.is_empty() {
        let _ = writeln!(text, "  host: {host}");
    }
}
