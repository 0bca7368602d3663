//! Reading directories: one ordinary thread, because getdents may wait for a disk and the ring
//! has no operation for it.
//!
//! Bounded on both sides: requests that wait, and entries of one answer.

use std::ffi::CStr;
use std::future::poll_fn;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, FileType, statat};
use shard::fs::File;

/// Directories that wait to be read.
const REQUESTS_MAX: usize = 64;
/// Entries of one directory that are shown.
pub(crate) const ENTRIES_MAX: usize = 10_000;

/// An entry, as far as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) modified: SystemTime,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File {
        bytes: u64,
    },
    Directory,
    /// A symbolic link. Where it leads is for the caller to find out, through the door that
    /// decides which links are followed: else a listing would tell of files outside of the root.
    Link,
}

struct Request {
    /// Opened by the shard, so that openat2 has vouched for it.
    directory: File,
    hidden: bool,
    answer: Arc<Mutex<Answer>>,
}

#[derive(Default)]
struct Answer {
    entries: Option<io::Result<Vec<Entry>>>,
    waker: Option<Waker>,
}

/// The way to the reading thread; clone it for every shard.
#[derive(Clone)]
pub(crate) struct Reader {
    requests: SyncSender<Request>,
}

impl Reader {
    /// Starts the thread; it ends when the last reader is dropped.
    ///
    /// # Errors
    /// Whatever starting a thread says.
    pub(crate) fn start() -> io::Result<Reader> {
        let (requests, inbox) = sync_channel(REQUESTS_MAX);
        std::thread::Builder::new()
            .name("readdir".to_owned())
            .spawn(move || work(&inbox))?;
        Ok(Reader { requests })
    }

    /// The entries of a directory, without dotfiles unless `hidden`; files, directories and
    /// links only.
    ///
    /// # Errors
    /// Whatever the directory says; EAGAIN where too many wait already.
    pub(crate) async fn read(&self, directory: File, hidden: bool) -> io::Result<Vec<Entry>> {
        let answer = Arc::new(Mutex::new(Answer::default()));
        let request = Request {
            directory,
            hidden,
            answer: answer.clone(),
        };
        match self.requests.try_send(request) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                return Err(rustix::io::Errno::AGAIN.into());
            }
        }
        poll_fn(|context| {
            let mut answer = lock(&answer);
            match answer.entries.take() {
                Some(entries) => Poll::Ready(entries),
                None => {
                    answer.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

fn work(inbox: &Receiver<Request>) {
    for request in inbox {
        let entries = read_directory(&request);
        let mut answer = lock(&request.answer);
        answer.entries = Some(entries);
        if let Some(waker) = answer.waker.take() {
            waker.wake();
        }
    }
}

fn read_directory(request: &Request) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in Dir::read_from(&request.directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_bytes().starts_with(b".") && (!request.hidden || is_self_or_parent(name)) {
            continue;
        }
        // Gone since, or not ours to know.
        let Ok(stat) = statat(&request.directory, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Kind::Directory,
            FileType::RegularFile => Kind::File {
                bytes: stat.st_size as u64,
            },
            FileType::Symlink => Kind::Link,
            _ => continue,
        };
        entries.push(Entry {
            name: name.to_bytes().to_vec(),
            kind,
            modified: UNIX_EPOCH + Duration::from_secs(u64::try_from(stat.st_mtime).unwrap_or(0)),
        });
        if entries.len() == ENTRIES_MAX {
            break;
        }
    }
    Ok(entries)
}

fn is_self_or_parent(name: &CStr) -> bool {
    name == c"." || name == c".."
}

/// Nothing that holds the lock can panic half-way.
fn lock(answer: &Mutex<Answer>) -> MutexGuard<'_, Answer> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}
