//! The tables that people read, and the document that programs read.

use ringload::record::ErrorKind;
use ringload::record::report::{Level, MismatchSample, Outcome};
use ringload::report::{Ink, json, run_table, steps_table};

use crate::documents::{Run, document};

#[test]
fn a_sound_run_says_so_before_its_numbers() {
    let run = Run::closed("home", 20_000.0, 100_000.0).build();
    let table = run_table(&run, Ink::Plain);
    println!("{table}");
    let verdict = table.find("SOUND: ").expect("a verdict");
    assert!(verdict < table.find("20,000/s").expect("a rate"), "{table}");
    for words in [
        "home: closed loop, 64 connections, 1 thread (io_uring)",
        "10 s measured after 1 s of warm-up, from 2026-11-21T08:30:00Z",
        "ringmain (4711)",
        "may use CPU 0",
        "12.0 % idle",
    ] {
        assert!(table.contains(words), "{words} in\n{table}");
    }
    assert!(
        !table.contains("errors  "),
        "no empty table of errors:\n{table}"
    );
    assert!(!table.contains('\u{1b}'), "no color in a pipe");
}

#[test]
fn a_warning_takes_the_unconditional_words_away() {
    let sound = |level: Level| {
        let run = Run::closed("home", 100.0, 1e6);
        let run = run.finding(Outcome::Sound, level, "co-located", "One host.");
        run_table(&run.build(), Ink::Plain)
    };
    let words = "SOUND: nothing seen speaks against these numbers";
    assert!(sound(Level::Note).contains(words));
    assert!(!sound(Level::Warning).contains(words));
    assert!(sound(Level::Warning).contains("SOUND: these numbers hold, with the bias"));
}

#[test]
fn an_open_loop_shows_what_was_asked_and_who_was_late() {
    let run = Run::open("api", 5_000.0, 0.981, 900_000.0)
        .finding(
            Outcome::Invalid,
            Level::Note,
            "few-samples",
            "P99.99 and beyond have too few samples.",
        )
        .finding(
            Outcome::Invalid,
            Level::Fatal,
            "achieved-rate",
            "4,905/s were achieved of the 5,000/s asked for, which is under 99 %: the load was \
             another one. Give the generator more threads or ask for less.",
        )
        .errors(ErrorKind::Timeout, 120)
        .errors(ErrorKind::Reset, 3)
        .slo("p99<5ms", Some("9.01 ms"), false)
        .slo("p99.99<1s", None, false)
        .build();
    let table = run_table(&run, Ink::Plain);
    println!("{table}");
    for words in [
        "open loop (poisson arrivals), 64 connections",
        "INVALID: ",
        "98.1 % of the 5,000/s asked for",
        "service",
        "send lag",
        "too few samples to say",
        "P99.99 takes 100,000 samples, there are 49,050",
    ] {
        assert!(table.contains(words), "{words} in\n{table}");
    }
    let fatal = table.find("achieved-rate").expect("a finding");
    let note = table.find("few-samples").expect("a finding");
    assert!(fatal < note, "the gravest first:\n{table}");
    assert!(table.contains("timeout"), "{table}");
    let line = table
        .lines()
        .find(|line| line.contains("timeout"))
        .expect("a line");
    assert!(line.ends_with("120  0.244 %"), "{line}");
}

#[test]
fn names_and_answers_can_not_write_to_the_terminal() {
    let mut run = Run::closed("\u{1b}[2Jname", 100.0, 1e6)
        .target("http://127.0.0.1/\u{1b}]0;title\u{7}")
        .finding(Outcome::Sound, Level::Note, "\u{1b}c", "\u{1b}c")
        .slo("\u{1b}c", Some("\u{1b}c"), true)
        .build();
    run.samples.push(MismatchSample {
        target: "/\u{1b}c".to_owned(),
        what: "\u{1b}c".to_owned(),
        beginning: "HTTP/1.1 200 OK\r\n\u{1b}c".to_owned(),
    });
    run.truth.servers[0].name = "\u{1b}c".to_owned();
    for text in [
        run_table(&run, Ink::Plain),
        steps_table(
            &[run.clone(), Run::closed("b", 100.0, 1e6).build()],
            Ink::Plain,
        ),
    ] {
        let written = text.chars().find(|one| one.is_control() && *one != '\n');
        assert_eq!(written, None, "{text:?}");
    }
}

#[test]
fn a_run_without_any_answer_is_shown_too() {
    let mut run = Run::closed("dead", 0.0, 1e6)
        .errors(ErrorKind::ConnectRefused, 64)
        .build();
    run.window_s = 0.0;
    run.truth.servers.clear();
    let table = run_table(&run, Ink::Plain);
    assert!(table.contains("nothing was answered"), "{table}");
    assert!(table.contains("connect-refused"), "{table}");
    assert!(!table.contains("NaN") && !table.contains("inf"), "{table}");
}

#[test]
fn steps_are_a_line_each_with_aligned_columns() {
    let runs = vec![
        Run::closed("steps", 950.0, 60e6).connections(100).build(),
        Run::closed("steps", 4_200.0, 90e6).connections(500).build(),
        Run::closed("steps", 6_800.0, 120e6)
            .connections(1_000)
            .errors(ErrorKind::Timeout, 1_000)
            .errors(ErrorKind::Status, 20)
            .finding(Outcome::SaturatedClient, Level::Fatal, "cpu", "All of it.")
            .build(),
    ];
    let table = steps_table(&runs, Ink::Plain);
    println!("{table}");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4);
    for heading in [
        "connections",
        "QPS",
        "P50",
        "P99.9",
        "max",
        "errors",
        "Little",
    ] {
        assert!(lines[0].contains(heading), "{heading}");
    }
    assert!(!lines[0].contains("target"), "closed loops have none");
    // 100 connections less 950/s of 65.3 ms each: Little's law leaves 37.9.
    assert!(
        lines[1].contains("65.3 ms") && lines[1].contains("+37.9"),
        "{}",
        lines[1]
    );
    assert!(lines[3].contains("1.48 %"), "{}", lines[3]);
    assert!(
        lines[3].contains("1,000 timeout, 20 status"),
        "{}",
        lines[3]
    );
    assert!(lines[3].ends_with("SATURATED CLIENT"), "{}", lines[3]);
    let column = |line: &str, word: &str| {
        line.find(word)
            .map(|at| line[..at].chars().count() + word.chars().count())
    };
    assert_eq!(column(lines[1], " 100"), column(lines[3], " 1,000"));
    assert_eq!(column(lines[0], "QPS"), column(lines[2], " 4,200"));
}

#[test]
fn the_document_survives_json() {
    let run = Run::open("a \"quoted\" name", 1_000.0, 1.0, 1e6)
        .errors(ErrorKind::ClosedEarly, 7)
        .slo("p99<5ms", None, false)
        .build();
    let text = json::render(&document(vec![run]));
    let read = json::parse(&text).expect("readable");
    // Not assert_eq!: it would print both documents.
    assert!(json::render(&read) == text, "a number or a field was lost");
    assert_eq!(read.runs[0].totals.errors[&ErrorKind::ClosedEarly], 7);
    assert!(
        text.contains("\"closed-early\": 7"),
        "names as reports have them"
    );
}

#[test]
fn a_document_of_another_version_is_called_that() {
    let text = json::render(&document(Vec::new())).replace("ringload/1", "ringload/9");
    let error = json::parse(&text).expect_err("refused").to_string();
    assert!(error.contains("`ringload/9`"), "{error}");
    let error = json::parse("{\"schema\": 3}")
        .expect_err("refused")
        .to_string();
    assert!(error.contains("not a ringload document"), "{error}");
}
