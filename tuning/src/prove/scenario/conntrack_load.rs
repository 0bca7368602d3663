//! `conntrack-load`: a server under load, its connections tracked or not.
//!
//! `ringload` and the server share the host, so the rate is a lower bound; the CPU time of the
//! server for each request is what tracking costs it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::Value;

use super::stage::{Stage, counted};
use super::stepped_load::{quantile, ringload};
use crate::prove::hindrance::Hindrance;
use crate::prove::proof::Round;
use crate::prove::server::Server;

const AT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7001);

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    space.filter(
        "input priority 0",
        &["ct state new,established,untracked accept"],
    )?;
    if stage.side.is_with() {
        for hook in ["prerouting priority raw", "output priority raw"] {
            space.filter(hook, &["tcp dport 7001 notrack", "tcp sport 7001 notrack"])?;
        }
    }
    let _server = Server::start(stage.programs, &space, AT, None)?;
    counted(&space, || {
        let document = ringload(stage, &space, &["-c", "64"], AT)?;
        let run = &document["runs"][0];
        let good = run["totals"]["good"].as_f64().filter(|good| *good > 0.0);
        let (Some(good), Some(cpu_ns), Some(p99_ns)) = (good, cpu_ns(run), quantile(run, 0.99))
        else {
            return Err(Hindrance(
                "ringload does not show the server's CPU time".into(),
            ));
        };
        let rate = run["rate"]["achieved"].as_f64().unwrap_or(0.0);
        Ok(Round::default()
            .with("server CPU per request, us", cpu_ns / good / 1e3)
            .with("requests per second", rate)
            .with("P99, us", p99_ns / 1e3))
    })
}

/// CPU time of the processes that answered.
fn cpu_ns(run: &Value) -> Option<f64> {
    let servers = run["truth"]["servers"].as_array()?;
    servers.iter().map(|server| server["cpu_ns"].as_f64()).sum()
}
