//! The binary as a person meets it: exit codes, and what stands on which stream.
//!
//! Nothing here serves a request; that is the business of the tests by subject.

use std::fs;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder of its own for a test, with a `public` to serve.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder for the test");
        fs::create_dir(folder.path().join("public")).expect("a folder to serve");
        Self(folder)
    }

    fn config(&self, text: &str) -> String {
        let file = self.0.path().join("ringmain.toml");
        fs::write(&file, text).expect("a config for the test");
        file.display().to_string()
    }
}

fn ringmain(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringmain"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The messages, each of which must be one line that starts with the program's name.
fn messages(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines()
        .map(|line| line.strip_prefix("ringmain: ").expect(&text).to_owned())
        .collect()
}

#[test]
fn help_and_version_are_answers() {
    for arguments in [&["--help"][..], &["serve", "--help"], &["--version"]] {
        let output = ringmain(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(stdout(&output).contains("ringmain"), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
    assert!(stdout(&ringmain(&["serve", "--help"])).contains("Examples:"));
}

#[test]
fn wrong_flags_are_usage_errors_of_one_sentence() {
    for (arguments, says) in [
        (&["serve", "--shards", "0"][..], "from 1 to 1024"),
        (&["serve", "--listen", "localhost:80"], "127.0.0.1:80"),
        (&["serve", "--lisen", ":80"], "--listen"),
        (&["serv"], "serve"),
        (&["serve", "--index", "a/b"], "--index"),
    ] {
        let output = ringmain(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let messages = messages(&output);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains(says), "{messages:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert_eq!(
        ringmain(&[]).status.code(),
        Some(2),
        "no command is a usage error"
    );
}

#[test]
fn a_missing_folder_is_a_failed_start_with_its_remedy() {
    let scratch = Scratch::new();
    let missing = scratch.0.path().join("nope").display().to_string();
    let output = ringmain(&["serve", &missing]);
    assert_eq!(output.status.code(), Some(1));
    let messages = messages(&output);
    assert!(
        messages[0].contains(&format!("mkdir -p {missing}")),
        "{messages:?}"
    );
}

#[test]
fn check_prints_a_config_that_can_be_checked_again() {
    let scratch = Scratch::new();
    let config = scratch.config("[[route]]\nfiles = \"public\"\n");
    let first = ringmain(&["check", "-c", &config]);
    assert_eq!(first.status.code(), Some(0));
    assert!(first.stderr.is_empty());
    let again = scratch.config(&stdout(&first));
    assert_eq!(stdout(&ringmain(&["check", "-c", &again])), stdout(&first));

    let json = stdout(&ringmain(&["check", "-c", &config, "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["ok"], true);
}

#[test]
fn check_tells_a_wrong_config_from_a_missing_folder() {
    let scratch = Scratch::new();
    let wrong = scratch.config("shards = 0\nlisen = []\n[[route]]\nfiles = \"nope\"\n");
    let output = ringmain(&["check", "-c", &wrong]);
    assert_eq!(output.status.code(), Some(2), "the text is wrong");
    assert_eq!(messages(&output).len(), 3, "every problem is reported");
    assert!(output.stdout.is_empty());

    let missing = scratch.config("[[route]]\nfiles = \"nope\"\n");
    let output = ringmain(&["check", "-c", &missing, "--json"]);
    assert_eq!(output.status.code(), Some(1), "the host lacks something");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["problems"][0]["culprit"], "host");
    assert!(output.stderr.is_empty());

    let output = ringmain(&["run", "-c", "/no/such/ringmain.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(messages(&output)[0].starts_with("/no/such/ringmain.toml: "));
}

#[test]
fn doctor_answers_in_text_and_json() {
    let output = ringmain(&["doctor"]);
    let text = stdout(&output);
    assert!(
        text.contains("io_uring") && text.contains("RLIMIT_NOFILE"),
        "{text}"
    );
    let json = stdout(&ringmain(&["doctor", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let can_serve = json["can_serve"].as_bool().expect("a verdict");
    assert_eq!(output.status.code(), Some(if can_serve { 0 } else { 1 }));
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let scratch = Scratch::new();
    let config = scratch.config("[[route]]\nfiles = \"public\"\n");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = Command::new(env!("CARGO_BIN_EXE_ringmain"))
        .args(["check", "-c", &config])
        .stdout(writer)
        .status()
        .expect("the binary runs");
    assert_eq!(status.code(), Some(0));
}
