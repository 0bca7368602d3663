//! Network namespaces without a name: what a proof changes, it changes in here.
//!
//! A namespace lives as long as somebody holds it: this process holds a descriptor, and programs
//! started inside die with the thread that started them. So whatever ends this process, `kill -9`
//! included, the kernel takes everything away: there is nothing to clean up and nothing to forget.
//! It refuses to change a value of the whole host; that is [`super::global`]'s.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, Stdio};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::hindrance::{Hindered, Hindrance};
use crate::host::sysctl;

/// The programs without which there is no namespace to work in, and where they come from.
const TOOLS: [(&str, &str); 4] = [
    ("ip", "iproute2"),
    ("unshare", "util-linux"),
    ("nsenter", "util-linux"),
    ("setpriv", "util-linux"),
];

/// A network namespace with its loopback up.
#[derive(Debug)]
pub(super) struct Space {
    netns: OwnedFd,
}

/// Two namespaces with a cable between them.
#[derive(Debug)]
pub(super) struct Pair {
    /// Where the server is, at [`Pair::SERVER`]; its end of the cable is `wire`.
    pub(super) server: Space,
    /// Where the clients are, at [`Pair::CLIENT`]; its end of the cable is `wire`, too.
    pub(super) client: Space,
}

/// Whether namespaces can be made here.
///
/// # Errors
/// Says what is missing and where it comes from.
pub(super) fn possible() -> Result<(), Hindrance> {
    for (tool, package) in TOOLS {
        let runs = Command::new(tool)
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        if runs.is_err() {
            return Err(Hindrance(format!(
                "prove needs the program {tool}; install the package {package}"
            )));
        }
    }
    if !rustix::process::geteuid().is_root() {
        return Err(Hindrance(
            "prove makes network namespaces and needs root; run it with sudo, nothing of the host \
             is changed"
                .into(),
        ));
    }
    Space::new().map(drop)
}

impl Space {
    /// A fresh namespace.
    pub(super) fn new() -> Result<Self, Hindrance> {
        let space = Self {
            netns: fresh_namespace().hindered("a network namespace")?,
        };
        space.run("ip", &["link", "set", "lo", "up"])?;
        Ok(space)
    }

    /// Does something with this thread's namespace being this one; sockets opened there stay.
    pub(super) fn inside<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T, Hindrance> + Send,
    ) -> Result<T, Hindrance> {
        let netns = self.netns.as_fd();
        let within = move || {
            move_into_link_name_space(netns, Some(LinkNameSpaceType::Network))
                .map_err(io::Error::from)
                .hindered("entering a network namespace")?;
            work()
        };
        thread::scope(|scope| match scope.spawn(within).join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// A program that will run inside, and die with the calling thread.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net={}", self.path()))
            .args(["setpriv", "--pdeathsig", "KILL", "--", program])
            .stdin(Stdio::null());
        command
    }

    /// Runs a program inside to its end and returns what it printed.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> Result<String, Hindrance> {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .hindered(program)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("no reason given").trim();
        Err(Hindrance(format!(
            "{program} {}: {said}",
            arguments.join(" ")
        )))
    }

    /// Adds nftables rules to a chain of its own at a hook, such as `input priority 0`.
    pub(super) fn filter(&self, hook: &str, rules: &[&str]) -> Result<(), Hindrance> {
        let name = hook.split(' ').next().unwrap_or(hook);
        let head = format!(
            "add table inet prove; add chain inet prove {name} {{ type filter hook {hook}; }}"
        );
        let rules = rules
            .iter()
            .map(|rule| format!("; add rule inet prove {name} {rule}"));
        let all = rules.fold(head, |all, rule| all + &rule);
        self.run("nft", &[&all]).map(drop)
    }

    /// Takes all rules away.
    pub(super) fn no_filter(&self) -> Result<(), Hindrance> {
        self.run("nft", &["delete table inet prove"]).map(drop)
    }

    /// Sets a sysctl of this namespace.
    pub(super) fn set(&self, key: &str, value: &str) -> Result<(), Hindrance> {
        let path = sysctl::path_of(key);
        self.inside(|| match fs::write(&path, value) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Hindrance(format!(
                "{key} is not a value of a network namespace on this kernel; --allow-host changes \
                 it on the host for the run"
            ))),
            other => other.hindered(&format!("{key} = {value}")),
        })
    }

    fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.netns.as_raw_fd())
    }
}

impl Pair {
    /// The server's address.
    pub(super) const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));
    /// The clients' address.
    pub(super) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 2));

    /// Two fresh namespaces, connected.
    pub(super) fn new() -> Result<Self, Hindrance> {
        let pair = Self {
            server: Space::new()?,
            client: Space::new()?,
        };
        let there = pair.client.path();
        let cable = [
            "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns",
        ];
        pair.server.run("ip", &[&cable[..], &[&there]].concat())?;
        for (space, address) in [(&pair.server, Self::SERVER), (&pair.client, Self::CLIENT)] {
            space.run(
                "ip",
                &["address", "add", &format!("{address}/24"), "dev", "wire"],
            )?;
            space.run("ip", &["link", "set", "wire", "up"])?;
        }
        Ok(pair)
    }
}

/// The namespace of a process that says when it is in it, and that is gone afterwards.
fn fresh_namespace() -> io::Result<OwnedFd> {
    let mut process = Command::new("unshare")
        .args(["--net", "--", "sh", "-c", "echo in; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    if let Some(output) = process.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    let netns = File::open(format!("/proc/{}/ns/net", process.id()));
    process.kill()?;
    let output = process.wait_with_output()?;
    if line.trim() != "in" {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(said.trim().to_owned()));
    }
    netns.map(OwnedFd::from)
}
