//! Files: paths that cannot leave their directory, exact reads, and no wait that stops the shard.

use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{Advice, CWD, Dev, FileType, Mode};
use shard::fs::{Directory, File, FileKind, Symlinks};
use shard::{Options, spawn};

use crate::harness::*;

each_driver!(
    no_path_leaves_the_directory,
    links_are_followed_as_told,
    what_is_not_there_is_an_error,
    a_fifo_stops_nobody,
    reads_are_exact_and_end_with_the_file,
    metadata_tells_what_a_path_names,
    a_cold_file_is_read_exactly,
    a_thousand_opens_at_once,
    a_dropped_open_or_read_leaves_no_descriptor,
);

/// Writes what the page cache holds of a file to the disk, and drops it from the cache.
pub(crate) fn cool(path: &Path) {
    let file = std::fs::File::open(path).expect("open");
    file.sync_all().expect("sync");
    rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).expect("fadvise");
}

/// A file that is open for reading.
pub(crate) fn opened(path: &Path) -> File {
    File::from(std::fs::File::open(path).expect("open"))
}

/// A root with links of every sort, and a file beside the root that is nobody's business.
fn tree() -> (Scratch, Directory) {
    let scratch = Scratch::new();
    let root = scratch.path().join("root");
    std::fs::create_dir_all(root.join("sub")).expect("directories");
    scratch.file("secret", b"secret");
    scratch.file("root/plain", b"plain");
    scratch.file("root/sub/deep", b"deep");
    for (name, target) in [
        ("root/inside", "sub/deep"),
        ("root/up-and-in", "../root/plain"),
        ("root/escape", "../secret"),
        ("root/sub/two-up", "../../secret"),
        ("root/magic", "/proc/self/exe"),
        ("root/round", "round"),
    ] {
        symlink(target, scratch.path().join(name)).expect("a link");
    }
    symlink(root.join("plain"), root.join("absolute")).expect("a link");
    let directory = Directory::open_root(&root).expect("the root");
    (scratch, directory)
}

/// The whole of what lies under `path`, or the error's number.
async fn content(root: &Directory, path: &CStr, symlinks: Symlinks) -> Result<Vec<u8>, i32> {
    let number = |error: io::Error| error.raw_os_error().expect("an error of the kernel");
    let file = root.open(path, symlinks).await.map_err(number)?;
    file.read_at(0, 100).await.map_err(number)
}

fn no_path_leaves_the_directory(options: Options) {
    let (_scratch, root) = tree();
    shard(&options, async move || {
        for symlinks in [Symlinks::Inside, Symlinks::Never] {
            for path in [
                c"../secret",
                c"sub/../../secret",
                c"..",
                c"../root/plain",
                c"/plain",
                c"/etc/passwd",
                c"/",
            ] {
                let got = content(&root, path, symlinks).await;
                assert_eq!(got, Err(libc::EXDEV), "{path:?} {symlinks:?}");
            }
            // Within the root, `..` is only a name.
            let got = content(&root, c"sub/../plain", symlinks).await;
            assert_eq!(got.as_deref(), Ok(&b"plain"[..]), "{symlinks:?}");
        }
    });
}

fn links_are_followed_as_told(options: Options) {
    use Symlinks::{Follow, Inside, Never};
    let (_scratch, root) = tree();
    shard(&options, async move || {
        let deep: Result<&[u8], i32> = Ok(b"deep");
        let plain: Result<&[u8], i32> = Ok(b"plain");
        let secret: Result<&[u8], i32> = Ok(b"secret");
        for (path, symlinks, want) in [
            (c"inside", Inside, deep),
            (c"inside", Never, Err(libc::ELOOP)),
            (c"inside", Follow, deep),
            (c"escape", Inside, Err(libc::EXDEV)),
            (c"escape", Never, Err(libc::ELOOP)),
            (c"escape", Follow, secret),
            (c"sub/two-up", Inside, Err(libc::EXDEV)),
            (c"sub/two-up", Follow, secret),
            // It comes back, but it was outside on the way.
            (c"up-and-in", Inside, Err(libc::EXDEV)),
            // An absolute link leaves even where it leads back inside.
            (c"absolute", Inside, Err(libc::EXDEV)),
            (c"absolute", Never, Err(libc::ELOOP)),
            (c"absolute", Follow, plain),
            (c"magic", Inside, Err(libc::EXDEV)),
            (c"magic", Follow, Err(libc::ELOOP)),
            (c"round", Inside, Err(libc::ELOOP)),
            (c"round", Follow, Err(libc::ELOOP)),
        ] {
            // Twice: the second time out of the kernel's path cache.
            for _ in 0..2 {
                let got = content(&root, path, symlinks).await;
                assert_eq!(
                    got.as_deref(),
                    want.as_ref().copied(),
                    "{path:?} {symlinks:?}"
                );
            }
        }
    });
}

fn what_is_not_there_is_an_error(options: Options) {
    let (_scratch, root) = tree();
    let overlong = CString::new(vec![b'x'; 300]).expect("no NUL");
    shard(&options, async move || {
        for (path, want) in [
            (c"missing", libc::ENOENT),
            (c"sub/missing", libc::ENOENT),
            (c"missing/missing", libc::ENOENT),
            (c"", libc::ENOENT),
            (c"plain/below", libc::ENOTDIR),
            (c"plain/", libc::ENOTDIR),
            (overlong.as_c_str(), libc::ENAMETOOLONG),
        ] {
            for _ in 0..2 {
                let got = content(&root, path, Symlinks::Inside).await;
                assert_eq!(got, Err(want), "{path:?}");
            }
        }
    });
}

/// Opening a FIFO waits for a writer, which never comes.
fn a_fifo_stops_nobody(options: Options) {
    let (scratch, root) = tree();
    let path = scratch.path().join("root/fifo");
    let mode = Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, mode, Dev::default()).expect("a FIFO");
    shard(&options, async move || {
        for _ in 0..3 {
            let fifo = root.open(c"fifo", Symlinks::Inside).await.expect("open");
            assert_eq!(fifo.metadata().expect("stat").kind, FileKind::Other);
            let error = fifo.read_at(0, 10).await.expect_err("it has no offsets");
            assert_eq!(error.raw_os_error(), Some(libc::ESPIPE));
        }
    });
}

fn reads_are_exact_and_end_with_the_file(options: Options) {
    const LENGTH: usize = 300_001;
    let scratch = Scratch::new();
    let bytes = pattern(LENGTH);
    let file = opened(&scratch.file("file", &bytes));
    let empty = opened(&scratch.file("empty", b""));
    shard(&options, async move || {
        for (offset, length) in [
            (0, LENGTH),
            (0, LENGTH + 50_000),
            (0, 0),
            (0, 1),
            (1, 4_096),
            (4_095, 2),
            (100_003, 150_007),
            (LENGTH - 1, 1),
            (LENGTH - 1, 2),
            (LENGTH, 1),
            (LENGTH + 5_000, 10),
        ] {
            let got = file.read_at(offset as u64, length).await.expect("read");
            let start = offset.min(LENGTH);
            let end = (offset + length).min(LENGTH);
            assert_same(&got, &bytes[start..end.max(start)]);
        }
        assert!(empty.read_at(0, 100).await.expect("read").is_empty());
    });
}

fn metadata_tells_what_a_path_names(options: Options) {
    use std::os::unix::fs::MetadataExt;
    let (scratch, root) = tree();
    shard(&options, async move || {
        let plain = root.open(c"plain", Symlinks::Inside).await.expect("open");
        let got = plain.metadata().expect("stat");
        let want = std::fs::metadata(scratch.path().join("root/plain")).expect("stat");
        assert_eq!(got.kind, FileKind::Regular);
        assert_eq!(
            (got.size, got.inode, got.device),
            (5, want.ino(), want.dev())
        );
        let modified = (want.mtime(), want.mtime_nsec() as u32);
        assert_eq!(got.modified, modified);
        let sub = root.open(c"sub", Symlinks::Inside).await.expect("open");
        assert_eq!(sub.metadata().expect("stat").kind, FileKind::Directory);
        let error = sub.read_at(0, 10).await.expect_err("a directory");
        assert_eq!(error.raw_os_error(), Some(libc::EISDIR));
        // What is open stays what it was; the path names another file from now on.
        let replacement = scratch.file("new", b"replaced");
        std::fs::rename(replacement, scratch.path().join("root/plain")).expect("rename");
        let after = root.open(c"plain", Symlinks::Inside).await.expect("open");
        let after = after.metadata().expect("stat");
        assert_ne!(after.inode, got.inode);
        assert_eq!(after.size, 8);
        assert_same(&plain.read_at(0, 10).await.expect("read"), b"plain");
    });
}

fn a_cold_file_is_read_exactly(options: Options) {
    const LENGTH: usize = 3_000_000;
    let scratch = Scratch::new();
    let path = scratch.file("cold", &pattern(LENGTH));
    shard(&options, async move || {
        let (file, want) = (opened(&path), pattern(LENGTH));
        for (offset, length) in [(0, LENGTH), (1_999_999, 700_001), (LENGTH - 3, 10)] {
            cool(&path);
            let got = file.read_at(offset as u64, length).await.expect("read");
            assert_same(&got, &want[offset..(offset + length).min(LENGTH)]);
        }
        cool(&path);
        file.warm(5_000, 1_000_000).await.expect("warm");
        file.warm(LENGTH as u64, 0).await.expect("nothing to warm");
        let got = file.read_at(4_000, 1_000_000).await.expect("read");
        assert_same(&got, &want[4_000..1_004_000]);
    });
}

/// Every second one is missing: those are never in the path cache, so they go by the driver.
fn a_thousand_opens_at_once(options: Options) {
    const OPENS: usize = 1_000;
    let scratch = Scratch::new();
    for number in (0..OPENS).step_by(2) {
        scratch.file(&format!("{number}"), number.to_string().as_bytes());
    }
    let root = Directory::open_root(scratch.path()).expect("the root");
    shard(&options, async move || {
        let answered = Rc::new(Cell::new(0));
        for number in 0..OPENS {
            let (root, answered) = (root.clone(), answered.clone());
            spawn(async move {
                let name = number.to_string();
                let path = CString::new(name.as_bytes()).expect("no NUL");
                let got = content(&root, &path, Symlinks::Inside).await;
                match number % 2 {
                    0 => assert_eq!(got.as_deref(), Ok(name.as_bytes())),
                    _ => assert_eq!(got, Err(libc::ENOENT), "{name}"),
                }
                answered.set(answered.get() + 1);
            });
        }
        until("answered", || answered.get() == OPENS).await;
        quiet(0).await;
    });
}

/// A future is dropped while the driver opens or reads for it: what comes of it is closed.
fn a_dropped_open_or_read_leaves_no_descriptor(options: Options) {
    let scratch = Scratch::new();
    let path = scratch.file("read", &pattern(1_000_000));
    // Its fdinfo is never answered out of the path cache, so that opening it goes by the driver.
    let anchor = std::fs::File::open(&path).expect("open");
    let number = std::os::fd::AsRawFd::as_raw_fd(&anchor).to_string();
    let information = Directory::open_root(Path::new("/proc/self/fdinfo")).expect("proc");
    let name = CString::new(number.as_bytes()).expect("no NUL");
    let (_, report) = shard(&options, async move || {
        for _ in 0..100 {
            let mut open = Box::pin(information.open(&name, Symlinks::Inside));
            let _ = poll_once(&mut open).await;
        }
        quiet(0).await;
        assert_eq!(descriptors_of(&format!("/fdinfo/{number}")), 0);
        for _ in 0..100 {
            cool(&path);
            let file = opened(&path);
            let mut read = Box::pin(file.read_at(0, 1_000_000));
            let _ = poll_once(&mut read).await;
        }
        quiet(0).await;
        assert_eq!(
            descriptors_of(path.to_str().expect("UTF-8")),
            1,
            "the anchor"
        );
        drop(anchor);
    });
    assert_eq!(report.in_flight, 0);
}

/// Descriptors of this process whose path ends so; other tests' descriptors do not count.
fn descriptors_of(ending: &str) -> usize {
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("proc");
    descriptors
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().ends_with(ending))
        .count()
}
