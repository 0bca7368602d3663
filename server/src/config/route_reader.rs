//! `[[route]]` as it was written, turned into routes as they are meant.
//!
//! A route answers from a folder or with one reply, never both; keys of the other kind are
//! refused rather than ignored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::TableReader;
use super::folder::LookAtFolder;
use super::name::{FieldName, FieldValue, HostName, InnerPath, NameError, RoutePath};
use super::route::{FilesConfig, Precompressed, ReplyConfig, Route, RouteAction, Symlinks};
use super::route_headers::read_headers;
use super::scalar::known_word;
use super::schema::Section;
use super::value::Value;
use crate::cache_rules::{CacheRules, Rule};

/// Keys that make sense for a folder only.
const FILES_ONLY: [&str; 8] = [
    "index",
    "listing",
    "spa",
    "precompressed",
    "symlinks",
    "dotfiles",
    "cache_control",
    "error_pages",
];

/// Reads one `[[route]]`; `base` is the folder that relative paths start from.
pub(super) fn read_route(
    table: &TableReader<'_>,
    base: &Path,
    look: LookAtFolder<'_>,
) -> Option<Route> {
    let host = table
        .value("host")
        .and_then(|value| checked(&value, HostName::new));
    let path = match table.value("path") {
        Some(value) => checked(&value, RoutePath::new),
        None => Some(RoutePath::root()),
    };
    let action = match (table.value("files"), table.value("reply")) {
        (Some(files), None) => read_files(table, &files, base, look).map(RouteAction::Files),
        (None, Some(reply)) => {
            refuse_files_keys(table);
            read_reply(&reply).map(RouteAction::Reply)
        }
        (Some(_), Some(reply)) => {
            reply.wrong(
                "stands beside `files`",
                "a route has one of them: make two routes",
            );
            None
        }
        (None, None) => {
            let what = "a route with neither `files` nor `reply`";
            table.report.text(
                table.at.start,
                what,
                "write files = \"folder\" or reply = { … }",
            );
            None
        }
    };
    let headers = read_headers(table);
    Some(Route {
        host,
        path: path?,
        action: action?,
        headers,
    })
}

/// A text checked by a name's rule, or a report.
pub(super) fn checked<T>(
    value: &Value<'_>,
    check: impl Fn(&str) -> Result<T, NameError>,
) -> Option<T> {
    let text = value.text("a text in quotes")?;
    match check(text) {
        Ok(name) => Some(name),
        Err(error) => {
            value.wrong(
                format_args!("is {}, {}", value.shown(), error.what),
                error.remedy,
            );
            None
        }
    }
}

fn read_files(
    table: &TableReader<'_>,
    files: &Value<'_>,
    base: &Path,
    look: LookAtFolder<'_>,
) -> Option<FilesConfig> {
    let root = read_root(table, files, base, look);
    let index = match table.value("index") {
        Some(value) => read_index(&value),
        None => vec![InnerPath::index_html()],
    };
    let spa = table
        .value("spa")
        .and_then(|value| checked(&value, InnerPath::new));
    let symlinks = match table.word("symlinks") {
        "never" => Symlinks::Never,
        "follow" => Symlinks::Follow,
        _ => Symlinks::Inside,
    };
    let settings = FilesConfig {
        root: PathBuf::new(),
        index,
        listing: table.flag("listing"),
        spa,
        precompressed: read_precompressed(table),
        symlinks,
        dotfiles: table.flag("dotfiles"),
        cache_control: read_cache_control(table),
        error_pages: read_error_pages(table),
    };
    Some(FilesConfig {
        root: root?,
        ..settings
    })
}

fn read_root(
    table: &TableReader<'_>,
    files: &Value<'_>,
    base: &Path,
    look: LookAtFolder<'_>,
) -> Option<PathBuf> {
    let text = files.text("the path of a folder, in quotes")?;
    if text.is_empty() || text.contains('\0') {
        files.wrong(
            format_args!("is {}", files.shown()),
            "write the path of a folder",
        );
        return None;
    }
    let root: PathBuf = base.join(text).components().collect();
    if let Some((what, remedy)) = look(&root).obstacle(&root) {
        table.report.host(files.at.start, what, remedy);
    }
    Some(root)
}

fn read_index(value: &Value<'_>) -> Vec<InnerPath> {
    let items = value.list("a list of file names").unwrap_or_default();
    items
        .iter()
        .filter_map(|item| checked(item, InnerPath::file_name))
        .collect()
}

fn read_precompressed(table: &TableReader<'_>) -> Vec<Precompressed> {
    let takes = table.takes("precompressed");
    let Some(value) = table.value("precompressed") else {
        return vec![
            Precompressed::Brotli,
            Precompressed::Zstd,
            Precompressed::Gzip,
        ];
    };
    let mut codings = Vec::new();
    for item in value.list(takes).unwrap_or_default() {
        let coding = match known_word(&item, takes) {
            Some("br") => Precompressed::Brotli,
            Some("zstd") => Precompressed::Zstd,
            Some(_) => Precompressed::Gzip,
            None => continue,
        };
        if codings.contains(&coding) {
            item.wrong(
                format_args!("repeats {}", item.shown()),
                "write each coding once",
            );
        } else {
            codings.push(coding);
        }
    }
    codings
}

fn read_cache_control(table: &TableReader<'_>) -> CacheRules {
    let Some(value) = table.value("cache_control") else {
        return CacheRules::default();
    };
    let items = value.list("a list of { match, value }").unwrap_or_default();
    items.iter().filter_map(read_cache_rule).collect()
}

fn read_cache_rule(item: &Value<'_>) -> Option<Rule> {
    let rule = item.table(Section::CacheControl)?;
    let required = |name: &str| {
        let value = rule.value(name);
        if value.is_none() {
            item.wrong(
                format_args!("has no `{name}`"),
                "write { match = \"…\", value = \"…\" }",
            );
        }
        value
    };
    let (pattern, value) = (required("match"), required("value"));
    let value = checked(&value?, FieldValue::new);
    let pattern = pattern?;
    let text = pattern.text("a pattern such as \"*.css\"")?;
    match Rule::new(text, value?) {
        Ok(rule) => Some(rule),
        Err(error) => {
            let remedy = "write a pattern such as \"*.css\", \"assets/**\" or \"*.{js,css}\"";
            pattern.wrong(
                format_args!("is {}, which {error}", pattern.shown()),
                remedy,
            );
            None
        }
    }
}

fn read_error_pages(table: &TableReader<'_>) -> BTreeMap<u16, InnerPath> {
    let entries = table
        .value("error_pages")
        .and_then(|value| value.entries("a table such as { 404 = \"404.html\" }"));
    let mut pages = BTreeMap::new();
    for (key, value) in entries.unwrap_or_default() {
        let page = checked(&value, InnerPath::new);
        match key.parse::<u16>() {
            Ok(status @ 400..=599) => {
                page.map(|page| pages.insert(status, page));
            }
            Ok(_) | Err(_) => {
                value.wrong(
                    "is not for an error status",
                    "write a status from 400 to 599",
                );
            }
        }
    }
    pages
}

fn refuse_files_keys(table: &TableReader<'_>) {
    for name in table.names().filter(|name| FILES_ONLY.contains(name)) {
        let what = format!("{} stands in a route with `reply`", table.label_of(name));
        table.report.text(
            table.place_of(name),
            what,
            "it belongs to a route with `files`",
        );
    }
}

fn read_reply(value: &Value<'_>) -> Option<ReplyConfig> {
    let table = value.table(Section::Reply)?;
    let status = u16::try_from(table.count("status")).unwrap_or(200);
    let content_type = match table.value("type") {
        Some(written) => checked(&written, media_type),
        None => media_type(table.default_of("type")).ok(),
    };
    let body = match table.value("body") {
        Some(written) => written.text("a text in quotes")?.to_owned(),
        None => String::new(),
    };
    if !body.is_empty() && matches!(status, 204 | 205 | 304) {
        let what = format!("{} stands beside status {status}", table.label_of("body"));
        let remedy = "that status has no content: leave the body out";
        table.report.text(table.place_of("body"), what, remedy);
    }
    Some(ReplyConfig {
        status,
        content_type: content_type?,
        body,
    })
}

fn media_type(text: &str) -> Result<FieldValue, NameError> {
    let value = FieldValue::new(text)?;
    let essence = value.as_str().split(';').next().unwrap_or("").trim();
    match essence.split_once('/') {
        Some((kind, sub)) if FieldName::new(kind).is_ok() && FieldName::new(sub).is_ok() => {
            Ok(value)
        }
        Some(_) | None => Err(NameError {
            what: "which is not a media type",
            remedy: "write such as \"text/html; charset=utf-8\"".to_owned(),
        }),
    }
}
