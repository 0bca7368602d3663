//! The provided-buffer ring: free receive buffers, where the kernel takes them from.

use std::cell::Cell;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;

use super::ring::Ring;
use crate::buffer::{Home, Mapping};

/// The one buffer group of a ring.
pub(super) const GROUP: u16 = 0;

/// A home for buffers that the kernel shares.
pub(super) struct BufferRing {
    entries: Mapping,
    /// A power of two, at least as many as there are buffers: the ring cannot overflow.
    count: u16,
    buffer_bytes: u32,
    tail: Cell<u16>,
}

impl BufferRing {
    /// Registers an empty ring for `count` buffers.
    pub(super) fn register(ring: &Ring, count: u16, buffer_bytes: u32) -> io::Result<BufferRing> {
        assert!(count.is_power_of_two());
        let entries = Mapping::new(usize::from(count) * size_of::<BufRingEntry>())?;
        // SAFETY: the mapping is page-aligned, zeroed and of the right length, and lives in the
        // pool, which the driver drops after the ring has been unregistered.
        unsafe {
            ring.submitter().register_buf_ring_with_flags(
                entries.start().as_ptr() as u64,
                count,
                GROUP,
                0,
            )?;
        }
        Ok(BufferRing {
            entries,
            count,
            buffer_bytes,
            tail: Cell::new(0),
        })
    }

    fn tail(&self) -> &AtomicU16 {
        let base = self.entries.start().cast::<BufRingEntry>().as_ptr();
        // SAFETY: the tail lies in the reserved field of the first entry, inside of the mapping
        // and aligned; kernel and user space only ever access it as a 16-bit atomic.
        unsafe { AtomicU16::from_ptr(BufRingEntry::tail(base).cast_mut()) }
    }
}

impl Home for BufferRing {
    fn give(&self, buffer: u16, address: NonNull<u8>) {
        let tail = self.tail.get();
        let index = usize::from(tail & (self.count - 1));
        // SAFETY: `index` is below `count`; the kernel reads an entry only once the tail has
        // passed it, and the pool never has more buffers out than entries, so this entry is not
        // being read. The tail's own bytes (the reserved field) are not written here.
        unsafe {
            let entry = self
                .entries
                .start()
                .cast::<BufRingEntry>()
                .add(index)
                .as_mut();
            entry.set_addr(address.as_ptr() as u64);
            entry.set_len(self.buffer_bytes);
            entry.set_bid(buffer);
        }
        let tail = tail.wrapping_add(1);
        self.tail.set(tail);
        self.tail().store(tail, Ordering::Release);
    }
}
