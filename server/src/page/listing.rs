//! The listing of a folder: what is in it, as a page or as JSON.
//!
//! Which entries there are (dotfiles, links) is decided by the caller; here every entry given is
//! shown. Nothing is read from the disk.

use std::time::SystemTime;

use serde::Serialize;

pub use super::listing_html::html;
pub use super::sort::{Sort, SortKey, SortOrder};
use crate::timestamp::rfc3339_seconds;

/// A file or folder in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'n> {
    /// Its name, without slash.
    pub name: &'n [u8],
    /// What it is.
    pub kind: EntryKind,
    /// When it was changed last.
    pub modified: SystemTime,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file of so many bytes.
    File {
        /// Its size in bytes.
        size: u64,
    },
    /// A folder.
    Directory,
}

/// An entry in JSON; a folder has no size.
#[derive(Serialize)]
struct Record<'a> {
    name: std::borrow::Cow<'a, str>,
    r#type: &'static str,
    size: Option<u64>,
    modified: String,
}

/// The entries as a JSON array of `{name, type, size, modified}`.
///
/// Bytes of a name that are not UTF-8 show as U+FFFD, because JSON has no others.
pub fn json(entries: &[Entry<'_>], sort: Sort) -> Vec<u8> {
    let sorted = sort.apply(entries);
    let records: Vec<Record<'_>> = sorted.into_iter().map(record).collect();
    // Plain strings and numbers always serialize.
    let mut json = serde_json::to_vec(&records).unwrap_or_default();
    json.push(b'\n');
    json
}

fn record<'e>(entry: &'e Entry<'_>) -> Record<'e> {
    let (kind, size) = match entry.kind {
        EntryKind::File { size } => ("file", Some(size)),
        EntryKind::Directory => ("directory", None),
    };
    Record {
        name: String::from_utf8_lossy(entry.name),
        r#type: kind,
        size,
        modified: rfc3339_seconds(entry.modified).to_string(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;

    pub(in crate::page) fn file(name: &[u8], size: u64) -> Entry<'_> {
        Entry {
            name,
            kind: EntryKind::File { size },
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        }
    }

    #[test]
    fn json_has_the_documented_fields() {
        let folder = Entry {
            kind: EntryKind::Directory,
            ..file(b"docs", 0)
        };
        let json = json(&[file(b"a\"\n\xff", 5), folder], Sort::default());
        let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(
            value,
            serde_json::json!([
                {
                    "name": "docs",
                    "type": "directory",
                    "size": null,
                    "modified": "2023-11-14T22:13:20Z"
                },
                {
                    "name": "a\"\n\u{fffd}",
                    "type": "file",
                    "size": 5,
                    "modified": "2023-11-14T22:13:20Z"
                }
            ])
        );
    }

    #[test]
    fn an_empty_folder_is_an_empty_list() {
        assert_eq!(json(&[], Sort::default()), b"[]\n");
    }
}
