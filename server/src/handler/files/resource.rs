//! What is known of a file: its variants (itself and its precompressed siblings), each with
//! validators, prepared fields and, if it is small, content.

use std::cell::Cell;
use std::io;
use std::time::Instant;

use bytes::Bytes;
use http::{Coding, FieldName, FieldValue, ResponseHead, StrongTag, format_date};
use shard::fs::{File, Metadata};

use super::Folder;
use crate::handler::Output;
use crate::media;

/// Reads of a file that keeps changing, before the last one is taken as it is.
const READ_TRIES_MAX: usize = 3;
/// A file younger than this when it was read may change again without a new modification time.
const YOUNG_SECONDS: u64 = 2;

/// A file as it is served; immutable but for the time of its last check.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Itself first, then its siblings in the server's order of preference.
    pub(super) variants: Vec<Variant>,
    /// When it was last compared with the file system.
    pub(super) checked: Cell<Instant>,
    /// Read so soon after its modification that equal metadata would prove nothing.
    pub(super) is_young: bool,
}

/// One representation.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(super) coding: Coding,
    pub(super) metadata: Metadata,
    pub(super) tag: StrongTag,
    /// Seconds since the epoch.
    pub(super) modified: u64,
    pub(super) content_type: FieldValue<'static>,
    /// Field lines that go with the content beside its type, and the route's own.
    pub(super) content_fields: Vec<u8>,
    /// Field lines that a 304 has as well: validators, `Cache-Control`, `Vary`.
    pub(super) validator_fields: Vec<u8>,
    /// All fields of a 200, with the empty line.
    pub(super) ok_fields: Vec<u8>,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    /// Small enough to be held.
    Memory(Bytes),
    /// Sent from the page cache.
    OnDisk(File),
}

/// An opened file, not read yet.
pub(super) struct Opened {
    pub(super) coding: Coding,
    pub(super) file: File,
    pub(super) metadata: Metadata,
}

impl Resource {
    /// Reads what is small and prepares the fields. `name` is the path of the file itself, below
    /// the root; `now` is this turn's time and `now_seconds` the time of day.
    pub(super) async fn build(
        folder: &Folder,
        name: &[u8],
        opened: Vec<Opened>,
        file_bytes_max: u64,
        now: Instant,
        now_seconds: u64,
    ) -> io::Result<Resource> {
        let vary = opened.len() > 1;
        let mut variants = Vec::with_capacity(opened.len());
        for mut opened in opened {
            let content = if opened.metadata.size <= file_bytes_max {
                Content::Memory(read_whole(&mut opened).await?)
            } else {
                Content::OnDisk(opened.file)
            };
            let prepared = Prepared {
                folder,
                name,
                vary,
                coding: opened.coding,
                metadata: opened.metadata,
            };
            variants.push(prepared.variant(content));
        }
        let is_young = variants
            .iter()
            .any(|variant| variant.modified + YOUNG_SECONDS > now_seconds);
        Ok(Resource {
            variants,
            checked: Cell::new(now),
            is_young,
        })
    }

    /// Whether `opened` shows the same files, unchanged.
    pub(super) fn is_same(&self, opened: &[Opened]) -> bool {
        !self.is_young
            && self.variants.len() == opened.len()
            && self.variants.iter().zip(opened).all(|(variant, opened)| {
                variant.coding == opened.coding && variant.metadata == opened.metadata
            })
    }

    /// Bytes of memory that it holds, its own bookkeeping roughly counted.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.variants.iter().map(Variant::memory_bytes).sum()
    }

    /// Descriptors that it holds open.
    pub(super) fn open_files(&self) -> u32 {
        let open = |variant: &&Variant| matches!(variant.content, Content::OnDisk(_));
        self.variants.iter().filter(open).count() as u32
    }
}

impl Variant {
    fn memory_bytes(&self) -> u64 {
        let content = match &self.content {
            Content::Memory(bytes) => bytes.len(),
            Content::OnDisk(_) => 0,
        };
        let fields = self.content_fields.len() + self.validator_fields.len() + self.ok_fields.len();
        (content + fields + size_of::<Variant>()) as u64
    }

    pub(super) fn size(&self) -> u64 {
        self.metadata.size
    }

    /// Bytes of content that an output copies.
    pub(super) fn copied_bytes(&self) -> usize {
        match &self.content {
            Content::Memory(content) => Output::copied_bytes(content),
            Content::OnDisk(_) => 0,
        }
    }
}

/// The content, of one piece: read again while the file changes under the reading.
async fn read_whole(opened: &mut Opened) -> io::Result<Bytes> {
    let mut tries = 1;
    loop {
        let size = opened.metadata.size;
        let length = usize::try_from(size).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let bytes = opened.file.read_at(0, length).await?;
        let metadata = opened.file.metadata()?;
        let unchanged = metadata == opened.metadata && bytes.len() as u64 == size;
        opened.metadata = metadata;
        if unchanged {
            return Ok(Bytes::from(bytes));
        }
        if tries == READ_TRIES_MAX {
            // Somebody writes all the time. What was read is what is said to be there.
            opened.metadata.size = bytes.len() as u64;
            return Ok(Bytes::from(bytes));
        }
        tries += 1;
    }
}

/// What the fields of a variant are made from.
struct Prepared<'a> {
    folder: &'a Folder,
    name: &'a [u8],
    vary: bool,
    coding: Coding,
    metadata: Metadata,
}

impl Prepared<'_> {
    fn variant(&self, content: Content) -> Variant {
        let (seconds, nanoseconds) = self.metadata.modified;
        let modified = u64::try_from(seconds).unwrap_or(0);
        let stamp = modified
            .wrapping_mul(1_000_000_000)
            .wrapping_add(nanoseconds.into());
        let tag = StrongTag::from_words([stamp, self.metadata.size, self.metadata.inode]);
        let content_type = self.content_type();
        let content_fields = self.content_fields();
        let validator_fields = self.validator_fields(&tag, modified);
        let mut ok_fields = content_fields.clone();
        ok_fields.extend_from_slice(&validator_fields);
        ResponseHead::resume(&mut ok_fields)
            .field(FieldName::CONTENT_TYPE, &content_type)
            .field(FieldName::ACCEPT_RANGES, &FieldValue::from_static("bytes"))
            .content_length(self.metadata.size)
            .end();
        Variant {
            coding: self.coding,
            metadata: self.metadata,
            tag,
            modified,
            content_type,
            content_fields,
            validator_fields,
            ok_fields,
            content,
        }
    }

    fn content_type(&self) -> FieldValue<'static> {
        let media_type = media::content_type(self.name).into_owned().into_bytes();
        FieldValue::new(media_type)
            .unwrap_or(const { FieldValue::from_static("application/octet-stream") })
    }

    fn content_fields(&self) -> Vec<u8> {
        let mut fields = self.folder.extra.clone();
        let nosniff = FieldValue::from_static("nosniff");
        let mut head =
            ResponseHead::resume(&mut fields).field(FieldName::X_CONTENT_TYPE_OPTIONS, &nosniff);
        if self.coding != Coding::Identity {
            let coding = FieldValue::from_static(self.coding.as_str());
            head = head.field(FieldName::CONTENT_ENCODING, &coding);
        }
        head.pause();
        fields
    }

    fn validator_fields(&self, tag: &StrongTag, modified: u64) -> Vec<u8> {
        let mut fields = Vec::new();
        let mut head = ResponseHead::resume(&mut fields);
        if let Ok(value) = FieldValue::new(tag.as_bytes()) {
            head = head.field(FieldName::ETAG, &value);
        }
        if let Ok(value) = FieldValue::new(&format_date(modified)[..]) {
            head = head.field(FieldName::LAST_MODIFIED, &value);
        }
        let rule = self.folder.config.cache_control.value_for(self.name);
        if let Some(value) = rule.and_then(|rule| FieldValue::new(rule.as_str().as_bytes()).ok()) {
            head = head.field(FieldName::CACHE_CONTROL, &value);
        }
        if self.vary {
            let vary = FieldValue::from_static("Accept-Encoding");
            head = head.field(FieldName::VARY, &vary);
        }
        head.pause();
        fields
    }
}
