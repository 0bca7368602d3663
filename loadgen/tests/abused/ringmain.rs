//! ringmain, where it has been built into the folder that this test was built into.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::{await_listener, free_address};

/// A running ringmain; ends with its owner.
pub(crate) struct Ringmain {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Ringmain {
    /// `None` where it is not built.
    pub(crate) fn start(folder: &Path) -> Option<Ringmain> {
        let program = program()?;
        let address = free_address();
        let site = folder.join("site");
        fs::create_dir(&site).expect("a folder");
        fs::write(site.join("large"), vec![b'x'; 1024 * 1024]).expect("a file");
        let config = folder.join("ringmain.toml");
        let text = format!(
            "listen = [\"{address}\"]\nshards = 1\n\n\
             [limits]\nheader_time = \"700ms\"\nidle_time = \"700ms\"\nwrite_stall = \"700ms\"\n\n\
             [[route]]\nfiles = \"site\"\n"
        );
        fs::write(&config, text).expect("a file");
        let child = Command::new(program)
            .arg("run")
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ringmain starts");
        let ringmain = Ringmain { child, address };
        await_listener(address);
        Some(ringmain)
    }
}

/// `target/debug/deps/abuse-…` is this test; `target/debug/ringmain` would be the server.
fn program() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let program = own.parent()?.parent()?.join("ringmain");
    program.is_file().then_some(program)
}

impl Drop for Ringmain {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}
