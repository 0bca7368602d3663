//! Every key of the config file, once: its default, what it takes and what it may cost.
//!
//! The reader takes defaults and bounds from here, `docs/config.md` is tested against it and the
//! suggestions for misspelled keys come from it. It holds data only and reads nothing.

use std::fmt;

use super::units::{BYTES, GIB, KIB, MIB, RATE, TIME};

/// One key of the config file.
#[derive(Debug)]
pub struct Key {
    /// The key as written.
    pub name: &'static str,
    /// The default as TOML, or empty where there is none.
    pub default: &'static str,
    /// What may be written.
    pub takes: Takes,
}

/// What a key takes; its `Display` is the wording of both the reference and the error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A size in bytes, with a unit.
    Bytes {
        /// Smallest size in bytes.
        min: u64,
        /// Largest size in bytes.
        max: u64,
    },
    /// A time with a unit, bounds in milliseconds.
    Time {
        /// Shortest time in milliseconds.
        min: u64,
        /// Longest time in milliseconds.
        max: u64,
    },
    /// A rate with a unit, bounds in bytes per second.
    Rate {
        /// Lowest rate in bytes per second.
        min: u64,
        /// Highest rate in bytes per second.
        max: u64,
    },
    /// A whole number.
    Count {
        /// Smallest number.
        min: u64,
        /// Largest number.
        max: u64,
    },
    /// A whole number or `"auto"`.
    CountOrAuto {
        /// Smallest number.
        min: u64,
        /// Largest number.
        max: u64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of these words, each at most once.
    SomeOf(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// Anything else, described here.
    Other(&'static str),
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { min, max } => {
                write!(
                    f,
                    "a size from {} to {}",
                    BYTES.format(*min),
                    BYTES.format(*max)
                )
            }
            Self::Time { min, max } => {
                write!(
                    f,
                    "a time from {} to {}",
                    TIME.format(*min),
                    TIME.format(*max)
                )
            }
            Self::Rate { min, max } => {
                write!(
                    f,
                    "a rate from {} to {}",
                    RATE.format(*min),
                    RATE.format(*max)
                )
            }
            Self::Count { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::CountOrAuto { min, max } => {
                write!(f, "\"auto\" or a whole number from {min} to {max}")
            }
            Self::OneOf(words) => write!(f, "one of {}", quoted(words)),
            Self::SomeOf(words) => write!(f, "a list of {}", quoted(words)),
            Self::Flag => f.write_str("true or false"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// A table of the config file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The keys before any table.
    Top,
    /// `[limits]`.
    Limits,
    /// `[cache]`.
    Cache,
    /// `[[route]]`.
    Route,
    /// `reply = { .. }` of a route.
    Reply,
    /// One entry of `cache_control = [{ .. }]`.
    CacheControl,
}

impl Section {
    /// Every section, in the order of the reference.
    pub const ALL: [Self; 6] = [
        Self::Top,
        Self::Limits,
        Self::Cache,
        Self::Route,
        Self::Reply,
        Self::CacheControl,
    ];

    /// The heading of the section as it is written in a config file.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Top => "the top of the file",
            Self::Limits => "[limits]",
            Self::Cache => "[cache]",
            Self::Route => "[[route]]",
            Self::Reply => "reply",
            Self::CacheControl => "cache_control",
        }
    }

    /// Where a key of the section stands, in the middle of a sentence.
    pub(super) fn whereabouts(self) -> String {
        match self {
            Self::Top => "at the top of the file".to_owned(),
            Self::Limits | Self::Cache | Self::Route | Self::Reply | Self::CacheControl => {
                format!("in {}", self.heading())
            }
        }
    }

    /// The keys of the section, in the order of the reference.
    pub fn keys(self) -> &'static [Key] {
        match self {
            Self::Top => &TOP,
            Self::Limits => &LIMITS,
            Self::Cache => &CACHE,
            Self::Route => &ROUTE,
            Self::Reply => &REPLY,
            Self::CacheControl => &CACHE_CONTROL,
        }
    }

    /// The key of that name.
    pub fn key(self, name: &str) -> Option<&'static Key> {
        self.keys().iter().find(|key| key.name == name)
    }
}

/// Where a route's content may come from in another coding.
pub(crate) const PRECOMPRESSED: &[&str] = &["br", "zstd", "gzip"];
/// How symbolic links are treated.
pub(crate) const SYMLINKS: &[&str] = &["inside", "never", "follow"];
/// The drivers.
pub(crate) const IO: &[&str] = &["auto", "uring", "epoll"];

const HOUR: u64 = 3_600_000;

const TOP: [Key; 7] = [
    key(
        "listen",
        "[\"127.0.0.1:8080\"]",
        Takes::Other("a list of addresses"),
    ),
    key(
        "shards",
        "\"auto\"",
        Takes::CountOrAuto { min: 1, max: 1024 },
    ),
    key("io", "\"auto\"", Takes::OneOf(IO)),
    key(
        "log",
        "\"off\"",
        Takes::Other("\"off\", \"stdout\" or the path of a file"),
    ),
    key("limits", "", Takes::Other("the table [limits]")),
    key("cache", "", Takes::Other("the table [cache]")),
    key("route", "", Takes::Other("tables [[route]]")),
];

const LIMITS: [Key; 17] = [
    key(
        "header_bytes",
        "\"16KiB\"",
        Takes::Bytes { min: KIB, max: MIB },
    ),
    key("header_fields", "100", Takes::Count { min: 1, max: 256 }),
    key(
        "request_line_bytes",
        "\"8KiB\"",
        Takes::Bytes { min: 256, max: MIB },
    ),
    key("uri_bytes", "\"8KiB\"", Takes::Bytes { min: 128, max: MIB }),
    key(
        "header_time",
        "\"10s\"",
        Takes::Time {
            min: 100,
            max: HOUR,
        },
    ),
    key(
        "idle_time",
        "\"65s\"",
        Takes::Time {
            min: 100,
            max: 24 * HOUR,
        },
    ),
    key(
        "requests_per_connection",
        "1000",
        Takes::Count {
            min: 0,
            max: u32::MAX as u64,
        },
    ),
    key(
        "body_bytes",
        "\"10MiB\"",
        Takes::Bytes {
            min: 0,
            max: 1024 * GIB,
        },
    ),
    key("body_rate", "\"500B/s\"", Takes::Rate { min: 1, max: GIB }),
    key(
        "write_stall",
        "\"10s\"",
        Takes::Time {
            min: 100,
            max: HOUR,
        },
    ),
    key("drain_accept", "\"5s\"", Takes::Time { min: 0, max: HOUR }),
    key("drain_finish", "\"30s\"", Takes::Time { min: 0, max: HOUR }),
    key("drain_cut", "\"5s\"", Takes::Time { min: 0, max: HOUR }),
    key(
        "connections_per_shard",
        "\"auto\"",
        Takes::CountOrAuto {
            min: 1,
            max: 1 << 20,
        },
    ),
    key("range_parts", "16", Takes::Count { min: 1, max: 64 }),
    key(
        "connection_bytes",
        "\"256KiB\"",
        Takes::Bytes {
            min: 16 * KIB,
            max: 64 * MIB,
        },
    ),
    key(
        "listen_backlog",
        "65535",
        Takes::Count {
            min: 1,
            max: 1 << 20,
        },
    ),
];

const CACHE: [Key; 4] = [
    key(
        "bytes",
        "\"64MiB\"",
        Takes::Bytes {
            min: 0,
            max: 1024 * GIB,
        },
    ),
    key("file_bytes", "\"32KiB\"", Takes::Bytes { min: 0, max: MIB }),
    key(
        "revalidate",
        "\"1s\"",
        Takes::Time {
            min: 100,
            max: 1000,
        },
    ),
    key(
        "open_files",
        "\"auto\"",
        Takes::CountOrAuto {
            min: 0,
            max: 65_536,
        },
    ),
];

const ROUTE: [Key; 13] = [
    key(
        "path",
        "\"/\"",
        Takes::Other("a path that starts with \"/\""),
    ),
    key("host", "", Takes::Other("a host name without port")),
    key("files", "", Takes::Other("the path of a folder")),
    key("reply", "", Takes::Other("a table { status, type, body }")),
    key(
        "index",
        "[\"index.html\"]",
        Takes::Other("a list of file names"),
    ),
    key("listing", "false", Takes::Flag),
    key(
        "spa",
        "",
        Takes::Other("the path of a file inside the folder"),
    ),
    key(
        "precompressed",
        "[\"br\", \"zstd\", \"gzip\"]",
        Takes::SomeOf(PRECOMPRESSED),
    ),
    key("symlinks", "\"inside\"", Takes::OneOf(SYMLINKS)),
    key("dotfiles", "false", Takes::Flag),
    key(
        "cache_control",
        "[]",
        Takes::Other("a list of { match, value }"),
    ),
    key(
        "error_pages",
        "{}",
        Takes::Other("a table of status = file inside the folder"),
    ),
    key("headers", "{}", Takes::Other("a table of name = value")),
];

const REPLY: [Key; 3] = [
    key("status", "200", Takes::Count { min: 200, max: 599 }),
    key(
        "type",
        "\"text/plain; charset=utf-8\"",
        Takes::Other("a media type"),
    ),
    key("body", "\"\"", Takes::Other("a text")),
];

const CACHE_CONTROL: [Key; 2] = [
    key(
        "match",
        "",
        Takes::Other("a pattern such as \"*.css\" or \"assets/**\""),
    ),
    key("value", "", Takes::Other("a Cache-Control value")),
];

const fn key(name: &'static str, default: &'static str, takes: Takes) -> Key {
    Key {
        name,
        default,
        takes,
    }
}

fn quoted(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    quoted.join(", ")
}
