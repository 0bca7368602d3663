//! A folder without index, shown as a page or as JSON.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{CanonicalPath, FieldName, FieldValue, Request, StatusCode};
use shard::fs::FileKind;

use super::{Folder, c_path};
use crate::handler::{Answered, Output, Terms};
use crate::page::listing::{self, Entry, EntryKind, Sort};
use crate::readdir::Kind;
use crate::worker::Worker;

impl Folder {
    /// Writes the listing; the caller has found the path to be a folder that may be listed.
    ///
    /// # Errors
    /// What reading the folder says.
    pub(super) async fn list(
        &self,
        worker: &Worker,
        request: &Request<'_>,
        path: &CanonicalPath<'_>,
        terms: &Terms,
        out: &mut Output,
    ) -> io::Result<Answered> {
        let relative = self.relative(path).unwrap_or_default();
        let directory = self.root.open(&c_path(relative)?, self.symlinks()).await?;
        let found = worker.readdir.read(directory, self.config.dotfiles).await?;
        let mut entries = Vec::with_capacity(found.len());
        for entry in &found {
            let (kind, modified) = match entry.kind {
                Kind::File { bytes } => (EntryKind::File { size: bytes }, entry.modified),
                Kind::Directory => (EntryKind::Directory, entry.modified),
                Kind::Link => match self.follow(relative, &entry.name).await {
                    Some(target) => target,
                    None => continue,
                },
            };
            entries.push(Entry {
                name: &entry.name,
                kind,
                modified,
            });
        }
        let sort = Sort::from_query(request.target.query().unwrap_or_default().as_bytes());
        let (content_type, content) = if http::prefers_json(&request.fields) {
            (JSON, listing::json(&entries, sort))
        } else {
            (HTML, listing::html(path.as_bytes(), &entries, sort))
        };
        Ok(self.write(terms, worker, content_type, content.into(), out))
    }

    /// What a link in the folder leads to, where it may be followed and that would be served.
    async fn follow(&self, relative: &[u8], name: &[u8]) -> Option<(EntryKind, SystemTime)> {
        let (_, metadata) = self.open_one(&[relative, name].concat()).await.ok()?;
        let kind = match metadata.kind {
            FileKind::Regular => EntryKind::File {
                size: metadata.size,
            },
            FileKind::Directory => EntryKind::Directory,
            FileKind::Other => return None,
        };
        let seconds = u64::try_from(metadata.modified.0).unwrap_or(0);
        Some((kind, UNIX_EPOCH + Duration::from_secs(seconds)))
    }

    fn write(
        &self,
        terms: &Terms,
        worker: &Worker,
        content_type: FieldValue<'_>,
        content: Bytes,
        out: &mut Output,
    ) -> Answered {
        let buffer = out.buffer();
        terms
            .head(buffer, StatusCode::OK, &worker.first_lines())
            .pause();
        buffer.extend_from_slice(&self.extra);
        http::ResponseHead::resume(buffer)
            .field(FieldName::CONTENT_TYPE, &content_type)
            .field(FieldName::VARY, &FieldValue::from_static("Accept"))
            .field(
                FieldName::CACHE_CONTROL,
                &FieldValue::from_static("no-cache"),
            )
            .field(
                FieldName::X_CONTENT_TYPE_OPTIONS,
                &FieldValue::from_static("nosniff"),
            )
            .content_length(content.len() as u64)
            .end();
        let content_bytes = if terms.head_only {
            0
        } else {
            out.content(&content);
            content.len() as u64
        };
        Answered {
            status: StatusCode::OK,
            content_bytes,
        }
    }
}

const HTML: FieldValue<'static> = FieldValue::from_static("text/html; charset=utf-8");
const JSON: FieldValue<'static> = FieldValue::from_static("application/json");
