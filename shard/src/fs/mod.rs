//! Files, without ever letting a disk stall the shard.
//!
//! Each call first tries the way that cannot wait (RESOLVE_CACHED, RWF_NOWAIT, cachestat) and
//! goes through the driver only when the kernel says that it would. Paths are resolved by
//! openat2 beneath a directory; this room refuses absolute paths and `..` above the root by
//! construction, not by checking.

pub(crate) mod syscalls;

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::{Errno, ReadWriteFlags};

use crate::driver::{Operation, Outcome};
use crate::future::Pending;

/// What a path may lead through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Symlinks {
    /// Symbolic links that stay inside of the directory.
    Inside,
    /// None at all.
    Never,
    /// Wherever they lead.
    Follow,
}

impl Symlinks {
    fn resolve(self) -> ResolveFlags {
        match self {
            Symlinks::Inside => ResolveFlags::BENEATH,
            Symlinks::Never => ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
            // `..` in the path itself is the caller's to refuse; links may leave.
            Symlinks::Follow => ResolveFlags::NO_MAGICLINKS,
        }
    }
}

/// An open directory, the root of what is opened through it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Directory {
    fd: Arc<OwnedFd>,
}

impl Directory {
    /// Opens the directory itself, waiting for the disk: for start-up, outside of the loop.
    ///
    /// # Errors
    /// Whatever open(2) says.
    pub fn open_root(path: &Path) -> io::Result<Directory> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Directory { fd: Arc::new(fd) })
    }

    /// Opens what lies under `path` (relative, without a leading slash) for reading.
    ///
    /// # Errors
    /// Whatever openat2(2) says; EXDEV where the path or a link leaves the directory.
    pub async fn open(&self, path: &CStr, symlinks: Symlinks) -> io::Result<File> {
        // NONBLOCK keeps a FIFO in the tree from stopping the shard; files do not care.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let resolve = symlinks.resolve();
        let at_once = resolve | ResolveFlags::CACHED;
        let flags = u64::from(flags.bits());
        let opened = match syscalls::open_beneath(&self.fd, path, flags, at_once.bits()) {
            Err(error) if would_wait(&error) => {
                let operation = Operation::Open {
                    directory: self.fd.clone(),
                    path: path.to_owned(),
                    flags,
                    resolve: resolve.bits(),
                };
                match Pending::start(operation).await? {
                    Outcome::Descriptor(fd) => fd,
                    other => return Err(unexpected(&other)),
                }
            }
            other => other?,
        };
        Ok(File::new(opened))
    }
}

/// EAGAIN: the path is not cached. EINVAL: a kernel without RESOLVE_CACHED (before 5.12).
fn would_wait(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EINVAL))
}

fn unexpected(outcome: &Outcome) -> io::Error {
    io::Error::other(format!("the driver answered {outcome:?}"))
}

/// What a file is, as far as serving it goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// Regular file, directory or something else.
    pub kind: FileKind,
    /// Bytes.
    pub size: u64,
    /// Modification time: seconds since the epoch and nanoseconds.
    pub modified: (i64, u32),
    /// Inode number and device: whether a path names the same file as before.
    pub inode: u64,
    /// See `inode`.
    pub device: u64,
}

/// See [`Metadata::kind`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A device, socket or FIFO: never served.
    Other,
}

/// A file open for reading. Cheap to clone.
#[derive(Clone, Debug)]
pub struct File {
    fd: Arc<OwnedFd>,
    warm: Arc<Warm>,
}

/// How much of a file's beginning is taken to be in the page cache, and until when. A hint: what
/// is read here decides where to wait, never what is sent.
#[derive(Debug, Default)]
struct Warm {
    bytes: AtomicU64,
    /// In nanoseconds of [`uptime`].
    until: AtomicU64,
}

/// How long a file that was found in the page cache is taken to stay there. Asking costs several
/// percent of sending; being wrong costs one wait for a disk.
const WARM_TIME: Duration = Duration::from_secs(1);
/// The largest file that is asked for as a whole; the answer takes the kernel a walk over all of
/// its pages.
const WARM_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Nanoseconds of this turn's time since some fixed moment.
fn uptime() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let now = crate::now();
    let origin = *ORIGIN.get_or_init(|| now);
    u64::try_from(now.saturating_duration_since(origin).as_nanos()).unwrap_or(u64::MAX)
}

impl File {
    fn new(fd: OwnedFd) -> File {
        File {
            fd: Arc::new(fd),
            warm: Arc::default(),
        }
    }

    /// fstat(2): the inode is in memory while the file is open.
    ///
    /// # Errors
    /// Whatever fstat(2) says.
    pub fn metadata(&self) -> io::Result<Metadata> {
        let stat = rustix::fs::fstat(&self.fd)?;
        let kind = match rustix::fs::FileType::from_raw_mode(stat.st_mode) {
            rustix::fs::FileType::RegularFile => FileKind::Regular,
            rustix::fs::FileType::Directory => FileKind::Directory,
            _ => FileKind::Other,
        };
        Ok(Metadata {
            kind,
            size: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            inode: stat.st_ino,
            device: stat.st_dev,
        })
    }

    /// Up to `length` bytes from `offset`; fewer only at the end of the file.
    ///
    /// # Errors
    /// Whatever the read says.
    pub async fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let at = offset + bytes.len() as u64;
            let count = match self.read_cached(at, &mut bytes) {
                Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::INTR) => {
                    let missing = length - bytes.len();
                    let piece = self.read_through_driver(at, missing).await?;
                    bytes.extend_from_slice(&piece);
                    piece.len()
                }
                other => other?,
            };
            if count == 0 {
                break;
            }
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    fn read_cached(&self, offset: u64, bytes: &mut Vec<u8>) -> Result<usize, Errno> {
        let length = bytes.capacity() - bytes.len();
        let start = bytes.len();
        bytes.resize(start + length, 0);
        let mut pieces = [io::IoSliceMut::new(&mut bytes[start..])];
        let read = rustix::io::preadv2(&self.fd, &mut pieces, offset, ReadWriteFlags::NOWAIT);
        bytes.truncate(start + read.unwrap_or(0));
        read
    }

    async fn read_through_driver(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let operation = Operation::Read {
            file: self.fd.clone(),
            offset,
            buffer: Vec::with_capacity(length),
        };
        match Pending::start(operation).await? {
            Outcome::Bytes(bytes) => Ok(bytes),
            other => Err(unexpected(&other)),
        }
    }

    /// Whether the file's first `bytes` bytes are in the page cache; remembered for a second, so
    /// that a file that is sent all the time is not asked for each time. More than 16 MiB are
    /// not asked for at once.
    pub(crate) fn is_warm(&self, bytes: u64) -> bool {
        let now = uptime();
        if self.warm.until.load(Ordering::Relaxed) > now
            && self.warm.bytes.load(Ordering::Relaxed) >= bytes
        {
            return true;
        }
        let is_warm = bytes <= WARM_BYTES_MAX && syscalls::is_cached(&self.fd, 0, bytes);
        if is_warm {
            self.warm.bytes.store(bytes, Ordering::Relaxed);
            let until = now + WARM_TIME.as_nanos() as u64;
            self.warm.until.store(until, Ordering::Relaxed);
        }
        is_warm
    }

    /// Brings a range into the page cache, so that sendfile(2) does not wait for it.
    ///
    /// # Errors
    /// Whatever the reads say.
    pub async fn warm(&self, offset: u64, length: u64) -> io::Result<()> {
        if length == 0 || syscalls::is_cached(&self.fd, offset, length) {
            return Ok(());
        }
        Pending::start(Operation::WillNeed {
            file: self.fd.clone(),
            offset,
            length,
        })
        .await?;
        // Read-ahead was only asked for; the last byte is there when all of it is, or nearly.
        self.read_through_driver(offset + length - 1, 1).await?;
        Ok(())
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<std::fs::File> for File {
    fn from(file: std::fs::File) -> File {
        File::new(file.into())
    }
}
