//! Moments as RFC 3339 writes them, for the access log and for pages.
//!
//! Clocks and file systems hold any time; only the years 1970 to 9999 can be written, and what
//! lies outside shows as the nearer end.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

/// 9999-12-31T23:59:59Z, in seconds after 1970.
const LAST_SECOND: u64 = 253_402_300_799;

/// `2026-11-21T08:30:00Z`.
pub(crate) fn rfc3339_seconds(time: SystemTime) -> impl Display {
    humantime::format_rfc3339_seconds(writable(time))
}

/// `2026-11-21T08:30:00.123Z`.
pub(crate) fn rfc3339_millis(time: SystemTime) -> impl Display {
    humantime::format_rfc3339_millis(writable(time))
}

fn writable(time: SystemTime) -> SystemTime {
    let first = SystemTime::UNIX_EPOCH;
    time.clamp(first, first + Duration::from_secs(LAST_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_can_be_written() {
        let epoch = SystemTime::UNIX_EPOCH;
        let long = Duration::from_secs(1 << 40);
        for (time, seconds, millis) in [
            (epoch, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            (
                epoch - long,
                "1970-01-01T00:00:00Z",
                "1970-01-01T00:00:00.000Z",
            ),
            (
                epoch + long,
                "9999-12-31T23:59:59Z",
                "9999-12-31T23:59:59.000Z",
            ),
            (
                epoch + Duration::from_millis(1_700_000_000_123),
                "2023-11-14T22:13:20Z",
                "2023-11-14T22:13:20.123Z",
            ),
        ] {
            assert_eq!(rfc3339_seconds(time).to_string(), seconds);
            assert_eq!(rfc3339_millis(time).to_string(), millis);
        }
    }
}
