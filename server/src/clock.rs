//! The fields that every response of a shard begins with, `Server` and `Date`, formatted once a
//! second.
//!
//! The only room on a shard that asks for the time of day.

use std::cell::RefCell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::{DATE_BYTES, FieldName, FieldValue, ResponseHead, format_date};

const SERVER: FieldValue<'static> = FieldValue::from_static("ringmain");
/// Bytes of both lines.
const LINES_BYTES: usize = b"Server: ringmain\r\nDate: \r\n".len() + DATE_BYTES;

/// The lines `Server` and `Date`, as they stand in a head.
pub(crate) type FirstLines = [u8; LINES_BYTES];

/// A clock that is asked with every response and looks up once a second.
pub(crate) struct Clock {
    state: RefCell<State>,
}

struct State {
    valid_until: Instant,
    seconds: u64,
    first_lines: FirstLines,
}

impl Clock {
    pub(crate) fn new(now: Instant) -> Clock {
        Clock {
            state: RefCell::new(read(now)),
        }
    }

    /// The lines to send now. `now` is the time of this turn of the loop.
    pub(crate) fn first_lines(&self, now: Instant) -> FirstLines {
        self.fresh(now, |state| state.first_lines)
    }

    /// Seconds since the epoch.
    pub(crate) fn seconds(&self, now: Instant) -> u64 {
        self.fresh(now, |state| state.seconds)
    }

    fn fresh<R>(&self, now: Instant, f: impl FnOnce(&State) -> R) -> R {
        let mut state = self.state.borrow_mut();
        if now >= state.valid_until {
            *state = read(now);
        }
        f(&state)
    }
}

/// A system clock before 1970 is shown as 1970.
fn read(now: Instant) -> State {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let left_of_second =
        Duration::from_secs(1) - Duration::from_nanos(since_epoch.subsec_nanos().into());
    State {
        valid_until: now + left_of_second,
        seconds: since_epoch.as_secs(),
        first_lines: first_lines(since_epoch.as_secs()),
    }
}

fn first_lines(seconds: u64) -> FirstLines {
    let mut lines = Vec::with_capacity(LINES_BYTES);
    ResponseHead::resume(&mut lines)
        .field(FieldName::SERVER, &SERVER)
        .date(&format_date(seconds))
        .pause();
    let mut first = [0; LINES_BYTES];
    first.copy_from_slice(&lines);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_kept_within_its_second_and_renewed_after_it() {
        let now = Instant::now();
        let clock = Clock::new(now);
        let first = clock.seconds(now);
        clock.state.borrow_mut().seconds = 7;
        assert_eq!(clock.seconds(now), 7, "kept");
        let later = clock.seconds(now + Duration::from_secs(1));
        assert!(later == first || later == first + 1, "renewed");
    }
}
