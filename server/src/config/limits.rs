//! Every bound of the server and the sizes of its cache, with their arithmetic.
//!
//! Defaults and ranges live in `schema`; here they become numbers with a unit. Bounds that
//! contradict each other are refused, because the smaller one would silently win.

use std::num::NonZeroU32;
use std::time::Duration;

use super::document::{Report, Source, TableReader};
use super::schema::Section;
use super::units::BYTES;

/// Descriptors that are never given to connections: rings, listeners, logs, folders, spare.
pub const DESCRIPTORS_RESERVED: u64 = 64;
/// Open files per shard where `open_files` is `"auto"` and the descriptor limit allows it.
pub const OPEN_FILES_AUTO: u32 = 256;
/// Connections per shard where `connections_per_shard` is `"auto"`, at most: 2^20 slots.
pub const CONNECTIONS_AUTO_MAX: u32 = 1 << 20;

/// What a client may use up. Every field is named with its unit last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request head, its request line included.
    pub header_bytes_max: usize,
    /// Fields of a request head.
    pub header_fields_max: usize,
    /// Bytes of a request line.
    pub request_line_bytes_max: usize,
    /// Bytes of a request target.
    pub uri_bytes_max: usize,
    /// From the first byte of a head (or from the accept) to its last.
    pub header_time_max: Duration,
    /// Silence between two requests of a connection.
    pub idle_time_max: Duration,
    /// Requests of one connection; `None` is unlimited.
    pub requests_per_connection_max: Option<NonZeroU32>,
    /// Bytes of a request body.
    pub body_bytes_max: u64,
    /// Slowest body in bytes per second.
    pub body_bytes_per_second_min: u64,
    /// How long a peer may take no byte of a response.
    pub write_stall_time_max: Duration,
    /// Drain: how long the listeners may still hand over their backlog.
    pub drain_accept_time_max: Duration,
    /// Drain: how long open requests may take to finish.
    pub drain_finish_time_max: Duration,
    /// Drain: how long the rest may take to be cut.
    pub drain_cut_time_max: Duration,
    /// Connections of one shard.
    pub connections_per_shard_max: Ceiling,
    /// Parts of one multipart range response.
    pub range_parts_max: usize,
    /// User memory of one connection with a request in flight.
    pub connection_bytes_max: usize,
    /// Asked of listen(2); `net.core.somaxconn` caps it.
    pub listen_backlog_connections_max: u32,
}

/// What the server may keep to answer faster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// Bytes of all shards together.
    pub bytes_max: u64,
    /// Largest file that is held in memory.
    pub file_bytes_max: u64,
    /// A change of a file is seen within this time.
    pub revalidate_time_max: Duration,
    /// Descriptors of larger files kept open by one shard.
    pub open_files_per_shard_max: Ceiling,
}

/// A bound that may be left to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceiling {
    /// Derived from what the host allows.
    Auto,
    /// Exactly this.
    Exactly(u32),
}

impl Default for Limits {
    fn default() -> Self {
        let report = Report::new(Source {
            file: "".as_ref(),
            text: "",
        });
        read_limits(&TableReader::absent(Section::Limits, &report))
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        let report = Report::new(Source {
            file: "".as_ref(),
            text: "",
        });
        read_cache(&TableReader::absent(Section::Cache, &report))
    }
}

impl Limits {
    /// Slots of one shard's connection table under a descriptor limit (`RLIMIT_NOFILE`).
    ///
    /// One ring's file table holds at most that many slots, and with plain descriptors all
    /// shards share them: `descriptors` is what one shard may count on.
    pub fn connections_per_shard(&self, descriptors: u64) -> u32 {
        match self.connections_per_shard_max {
            Ceiling::Exactly(count) => count,
            Ceiling::Auto => {
                let free = descriptors.saturating_sub(DESCRIPTORS_RESERVED).max(1);
                u32::try_from(free)
                    .unwrap_or(u32::MAX)
                    .min(CONNECTIONS_AUTO_MAX)
            }
        }
    }
}

impl CacheConfig {
    /// Open files of one shard, so that all shards together keep to a quarter of a small
    /// descriptor limit (`RLIMIT_NOFILE`).
    pub fn open_files_per_shard(&self, descriptors: u64, shards: u16) -> u32 {
        match self.open_files_per_shard_max {
            Ceiling::Exactly(count) => count,
            Ceiling::Auto => {
                let share = descriptors / 4 / u64::from(shards.max(1));
                u32::try_from(share)
                    .unwrap_or(u32::MAX)
                    .min(OPEN_FILES_AUTO)
            }
        }
    }

    /// The part of the cache that one of `shards` shards may fill.
    pub fn bytes_per_shard_max(&self, shards: u16) -> u64 {
        self.bytes_max / u64::from(shards.max(1))
    }
}

/// Reads `[limits]`.
pub(super) fn read_limits(table: &TableReader<'_>) -> Limits {
    let limits = Limits {
        header_bytes_max: table.bytes_in_memory("header_bytes"),
        header_fields_max: table.count_in_memory("header_fields"),
        request_line_bytes_max: table.bytes_in_memory("request_line_bytes"),
        uri_bytes_max: table.bytes_in_memory("uri_bytes"),
        header_time_max: table.time("header_time"),
        idle_time_max: table.time("idle_time"),
        requests_per_connection_max: NonZeroU32::new(table.count("requests_per_connection")),
        body_bytes_max: table.bytes("body_bytes"),
        body_bytes_per_second_min: table.rate("body_rate"),
        write_stall_time_max: table.time("write_stall"),
        drain_accept_time_max: table.time("drain_accept"),
        drain_finish_time_max: table.time("drain_finish"),
        drain_cut_time_max: table.time("drain_cut"),
        connections_per_shard_max: table.ceiling("connections_per_shard"),
        range_parts_max: table.count_in_memory("range_parts"),
        connection_bytes_max: table.bytes_in_memory("connection_bytes"),
        listen_backlog_connections_max: table.count("listen_backlog"),
    };
    refuse_above(
        table,
        ("uri_bytes", limits.uri_bytes_max as u64),
        ("request_line_bytes", limits.request_line_bytes_max as u64),
    );
    refuse_above(
        table,
        ("request_line_bytes", limits.request_line_bytes_max as u64),
        ("header_bytes", limits.header_bytes_max as u64),
    );
    refuse_above(
        table,
        ("header_bytes", limits.header_bytes_max as u64),
        ("connection_bytes", limits.connection_bytes_max as u64),
    );
    limits
}

/// Reads `[cache]`.
pub(super) fn read_cache(table: &TableReader<'_>) -> CacheConfig {
    let cache = CacheConfig {
        bytes_max: table.bytes("bytes"),
        file_bytes_max: table.bytes("file_bytes"),
        revalidate_time_max: table.time("revalidate"),
        open_files_per_shard_max: table.ceiling("open_files"),
    };
    // A cache of 0 bytes is how one turns it off; the size of a file is then without meaning.
    if cache.bytes_max > 0 {
        refuse_above(
            table,
            ("file_bytes", cache.file_bytes_max),
            ("bytes", cache.bytes_max),
        );
    }
    cache
}

fn refuse_above(table: &TableReader<'_>, inner: (&str, u64), outer: (&str, u64)) {
    if inner.1 <= outer.1 {
        return;
    }
    let written = if table.value(inner.0).is_some() {
        inner.0
    } else {
        outer.0
    };
    let what = format!(
        "{} ({}) is above {} ({})",
        table.label_of(inner.0),
        BYTES.format(inner.1),
        table.label_of(outer.0),
        BYTES.format(outer.1),
    );
    let remedy = format!(
        "lower {} or raise {}",
        table.label_of(inner.0),
        table.label_of(outer.0)
    );
    table.report.text(table.place_of(written), what, remedy);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_design() {
        let limits = Limits::default();
        assert_eq!(limits.header_bytes_max, 16 * 1024);
        assert_eq!(limits.header_fields_max, 100);
        assert_eq!(limits.header_time_max, Duration::from_secs(10));
        assert_eq!(limits.idle_time_max, Duration::from_secs(65));
        assert_eq!(limits.requests_per_connection_max, NonZeroU32::new(1000));
        assert_eq!(limits.body_bytes_max, 10 * 1024 * 1024);
        assert_eq!(limits.drain_finish_time_max, Duration::from_secs(30));
        assert_eq!(limits.connection_bytes_max, 256 * 1024);
        assert_eq!(CacheConfig::default().bytes_max, 64 * 1024 * 1024);
    }

    #[test]
    fn the_host_bounds_what_is_left_to_it() {
        let limits = Limits::default();
        assert_eq!(limits.connections_per_shard(20_000), 19_936);
        assert_eq!(limits.connections_per_shard(10), 1);
        assert_eq!(limits.connections_per_shard(u64::MAX), 1 << 20);
        let cache = CacheConfig::default();
        assert_eq!(cache.open_files_per_shard(20_000, 2), 256);
        assert_eq!(cache.open_files_per_shard(256, 2), 32);
    }
}
