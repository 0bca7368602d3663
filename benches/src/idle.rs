//! What an idle connection costs a server in memory. Each connection has been answered once, so
//! whatever a server keeps between two requests is there; each is asked again afterwards, so that
//! a server that hung up early cannot look small.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::client;
use crate::failure::Failure;
use crate::server::Server;

/// How long a server has to give back what it held for the answers.
const SETTLE: Duration = Duration::from_millis(1500);

/// Memory beyond the start, for so many idle connections.
#[derive(Debug, Clone, Copy)]
pub struct IdleSample {
    /// How many connections were held.
    pub connections: u32,
    /// Resident bytes before the first connection.
    pub rss_start: u64,
    /// Resident bytes with all connections idle.
    pub rss_idle: u64,
    /// The same, of pages that are the server's alone.
    pub private_start: u64,
    /// The same, of pages that are the server's alone.
    pub private_idle: u64,
}

impl IdleSample {
    /// Opens, uses and holds `connections`, and reads the server's memory before and after.
    pub fn take(
        server: &Server,
        path: &str,
        body: &[u8],
        connections: u32,
    ) -> Result<Self, Failure> {
        // One answer first: what a server sets up once is not the connections'.
        server.expect(path, body)?;
        thread::sleep(SETTLE);
        let start = server.memory()?;
        let mut held = (0..connections)
            .map(|_| client::connect(server.address()))
            .collect::<Result<Vec<TcpStream>, _>>()
            .map_err(Failure::io(format!(
                "{} refuses connections",
                server.name()
            )))?;
        ask_all(server, &mut held, path)?;
        thread::sleep(SETTLE);
        let idle = server.memory()?;
        ask_all(server, &mut held, path)?;
        Ok(Self {
            connections,
            rss_start: start.rss,
            rss_idle: idle.rss,
            private_start: start.private,
            private_idle: idle.private,
        })
    }

    /// Resident bytes beyond the start, per connection.
    pub fn rss_each(&self) -> f64 {
        (self.rss_idle as f64 - self.rss_start as f64) / f64::from(self.connections)
    }

    /// Private bytes beyond the start, per connection.
    pub fn private_each(&self) -> f64 {
        (self.private_idle as f64 - self.private_start as f64) / f64::from(self.connections)
    }

    /// The names of the columns of `row`.
    pub const COLUMNS: &str =
        "connections,rss_start_bytes,rss_idle_bytes,private_start_bytes,private_idle_bytes";

    /// The sample as a part of a CSV line.
    pub fn row(&self) -> String {
        format!(
            "{},{},{},{},{}",
            self.connections, self.rss_start, self.rss_idle, self.private_start, self.private_idle
        )
    }
}

fn ask_all(server: &Server, held: &mut [TcpStream], path: &str) -> Result<(), Failure> {
    for stream in held {
        let answer = client::exchange(stream, path);
        let status = answer
            .map_err(Failure::io(format!(
                "{} lost a held connection",
                server.name()
            )))?
            .status;
        if status != 200 {
            return Err(Failure::WrongAnswer {
                server: server.name().to_owned(),
                path: path.to_owned(),
                found: status.to_string(),
                expected: "200 on each held connection".to_owned(),
            });
        }
    }
    Ok(())
}
