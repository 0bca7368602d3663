//! Client, router and server, and the binary run on the server.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tempfile::TempDir;

/// The server's address that the client reaches from [`FRIEND`].
pub(crate) const SERVER: [u8; 4] = [10, 9, 1, 2];
/// The server's address that the client reaches from another address than [`FRIEND`].
pub(crate) const SERVER_FOR_STRANGERS: [u8; 4] = [10, 9, 1, 3];
/// The client's address from which SSH is allowed.
pub(crate) const FRIEND: &str = "10.9.2.2";
/// How long nothing has to come to count as silence: a busy host answers within this, after one
/// lost SYN too.
pub(crate) const SILENCE: Duration = Duration::from_millis(1500);
/// The longest that anything is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The three namespaces and a state folder.
pub(crate) struct Lab {
    pub(crate) server: Namespace,
    pub(crate) client: Namespace,
    _router: Namespace,
    pub(crate) state: TempDir,
}

/// A network namespace that is there as long as this is.
pub(crate) struct Namespace {
    holder: Child,
}

impl Lab {
    /// A new one; `None` with the reason printed where that is not possible.
    pub(crate) fn new() -> Option<Self> {
        if let Some(missing) = missing() {
            println!("skipped: {missing}");
            return None;
        }
        let (server, router, client) = (Namespace::new()?, Namespace::new()?, Namespace::new()?);
        let (s, r, c) = (server.pid(), router.pid(), client.pid());
        server.run(&format!("ip link add s0 type veth peer name r0 netns {r}"));
        client.run(&format!("ip link add c0 type veth peer name r1 netns {r}"));
        assert!(s != r && r != c, "three namespaces");
        server.run(
            "ip addr add 10.9.1.2/24 dev s0; ip addr add 10.9.1.3/24 dev s0
             ip link set lo up; ip link set s0 up; ip route add default via 10.9.1.1
             echo 0 > /proc/sys/net/ipv4/tcp_mtu_probing",
        );
        router.run(
            "ip addr add 10.9.1.1/24 dev r0; ip addr add 10.9.2.1/24 dev r1
             ip link set r0 up; ip link set r1 mtu 1200 up; echo 1 > /proc/sys/net/ipv4/ip_forward",
        );
        client.run(
            "ip addr add 10.9.2.2/24 dev c0; ip addr add 10.9.2.3/24 dev c0
             ip link set lo up; ip link set c0 up; ip route add default via 10.9.2.1
             ip route add 10.9.1.3/32 via 10.9.2.1 src 10.9.2.3",
        );
        Some(Self {
            server,
            client,
            _router: router,
            state: tempfile::tempdir().expect("a folder"),
        })
    }

    /// `ringtune firewall` with these arguments, on the server.
    pub(crate) fn firewall(&self, arguments: &[&str]) -> Answer {
        Answer::of(&self.command(arguments).output().expect("it runs"))
    }

    /// The command for that.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.server.command(env!("CARGO_BIN_EXE_ringtune"));
        command.arg("firewall").args(arguments);
        command.arg("--state-dir").arg(self.state.path());
        command
    }

    /// `apply` that lets SSH in from [`FRIEND`], and `confirm`.
    pub(crate) fn enforce(&self, more: &[&str]) {
        let applied = self.apply("60s", more);
        assert_eq!(applied.code, Some(0), "{applied:?}");
        let confirmed = self.firewall(&["confirm"]);
        assert_eq!(confirmed.code, Some(0), "{confirmed:?}");
        let guard = self.guard();
        wait_until("the guard's end", || !runs(guard));
    }

    /// `apply` that lets SSH in from [`FRIEND`].
    pub(crate) fn apply(&self, confirm_within: &str, more: &[&str]) -> Answer {
        let mut arguments = vec![
            "apply",
            "--ssh-from",
            FRIEND,
            "--confirm-within",
            confirm_within,
        ];
        arguments.extend(more);
        self.firewall(&arguments)
    }

    /// All rules of the server, without counts.
    pub(crate) fn rules(&self) -> String {
        self.server.run("nft -s list ruleset")
    }

    /// The PID of the guard of the last trial.
    pub(crate) fn guard(&self) -> u32 {
        self.last_guard().expect("a record")
    }

    /// The PID of the guard of the last trial, if there was one.
    pub(crate) fn last_guard(&self) -> Option<u32> {
        self.record()?["guard"].as_u64()?.try_into().ok()
    }

    /// How far the last trial came, if there was one.
    pub(crate) fn last_phase(&self) -> Option<String> {
        self.record()?["phase"].as_str().map(str::to_owned)
    }

    fn record(&self) -> Option<serde_json::Value> {
        let text = fs::read_to_string(self.state.path().join("firewall/journal.jsonl")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// A connection of the client that has to succeed.
    pub(crate) fn connect(&self, address: [u8; 4], port: u16) -> TcpStream {
        let opened = self.try_connect(address, port, PATIENCE);
        opened.unwrap_or_else(|| panic!("no answer from {address:?}:{port}"))
    }

    /// Whether a connection of the client gets no answer.
    pub(crate) fn is_silent(&self, address: [u8; 4], port: u16) -> bool {
        self.try_connect(address, port, SILENCE).is_none()
    }

    fn try_connect(&self, address: [u8; 4], port: u16, patience: Duration) -> Option<TcpStream> {
        let address = SocketAddr::from((address, port));
        let connect = move || TcpStream::connect_timeout(&address, patience);
        match self.client.inside(connect) {
            Ok(stream) => Some(stream),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => None,
            Err(error) => panic!("neither an answer nor silence from {address}: {error}"),
        }
    }

    /// A listener of the server that answers each byte with `answer`.
    pub(crate) fn serve(&self, port: u16, answer: &'static [u8]) {
        let listener = self
            .server
            .inside(move || TcpListener::bind(("0.0.0.0", port)));
        let listener = listener.expect("a listener");
        // It ends with the test's process: nobody connects to it after its namespace is gone.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || echo(stream, answer));
            }
        });
    }
}

impl Namespace {
    fn new() -> Option<Self> {
        let mut command = Command::new("unshare");
        // It ends when this process does, because its input ends.
        command.args(["--net", "sh", "-c", "echo up; exec cat"]);
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut holder = command.spawn().expect("unshare");
        let mut line = String::new();
        let stdout = holder.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        if line == "up\n" {
            return Some(Self { holder });
        }
        let _ = holder.wait();
        println!("skipped: no right to make network namespaces");
        None
    }

    fn pid(&self) -> u32 {
        self.holder.id()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg("-t")
            .arg(self.pid().to_string())
            .args(["-n", "--", program]);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a shell script in it and returns what it prints.
    pub(crate) fn run(&self, script: &str) -> String {
        let output = self
            .command("sh")
            .args(["-euc", script])
            .output()
            .expect("nsenter");
        let answer = Answer::of(&output);
        assert_eq!(answer.code, Some(0), "{script}: {answer:?}");
        answer.out
    }

    /// Loads rules in it.
    pub(crate) fn load(&self, text: &str) {
        let mut command = self.command("nft");
        let mut nft = command
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("nft");
        nft.stdin
            .take()
            .expect("piped")
            .write_all(text.as_bytes())
            .expect("written");
        assert!(nft.wait().expect("an end").success(), "{text}");
    }

    /// Does something on a thread of its own that is in this namespace.
    pub(crate) fn inside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let namespace = PathBuf::from(format!("/proc/{}/ns/net", self.pid()));
        let thread = thread::spawn(move || {
            let namespace = fs::File::open(namespace).expect("the namespace");
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("root may enter");
            work()
        });
        thread.join().expect("no panic")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // One that is left would keep the namespace for as long as it waits.
        if let Some(guard) = self.last_guard().filter(|guard| runs(*guard)) {
            let _ = Command::new("kill").arg(guard.to_string()).status();
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// What a run answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Sends a byte and returns how many bytes come back, up to `expected`, until nothing came for as
/// long as `patience`.
pub(crate) fn ask(stream: &mut TcpStream, expected: usize, patience: Duration) -> usize {
    stream.set_read_timeout(Some(patience)).expect("a timeout");
    stream.write_all(b"?").expect("written");
    let mut answer = vec![0; 64 * 1024];
    let mut received = 0;
    while received < expected {
        match stream.read(&mut answer) {
            Ok(0) | Err(_) => break,
            Ok(bytes) => received += bytes,
        }
    }
    received
}

/// Waits until something holds.
pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process runs. One that ended and that nobody waited for has no command line.
pub(crate) fn runs(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn echo(mut stream: TcpStream, answer: &[u8]) {
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() {
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// What this host lacks for these tests.
pub(crate) fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("not root".into());
    }
    let asked = [
        ("nft", "-v"),
        ("ip", "-V"),
        ("unshare", "-V"),
        ("nsenter", "-V"),
    ];
    let absent = asked
        .into_iter()
        .find(|(program, version)| Command::new(program).arg(version).output().is_err());
    absent.map(|(program, _)| format!("{program} is not installed"))
}
