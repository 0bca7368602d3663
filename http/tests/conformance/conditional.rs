//! RFC 9110 §13: conditions and their precedence.

use http::{
    ConditionOutcome::{self, NotModified, PreconditionFailed, Proceed},
    EntityTag, Validators, applicable_range, evaluate, format_date,
};

use crate::harness::good;

const MODIFIED: u64 = 1_700_000_000;
const NOW: u64 = MODIFIED + 3600;

fn current() -> Validators<'static> {
    Validators {
        etag: EntityTag::parse(b"\"now\""),
        last_modified: Some(MODIFIED),
    }
}

fn date(seconds: u64) -> String {
    String::from_utf8(format_date(seconds).to_vec()).unwrap()
}

fn head(method: &str, fields: &[(&str, &str)]) -> String {
    let lines: String = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!("{method} / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

fn outcome(method: &str, fields: &[(&str, &str)]) -> ConditionOutcome {
    evaluate(&good(&head(method, fields)), &current(), NOW)
}

fn get(fields: &[(&str, &str)]) -> ConditionOutcome {
    outcome("GET", fields)
}

/// §13.1.1: strong comparison, `*`.
#[test]
fn if_match_needs_the_same_strong_tag() {
    for method in ["GET", "HEAD", "PUT"] {
        let outcome = |value| outcome(method, &[("If-Match", value)]);
        assert_eq!(outcome("\"now\""), Proceed);
        assert_eq!(outcome("\"old\", \"now\""), Proceed);
        assert_eq!(outcome("*"), Proceed);
        for value in [
            "\"old\"",
            "W/\"now\"",
            "now",
            "",
            "\"old\", *",
            "garbage, \"now\"",
        ] {
            assert_eq!(outcome(value), PreconditionFailed, "{value}");
        }
    }
    let two_lines = [("If-Match", "\"a\""), ("If-Match", "\"now\"")];
    assert_eq!(get(&two_lines), Proceed);
}

/// §13.1.2: weak comparison, `*`; 304 for GET and HEAD, 412 for others.
#[test]
fn if_none_match_is_a_304_for_reads_and_a_412_for_others() {
    for value in [
        "\"now\"",
        "W/\"now\"",
        "*",
        "\"old\" , W/\"now\"",
        "\"a\",\"now\"",
    ] {
        let fields = [("If-None-Match", value)];
        assert_eq!(outcome("GET", &fields), NotModified, "{value}");
        assert_eq!(outcome("HEAD", &fields), NotModified, "{value}");
        assert_eq!(outcome("PUT", &fields), PreconditionFailed, "{value}");
    }
    for value in [
        "\"old\"",
        "now",
        "",
        "W/\"old\"",
        "\"now",
        "x, \"now\"",
        "\"NOW\"",
    ] {
        assert_eq!(get(&[("If-None-Match", value)]), Proceed, "{value}");
    }
    let two_lines = [("If-None-Match", "\"a\""), ("If-None-Match", "\"now\"")];
    assert_eq!(get(&two_lines), NotModified);
}

/// §13.1.3: "A recipient MUST ignore the If-Modified-Since header field if the received field
/// value is not a valid HTTP-date, [...] or if the request method is neither GET nor HEAD."
#[test]
fn if_modified_since_compares_dates_of_reads() {
    let since = |method, seconds| outcome(method, &[("If-Modified-Since", &date(seconds))]);
    assert_eq!(since("GET", MODIFIED), NotModified);
    assert_eq!(since("HEAD", MODIFIED + 1), NotModified);
    assert_eq!(since("GET", MODIFIED - 1), Proceed);
    assert_eq!(since("PUT", MODIFIED), Proceed);
    for value in ["yesterday", "", "1700000000"] {
        assert_eq!(get(&[("If-Modified-Since", value)]), Proceed, "{value}");
    }
}

/// §13.1.4
#[test]
fn if_unmodified_since_fails_after_a_change() {
    let since = |seconds| outcome("PUT", &[("If-Unmodified-Since", &date(seconds))]);
    assert_eq!(since(MODIFIED), Proceed);
    assert_eq!(since(MODIFIED - 1), PreconditionFailed);
    let malformed = [("If-Unmodified-Since", "yesterday")];
    assert_eq!(outcome("PUT", &malformed), Proceed);
}

/// §13.2.2, all four fields in every combination of holding and not holding, against the text.
#[test]
fn precedence_follows_the_six_steps() {
    for combination in 0..81 {
        let state = |place: u32| combination / 3_usize.pow(place) % 3;
        let old = date(MODIFIED - 1);
        let new = date(MODIFIED);
        let mut fields = Vec::new();
        let mut add = |name, place, holds, fails| match state(place) {
            0 => {}
            1 => fields.push((name, holds)),
            _ => fields.push((name, fails)),
        };
        add("If-Match", 0, "\"now\"", "\"old\"");
        add("If-Unmodified-Since", 1, &new, &old);
        add("If-None-Match", 2, "\"old\"", "\"now\"");
        add("If-Modified-Since", 3, &old, &new);

        let first = if state(0) != 0 { state(0) } else { state(1) };
        let second = if state(2) != 0 { state(2) } else { state(3) };
        let expected = match (first, second) {
            (2, _) => PreconditionFailed,
            (_, 2) => NotModified,
            _ => Proceed,
        };
        assert_eq!(get(&fields), expected, "{fields:?}");
    }
}

#[test]
fn a_representation_without_validators_meets_no_tag_and_no_date() {
    let none = Validators::default();
    let outcome = |fields: &[(&str, &str)]| evaluate(&good(&head("GET", fields)), &none, NOW);
    assert_eq!(outcome(&[("If-Match", "\"now\"")]), PreconditionFailed);
    assert_eq!(outcome(&[("If-None-Match", "\"now\"")]), Proceed);
    assert_eq!(outcome(&[("If-None-Match", "*")]), NotModified);
    assert_eq!(outcome(&[("If-Modified-Since", &date(NOW))]), Proceed);
    assert_eq!(outcome(&[("If-Unmodified-Since", &date(1))]), Proceed);
}

/// §13.1.5 and §14.2: `If-Range` needs a strong validator, and ranges are for GET only.
#[test]
fn a_range_counts_only_while_the_representation_is_the_same() {
    let applies = |method, condition: Option<&str>| {
        let mut fields = vec![("Range", "bytes=0-1")];
        fields.extend(condition.map(|value| ("If-Range", value)));
        let head = head(method, &fields);
        applicable_range(&good(&head), &current(), NOW).is_some()
    };
    assert!(applies("GET", None));
    assert!(!applies("HEAD", None));
    assert!(!applies("POST", None));
    assert!(applies("GET", Some("\"now\"")));
    assert!(applies("GET", Some(&date(MODIFIED))));
    for value in ["W/\"now\"", "\"old\"", "now", "*", ""] {
        assert!(!applies("GET", Some(value)), "{value}");
    }
    for seconds in [MODIFIED - 1, MODIFIED + 1] {
        assert!(!applies("GET", Some(&date(seconds))), "the date is exact");
    }
    let head = head(
        "GET",
        &[("Range", "bytes=0-1"), ("If-Range", &date(MODIFIED))],
    );
    let in_its_second = applicable_range(&good(&head), &current(), MODIFIED);
    assert_eq!(in_its_second, None, "a file can change twice in a second");
}
