//! The ring itself: created on the thread that uses it, entered once a turn.
//!
//! Set-up flags are dropped one by one where the kernel lacks them. The ring's own descriptor is
//! registered where possible, which the `io-uring` crate does not carry from call to call, so
//! `io_uring_enter` is called from here.

use std::io;
use std::mem::size_of;
use std::os::fd::AsRawFd;
use std::time::Duration;

use io_uring::{IoUring, cqueue, squeue, types};

use super::probe::Abilities;

const SUBMISSION_ENTRIES: u32 = 512;
const COMPLETION_ENTRIES: u32 = 4096;

// From linux/io_uring.h.
const REGISTER_RING_FDS: u32 = 20;
const UNREGISTER_RING_FDS: u32 = 21;
const ENTER_GETEVENTS: u32 = 1 << 0;
const ENTER_EXT_ARG: u32 = 1 << 3;
const ENTER_REGISTERED_RING: u32 = 1 << 4;

/// The kernel's sigset_t: 64 signals.
const SIGNAL_SET_BYTES: u32 = 8;

/// `struct io_uring_rsrc_update`: how a ring's descriptor is registered.
#[repr(C)]
struct ResourceUpdate {
    offset: u32,
    reserved: u32,
    data: u64,
}

/// `struct io_uring_getevents_arg`.
#[repr(C)]
struct GetEventsArgument {
    signal_mask: u64,
    signal_mask_bytes: u32,
    min_wait_usec: u32,
    timeout: u64,
}

/// How many completions a wait lets gather, and for how long.
#[derive(Clone, Copy)]
struct Gathering {
    completions: u32,
    micros: u32,
}

pub(super) struct Ring {
    ring: IoUring,
    /// The index under which the ring's descriptor is registered with this thread.
    registered: Option<u32>,
    /// What did not fit the submission queue; bounded by the operations alive.
    overdue: std::collections::VecDeque<squeue::Entry>,
    gathering: Gathering,
    pub(super) enters: u64,
    pub(super) overflows: u64,
}

/// A completion, copied out of the queue.
#[derive(Clone, Copy)]
pub(super) struct Completion {
    pub(super) name: u64,
    pub(super) result: i32,
    pub(super) flags: u32,
}

impl Ring {
    /// A ring with as many of the wanted abilities as the kernel has; clears those that it lacks.
    pub(super) fn new(abilities: &mut Abilities) -> io::Result<Ring> {
        let ring = loop {
            let mut builder = IoUring::builder();
            builder.dontfork().setup_clamp().setup_submit_all();
            builder.setup_cqsize(COMPLETION_ENTRIES);
            if abilities.single_issuer {
                builder.setup_single_issuer();
            }
            if abilities.defer_taskrun {
                builder.setup_defer_taskrun().setup_taskrun_flag();
            } else {
                builder.setup_coop_taskrun().setup_taskrun_flag();
            }
            match builder.build(SUBMISSION_ENTRIES) {
                Ok(ring) => break ring,
                Err(error) if error.raw_os_error() != Some(libc::EINVAL) => return Err(error),
                Err(_) if abilities.defer_taskrun => abilities.defer_taskrun = false,
                Err(_) if abilities.single_issuer => abilities.single_issuer = false,
                Err(error) => return Err(error),
            }
        };
        let mut ring = Ring {
            ring,
            registered: None,
            overdue: std::collections::VecDeque::new(),
            enters: 0,
            overflows: 0,
            gathering: Gathering {
                completions: 1,
                micros: 0,
            },
        };
        if abilities.registered_ring {
            ring.registered = ring.register_descriptor().ok();
            abilities.registered_ring = ring.registered.is_some();
        }
        Ok(ring)
    }

    pub(super) fn submitter(&self) -> io_uring::Submitter<'_> {
        self.ring.submitter()
    }

    pub(super) fn has_timeouts(&self) -> bool {
        self.ring.params().is_feature_ext_arg()
    }

    /// From now on a wait lets up to `completions` gather, for `micros` at the most. Nothing
    /// changes where the kernel cannot end such a wait with fewer (before Linux 6.12).
    pub(super) fn gather(&mut self, completions: u32, micros: u32) {
        if self.ring.params().is_feature_min_timeout() {
            self.gathering = Gathering {
                completions: completions.max(1),
                micros,
            };
        }
    }

    pub(super) fn has_quiet_success(&self) -> bool {
        self.ring.params().is_feature_skip_cqe_on_success()
    }

    /// Queues `entry` for the next submission.
    ///
    /// # Safety
    /// Everything that the entry points to stays valid and unmoved until the operation's final
    /// completion.
    pub(super) unsafe fn push(&mut self, entry: squeue::Entry) {
        if self.overdue.is_empty() {
            // SAFETY: passed on from the caller.
            if unsafe { self.ring.submission().push(&entry) }.is_ok() {
                return;
            }
            // Full: hand over what is queued. A refusal (EBUSY) leaves it queued, and `entry`
            // waits outside.
            let _ = self.enter(0, None);
            // SAFETY: passed on from the caller.
            if unsafe { self.ring.submission().push(&entry) }.is_ok() {
                return;
            }
        }
        self.overdue.push_back(entry);
    }

    /// Submits what is queued, waits up to `wait` (`None`: until something happens) and copies
    /// the completions into `into`. True where the kernel has consumed everything queued and
    /// holds no completion back: what was to complete at once has.
    pub(super) fn submit_and_wait(
        &mut self,
        wait: Option<Duration>,
        into: &mut Vec<Completion>,
    ) -> io::Result<bool> {
        self.push_overdue();
        let nothing_to_do = {
            let submission = self.ring.submission();
            wait == Some(Duration::ZERO)
                && submission.is_empty()
                && !submission.taskrun()
                && !submission.cq_overflow()
        };
        if !nothing_to_do {
            let waits = wait != Some(Duration::ZERO)
                && self.overdue.is_empty()
                && self.ring.completion().is_empty();
            let want = if waits { self.gathering.completions } else { 0 };
            match self.enter(want, wait) {
                Ok(()) => {}
                Err(error) => match error.raw_os_error() {
                    // A signal, the wait's end, or a full completion queue: collect and go on.
                    Some(libc::EINTR | libc::ETIME | libc::EBUSY | libc::EAGAIN) => {}
                    _ => return Err(error),
                },
            }
        }
        let submission = self.ring.submission();
        let settled = submission.is_empty() && !submission.cq_overflow();
        drop(submission);
        let completion = self.ring.completion();
        self.overflows = u64::from(completion.overflow());
        into.extend(completion.map(|entry: cqueue::Entry| Completion {
            name: entry.user_data(),
            result: entry.result(),
            flags: entry.flags(),
        }));
        Ok(settled && self.overdue.is_empty())
    }

    fn push_overdue(&mut self) {
        while let Some(entry) = self.overdue.front() {
            // SAFETY: the promise was given when the entry was first pushed.
            if unsafe { self.ring.submission().push(entry) }.is_err() {
                return;
            }
            self.overdue.pop_front();
        }
    }

    fn enter(&mut self, want: u32, wait: Option<Duration>) -> io::Result<()> {
        let to_submit = self.ring.submission().len() as u32;
        let timeout = wait.map(|wait| {
            types::Timespec::new()
                .sec(wait.as_secs())
                .nsec(wait.subsec_nanos())
        });
        let argument = GetEventsArgument {
            signal_mask: 0,
            signal_mask_bytes: SIGNAL_SET_BYTES,
            min_wait_usec: if want > 1 { self.gathering.micros } else { 0 },
            timeout: timeout.as_ref().map_or(0, |spec| &raw const *spec as u64),
        };
        let (fd, registered) = match self.registered {
            Some(index) => (index as i32, ENTER_REGISTERED_RING),
            None => (self.ring.as_raw_fd(), 0),
        };
        self.enters += 1;
        // SAFETY: the descriptor (or registered index) is this ring's; `argument` and the
        // timespec that it points to outlive the call; what the entries point to is promised by
        // `push`. DEFER_TASKRUN needs GETEVENTS on every wait, and it does no harm elsewhere.
        let result = unsafe {
            libc::syscall(
                libc::SYS_io_uring_enter,
                fd,
                to_submit,
                want,
                ENTER_GETEVENTS | ENTER_EXT_ARG | registered,
                &raw const argument,
                size_of::<GetEventsArgument>(),
            )
        };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    fn register_descriptor(&mut self) -> io::Result<u32> {
        let mut update = ResourceUpdate {
            offset: u32::MAX,
            reserved: 0,
            data: self.ring.as_raw_fd() as u64,
        };
        self.register(REGISTER_RING_FDS, &mut update)?;
        Ok(update.offset)
    }

    fn register(&self, code: u32, update: &mut ResourceUpdate) -> io::Result<()> {
        // SAFETY: the descriptor is this ring's and `update` is one valid entry.
        let result = unsafe {
            libc::syscall(
                libc::SYS_io_uring_register,
                self.ring.as_raw_fd(),
                code,
                &raw mut *update,
                1,
            )
        };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

/// Ends a multishot receive once it has brought `bytes_max` (Linux 6.17). Without it the kernel
/// hands over, in one go, whatever the socket holds, in as many buffers as are free; a cancel
/// comes too late for that.
pub(super) fn limited(mut receive: squeue::Entry, bytes_max: u32) -> squeue::Entry {
    const OPTLEN_OFFSET: usize = 44;
    const { assert!(size_of::<squeue::Entry>() == 64) };
    // SAFETY: an entry is the kernel's `struct io_uring_sqe` (repr(C), 64 bytes, aligned to 8),
    // whose `optlen` is the u32 at that offset; no builder of the crate sets it for a receive.
    unsafe {
        let field = (&raw mut receive).byte_add(OPTLEN_OFFSET).cast::<u32>();
        field.write(bytes_max);
    }
    receive
}

impl Drop for Ring {
    fn drop(&mut self) {
        // A registered descriptor holds a reference on the ring for as long as the thread lives.
        if let Some(offset) = self.registered {
            let mut update = ResourceUpdate {
                offset,
                reserved: 0,
                data: 0,
            };
            let _ = self.register(UNREGISTER_RING_FDS, &mut update);
        }
    }
}
