//! `headers = { .. }` of a route: fields that are added to its responses.
//!
//! Fields that the server computes itself can not be set: a second `Content-Length` would be an
//! attack, a second `ETag` a lie.

use super::document::TableReader;
use super::name::{FieldName, FieldValue};
use super::route::HeaderField;
use super::route_reader::checked;

/// Fields that frame a message, or that the server puts into every response.
const SERVER_FIELDS: [&str; 10] = [
    "Connection",
    "Content-Length",
    "Date",
    "Keep-Alive",
    "Server",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "X-Content-Type-Options",
];

/// Fields that describe a file: computed for each one.
const FILE_FIELDS: [&str; 7] = [
    "Accept-Ranges",
    "Content-Encoding",
    "Content-Range",
    "ETag",
    "Last-Modified",
    "Location",
    "Vary",
];

/// Reads `headers` of a route.
pub(super) fn read_headers(table: &TableReader<'_>) -> Vec<HeaderField> {
    let entries = table
        .value("headers")
        .and_then(|value| value.entries("a table such as { \"X-Frame-Options\" = \"DENY\" }"));
    let mut fields: Vec<HeaderField> = Vec::new();
    for (key, value) in entries.unwrap_or_default() {
        let name = match FieldName::new(key) {
            Ok(name) => name,
            Err(error) => {
                value.wrong(format_args!("has a name, {}", error.what), error.remedy);
                continue;
            }
        };
        let content = checked(&value, FieldValue::new);
        if let Some((what, remedy)) = unsettable(&name, table.value("files").is_some()) {
            value.wrong(what, remedy);
        } else if fields.iter().any(|field| field.name.is(key)) {
            value.wrong("repeats a field in another case", "write each field once");
        } else if let Some(value) = content {
            fields.push(HeaderField { name, value });
        }
    }
    fields
}

/// Why a field can not be set in `headers`.
fn unsettable(name: &FieldName, files: bool) -> Option<(&'static str, &'static str)> {
    let named = |list: &[&str]| list.iter().any(|field| name.is(field));
    if named(&SERVER_FIELDS) {
        return Some(("is a field that the server sets itself", "leave it out"));
    }
    if name.is("Content-Type") {
        return Some(if files {
            (
                "is a field that follows from the file's name",
                "leave it out",
            )
        } else {
            (
                "is the reply's type",
                "write it as reply = { type = \"…\" }",
            )
        });
    }
    if files && named(&FILE_FIELDS) {
        return Some((
            "is a field that the server computes for each file",
            "leave it out",
        ));
    }
    if files && name.is("Cache-Control") {
        let remedy = "write cache_control = [{ match = \"*\", value = \"…\" }]";
        return Some(("is set by pattern", remedy));
    }
    None
}
