//! ringload's held connections, with far more of them than either process may have open files: both
//! run under `ulimit -n` of [`OPEN_FILES_MAX`], and spread over as many rings as that asks for.
//!
//! No sample is left out of the figures: a lost connection is what is looked for here.

use std::collections::BTreeMap;
use std::path::Path;

use benches::arena::{Arena, Io, Ringmain};
use benches::failure::Failure;
use benches::finished::Finished;
use benches::program;
use benches::results::{cell, table_head, table_row};
use benches::server::Server;
use benches::site::SiteFile;
use benches::statistics::Spread;
use serde::Deserialize;

/// `ulimit -n` of the generator and of the server.
pub(crate) const OPEN_FILES_MAX: u64 = 20_000;
/// Connections for which ringmain gets a shard. The kernel spreads them by hash and not evenly, so
/// this stays well under [`OPEN_FILES_MAX`].
const CONNECTIONS_PER_SHARD: u32 = 15_000;

/// What one hold was.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HoldSample {
    report: Report,
    /// The most that the generator had resident, in bytes.
    pub(crate) rss_peak: u64,
}

/// ringload's report, as far as it is needed here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Report {
    wanted: u32,
    established: u32,
    alive_at_end: u32,
    rings: u32,
    opening_s: f64,
    failed: BTreeMap<String, u64>,
    generator: Side,
    server: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Side {
    bytes_per_connection: Option<f64>,
}

/// Starts a fresh ringmain with shards enough for `connections`.
pub(crate) fn start(arena: &Arena, connections: u32) -> Result<Server, Failure> {
    let how = Ringmain {
        io: Io::Uring,
        shards: connections.div_ceil(CONNECTIONS_PER_SHARD),
        open_files_max: Some(OPEN_FILES_MAX),
    };
    arena.start_ringmain("ringmain", how)
}

impl HoldSample {
    /// Opens `connections` to `server` from CPU `cpu`, holds them for `seconds`, asks on each at the
    /// beginning and at the end.
    pub(crate) fn take(
        ringload: &Path,
        server: &Server,
        cpu: usize,
        connections: u32,
        seconds: u32,
    ) -> Result<Self, Failure> {
        let mut command = program::limited(cpu, OPEN_FILES_MAX, ringload);
        command.args(["hold", "-q", "--json", "-"]);
        command.args(["-c", &connections.to_string()]);
        command.args(["--hold", &format!("{seconds}s")]);
        command.arg(format!(
            "http://{}{}",
            server.address(),
            SiteFile::Kib1.path()
        ));
        let finished = Finished::of("ringload hold", command)?;
        match parse(&finished.output) {
            Some(report) => Ok(Self {
                report,
                rss_peak: finished.rss_peak,
            }),
            None => Err(finished.unparsed("ringload hold")),
        }
    }

    /// How long opening took, with a request on each connection.
    pub(crate) fn opening_s(&self) -> f64 {
        self.report.opening_s
    }

    /// Connections that did not answer their last request, if they ever stood.
    pub(crate) fn lost(&self) -> u32 {
        self.report.wanted.saturating_sub(self.report.alive_at_end)
    }

    /// The names of the columns of `row`.
    pub(crate) const COLUMNS: &str = "round,wanted,established,alive_at_end,rings,opening_s,\
        client_rss_peak_bytes,client_bytes_each,server_bytes_each,failed";

    /// The sample as a CSV line. Nothing in it holds a comma.
    pub(crate) fn row(&self, round: usize) -> String {
        let report = &self.report;
        let failed = report.failed.iter();
        let failed: Vec<String> = failed.map(|(kind, n)| format!("{kind} {n}")).collect();
        let each = |side: Side| {
            let bytes = side.bytes_per_connection;
            bytes.map_or(String::new(), |bytes| format!("{bytes:.1}"))
        };
        format!(
            "{round},{},{},{},{},{:.3},{},{},{},{}",
            report.wanted,
            report.established,
            report.alive_at_end,
            report.rings,
            report.opening_s,
            self.rss_peak,
            each(report.generator),
            each(report.server),
            failed.join("; "),
        )
    }
}

/// Medians and spreads of all samples, as a Markdown table.
pub(crate) fn table(samples: &[HoldSample]) -> String {
    let figure = |figure: fn(&HoldSample) -> f64| Spread::of(samples.iter().map(figure));
    let each = |side: fn(&Report) -> Side| {
        let each = samples.iter().map(|sample| side(&sample.report));
        Spread::of(each.filter_map(|side| side.bytes_per_connection))
    };
    let rows = [
        (
            "connections wanted",
            figure(|sample| f64::from(sample.report.wanted)),
            0,
        ),
        (
            "stood",
            figure(|sample| f64::from(sample.report.established)),
            0,
        ),
        (
            "alive at the end",
            figure(|sample| f64::from(sample.report.alive_at_end)),
            0,
        ),
        (
            "rings of the generator",
            figure(|sample| f64::from(sample.report.rings)),
            0,
        ),
        ("opening, s", figure(HoldSample::opening_s), 2),
        ("peak RSS of the generator, MB", figure(peak_mb), 1),
        (
            "bytes per connection, generator",
            each(|report| report.generator),
            0,
        ),
        (
            "bytes per connection, server",
            each(|report| report.server),
            0,
        ),
    ];
    let mut table = table_head(&["figure", "found"]);
    for (name, found, digits) in rows {
        table += &table_row(&[name.to_owned(), cell(found, digits)]);
    }
    table
}

/// For the tables; 1 MB is a million bytes.
pub(crate) fn peak_mb(sample: &HoldSample) -> f64 {
    sample.rss_peak as f64 / 1e6
}

/// `None` when the text is not the report of a finished hold.
fn parse(text: &str) -> Option<Report> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const HOLD: &str = r#"{"target":"http://127.0.0.1:1","wanted":100000,"established":100000,
        "alive_at_end":99998,"rings":6,"opening_s":7.5,"held_s":12.0,"failed":{"reset":2},
        "rounds":[],"generator":{"bytes":46571520,"bytes_per_connection":358.15},
        "server":{"bytes":null,"bytes_per_connection":null},"sockets":null}"#;

    pub(crate) fn sample() -> HoldSample {
        HoldSample {
            report: parse(HOLD).expect("it is a report"),
            rss_peak: 48_000_000,
        }
    }

    #[test]
    fn a_row_has_a_value_for_each_column_and_nothing_for_what_was_not_seen() {
        let row = sample().row(0);
        assert_eq!(row, "0,100000,100000,99998,6,7.500,48000000,358.1,,reset 2");
        let columns = HoldSample::COLUMNS.split(',').count();
        assert_eq!(row.split(',').count(), columns);
        assert_eq!(sample().lost(), 2);
    }

    #[test]
    fn what_was_not_seen_is_a_dash() {
        let table = table(&[sample()]);
        assert!(
            table.contains("| bytes per connection, server | – |"),
            "{table}"
        );
        assert!(
            table.contains("| peak RSS of the generator, MB | 48.0 (48.0–48.0) |"),
            "{table}"
        );
    }

    #[test]
    fn an_unfinished_report_is_none() {
        assert_eq!(parse(""), None);
        assert_eq!(parse(&HOLD[..HOLD.len() - 1]), None);
    }
}
