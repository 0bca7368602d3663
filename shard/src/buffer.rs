//! The receive buffers of a shard, and the leases on them.
//!
//! One mapping holds all buffers of a shard; pages are touched when bytes first land in them.
//! A [`Chunk`] is a lease: bytes that were received, still where the kernel put them, returned
//! to the pool when dropped. The pool starts with a small working set and doubles it on demand
//! up to its limit, so that few buffers stay hot in the cache and an idle shard owns little.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Deref;
use std::ptr::NonNull;
use std::rc::Rc;

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Buffers that a pool offers before anybody runs short.
const WORKING_SET_FIRST: u16 = 64;

/// Pages from the kernel, zeroed, unmapped on drop.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

impl Mapping {
    pub(crate) fn new(length: usize) -> io::Result<Mapping> {
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice aliases nothing.
        let start = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )?
        };
        let start = NonNull::new(start.cast()).expect("mmap answers an address or an error");
        Ok(Mapping { start, length })
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is the one that `new` mapped; whoever lent parts of it to the kernel
        // (pool, ring) keeps the mapping alive until the kernel has let go.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// Where a returned buffer goes.
pub(crate) trait Home {
    /// `buffer` at `address` is free again.
    fn give(&self, buffer: u16, address: NonNull<u8>);
}

/// The buffers of a shard; `H` takes the free ones (the kernel's ring, or a list).
pub(crate) struct Pool<H: ?Sized = dyn Home> {
    memory: Mapping,
    buffer_bytes: u32,
    buffers_max: u16,
    /// Buffers given to `home` so far; only these were ever touched.
    offered: Cell<u16>,
    leased: Cell<u16>,
    returned: Cell<bool>,
    home: H,
}

impl<H: Home> Pool<H> {
    pub(crate) fn new(buffer_bytes: u32, buffers_max: u16, home: H) -> io::Result<Rc<Pool<H>>> {
        let pool = Pool {
            memory: Mapping::new(buffer_bytes as usize * usize::from(buffers_max))?,
            buffer_bytes,
            buffers_max,
            offered: Cell::new(0),
            leased: Cell::new(0),
            returned: Cell::new(false),
            home,
        };
        pool.offer(WORKING_SET_FIRST);
        Ok(Rc::new(pool))
    }

    pub(crate) fn home(&self) -> &H {
        &self.home
    }
}

impl<H: Home + ?Sized> Pool<H> {
    /// Doubles the working set; false where the limit is reached.
    pub(crate) fn grow(&self) -> bool {
        let before = self.offered.get();
        self.offer(before);
        self.offered.get() > before
    }

    /// Whether some offered buffer is not leased out.
    pub(crate) fn has_free(&self) -> bool {
        self.leased.get() < self.offered.get()
    }

    /// Whether a buffer came back since the last call.
    pub(crate) fn take_returned(&self) -> bool {
        self.returned.replace(false)
    }

    pub(crate) fn buffer_bytes(&self) -> u32 {
        self.buffer_bytes
    }

    pub(crate) fn address(&self, buffer: u16) -> NonNull<u8> {
        assert!(buffer < self.buffers_max);
        // SAFETY: `buffer` is below the count for which the mapping was made.
        unsafe {
            self.memory
                .start()
                .add(usize::from(buffer) * self.buffer_bytes as usize)
        }
    }

    fn offer(&self, count: u16) {
        let from = self.offered.get();
        let to = from.saturating_add(count).min(self.buffers_max);
        self.offered.set(to);
        for buffer in from..to {
            self.home.give(buffer, self.address(buffer));
        }
    }
}

/// Received bytes, still where the kernel put them.
///
/// Dereferences to the bytes not yet taken; [`Chunk::take`] takes from the front. Hold it only
/// as long as the bytes are needed: the pool is bounded, and a shard whose every buffer is
/// leased receives nothing.
pub struct Chunk {
    pool: Rc<Pool>,
    buffer: u16,
    start: u32,
    end: u32,
}

impl Chunk {
    /// Leases `buffer`, of which the first `length` bytes were received.
    ///
    /// The caller (a driver) has taken the buffer out of its home: nobody else writes to it
    /// until the lease ends.
    pub(crate) fn lease(pool: Rc<Pool>, buffer: u16, length: u32) -> Chunk {
        assert!(length <= pool.buffer_bytes);
        pool.leased.set(pool.leased.get() + 1);
        Chunk {
            pool,
            buffer,
            start: 0,
            end: length,
        }
    }

    /// Takes `count` bytes off the front (all of them if there are fewer).
    pub fn take(&mut self, count: usize) {
        let count = count.min(self.len()) as u32;
        self.start += count;
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let address = self.pool.address(self.buffer);
        let length = (self.end - self.start) as usize;
        // SAFETY: the buffer lies in the pool's mapping, which `pool` keeps; `start..end` is
        // within what was received (checked in `lease`); while leased, neither the kernel nor
        // another chunk writes to it.
        unsafe { std::slice::from_raw_parts(address.add(self.start as usize).as_ptr(), length) }
    }
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chunk({} bytes)", self.len())
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let pool = &self.pool;
        pool.leased.set(pool.leased.get() - 1);
        pool.returned.set(true);
        pool.home.give(self.buffer, pool.address(self.buffer));
    }
}

/// A home in user space: the last buffer returned is the next one taken, while it is hot.
pub(crate) struct FreeList(RefCell<Vec<u16>>);

impl FreeList {
    pub(crate) fn new() -> FreeList {
        FreeList(RefCell::new(Vec::new()))
    }

    pub(crate) fn take(&self) -> Option<u16> {
        self.0.borrow_mut().pop()
    }
}

impl Home for FreeList {
    fn give(&self, buffer: u16, _address: NonNull<u8>) {
        self.0.borrow_mut().push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_grows_to_its_limit_and_buffers_come_back() {
        let pool = Pool::new(4096, 200, FreeList::new()).expect("memory");
        let mut chunks = Vec::new();
        let take = |chunks: &mut Vec<Chunk>| {
            while let Some(buffer) = pool.home().take() {
                chunks.push(Chunk::lease(pool.clone(), buffer, 10));
            }
        };
        take(&mut chunks);
        assert_eq!(chunks.len(), usize::from(WORKING_SET_FIRST));
        assert!(!pool.has_free());
        assert!(pool.grow());
        assert!(pool.grow());
        take(&mut chunks);
        assert_eq!(chunks.len(), 200);
        assert!(!pool.grow(), "the limit holds");
        assert!(!pool.take_returned());
        chunks.truncate(150);
        assert!(pool.take_returned());
        assert!(pool.has_free());
        take(&mut chunks);
        assert_eq!(chunks.len(), 200);
    }

    #[test]
    fn a_chunk_shows_what_is_left_of_it() {
        let pool = Pool::new(4096, 64, FreeList::new()).expect("memory");
        let buffer = pool.home().take().expect("a buffer");
        let address = pool.address(buffer);
        // SAFETY: the buffer was taken out of its home, is 4,096 bytes long and nobody reads it.
        unsafe { std::ptr::copy_nonoverlapping(b"hello".as_ptr(), address.as_ptr(), 5) };
        let mut chunk = Chunk::lease(pool, buffer, 5);
        assert_eq!(&*chunk, b"hello");
        chunk.take(2);
        assert_eq!(&*chunk, b"llo");
        chunk.take(9);
        assert!(chunk.is_empty());
    }
}
