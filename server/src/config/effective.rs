//! The config as it takes effect, written so that it can be read again.
//!
//! Every key is there, defaults included, paths absolute. The TOML form is itself a valid config
//! that means the same; the JSON form has the same keys and values.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Config;
use super::choice::Shards;
use super::limits::{CacheConfig, Ceiling, Limits};
use super::route::{FilesConfig, ReplyConfig, Route, RouteAction};
use super::units::{BYTES, RATE, format_time};

/// A config in the words of its file.
#[derive(Debug, Serialize)]
pub struct Effective {
    listen: Vec<String>,
    shards: NumberOrWord,
    io: String,
    log: String,
    limits: LimitWords,
    cache: CacheWords,
    route: Vec<RouteWords>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum NumberOrWord {
    Number(u32),
    Word(&'static str),
}

#[derive(Debug, Serialize)]
struct LimitWords {
    header_bytes: String,
    header_fields: usize,
    request_line_bytes: String,
    uri_bytes: String,
    header_time: String,
    idle_time: String,
    requests_per_connection: u32,
    body_bytes: String,
    body_rate: String,
    write_stall: String,
    drain_accept: String,
    drain_finish: String,
    drain_cut: String,
    connections_per_shard: NumberOrWord,
    range_parts: usize,
    connection_bytes: String,
    listen_backlog: u32,
}

#[derive(Debug, Serialize)]
struct CacheWords {
    bytes: String,
    file_bytes: String,
    revalidate: String,
    open_files: NumberOrWord,
}

#[derive(Debug, Serialize)]
struct RouteWords {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(flatten)]
    action: ActionWords,
    headers: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ActionWords {
    Files(FilesWords),
    Reply { reply: ReplyWords },
}

#[derive(Debug, Serialize)]
struct FilesWords {
    files: String,
    index: Vec<String>,
    listing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    spa: Option<String>,
    precompressed: Vec<&'static str>,
    symlinks: &'static str,
    dotfiles: bool,
    cache_control: Vec<RuleWords>,
    error_pages: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct RuleWords {
    r#match: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct ReplyWords {
    status: u16,
    r#type: String,
    body: String,
}

impl Config {
    /// The config in the words of its file, every default written out.
    pub fn effective(&self) -> Effective {
        Effective {
            listen: self.listen.iter().map(ToString::to_string).collect(),
            shards: match self.shards {
                Shards::Auto => NumberOrWord::Word("auto"),
                Shards::Exactly(count) => NumberOrWord::Number(u32::from(count)),
            },
            io: self.io.to_string(),
            log: self.log.to_string(),
            limits: limit_words(&self.limits),
            cache: cache_words(&self.cache),
            route: self.routes.iter().map(route_words).collect(),
        }
    }
}

impl Effective {
    /// The config as TOML: keys, `[limits]`, `[cache]`, then one `[[route]]` for each route.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let Ok(top) = toml::Table::try_from(self) else {
            return text;
        };
        let mut sections: Vec<(String, &toml::Table)> = Vec::new();
        for (name, value) in &top {
            match value {
                toml::Value::Table(table) => sections.push((format!("[{name}]"), table)),
                toml::Value::Array(items) if name == "route" => {
                    let tables = items.iter().filter_map(toml::Value::as_table);
                    sections.extend(tables.map(|table| (format!("[[{name}]]"), table)));
                }
                toml::Value::String(_)
                | toml::Value::Integer(_)
                | toml::Value::Float(_)
                | toml::Value::Boolean(_)
                | toml::Value::Datetime(_)
                | toml::Value::Array(_) => text.push_str(&format!("{name} = {value}\n")),
            }
        }
        for (heading, table) in sections {
            text.push_str(&format!("\n{heading}\n"));
            for (name, value) in table {
                text.push_str(&format!("{name} = {value}\n"));
            }
        }
        text
    }
}

fn limit_words(limits: &Limits) -> LimitWords {
    let bytes = |count: usize| BYTES.format(count as u64);
    LimitWords {
        header_bytes: bytes(limits.header_bytes_max),
        header_fields: limits.header_fields_max,
        request_line_bytes: bytes(limits.request_line_bytes_max),
        uri_bytes: bytes(limits.uri_bytes_max),
        header_time: format_time(limits.header_time_max),
        idle_time: format_time(limits.idle_time_max),
        requests_per_connection: limits.requests_per_connection_max.map_or(0, u32::from),
        body_bytes: BYTES.format(limits.body_bytes_max),
        body_rate: RATE.format(limits.body_bytes_per_second_min),
        write_stall: format_time(limits.write_stall_time_max),
        drain_accept: format_time(limits.drain_accept_time_max),
        drain_finish: format_time(limits.drain_finish_time_max),
        drain_cut: format_time(limits.drain_cut_time_max),
        connections_per_shard: ceiling_word(limits.connections_per_shard_max),
        range_parts: limits.range_parts_max,
        connection_bytes: bytes(limits.connection_bytes_max),
        listen_backlog: limits.listen_backlog_connections_max,
    }
}

fn cache_words(cache: &CacheConfig) -> CacheWords {
    CacheWords {
        bytes: BYTES.format(cache.bytes_max),
        file_bytes: BYTES.format(cache.file_bytes_max),
        revalidate: format_time(cache.revalidate_time_max),
        open_files: ceiling_word(cache.open_files_per_shard_max),
    }
}

fn ceiling_word(ceiling: Ceiling) -> NumberOrWord {
    match ceiling {
        Ceiling::Auto => NumberOrWord::Word("auto"),
        Ceiling::Exactly(count) => NumberOrWord::Number(count),
    }
}

fn route_words(route: &Route) -> RouteWords {
    let field = |field: &super::route::HeaderField| {
        (
            field.name.as_str().to_owned(),
            field.value.as_str().to_owned(),
        )
    };
    RouteWords {
        path: route.path.to_string(),
        host: route.host.as_ref().map(ToString::to_string),
        action: match &route.action {
            RouteAction::Files(files) => ActionWords::Files(files_words(files)),
            RouteAction::Reply(reply) => ActionWords::Reply {
                reply: reply_words(reply),
            },
        },
        headers: route.headers.iter().map(field).collect(),
    }
}

fn files_words(files: &FilesConfig) -> FilesWords {
    let rule = |rule: &crate::cache_rules::Rule| RuleWords {
        r#match: rule.pattern().to_owned(),
        value: rule.value().to_string(),
    };
    let pages = files.error_pages.iter();
    FilesWords {
        files: files.root.to_string_lossy().into_owned(),
        index: files.index.iter().map(ToString::to_string).collect(),
        listing: files.listing,
        spa: files.spa.as_ref().map(ToString::to_string),
        precompressed: files
            .precompressed
            .iter()
            .map(|coding| coding.token())
            .collect(),
        symlinks: files.symlinks.word(),
        dotfiles: files.dotfiles,
        cache_control: files.cache_control.rules().iter().map(rule).collect(),
        error_pages: pages
            .map(|(status, page)| (status.to_string(), page.to_string()))
            .collect(),
    }
}

fn reply_words(reply: &ReplyConfig) -> ReplyWords {
    ReplyWords {
        status: reply.status,
        r#type: reply.content_type.to_string(),
        body: reply.body.clone(),
    }
}
