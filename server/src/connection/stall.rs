//! Whether a slow peer takes anything at all.
//!
//! The kernel asks for more only when a good part of its send queue has drained, which takes a
//! slow peer longer than any stall time. So it is the acknowledged bytes that count, looked at a
//! few times within the stall time.

use std::time::Duration;

use shard::net::Stream;
use shard::time::Timer;

/// Looks within one stall time: a stall is noticed at most a quarter of the time late.
const LOOKS: u32 = 4;

/// Watches one response on its way to the peer.
pub(super) struct StallWatch {
    timer: Timer,
    look_time: Duration,
    /// Bytes of this response that the peer has, less what it lacks of earlier ones.
    acknowledged: i64,
    looks_without_progress: u32,
}

impl StallWatch {
    pub(super) fn new(stall_time_max: Duration) -> StallWatch {
        StallWatch {
            timer: Timer::new(),
            look_time: stall_time_max / LOOKS,
            acknowledged: i64::MIN,
            looks_without_progress: 0,
        }
    }

    /// The timer, armed for the next look.
    pub(super) fn next_look(&self) -> &Timer {
        self.timer.arm_in(self.look_time);
        &self.timer
    }

    /// Looks: `taken` are the bytes that the kernel has taken so far. True where the peer has
    /// acknowledged none of them for the stall time.
    pub(super) async fn is_stalled(&mut self, stream: &Stream, taken: u64) -> bool {
        // Without an answer, what the kernel took has to do.
        let unacknowledged = stream.unacknowledged().await.unwrap_or(0);
        let acknowledged = taken as i64 - unacknowledged as i64;
        if acknowledged > self.acknowledged {
            self.acknowledged = acknowledged;
            self.looks_without_progress = 0;
            return false;
        }
        self.looks_without_progress += 1;
        self.looks_without_progress >= LOOKS
    }
}
