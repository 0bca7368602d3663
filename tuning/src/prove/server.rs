//! The server that a scenario loads: started in a namespace, on a small page, killed at the end.
//!
//! Its page is on a file system of its own that is gone with it.

use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::hindrance::{Hindered, Hindrance};
use super::scenario::Programs;
use super::space::Space;

/// Where the page is, for the server only.
const ROOT: &str = "/mnt";

/// Covers [`ROOT`], writes the page and becomes the server.
const SCRIPT: &str =
    "mount -t tmpfs none /mnt && echo 'a small page' >/mnt/index.html && exec \"$@\"";

/// How long a server may take to listen.
const STARTING: Duration = Duration::from_secs(10);

/// A server that is killed when this goes.
#[derive(Debug)]
pub(super) struct Server(Child);

impl Server {
    /// Starts it and waits until it listens; `descriptors_max` is its limit, soft and hard.
    pub(super) fn start(
        programs: &Programs,
        space: &Space,
        at: SocketAddr,
        descriptors_max: Option<u32>,
    ) -> Result<Self, Hindrance> {
        let Some(words) = &programs.server else {
            return Err(Hindrance(
                "ringmain was not found beside ringtune or on PATH; --server names a server, such \
                 as 'ringmain serve {root} --listen {listen}'"
                    .into(),
            ));
        };
        let listen = at.to_string();
        let fill = |word: &String| word.replace("{listen}", &listen).replace("{root}", ROOT);
        let mut command = match descriptors_max {
            Some(limit) => {
                let mut command = space.command("prlimit");
                command
                    .arg(format!("--nofile={limit}:{limit}"))
                    .arg("unshare");
                command
            }
            None => space.command("unshare"),
        };
        let child = command
            .args(["--mount", "--", "sh", "-c", SCRIPT, "sh"])
            .args(words.iter().map(fill))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .hindered("the server")?;
        let mut server = Self(child);
        server.wait_until_it_listens(space, at, &words[0])?;
        Ok(server)
    }

    fn wait_until_it_listens(
        &mut self,
        space: &Space,
        at: SocketAddr,
        name: &str,
    ) -> Result<(), Hindrance> {
        let deadline = Instant::now() + STARTING;
        let answers = || space.inside(|| Ok(std::net::TcpStream::connect(at).is_ok()));
        while !answers()? {
            if let Some(status) = self.0.try_wait().hindered(name)? {
                return Err(Hindrance(format!(
                    "{name} ended before it listened: {status}"
                )));
            }
            if Instant::now() >= deadline {
                return Err(Hindrance(format!(
                    "{name} did not listen on {at} within 10 s"
                )));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
