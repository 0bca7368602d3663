//! CSV and HDR files, read back by programs that others wrote.

use std::io::Write;
use std::process::{Command, Stdio};

use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use ringload::record::ErrorKind;
use ringload::record::report::RunReport;
use ringload::report::{csv, hdr};
use ringload::stats::{decode, new_histogram};

use crate::documents::{Run, SECONDS, document};

#[test]
fn totals_have_a_row_per_run_and_every_row_every_column() {
    let runs = vec![
        Run::closed("a,b \"c\"", 1_000.0, 1e6)
            .errors(ErrorKind::Reset, 5)
            .build(),
        Run::open("open", 2_000.0, 0.5, 1e6).build(),
    ];
    let text = csv::totals(&document(runs));
    assert!(
        text.contains("\r\n\"a,b \"\"c\"\"\",2026-"),
        "RFC 4180 §2.7: {text}"
    );
    let rows = rows(&text);
    assert_eq!(rows.len(), 3);
    let column = |name: &str| rows[0].iter().position(|one| one == name).expect(name);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{text}");
    assert_eq!(rows[1][column("name")], "a,b \"c\"");
    assert_eq!(rows[1][column("errors_reset")], "5");
    assert_eq!(rows[1][column("target_rate")], "");
    assert_eq!(rows[2][column("target_rate")], "2000");
    assert_eq!(rows[1][column("latency_p99.99_ns")], "", "too few samples");
    assert_ne!(rows[1][column("latency_p99_low_ns")], "");
}

#[test]
fn intervals_have_a_row_per_second() {
    let runs = vec![
        Run::closed("a", 100.0, 1e6).build(),
        Run::closed("a", 200.0, 1e6).build(),
    ];
    let rows = rows(&csv::intervals(&document(runs)));
    assert_eq!(rows.len(), 1 + 2 * SECONDS as usize);
    assert_eq!(rows[1][..5], ["1", "a", "0", "1", "100"]);
    assert_eq!(rows[11][..5], ["2", "a", "0", "1", "200"]);
}

#[test]
fn the_percentile_text_is_that_of_the_java_library() {
    // HdrHistogram 2.1.11: new Histogram(1, 3600000000000L, 3), the values 1000 to 20000000 in
    // steps of 1000, outputPercentileDistribution(System.out, 1000000.0).
    let mut histogram = new_histogram();
    for value in 1..=20_000 {
        histogram.record(value * 1000).expect("in bounds");
    }
    let text = hdr::hgrm(&histogram, hdr::HGRM_RATIO);
    assert_eq!(text, include_str!("java.hgrm"));
    let exact = hdr::hgrm(&histogram, 1.0);
    assert!(
        exact.contains(&format!("{}.000 1.000000000000", histogram.max())),
        "{exact}"
    );
}

#[test]
fn the_interval_log_holds_every_second_and_merges_to_the_whole() {
    let run = Run::closed("a", 1_000.0, 1e6).build();
    let whole = run.latency.histogram().expect("readable");
    let lines = read_log(&hdr::hlog(&[run]));
    assert_eq!(lines.len(), SECONDS as usize);
    // The window begins after a second of warm-up.
    assert_eq!(lines[0].0, 1.0);
    let mut merged = new_histogram();
    for (_, _, histogram) in &lines {
        merged
            .add(decode(histogram).expect("readable"))
            .expect("same bounds");
    }
    assert_eq!(merged, whole);
}

#[test]
fn several_runs_are_told_apart_by_tags_and_times() {
    let mut later = Run::closed("b, the second", 100.0, 1e6).build();
    later.started = "2026-11-21T08:31:00Z".to_owned();
    for second in &mut later.intervals {
        second.histogram = None;
    }
    let log = hdr::hlog(&[Run::closed("a", 100.0, 1e6).build(), later]);
    let lines = read_log(&log);
    assert_eq!(
        lines.len(),
        SECONDS as usize + 1,
        "one line for a run without histograms"
    );
    assert_eq!(lines[0].1.as_deref(), Some("a"));
    let last = lines.last().expect("lines");
    assert_eq!((last.0, last.1.as_deref()), (61.0, Some("b__the_second")));
    assert!(log.contains("#[StartTime: 1795249800.000 "), "{log}");
}

/// An implementation that shares no code with ours: `hdrhistogram` from PyPI.
#[test]
fn an_independent_library_reads_the_log_and_finds_the_same_quantiles() {
    let run = Run::closed("a", 20_000.0, 1e6).build();
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.as_file()
        .write_all(hdr::hlog(std::slice::from_ref(&run)).as_bytes())
        .expect("written");
    let Some(found) = python(READER, file.path()) else {
        return;
    };
    assert_eq!(found, expectation(&run));
}

/// Count, maximum and three quantiles as the whole histogram of the document has them.
fn expectation(run: &RunReport) -> String {
    let whole = run.latency.histogram().expect("readable");
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|q| whole.value_at_quantile(q));
    format!("{} {} {p50} {p99} {p999}\n", whole.len(), whole.max())
}

const READER: &str = "
import sys
try:
    from hdrh.histogram import HdrHistogram
    from hdrh.log import HistogramLogReader
except ImportError:
    sys.exit(77)
whole = HdrHistogram(1, 3600000000000, 3)
reader = HistogramLogReader(sys.argv[1], whole)
while reader.add_next_interval_histogram():
    pass
quantiles = [whole.get_value_at_percentile(p) for p in (50.0, 99.0, 99.9)]
print(whole.get_total_count(), whole.get_max_value(), *quantiles)
";

/// What a Python program prints; `None`, saying why, where Python or the library is missing.
/// `RINGLOAD_TEST_PYTHON` names another interpreter.
fn python(program: &str, file: &std::path::Path) -> Option<String> {
    let interpreter = std::env::var("RINGLOAD_TEST_PYTHON").unwrap_or("python3".to_owned());
    let output = Command::new(&interpreter)
        .args(["-c", program])
        .arg(file)
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        println!("skipped: there is no {interpreter}");
        return None;
    };
    if output.status.code() == Some(77) {
        println!("skipped: {interpreter} has no hdrh (pip install hdrhistogram)");
        return None;
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

/// Begin, tag and histogram of every line.
fn read_log(text: &str) -> Vec<(f64, Option<String>, String)> {
    IntervalLogIterator::new(text.as_bytes())
        .filter_map(|entry| match entry.expect("a valid log") {
            LogEntry::Interval(line) => Some((
                line.start_timestamp().as_secs_f64(),
                line.tag().map(|tag| tag.as_str().to_owned()),
                line.encoded_histogram().to_owned(),
            )),
            LogEntry::StartTime(_) | LogEntry::BaseTime(_) => None,
        })
        .collect()
}

/// RFC 4180, read by the letter.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut is_quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let row = rows.last_mut().expect("a row");
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => {
                row.last_mut().expect("a field").push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(String::new()),
            '\r' if !is_quoted => assert_eq!(characters.peek(), Some(&'\n')),
            '\n' if !is_quoted => rows.push(vec![String::new()]),
            other => row.last_mut().expect("a field").push(other),
        }
    }
    assert_eq!(
        rows.pop(),
        Some(vec![String::new()]),
        "the last row ends too"
    );
    rows
}
