//! What the runtimes' small servers have in common around their loop: the flag that says where to
//! listen, and the line that tells the driver where to connect. It knows no runtime and opens no
//! socket: each runtime binds as it binds.

use std::net::SocketAddr;

/// The flag that every opponent takes.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Listen {
    /// Where to listen; port 0 lets the kernel choose.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
}

/// Says on stderr that connections are welcome at `address`, in ringmain's own words.
pub fn announce(address: SocketAddr) {
    eprintln!("opponent: listening on http://{address}");
}
