//! Processes that end by themselves: what they said and with which code.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::DEADLINE;

/// What is left of a process.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// The program under test.
pub(crate) fn ringmain() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ringmain"))
}

/// Runs a command that must end within the deadline.
#[track_caller]
pub(crate) fn run_to_end(command: &mut Command) -> Finished {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let read_stdout = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| bytes)
    });
    let read_stderr = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).map(|_| bytes)
    });
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("wait") {
            break status;
        }
        if began.elapsed() > DEADLINE {
            let _ = child.kill();
            panic!("{command:?} did not end");
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    let stdout = read_stdout.join().expect("no panic").expect("stdout");
    let stderr = read_stderr.join().expect("no panic").expect("stderr");
    Finished {
        code: status.code(),
        stdout,
        stderr: String::from_utf8(stderr).expect("messages are UTF-8"),
    }
}
