//! The resources that a shard has at hand: bounded in bytes and in open files, the least
//! recently used go first.
//!
//! Each shard has its own, so that a hit touches no shared cache line; the configured bytes are
//! divided among them.

use std::rc::Rc;

use lru::LruCache;

use super::Folder;
use super::resource::Resource;

/// See the module's text.
pub(crate) struct Cache {
    resources: LruCache<Box<[u8]>, Rc<Resource>>,
    /// Where keys are put together, so that a look-up allocates nothing.
    key: Vec<u8>,
    bytes: u64,
    bytes_max: u64,
    open_files: u32,
    open_files_max: u32,
    pub(super) file_bytes_max: u64,
}

impl Cache {
    /// A cache for one shard. `file_bytes_max` is the size up to which contents are held.
    pub(crate) fn new(bytes_max: u64, file_bytes_max: u64, open_files_max: u32) -> Cache {
        Cache {
            resources: LruCache::unbounded(),
            key: Vec::new(),
            bytes: 0,
            bytes_max,
            open_files: 0,
            open_files_max,
            file_bytes_max: file_bytes_max.min(bytes_max),
        }
    }

    /// The resource under a path below the folder's root.
    pub(super) fn find(&mut self, folder: &Folder, path: &[u8]) -> Option<Rc<Resource>> {
        write_key(&mut self.key, folder, path);
        self.resources.get(self.key.as_slice()).cloned()
    }

    /// Keeps `resource`, unless it alone is more than the cache may hold.
    pub(super) fn keep(&mut self, folder: &Folder, path: &[u8], resource: Rc<Resource>) {
        self.forget(folder, path);
        let (bytes, open_files) = self.cost(path, &resource);
        if bytes > self.bytes_max || open_files > self.open_files_max {
            return;
        }
        self.bytes += bytes;
        self.open_files += open_files;
        write_key(&mut self.key, folder, path);
        self.resources.put(self.key.as_slice().into(), resource);
        while self.bytes > self.bytes_max || self.open_files > self.open_files_max {
            match self.resources.pop_lru() {
                Some((key, gone)) => self.account_removal(&key[KEY_PREFIX_BYTES..], &gone),
                None => break,
            }
        }
    }

    /// Drops what is kept under the path.
    pub(super) fn forget(&mut self, folder: &Folder, path: &[u8]) {
        write_key(&mut self.key, folder, path);
        if let Some(gone) = self.resources.pop(self.key.as_slice()) {
            self.account_removal(path, &gone);
        }
    }

    fn account_removal(&mut self, path: &[u8], gone: &Resource) {
        let (bytes, open_files) = self.cost(path, gone);
        self.bytes -= bytes;
        self.open_files -= open_files;
    }

    fn cost(&self, path: &[u8], resource: &Resource) -> (u64, u32) {
        // The key, the map's entry and the list's links.
        let bookkeeping = (KEY_PREFIX_BYTES + path.len() + ENTRY_BYTES) as u64;
        (resource.memory_bytes() + bookkeeping, resource.open_files())
    }
}

/// The folder's id before the path.
const KEY_PREFIX_BYTES: usize = size_of::<u16>();
/// Roughly what an entry costs beside key and resource.
const ENTRY_BYTES: usize = 96;

fn write_key(key: &mut Vec<u8>, folder: &Folder, path: &[u8]) {
    key.clear();
    key.extend_from_slice(&folder.id.to_be_bytes());
    key.extend_from_slice(path);
}
