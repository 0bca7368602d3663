//! The comparison of two documents: what may be said, and what may not.

use ringload::compare::{Comparison, Finding, Refusal, compare};
use ringload::record::report::{Document, Level, Outcome, RunReport};
use ringload::report::Ink;

use crate::documents::{Run, document};

/// A document of runs with these rates, started every ten minutes from `minute`.
fn runs(rates: &[f64], minute: u32, change: impl Fn(Run) -> Run) -> Document {
    let run = |(at, rate): (usize, &f64)| -> RunReport {
        let run = Run::closed("home", *rate, 64e9 / rate).seed(at as u64);
        let mut run = change(run).build();
        run.started = format!("2026-11-21T08:{:02}:00Z", minute + 10 * at as u32);
        run
    };
    document(rates.iter().enumerate().map(run).collect())
}

fn compared(a: &Document, b: &Document) -> Comparison {
    let comparison = compare(a, b).expect("comparable");
    println!("{}", comparison.text(Ink::Plain));
    comparison
}

fn finding(comparison: &Comparison, measure: &str) -> Finding {
    let measures = &comparison.scenarios[0].measures;
    let found = measures.iter().find(|one| one.measure == measure);
    found.expect(measure).finding
}

const STEADY: [f64; 5] = [1000.0, 1010.0, 990.0, 1005.0, 995.0];

#[test]
fn one_run_each_never_says_faster() {
    let (a, b) = (runs(&[1000.0], 0, |run| run), runs(&[5000.0], 5, |run| run));
    let comparison = compared(&a, &b);
    for measure in &comparison.scenarios[0].measures {
        assert_eq!(measure.finding, Finding::TooFewRuns { needed: 4 });
    }
    assert!(!comparison.shows_worse());
    let text = comparison.text(Ink::Plain);
    assert!(text.contains("too few runs to say"), "{text}");
    assert!(text.contains("at least 4 times"), "{text}");
    for word in ["better\n", "worse", "faster", "slower"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_clear_difference_is_shown_in_both_directions() {
    let (a, b) = (
        runs(&STEADY, 0, |run| run),
        runs(&STEADY.map(|rate| rate * 1.2), 5, |run| run),
    );
    let better = compared(&a, &b);
    assert_eq!(finding(&better, "achieved rate"), Finding::Better);
    assert_eq!(finding(&better, "P50 latency"), Finding::Better);
    assert_eq!(better.warnings, Vec::<String>::new());
    let rate = &better.scenarios[0].measures[0];
    let (low, high) = rate.ratio_interval.expect("an interval");
    assert!(
        low > 1.17 && high < 1.23 && (low..high).contains(&1.2),
        "{rate:?}"
    );
    assert!((rate.p - 2.0 / 252.0).abs() < 1e-12, "{}", rate.p);
    let worse = compared(&b, &a);
    assert_eq!(finding(&worse, "achieved rate"), Finding::Worse);
    assert!(worse.shows_worse());
}

#[test]
fn noise_is_no_difference_and_the_text_says_what_would_be_one() {
    let other = [1002.0, 1007.0, 993.0, 999.0, 1001.0];
    let (a, b) = (runs(&STEADY, 0, |run| run), runs(&other, 5, |run| run));
    let comparison = compared(&a, &b);
    assert_eq!(
        finding(&comparison, "achieved rate"),
        Finding::NoDifferenceShown
    );
    let text = comparison.text(Ink::Plain);
    assert!(text.contains("no difference shown (one of 1."), "{text}");
    let json: serde_json::Value = serde_json::from_str(&comparison.json()).expect("JSON");
    let rate = &json["scenarios"][0]["measures"][0];
    assert_eq!(rate["finding"]["is"], "no-difference-shown");
    assert_eq!(rate["a"]["median"], 1000.0);
}

#[test]
fn invalid_runs_are_left_out_and_saturated_ones_warned_of() {
    let a = runs(&STEADY, 0, |run| run);
    let mut b = runs(&STEADY, 5, |run| run);
    b.runs[0].verdict.outcome = Outcome::Invalid;
    b.runs[1].verdict.outcome = Outcome::SaturatedClient;
    let comparison = compared(&a, &b);
    assert_eq!(comparison.scenarios[0].runs_b, 4);
    let warnings = comparison.warnings.join("\n");
    assert!(
        warnings.contains("1 of 5 runs of B are INVALID"),
        "{warnings}"
    );
    assert!(warnings.contains("the client was the limit"), "{warnings}");
}

#[test]
fn other_circumstances_are_named() {
    let a = runs(&STEADY, 0, |run| run);
    let mut b = runs(&STEADY, 5, |run| run.connections(128));
    b.environment.congestion_control = "bbr".to_owned();
    b.environment
        .sysctls
        .insert("net.core.somaxconn".to_owned(), "65535".to_owned());
    b.generator = "ringload 0.2.0".to_owned();
    let warnings = compared(&a, &b).warnings.join("\n");
    for words in [
        "congestion_control: cubic / bbr",
        "sysctls net.core.somaxconn: 4096 / 65535",
        "connections: 64 / 128",
        "ringload 0.1.0 and ringload 0.2.0",
    ] {
        assert!(warnings.contains(words), "{words} in {warnings}");
    }
    assert!(!warnings.contains("seed"), "{warnings}");
}

#[test]
fn sides_that_were_not_interleaved_are_warned_of() {
    let (a, b) = (runs(&STEADY, 0, |run| run), runs(&STEADY, 5, |run| run));
    let is_warned = |b: &Document| {
        let warnings = compare(&a, b).expect("comparable").warnings;
        warnings
            .iter()
            .any(|warning| warning.contains("interleave"))
    };
    assert!(!is_warned(&b));
    let mut later = b.clone();
    for run in &mut later.runs {
        run.started = run.started.replace("T08", "T09");
    }
    assert!(is_warned(&later));
}

#[test]
fn what_does_not_belong_together_is_refused_in_a_sentence() {
    let a = runs(&STEADY, 0, |run| run);
    let mut other = a.clone();
    other.schema = "ringload/2".to_owned();
    let refusal = compare(&a, &other).expect_err("refused");
    assert!(matches!(refusal, Refusal::Schemas { .. }));
    assert!(refusal.to_string().contains("`ringload/2`"), "{refusal}");

    let named = |names: [&str; 2]| {
        document(
            names
                .map(|name| Run::closed(name, 100.0, 1e6).build())
                .to_vec(),
        )
    };
    let refusal = compare(&named(["a", "b"]), &named(["c", "d"])).expect_err("refused");
    assert!(refusal.to_string().contains("(a, b and c, d)"), "{refusal}");
    let comparison = compared(&named(["a", "b"]), &named(["b", "c"]));
    assert_eq!(comparison.scenarios.len(), 1);
    assert_eq!(comparison.unmatched, ["a", "c"]);
}

#[test]
fn a_single_scenario_is_compared_under_two_names() {
    let one = |name: &str| document(vec![Run::closed(name, 100.0, 1e6).build()]);
    let comparison = compared(&one("nginx"), &one("ringmain"));
    assert_eq!(comparison.scenarios[0].name, "nginx / ringmain");
    assert!(comparison.unmatched.is_empty());
}

#[test]
fn a_document_can_not_write_to_the_terminal() {
    let mut a = runs(&[100.0], 0, |run| {
        run.finding(Outcome::Invalid, Level::Fatal, "x", "x")
    });
    a.runs[0].name = "\u{1b}c".to_owned();
    a.environment.kernel = "\u{1b}c".to_owned();
    let mut b = runs(&[100.0], 0, |run| run);
    b.generator = "\u{1b}c".to_owned();
    let text = compared(&a, &b).text(Ink::Plain);
    assert!(text.contains("one side has no valid run"), "{text}");
    assert!(
        text.chars().all(|one| !one.is_control() || one == '\n'),
        "{text:?}"
    );
}
