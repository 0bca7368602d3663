//! What one client may use up, with small values: cut on time, while others notice nothing.

mod bodies;
mod connections;
mod counts;
mod heads;
mod pipelining;
mod stalls;
mod times;

use crate::harness::{Driver, Server, Site};

/// A server with these keys in `[limits]`.
fn limited(driver: Driver, site: &Site, limits: &str) -> Server {
    Server::run(
        driver,
        site,
        &format!("limits = {{ {limits} }}\n[[route]]\nfiles = \"public\"\n"),
    )
}
