//! The tables below the charts: all figures, readable without any script.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::escape::text;
use super::summary::{absent, swatch};
use super::table::Table;
use super::{COLORS, LabeledRun, document_name};
use crate::record::report::Document;
use crate::report::figure::{bytes, count, duration, duration_ns, percent, quantile_name, seconds};
use crate::report::words::{host_words, interval_words, list, scenario_words};
use crate::stats::QUANTILES;

/// Lines of a fact about the host shown at once; more are folded.
const LINES_MAX: usize = 6;

/// The tables below the charts.
pub(super) fn push_details(html: &mut String, documents: &[Document], runs: &[LabeledRun<'_>]) {
    push_errors(html, runs);
    push_thresholds(html, runs);
    push_latency(html, runs);
    push_cost(html, runs);
    push_scenarios(html, runs);
    push_samples(html, runs);
    for (index, document) in documents.iter().enumerate() {
        let heading = match documents {
            [_] => "Environment".to_owned(),
            _ => format!("Environment of {}", document_name(index)),
        };
        push_environment(html, &heading, document);
    }
}

fn push_errors(html: &mut String, runs: &[LabeledRun<'_>]) {
    if runs.iter().all(|one| one.run.totals.errors.is_empty()) {
        html.push_str("<section><h2>Errors</h2><p class=\"soft\">None.</p></section>\n");
        return;
    }
    let mut table = Table::begin(html, "Errors", &["Run", "Kind"], &["Number", "Share", ""]);
    for one in runs {
        let totals = &one.run.totals;
        let all = totals.good.saturating_add(totals.error_count()).max(1) as f64;
        let most = totals.errors.values().copied().max().unwrap_or(1).max(1) as f64;
        for (kind, number) in &totals.errors {
            let width = *number as f64 / most * 100.0;
            table.row(&[
                swatch(one),
                kind.name().to_owned(),
                count(*number),
                text(&percent(*number as f64 / all)),
                format!(
                    "<span class=\"bar c{}\" style=\"width:{width:.1}%\"></span>",
                    one.color % COLORS
                ),
            ]);
        }
    }
    table.end();
}

fn push_thresholds(html: &mut String, runs: &[LabeledRun<'_>]) {
    if runs.iter().all(|one| one.run.slo.is_empty()) {
        return;
    }
    let mut table = Table::begin(html, "Thresholds", &["Run", "Threshold"], &["Found", ""]);
    for one in runs {
        for slo in &one.run.slo {
            let found = slo
                .found
                .as_deref()
                .map_or("too few samples to say".to_owned(), text);
            let word = if slo.holds {
                "<b class=\"sound\">holds</b>"
            } else {
                "<b class=\"invalid\">missed</b>"
            };
            table.row(&[swatch(one), text(&slo.threshold), found, word.to_owned()]);
        }
    }
    table.end();
}

/// Quantiles with their intervals; of an open loop also service time and send lag.
fn push_latency(html: &mut String, runs: &[LabeledRun<'_>]) {
    let is_told = |q: &f64| {
        let mut latencies = runs.iter().map(|one| &one.run.latency.quantiles);
        latencies.any(|quantiles| quantiles.iter().any(|one| one.q == *q))
    };
    let told: Vec<f64> = QUANTILES.into_iter().filter(is_told).collect();
    let names: Vec<String> = told.iter().map(|q| quantile_name(*q)).collect();
    let mut columns = vec!["Samples", "Mean"];
    columns.extend(names.iter().map(String::as_str));
    columns.push("Max");
    let mut table = Table::begin(html, "Latency", &["Run", "Of"], &columns);
    for one in runs {
        let of_run = [
            ("latency", Some(&one.run.latency)),
            ("service", one.run.service.as_ref()),
            ("send lag", one.run.lag.as_ref()),
        ];
        for (name, distribution) in of_run {
            let Some(times) = distribution.filter(|times| times.count > 0) else {
                continue;
            };
            let mut cells = vec![swatch(one), name.to_owned(), count(times.count)];
            cells.push(duration(times.mean_ns));
            for q in &told {
                let listed = times.quantiles.iter().find(|one| one.q == *q);
                cells.push(listed.map_or_else(absent, |one| {
                    let interval = interval_words(one);
                    format!("{}<small>{interval}</small>", duration_ns(one.value_ns))
                }));
            }
            cells.push(duration_ns(times.max_ns));
            table.row(&cells);
        }
    }
    table.end_with(
        "Small: 95 % interval by order statistics. A quantile is told only where ten samples lie \
         beyond it, its interval only from a hundred.",
    );
}

fn push_cost(html: &mut String, runs: &[LabeledRun<'_>]) {
    let columns = ["CPU per response", "CPU", "Memory"];
    let mut table = Table::begin(html, "Cost", &["Run", "Who"], &columns);
    for one in runs {
        let run = one.run;
        let busy = |cpu_s: f64| text(&percent(cpu_s / run.window_s.max(1e-9)));
        let cost = |cost: Option<f64>| cost.map_or_else(absent, duration);
        let truth = &run.truth;
        let memory = truth.generator_rss_bytes.map(|rss| bytes(rss as f64));
        table.row(&[
            swatch(one),
            match run.threads.len() {
                1 => "generator, 1 thread".to_owned(),
                many => format!("generator, {many} threads"),
            },
            cost(run.generator_cpu_per_response_ns()),
            busy(truth.generator_cpu_s),
            memory.unwrap_or_else(absent),
        ]);
        for server in &truth.servers {
            let cpu = server.cpu_ns.map(|cpu| cpu as f64);
            let responses = run.responses();
            table.row(&[
                swatch(one),
                format!(
                    "{} ({}) on CPU {}",
                    text(&server.name),
                    server.pid,
                    list(&server.cpus)
                ),
                cost(cpu.filter(|_| responses >= 1.0).map(|cpu| cpu / responses)),
                cpu.map_or_else(absent, |cpu| busy(cpu / 1e9)),
                absent(),
            ]);
        }
        let host = host_words(run);
        if !host.is_empty() {
            table.row(&[swatch(one), format!("host: {}", text(&host))]);
        }
    }
    table.end();
}

fn push_scenarios(html: &mut String, runs: &[LabeledRun<'_>]) {
    let names = ["Run", "What", "Targets", "Started"];
    let mut table = Table::begin(html, "Scenario", &names, &["Window", "Warm-up", "Timeout"]);
    for one in runs {
        let scenario = &one.run.scenario;
        let targets: Vec<String> = scenario.targets.iter().map(|one| text(one)).collect();
        table.row(&[
            swatch(one),
            text(&scenario_words(scenario)),
            format!("<code>{}</code>", targets.join("</code><br><code>")),
            text(&one.run.started),
            seconds(one.run.window_s),
            seconds(scenario.warmup_s),
            seconds(scenario.timeout_s),
        ]);
    }
    table.end();
}

fn push_samples(html: &mut String, runs: &[LabeledRun<'_>]) {
    if runs.iter().all(|one| one.run.samples.is_empty()) {
        return;
    }
    html.push_str("<section><h2>Responses that were not as expected</h2>\n");
    for one in runs {
        for sample in &one.run.samples {
            let _ = writeln!(
                html,
                "<p>{} <code>{}</code>: {}</p><pre>{}</pre>",
                swatch(one),
                text(&sample.target),
                text(&sample.what),
                text(&sample.beginning),
            );
        }
    }
    html.push_str("</section>\n");
}

fn push_environment(html: &mut String, heading: &str, document: &Document) {
    let host = &document.environment;
    let pairs = |map: &BTreeMap<String, String>, between: &str| {
        let words = map
            .iter()
            .map(|(key, value)| format!("{key}{between}{value}"));
        words.collect::<Vec<String>>().join("\n")
    };
    let limits = format!("{} soft, {} hard", host.descriptors.0, host.descriptors.1);
    let _ = writeln!(html, "<section><h2>{heading}</h2><dl class=\"facts\">");
    for (name, value) in [
        ("Command", document.command.join(" ")),
        ("Generator", document.generator.clone()),
        ("Kernel", host.kernel.clone()),
        ("CPU", format!("{} × {}", host.cpus, host.cpu_model)),
        ("CPUs allowed", list(&host.cpus_allowed)),
        ("Memory", bytes(host.memory_bytes as f64)),
        ("Confinement", host.confinement.join("\n")),
        ("Congestion control", host.congestion_control.clone()),
        ("Queueing", pairs(&host.qdiscs, ": ")),
        ("Sysctls", pairs(&host.sysctls, " = ")),
        ("Descriptors", limits),
        ("Mitigations", pairs(&host.mitigations, ": ")),
        ("Governor", host.governor.clone().unwrap_or_default()),
        ("Clock source", host.clock_source.clone()),
    ] {
        if !value.is_empty() {
            let lines: Vec<String> = value.lines().map(text).collect();
            let shown = match lines.len() {
                0..=LINES_MAX => lines.join("<br>"),
                many => format!(
                    "<details><summary>{many}</summary>{}</details>",
                    lines.join("<br>")
                ),
            };
            let _ = writeln!(html, "<dt>{name}</dt><dd>{shown}</dd>");
        }
    }
    html.push_str("</dl></section>\n");
}
