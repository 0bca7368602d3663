//! A server under test: started on one CPU, known to answer, measured with all its processes and
//! threads, and stopped when it is dropped.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::client;
use crate::failure::Failure;
use crate::process::{CpuTime, Memory, family};

/// How long a server may take to come up.
const READY: Duration = Duration::from_secs(10);
/// How long a server may take to go before it is killed.
const GONE: Duration = Duration::from_secs(10);
/// Between two looks at something that gives no sign.
const LOOK: Duration = Duration::from_millis(5);
/// Lines of a server's stderr that are kept for a failure's message.
const LINES_MAX: usize = 100;

/// A running server; dropped, it is stopped.
#[derive(Debug)]
pub struct Server {
    name: &'static str,
    address: SocketAddr,
    /// The line in which it said that it listens, empty if it never says.
    announcement: String,
    running: Running,
}

impl Server {
    /// Starts a server that says `listening on http://ADDRESS` on stderr when it is ready.
    pub fn announced(name: &'static str, command: Command) -> Result<Self, Failure> {
        let (running, lines) = Running::start(name, command)?;
        let deadline = Instant::now() + READY;
        let mut words = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = lines.recv_timeout(left) else {
                return Err(not_ready(name, &words));
            };
            match announced_address(&line) {
                Some(address) => {
                    return Ok(Self {
                        name,
                        address,
                        announcement: line,
                        running,
                    });
                }
                None => words.push(line),
            }
        }
    }

    /// Starts a server that is ready when something listens at `address`.
    pub fn at(name: &'static str, command: Command, address: SocketAddr) -> Result<Self, Failure> {
        let (mut running, lines) = Running::start(name, command)?;
        let deadline = Instant::now() + READY;
        while TcpStream::connect(address).is_err() {
            if running.has_ended() || Instant::now() > deadline {
                return Err(not_ready(name, &lines.try_iter().collect::<Vec<_>>()));
            }
            thread::sleep(LOOK);
        }
        Ok(Self {
            name,
            address,
            announcement: String::new(),
            running,
        })
    }

    /// Its name in tables.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The line in which it said so.
    pub fn announcement(&self) -> &str {
        &self.announcement
    }

    /// CPU time of all its processes so far. They are looked up at each reading: a server listens
    /// before it has forked its workers.
    pub fn cpu_time(&self) -> Result<CpuTime, Failure> {
        CpuTime::of(&family(self.running.0.id())?)
    }

    /// Memory of all its processes now.
    pub fn memory(&self) -> Result<Memory, Failure> {
        Memory::of(&family(self.running.0.id())?)
    }

    /// Asks for `path` on a connection of its own: 200 with exactly `body`, or a failure.
    pub fn expect(&self, path: &str, body: &[u8]) -> Result<(), Failure> {
        let answer = client::connect(self.address)
            .and_then(|mut stream| client::exchange(&mut stream, path))
            .map_err(Failure::io(format!("{} does not answer {path}", self.name)))?;
        match answer.status == 200 && answer.body == body {
            true => Ok(()),
            false => Err(Failure::WrongAnswer {
                server: self.name.to_owned(),
                path: path.to_owned(),
                found: format!("{} and {} bytes", answer.status, answer.body.len()),
                expected: format!("200 and the {} bytes that it should have", body.len()),
            }),
        }
    }
}

/// A child process that does not outlive its owner.
#[derive(Debug)]
struct Running(Child);

impl Running {
    /// The child, and the lines of its stderr, which are read to their end whoever listens.
    fn start(name: &str, mut command: Command) -> Result<(Self, Receiver<String>), Failure> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Failure::io(format!("{name} cannot be started")))?;
        let (sender, lines) = sync_channel(LINES_MAX);
        if let Some(stderr) = child.stderr.take() {
            thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    // Full or without a listener: the line is dropped and reading goes on, so
                    // that the child never blocks on its stderr.
                    drop(sender.try_send(line));
                }
            });
        }
        Ok((Self(child), lines))
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        // The child is ours and not yet waited for, so its number cannot be another's.
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        let asked = pid.and_then(|pid| kill_process(pid, Signal::TERM).ok());
        let deadline = Instant::now() + GONE;
        while asked.is_some() && !self.has_ended() && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        if !self.has_ended() {
            eprintln!(
                "benches: process {} ignored SIGTERM and is killed",
                self.0.id()
            );
            drop(self.0.kill());
            drop(self.0.wait());
        }
    }
}

/// The address in `...: listening on http://127.0.0.1:8080 (1 shard, io_uring)`.
fn announced_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on http://")?;
    rest.split(' ').next()?.parse().ok()
}

fn not_ready(name: &str, words: &[String]) -> Failure {
    Failure::NotReady {
        server: name.to_owned(),
        seconds: READY.as_secs(),
        words: words.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_both_announcements() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let ours = "ringmain: listening on http://127.0.0.1:8080 (2 shards, io_uring)";
        assert_eq!(announced_address(ours), Some(address));
        let opponent = "opponent: listening on http://127.0.0.1:8080";
        assert_eq!(announced_address(opponent), Some(address));
        assert_eq!(
            announced_address("ringmain: 127.0.0.1:8080 is in use"),
            None
        );
    }

    #[test]
    fn a_server_that_ends_at_once_is_not_ready_and_its_words_are_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo the port is in use >&2"]);
        let failure = Server::announced("sh", command).map(|_| ()).unwrap_err();
        assert!(
            failure.to_string().contains("the port is in use"),
            "{failure}"
        );
    }

    #[test]
    fn a_dropped_server_is_gone() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "echo x: listening on http://127.0.0.1:1 >&2; exec sleep 60",
        ]);
        let server = Server::announced("sh", command).expect("sh announces itself");
        let entry = format!("/proc/{}/stat", server.running.0.id());
        assert!(std::fs::exists(&entry).is_ok_and(|alive| alive));
        drop(server);
        assert!(std::fs::exists(&entry).is_ok_and(|alive| !alive));
    }
}
