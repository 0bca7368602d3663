//! Asking other programs, with a deadline: sshd and the clock's keepers answer what no file does.
//!
//! They are started before the files are read and asked for their answer afterwards, so that a
//! check does not wait for them; one that is late is stopped and counts as silent.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long a program may take, from its start.
const PATIENCE: Duration = Duration::from_millis(80);

/// The most that is read of one answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 16;

/// Programs that were started.
#[derive(Debug, Default)]
pub struct Programs {
    started: Vec<Question>,
}

#[derive(Debug)]
struct Question {
    name: &'static str,
    child: Child,
    answer: Receiver<String>,
    deadline: Instant,
}

impl Programs {
    /// Starts those that this host has.
    pub fn start() -> Self {
        let wanted: [(&'static str, &[&str]); 3] = [
            ("sshd", &["-T"]),
            ("chronyc", &["-c", "tracking"]),
            (
                "timedatectl",
                &["show", "--property=NTPSynchronized", "--value"],
            ),
        ];
        let started = wanted
            .iter()
            .filter_map(|(name, arguments)| ask(name, arguments));
        Self {
            started: started.collect(),
        }
    }

    /// What a program printed; `None` if it is not there, failed or was late.
    pub fn answer(&mut self, name: &str) -> Option<String> {
        let position = self
            .started
            .iter()
            .position(|question| question.name == name)?;
        self.started.swap_remove(position).finish()
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        for question in self.started.drain(..) {
            question.finish();
        }
    }
}

impl Question {
    fn finish(mut self) -> Option<String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let answer = self.answer.recv_timeout(left).ok();
        // Stopping a program that has ended already changes nothing; then it is reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
        answer.filter(|answer| !answer.trim().is_empty())
    }
}

fn ask(name: &'static str, arguments: &[&str]) -> Option<Question> {
    let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    let paths = folders.map(|folder| format!("{folder}/{name}"));
    let path = paths
        .iter()
        .find(|path| std::path::Path::new(path).exists())?;
    let mut child = Command::new(path)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = child.stdout.take()?;
    let (sender, answer) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if output
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut bytes)
            .is_ok()
        {
            // The receiver may have stopped waiting.
            let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
        }
    });
    Some(Question {
        name,
        child,
        answer,
        deadline: Instant::now() + PATIENCE,
    })
}
