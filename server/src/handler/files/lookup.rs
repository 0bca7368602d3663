//! From a path to what is there: a file with its siblings, a folder, or nothing.

use std::io;
use std::rc::Rc;
use std::time::Instant;

use http::{CanonicalPath, Coding, StatusCode};
use shard::fs::{File, FileKind};

use super::resource::{Opened, Resource};
use super::{Folder, c_path};
use crate::config::Precompressed;
use crate::observe::counters::Counter;
use crate::worker::Worker;

/// What a path leads to.
pub(super) enum Found {
    Resource(Rc<Resource>),
    /// A folder that was named without its final slash.
    NeedsSlash,
    /// A folder without index that may be listed.
    Listing,
    /// Nothing that is served.
    Nothing(StatusCode),
}

/// What one open told.
enum Target {
    File(Vec<Opened>),
    Folder,
    Nothing(StatusCode),
}

impl Folder {
    /// Looks the path up in the file system, by way of the cache.
    pub(super) async fn look_up(&self, worker: &Worker, path: &CanonicalPath<'_>) -> Found {
        if self.is_hidden(path) {
            return self.fall_back(worker).await;
        }
        let Some(relative) = self.relative(path) else {
            return Found::NeedsSlash;
        };
        if relative.is_empty() || relative.ends_with(b"/") {
            return self.look_up_index(worker, relative).await;
        }
        if let Some(resource) = self.fresh(worker, relative) {
            return Found::Resource(resource);
        }
        worker.counters.add(Counter::CacheMisses, 1);
        match self.open_target(relative).await {
            Target::File(opened) => self.resource(worker, relative, opened).await,
            Target::Folder => Found::NeedsSlash,
            Target::Nothing(StatusCode::NOT_FOUND) => {
                worker.cache.borrow_mut().forget(self, relative);
                self.fall_back(worker).await
            }
            Target::Nothing(status) => {
                worker.cache.borrow_mut().forget(self, relative);
                Found::Nothing(status)
            }
        }
    }

    /// A folder was asked for: its index, or its listing.
    async fn look_up_index(&self, worker: &Worker, relative: &[u8]) -> Found {
        for index in &self.config.index {
            let name = [relative, index.as_str().as_bytes()].concat();
            if let Target::File(opened) = self.open_target(&name).await {
                return self.resource(worker, &name, opened).await;
            }
        }
        match self.open_target(relative).await {
            Target::Folder if self.config.listing => Found::Listing,
            Target::Folder if self.config.spa.is_none() => Found::Nothing(StatusCode::FORBIDDEN),
            Target::Folder | Target::File(_) | Target::Nothing(_) => self.fall_back(worker).await,
        }
    }

    /// The file of a single-page application, or 404.
    async fn fall_back(&self, worker: &Worker) -> Found {
        match &self.config.spa {
            Some(spa) => match self.named(worker, spa.as_str().as_bytes()).await {
                Some(resource) => Found::Resource(resource),
                None => Found::Nothing(StatusCode::NOT_FOUND),
            },
            None => Found::Nothing(StatusCode::NOT_FOUND),
        }
    }

    /// The resource under a name that the config gives (an error page, the SPA's file).
    pub(super) async fn named(&self, worker: &Worker, name: &[u8]) -> Option<Rc<Resource>> {
        if let Some(resource) = self.fresh(worker, name) {
            return Some(resource);
        }
        match self.open_target(name).await {
            Target::File(opened) => match self.resource(worker, name, opened).await {
                Found::Resource(resource) => Some(resource),
                Found::NeedsSlash | Found::Listing | Found::Nothing(_) => None,
            },
            Target::Folder | Target::Nothing(_) => None,
        }
    }

    /// The cached resource, if it was checked recently enough.
    pub(super) fn fresh(&self, worker: &Worker, relative: &[u8]) -> Option<Rc<Resource>> {
        let resource = worker.cache.borrow_mut().find(self, relative)?;
        let age = shard::now().saturating_duration_since(resource.checked.get());
        (age < worker.revalidate_time_max).then_some(resource)
    }

    /// The cached resource if the opened files are still its own, else a new one.
    async fn resource(&self, worker: &Worker, relative: &[u8], opened: Vec<Opened>) -> Found {
        let checked = shard::now();
        let cached = worker.cache.borrow_mut().find(self, relative);
        if let Some(resource) = cached.filter(|resource| resource.is_same(&opened)) {
            resource.checked.set(checked);
            return Found::Resource(resource);
        }
        match self.build(worker, relative, opened, checked).await {
            Ok(resource) => {
                let resource = Rc::new(resource);
                let mut cache = worker.cache.borrow_mut();
                cache.keep(self, relative, resource.clone());
                Found::Resource(resource)
            }
            Err(error) => Found::Nothing(status_of(&error)),
        }
    }

    async fn build(
        &self,
        worker: &Worker,
        relative: &[u8],
        opened: Vec<Opened>,
        checked: Instant,
    ) -> io::Result<Resource> {
        let file_bytes_max = worker.cache.borrow().file_bytes_max;
        let seconds = worker.clock.seconds(checked);
        Resource::build(self, relative, opened, file_bytes_max, checked, seconds).await
    }

    /// Opens a file with its siblings, and finds out what else it may be.
    async fn open_target(&self, relative: &[u8]) -> Target {
        let (file, metadata) = match self.open_one(relative).await {
            Ok(opened) => opened,
            Err(error) => return Target::Nothing(status_of(&error)),
        };
        match metadata.kind {
            FileKind::Directory => return Target::Folder,
            FileKind::Other => return Target::Nothing(StatusCode::NOT_FOUND),
            FileKind::Regular => {}
        }
        let mut opened = vec![Opened {
            coding: Coding::Identity,
            file,
            metadata,
        }];
        for precompressed in &self.config.precompressed {
            let name = [relative, precompressed.suffix().as_bytes()].concat();
            if let Ok((file, metadata)) = self.open_one(&name).await
                && metadata.kind == FileKind::Regular
            {
                opened.push(Opened {
                    coding: coding_of(*precompressed),
                    file,
                    metadata,
                });
            }
        }
        Target::File(opened)
    }

    pub(super) async fn open_one(
        &self,
        relative: &[u8],
    ) -> io::Result<(File, shard::fs::Metadata)> {
        let path = c_path(relative)?;
        let file = self.root.open(&path, self.symlinks()).await?;
        let metadata = file.metadata()?;
        Ok((file, metadata))
    }
}

fn coding_of(precompressed: Precompressed) -> Coding {
    match precompressed {
        Precompressed::Brotli => Coding::Brotli,
        Precompressed::Zstd => Coding::Zstd,
        Precompressed::Gzip => Coding::Gzip,
    }
}

/// What the peer is told of an error of the file system. What may not be followed (a link out of
/// the root) looks like what is not there.
pub(super) fn status_of(error: &io::Error) -> StatusCode {
    use rustix::io::Errno;
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV | Errno::NXIO) => {
            StatusCode::NOT_FOUND
        }
        Some(Errno::ACCESS | Errno::PERM) => StatusCode::FORBIDDEN,
        Some(Errno::NAMETOOLONG) => StatusCode::BAD_REQUEST,
        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
