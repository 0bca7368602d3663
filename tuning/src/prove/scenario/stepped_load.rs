//! `stepped-load`: the documents' table beside a load that was measured.
//!
//! Little's law: connections = rate x mean time. A closed loop without pauses has no freedom
//! there, so "connections / rate" is the mean time, and a mean above its own P99 is impossible.
//! Before is the table as written, after is `ringload steps` at the same numbers of connections.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::Value;

use super::stage::{Stage, counted};
use crate::prove::hindrance::Hindrance;
use crate::prove::proof::Round;
use crate::prove::server::Server;
use crate::prove::space::Space;

/// Connections, requests per second, P99 in milliseconds, as the documents have them.
const TABLE: [(f64, f64, f64); 3] = [
    (100.0, 950.0, 85.0),
    (500.0, 4200.0, 130.0),
    (1000.0, 6800.0, 210.0),
];

const AT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7001);

/// The figures of each row.
const NAMES: [[&str; 2]; 3] = [
    [
        "mean by Little's law / P99, 100 connections",
        "requests per second, 100 connections",
    ],
    [
        "mean by Little's law / P99, 500 connections",
        "requests per second, 500 connections",
    ],
    [
        "mean by Little's law / P99, 1000 connections",
        "requests per second, 1000 connections",
    ],
];

pub(super) fn run(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let rows = if stage.side.is_with() {
        return measured(stage);
    } else {
        TABLE
    };
    Ok(rows
        .iter()
        .zip(NAMES)
        .fold(Round::default(), |round, (row, names)| {
            let (connections, rate, p99_ms) = *row;
            round
                .with(names[0], connections / rate * 1e3 / p99_ms)
                .with(names[1], rate)
        }))
}

fn measured(stage: &Stage<'_>) -> Result<Round, Hindrance> {
    let space = stage.space()?;
    let _server = Server::start(stage.programs, &space, AT, None)?;
    counted(&space, || {
        let document = ringload(stage, &space, &["steps", "100,500,1000"], AT)?;
        let mut round = Round::default();
        for (position, ((connections, ..), names)) in TABLE.iter().zip(NAMES).enumerate() {
            let run = &document["runs"][position];
            let rate = run["rate"]["achieved"].as_f64().filter(|rate| *rate > 0.0);
            let (Some(rate), Some(p99_ns)) = (rate, quantile(run, 0.99)) else {
                return Err(Hindrance(format!(
                    "ringload shows no P99 at {connections} connections"
                )));
            };
            round = round
                .with(names[0], connections / rate * 1e9 / p99_ns)
                .with(names[1], rate);
        }
        Ok(round)
    })
}

/// Loads a server for a second and returns the document of `--json`.
pub(super) fn ringload(
    stage: &Stage<'_>,
    space: &Space,
    load: &[&str],
    at: SocketAddr,
) -> Result<Value, Hindrance> {
    let Some(ringload) = &stage.programs.ringload else {
        return Err(Hindrance(
            "ringload was not found beside ringtune or on PATH; --ringload names it".into(),
        ));
    };
    let url = format!("http://{at}/");
    let usual = ["-d", "1s", "--warmup", "300ms", "-q", "--json", "-"];
    let all = [load, &[&url], &usual].concat();
    let text = space.run(&ringload.display().to_string(), &all)?;
    serde_json::from_str(&text).map_err(|error| Hindrance(format!("ringload's JSON: {error}")))
}

/// A quantile of the latency, in nanoseconds.
pub(super) fn quantile(run: &Value, wanted: f64) -> Option<f64> {
    let quantiles = run["latency"]["quantiles"].as_array()?;
    quantiles.iter().find(|quantile| quantile["q"] == wanted)?["value_ns"].as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_of_the_table_cannot_be() {
        let over: Vec<f64> = TABLE
            .iter()
            .map(|(connections, rate, p99)| connections / rate * 1e3 / p99)
            .collect();
        assert!(over[0] > 1.0, "{over:?}");
        assert!(over[1] < 1.0 && over[2] < 1.0, "{over:?}");
    }
}
