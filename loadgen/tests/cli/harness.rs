//! What the tests of the binary share: running it, reading what it says, and a server.

use std::path::Path;
use std::process::{Command, Output, Stdio};

pub(crate) fn ringload(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringload"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

/// A run that is short and does not care which thread is where.
pub(crate) fn brief(arguments: &[&str]) -> Output {
    let common = ["-c", "4", "-t", "1", "-d", "300ms", "--warmup", "100ms"];
    ringload(&[&common[..], arguments].concat())
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The messages among the lines of progress.
pub(crate) fn messages(output: &Output) -> Vec<String> {
    let messages = stderr(output);
    let messages = messages
        .lines()
        .filter_map(|line| line.strip_prefix("ringload: "));
    messages.map(str::to_owned).collect()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

pub(crate) fn assert_code(output: &Output, wanted: i32) {
    assert_eq!(code(output), wanted, "{}{}", stderr(output), stdout(output));
}

pub(crate) fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
