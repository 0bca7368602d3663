//! A real `ringmain`, from its "listening on" lines to its exit code.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Client, DEADLINE, Response, Site, ringmain, wait_until};

/// Which driver the server runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    Uring,
    Epoll,
}

impl Driver {
    /// Whether this host has it; says so where not.
    pub(crate) fn is_here(self) -> bool {
        match (self, shard::probe()) {
            (Driver::Epoll, _) | (Driver::Uring, Ok(_)) => true,
            (Driver::Uring, Err(unavailable)) => {
                println!("skipped: {unavailable}");
                false
            }
        }
    }

    /// What `--io` calls it.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Driver::Uring => "uring",
            Driver::Epoll => "epoll",
        }
    }

    /// What the "listening on" line calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Driver::Uring => "io_uring",
            Driver::Epoll => "epoll",
        }
    }
}

/// A running server. Dropped, it is told to stop at once and must end with exit code 0.
pub(crate) struct Server {
    child: Child,
    /// One for each TCP listener.
    addresses: Vec<SocketAddr>,
    /// Everything said on standard error so far.
    said: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// `ringmain serve` with one shard on a free port.
    #[track_caller]
    pub(crate) fn serve(driver: Driver, site: &Site, flags: &[&str]) -> Server {
        let mut command = ringmain();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--shards", "1"])
            .args(["--io", driver.flag()])
            .args(flags)
            .arg(site.root());
        Server::start(&mut command, 1)
    }

    /// `ringmain run` with one shard on a free port and the rest of the config, which begins with
    /// keys of the top and goes on with tables.
    #[track_caller]
    pub(crate) fn run(driver: Driver, site: &Site, config: &str) -> Server {
        let file = Server::write_config(driver, site, config);
        Server::start(ringmain().arg("run").arg("-c").arg(file), 1)
    }

    /// Writes the config of [`Server::run`] without starting anything.
    pub(crate) fn write_config(driver: Driver, site: &Site, config: &str) -> PathBuf {
        let file = site.beside("ringmain.toml");
        let io = driver.flag();
        let top = format!("listen = [\"127.0.0.1:0\"]\nshards = 1\nio = \"{io}\"\n");
        fs::write(&file, top + config).expect("the config");
        file
    }

    /// Starts a command and waits until it listens on that many addresses.
    #[track_caller]
    pub(crate) fn start(command: &mut Command, listeners: usize) -> Server {
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stderr = child.stderr.take().expect("piped");
        let said = Arc::new(Mutex::new(Vec::new()));
        let (line_sender, lines) = channel();
        let all = said.clone();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                all.lock().expect("no panic").push(line.clone());
                // Nobody waits for lines after the start.
                let _ = line_sender.send(line);
            }
        });
        let mut server = Server {
            child,
            addresses: Vec::new(),
            said,
            reader: Some(reader),
        };
        server.wait_until_ready(&lines, listeners);
        server
    }

    #[track_caller]
    fn wait_until_ready(&mut self, lines: &Receiver<String>, listeners: usize) {
        let deadline = Instant::now() + DEADLINE;
        let mut ready = 0;
        while ready < listeners {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match lines.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => panic!("not ready: {:?}", self.said()),
                Err(RecvTimeoutError::Disconnected) => panic!("ended: {:?}", self.said()),
            };
            let Some(place) = line.strip_prefix("ringmain: listening on ") else {
                continue;
            };
            ready += 1;
            let address = place.split(' ').next().unwrap_or_default();
            if let Some(address) = address.strip_prefix("http://") {
                self.addresses.push(address.parse().expect("an address"));
            }
        }
    }

    /// The first TCP address.
    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        *self.addresses.first().expect("a TCP listener")
    }

    /// All TCP addresses in the order of their lines.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Everything said on standard error so far.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().expect("no panic").clone()
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it writes on standard output, where that was piped.
    pub(crate) fn take_stdout(&mut self) -> std::process::ChildStdout {
        self.child.stdout.take().expect("piped")
    }

    /// `GET path` on a connection of its own.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Response {
        Client::connect(self).get(path)
    }

    /// `GET path` with more field lines on a connection of its own.
    #[track_caller]
    pub(crate) fn get_with(&self, path: &str, lines: &[&str]) -> Response {
        Client::connect(self).get_with(path, lines)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("kill");
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("wait").is_none()
    }

    /// Waits until nobody listens on the first address any more. Looks from outside: a connection
    /// made to find out would be one more to hand over.
    #[track_caller]
    pub(crate) fn wait_until_closed(&self) {
        let port = format!(":{:04X} ", self.address().port());
        wait_until("nobody listens", || {
            let sockets = fs::read_to_string("/proc/net/tcp").expect("sockets");
            // The second column is the local address, the fourth the state: 0A is LISTEN.
            let listens = |line: &str| line.contains(&port) && line.contains(" 00000000:0000 0A ");
            !sockets.lines().any(listens)
        });
    }

    /// Waits for the end; how it ended and how long that took.
    #[track_caller]
    pub(crate) fn wait(mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        let status = self.wait_for_exit().expect("the server ends");
        (status, began.elapsed())
    }

    /// Kibibytes of memory that are resident.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number.expect("VmRSS").parse().expect("a number")
    }

    /// Descriptors of the process that lead to a path which `filter` takes.
    pub(crate) fn open_files(&self, filter: impl Fn(&std::path::Path) -> bool) -> usize {
        let folder = fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("descriptors");
        folder
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .filter(|target| filter(target))
            .count()
    }

    fn wait_for_exit(&mut self) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < DEADLINE {
            if let Some(status) = self.child.try_wait().expect("wait") {
                if let Some(reader) = self.reader.take() {
                    let _ = reader.join();
                }
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.is_running() {
            return;
        }
        if std::thread::panicking() {
            let _ = self.child.kill();
            let _ = self.child.wait();
            eprintln!("the server said: {:#?}", self.said());
            return;
        }
        // Two different signals, because equal ones that wait become one: stop at once.
        self.signal(Signal::TERM);
        self.signal(Signal::INT);
        let Some(status) = self.wait_for_exit() else {
            let _ = self.child.kill();
            panic!("the server does not stop: {:?}", self.said());
        };
        assert_eq!(status.code(), Some(0), "{:?}", self.said());
        let said = self.said();
        let panicked = said.iter().any(|line| line.contains("panicked"));
        assert!(!panicked, "{said:#?}");
    }
}
