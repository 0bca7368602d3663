//! The files of a folder.
//!
//! The pipeline, one room each: a canonical path is looked up in the shard's cache (`cache`);
//! what is not there or too old is opened and described (`lookup`, `resource`); what the request
//! says of codings, conditions and ranges chooses the response (`respond`); a folder without
//! index may be listed (`listing`). A hit on a small file is answered without waiting.
//!
//! It refuses dotfiles, anything that is neither file nor folder, and everything outside of its
//! root, which openat2 enforces and not a check of ours.

mod cache;
mod listing;
mod lookup;
mod resource;
mod respond;

use std::ffi::CString;
use std::io;

use http::CanonicalPath;
use shard::fs::Directory;

use crate::config::{self, FilesConfig};

pub(crate) use cache::Cache;
pub(crate) use respond::{FileAnswer, Transfer};

/// A folder that is served; immutable, shared by all shards.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Which route this is, for keys of the cache.
    id: u16,
    root: Directory,
    config: FilesConfig,
    /// Bytes of the route's prefix: what stands behind it is relative to the root.
    prefix_bytes: usize,
    /// The route's own field lines.
    extra: Vec<u8>,
}

impl Folder {
    /// Opens the root.
    ///
    /// # Errors
    /// Whatever open(2) says.
    pub(crate) fn open(
        id: u16,
        config: &FilesConfig,
        prefix_bytes: usize,
        extra: Vec<u8>,
    ) -> io::Result<Folder> {
        Ok(Folder {
            id,
            root: Directory::open_root(&config.root)?,
            config: config.clone(),
            prefix_bytes,
            extra,
        })
    }

    /// The path below the root, without a leading slash; empty for the root itself. `None` where
    /// the path is the route's prefix without its final slash.
    fn relative<'p>(&self, path: &'p CanonicalPath<'_>) -> Option<&'p [u8]> {
        path.as_bytes()[self.prefix_bytes..].strip_prefix(b"/")
    }

    fn is_hidden(&self, path: &CanonicalPath<'_>) -> bool {
        !self.config.dotfiles && path.has_dot_segment()
    }

    fn symlinks(&self) -> shard::fs::Symlinks {
        match self.config.symlinks {
            config::Symlinks::Inside => shard::fs::Symlinks::Inside,
            config::Symlinks::Never => shard::fs::Symlinks::Never,
            config::Symlinks::Follow => shard::fs::Symlinks::Follow,
        }
    }
}

/// A path for the kernel. A canonical path has no NUL.
fn c_path(path: &[u8]) -> io::Result<CString> {
    let path = if path.is_empty() { b"." } else { path };
    CString::new(path).map_err(io::Error::from)
}
