//! nginx, where it is installed, with limits that a test can wait for.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process};

use super::{await_listener, free_address};

const PROGRAM: &str = "/usr/sbin/nginx";

/// A running nginx; ends with its owner.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Nginx {
    /// `None` where there is none.
    pub(crate) fn start(folder: &Path) -> Option<Nginx> {
        if !Path::new(PROGRAM).exists() {
            return None;
        }
        let address = free_address();
        let root = folder.display();
        let config = format!(
            "daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n\
             \x20 access_log off; default_type text/plain; sendfile on;\n\
             \x20 client_header_timeout 700ms; client_body_timeout 700ms; send_timeout 700ms;\n\
             \x20 server {{ listen {address}; root {root}; }}\n\
             }}\n"
        );
        fs::write(folder.join("nginx.conf"), config).expect("a file");
        fs::write(folder.join("large"), vec![b'x'; 1024 * 1024]).expect("a file");
        // Its worker has a user of its own.
        open_to_all(folder);
        let child = Command::new(PROGRAM)
            .arg("-p")
            .arg(folder)
            .arg("-e")
            .arg(folder.join("error"))
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .spawn()
            .expect("nginx starts");
        let nginx = Nginx { child, address };
        await_listener(address);
        Some(nginx)
    }
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder, open).expect("our own folder");
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}
