//! The report as a person reads it.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::record::report::Distribution;

use super::report::{AbuseReport, ProbeReport};

/// Widest label of a line.
const LABEL_COLUMNS: usize = 22;

/// The report as text, with a final line break.
pub fn render(report: &AbuseReport) -> String {
    let mut text = format!(
        "{}: {} connections for {:.1} s against {}\n\n",
        report.kind.name(),
        report.connections,
        report.duration_s,
        report.targets.join(", ")
    );
    line(&mut text, "opened", &report.opened.to_string());
    for (kind, count) in &report.connect_errors {
        line(&mut text, kind.name(), &count.to_string());
    }
    line(&mut text, "sent", &bytes(report.sent_bytes));
    line(&mut text, "received", &bytes(report.received_bytes));
    heading(&mut text, "How the server ended them");
    endings(&mut text, &report.endings);
    line(&mut text, "time to that", &times(&report.time_to_end));
    if report.open_longest_s > 0.0 {
        let longest = format!("{:.2} s", report.open_longest_s);
        line(&mut text, "open for at most", &longest);
    }
    for (sort, found) in &report.sorts {
        let found: Vec<String> = found
            .iter()
            .map(|(ending, count)| format!("{ending} ({count})"))
            .collect();
        line(&mut text, sort, &found.join(", "));
    }
    heading(&mut text, "An ordinary user, 10 requests per second");
    let probes = &report.probes;
    line(&mut text, "before", &felt(&probes.before));
    line(&mut text, "meanwhile", &felt(&probes.meanwhile));
    line(&mut text, "after", &felt(&probes.after));
    text.push('\n');
    for remark in &report.remarks {
        let _ = writeln!(text, "  {remark}");
    }
    text.push_str(if report.was_survived() {
        "SURVIVED: every ordinary request was answered\n"
    } else {
        "NOT SURVIVED: ordinary requests failed\n"
    });
    text
}

fn heading(text: &mut String, words: &str) {
    let _ = writeln!(text, "\n{words}");
}

fn line(text: &mut String, label: &str, value: &str) {
    let _ = writeln!(text, "  {label:<LABEL_COLUMNS$} {value}");
}

fn endings(text: &mut String, endings: &BTreeMap<String, u64>) {
    if endings.is_empty() {
        line(text, "nothing to end", "");
    }
    for (ending, count) in endings {
        line(text, ending, &count.to_string());
    }
}

/// Quantiles where there are enough values, and always the extremes.
fn times(times: &Distribution) -> String {
    if times.count == 0 {
        return "never".to_owned();
    }
    let quantiles: String = times
        .quantiles
        .iter()
        .filter(|quantile| [0.5, 0.99].contains(&quantile.q))
        .map(|quantile| format!("P{} {}, ", quantile.q * 100.0, time(quantile.value_ns)))
        .collect();
    format!(
        "min {}, {quantiles}max {}",
        time(times.min_ns),
        time(times.max_ns)
    )
}

fn felt(probe: &ProbeReport) -> String {
    if let Some(failure) = &probe.failure {
        return failure.clone();
    }
    let errors: Vec<String> = probe
        .errors
        .iter()
        .map(|(kind, count)| format!("{} ({count})", kind.name()))
        .collect();
    let errors = if errors.is_empty() {
        "no errors".to_owned()
    } else {
        errors.join(", ")
    };
    format!("{}; {errors}", times(&probe.latency))
}

fn time(ns: u64) -> String {
    match ns {
        0..1_000_000 => format!("{} us", ns / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} ms", ns as f64 / 1e6),
        1_000_000_000.. => format!("{:.2} s", ns as f64 / 1e9),
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{:.1} KiB", count as f64 / 1024.0),
        1_048_576.. => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use crate::abuse::{ABUSE_SCHEMA, Kind, Probes};

    use super::*;

    fn sample() -> AbuseReport {
        let healthy = ProbeReport {
            requests: 10,
            latency: Distribution {
                count: 10,
                min_ns: 90_000,
                max_ns: 1_500_000,
                ..Distribution::default()
            },
            response_bytes: 100,
            ..ProbeReport::default()
        };
        AbuseReport {
            schema: ABUSE_SCHEMA.to_owned(),
            kind: Kind::SlowHeaders,
            targets: vec!["http://127.0.0.1:8080".to_owned()],
            connections: 50,
            duration_s: 12.0,
            opened: 50,
            connect_errors: BTreeMap::new(),
            endings: BTreeMap::from([("status 408".to_owned(), 50)]),
            sorts: BTreeMap::new(),
            time_to_end: Distribution {
                count: 50,
                min_ns: 10_000_000_000,
                max_ns: 10_100_000_000,
                ..Distribution::default()
            },
            open_longest_s: 0.0,
            sent_bytes: 7_000,
            received_bytes: 9_000,
            probes: Probes {
                before: healthy.clone(),
                meanwhile: healthy.clone(),
                after: healthy,
            },
            remarks: vec!["A remark.".to_owned()],
        }
    }

    #[test]
    fn the_text_says_how_the_server_did_and_in_one_word_whether_it_survived() {
        let mut report = sample();
        let text = render(&report);
        for part in [
            "slow-headers: 50",
            "status 408",
            "10.00 s",
            "90 us",
            "A remark.",
        ] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
        assert!(text.ends_with("SURVIVED: every ordinary request was answered\n"));
        report.probes.after = ProbeReport::not_connected("refused".to_owned());
        let text = render(&report);
        assert!(text.contains("after                  refused"), "{text}");
        assert!(text.contains("NOT SURVIVED"), "{text}");
    }
}
