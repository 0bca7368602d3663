//! The system calls of files that need more than rustix offers, or must never wait.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

/// openat2(2), with the given `RESOLVE_*` bits.
pub(crate) fn open_beneath(
    directory: &impl AsFd,
    path: &CStr,
    flags: u64,
    resolve: u64,
) -> io::Result<OwnedFd> {
    let flags = OFlags::from_bits_retain(flags as u32);
    let resolve = ResolveFlags::from_bits_retain(resolve);
    Ok(openat2(directory, path, flags, Mode::empty(), resolve)?)
}

/// `struct cachestat_range` and `struct cachestat` of linux/mman.h.
#[repr(C)]
struct CacheStatRange {
    offset: u64,
    length: u64,
}

#[repr(C)]
#[derive(Default)]
struct CacheStat {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// From asm/unistd.h: the same number on every architecture (Linux 6.5).
const SYS_CACHESTAT: libc::c_long = 451;

/// Whether every page of the range is in the page cache. Where the kernel cannot tell (before
/// 6.5, or a file system without one) the answer is no, and the caller reads ahead.
pub(crate) fn is_cached(file: &OwnedFd, offset: u64, length: u64) -> bool {
    let page = rustix::param::page_size() as u64;
    let range = CacheStatRange { offset, length };
    let mut stat = CacheStat::default();
    // SAFETY: descriptor and both structures are valid for the length of the call.
    let result = unsafe {
        libc::syscall(
            SYS_CACHESTAT,
            file.as_raw_fd(),
            &raw const range,
            &raw mut stat,
            0u32,
        )
    };
    let pages = (offset + length).div_ceil(page) - offset / page;
    result == 0 && stat.cached >= pages
}
