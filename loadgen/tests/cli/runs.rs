//! Plain loads: exit codes, what stands on which stream, which files come.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::harness::{assert_code, brief, code, messages, ringload, stderr, stdout, text};
use crate::server::Server;

#[test]
fn help_and_version_are_answers() {
    for arguments in [&["--help"][..], &["search", "--help"], &["--version"]] {
        let output = ringload(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}");
        assert!(stdout(&output).contains("ringload"), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
    let help = stdout(&ringload(&["--help"]));
    for told in [
        "Examples:",
        "Exit codes:",
        "[default: 64]",
        "64 MiB",
        "{rand:1..1000}",
    ] {
        assert!(help.contains(told), "{told}");
    }
    assert_eq!(code(&ringload(&[])), 2, "nothing to do is a usage error");
}

#[test]
fn wrong_flags_are_usage_errors_of_one_line_each() {
    for (arguments, says) in [
        (&["localhost:80"][..], "write http://localhost:80"),
        (&["-d", "10", "http://127.0.0.1/"], "write 10s"),
        (
            &["--pipeline", "2", "-R", "5", "http://127.0.0.1/"],
            "--pipeline: is of the closed loop",
        ),
        (&["http://127.0.0.1/{sqe}"], "URL: {sqe} is no place"),
        (
            &["--json", "/nowhere/x.json", "http://127.0.0.1/"],
            "/nowhere/x.json: cannot be written",
        ),
        (
            &["search", "http://127.0.0.1/"],
            "--slo: is what a search looks for",
        ),
        (
            &["hold", "-R", "5", "http://127.0.0.1/"],
            "--rate: is of a load",
        ),
        (
            &["abuse", "--kind", "half-open", "http://192.0.2.1/"],
            "--yes-i-own-this-host",
        ),
        (
            &["run", "/nowhere/plan.toml"],
            "/nowhere/plan.toml: cannot be read",
        ),
        (
            &["compare", "/nowhere/a", "/nowhere/b"],
            "/nowhere/b: cannot be read",
        ),
    ] {
        let output = ringload(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let messages = messages(&output);
        assert!(
            messages.iter().any(|message| message.contains(says)),
            "{messages:?}"
        );
        assert_eq!(
            messages.len(),
            stderr(&output).lines().count(),
            "{messages:?}"
        );
    }
}

#[test]
fn who_cannot_be_reached_or_understood_makes_no_run() {
    let refused = brief(&["http://127.0.0.1:1/"]);
    assert_eq!(code(&refused), 3);
    assert!(
        messages(&refused)[0].contains("connection refused"),
        "{refused:?}"
    );
    let secured = brief(&["https://127.0.0.1:1/"]);
    assert_eq!(code(&secured), 3);
    assert!(messages(&secured)[0].contains("TLS"), "{secured:?}");
}

#[test]
fn a_run_prints_its_table_and_writes_its_files() {
    let server = Server::start();
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let output = brief(&[
        "--json",
        &file("a.json"),
        "--csv",
        &file("a.csv"),
        "--csv-intervals",
        &file("i.csv"),
        "--hlog",
        &file("a.hlog"),
        "--hgrm",
        &file("a.hgrm"),
        "--html",
        &file("a.html"),
        "--name",
        "first",
        &server.url("/x"),
    ]);
    assert_code(&output, 0);
    assert!(stdout(&output).contains("P50"), "{}", stdout(&output));
    assert!(
        stderr(&output).contains("measuring"),
        "lines of progress in a pipe"
    );
    for (name, holds) in [
        ("a.json", "\"schema\": \"ringload/1\""),
        ("a.csv", "first"),
        ("i.csv", "first"),
        ("a.hlog", "#[Histogram log format version 1.3]"),
        ("a.hgrm", "Percentile"),
        ("a.html", "</html>"),
    ] {
        assert!(text(&folder.path().join(name)).contains(holds), "{name}");
    }
    assert!(
        text(&folder.path().join("a.json")).contains("--hgrm"),
        "the command is kept"
    );
}

#[test]
fn json_on_standard_output_stands_there_alone() {
    let server = Server::start();
    let output = brief(&["--json", "-", &server.url("/")]);
    assert_code(&output, 0);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("only JSON");
    assert!(document["runs"][0]["totals"]["good"].as_u64() > Some(0));
    let quiet = brief(&["--quiet", &server.url("/")]);
    assert!(quiet.stdout.is_empty(), "{}", stdout(&quiet));
    assert!(!stderr(&quiet).contains("measuring"), "{}", stderr(&quiet));
}

#[test]
fn thresholds_and_expectations_decide_the_exit_code() {
    let server = Server::start();
    let url = server.url("/");
    for (flags, wanted, says) in [
        (&["--slo", "p50<10s,errors=0"][..], 0, ""),
        (&["--slo", "max<1ns"], 1, "max<1ns is missed: found "),
        (&["--slo", "p99.999<1s"], 1, "too little to tell"),
        (&["--expect-header", "X-Test: yes"], 0, ""),
        (&["--expect-header", "X-Test: no"], 1, "not as expected"),
        (&["--expect-length", "5"], 0, ""),
        (&["--expect-length", "6"], 1, "not as expected"),
        (&["--expect-status", "404"], 1, "not as expected"),
        (&["--verify=first"], 0, ""),
    ] {
        let output = brief(&[flags, &[&url]].concat());
        assert_code(&output, wanted);
        let messages = messages(&output);
        assert!(
            says.is_empty() || messages.iter().any(|one| one.contains(says)),
            "{messages:?}"
        );
    }
    // Two targets whose contents differ under one request's label: what changes is a mismatch.
    let changing = brief(&["--verify", &server.url("/changing")]);
    assert_code(&changing, 1);
}

#[test]
fn a_manifest_is_read_and_held_against_the_content() {
    let server = Server::start();
    let folder = TempDir::new().expect("a folder");
    let manifest = |digest: &str| -> String {
        let file: PathBuf = folder.path().join(&digest[..4]);
        std::fs::write(&file, format!("{digest}  ./x\n")).expect("a manifest");
        format!("--verify=manifest:{}", file.display())
    };
    // `printf hello | sha256sum`, and the same with its first digit changed.
    let right = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let wrong = "3cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_code(&brief(&[&manifest(right), &server.url("/x")]), 0);
    assert_code(&brief(&[&manifest(wrong), &server.url("/x")]), 1);
    assert_code(&brief(&[&manifest(right), &server.url("/y")]), 1);
}

#[test]
fn filled_requests_arrive_as_they_should() {
    let server = Server::start();
    let url = server.url("/u/{seq}?r={rand:5..6}");
    let output = ringload(&[
        "-n",
        "40",
        "-c",
        "2",
        "-t",
        "1",
        "-X",
        "PUT",
        "-H",
        "X-Id: {uuid}",
        "--body",
        "{\"n\": {seq}}",
        &url,
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let seen = server.requests();
    assert_eq!(seen.len(), 40);
    let mut numbers: Vec<u32> = seen
        .iter()
        .map(|request| {
            let target = request.head.split(' ').nth(1).expect(&request.head);
            let (path, query) = target.split_once('?').expect(target);
            assert!(["r=5", "r=6"].contains(&query), "{query}");
            let number = path.strip_prefix("/u/").expect(path);
            assert_eq!(request.body, format!("{{\"n\": {number}}}"));
            assert!(request.head.starts_with("PUT /u/"), "{}", request.head);
            number.parse().expect("a number")
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<u32>>(), "no number twice");
}

#[test]
fn an_interrupt_ends_the_window_and_reports() {
    let server = Server::start();
    let child = Command::new(env!("CARGO_BIN_EXE_ringload"))
        .args([
            "-c",
            "2",
            "-t",
            "1",
            "-d",
            "60s",
            "--warmup",
            "0s",
            "--json",
            "-",
            &server.url("/"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    // It is under way when requests come.
    server.wait_for_requests(10);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    let window = document["runs"][0]["window_s"].as_f64().expect("a number");
    assert!(window > 0.0 && window < 30.0, "{window}");
}
