//! What every case needs: a site on disk, a server process, a client that reads strictly.
//!
//! Nothing here sleeps to be right: what is waited for is a condition with a deadline. Ports are
//! the kernel's choice, folders are temporary, and a server ends with the test that started it.

mod client;
mod process;
mod response;
mod server;
mod site;

use std::time::{Duration, Instant};

pub(crate) use client::{Client, Ending, request};
pub(crate) use process::{Finished, ringmain, run_to_end};
pub(crate) use response::Response;
pub(crate) use server::{Driver, Server};
pub(crate) use site::{Site, pattern};

/// How long a condition may take, however slow and busy the machine is.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// One test per driver for each case, a function that takes a [`Driver`].
macro_rules! for_both_drivers {
    ($($case:ident),+ $(,)?) => {
        mod uring {
            $(#[test]
            fn $case() {
                if crate::harness::Driver::Uring.is_here() {
                    super::$case(crate::harness::Driver::Uring);
                }
            })+
        }
        mod epoll {
            $(#[test]
            fn $case() {
                super::$case(crate::harness::Driver::Epoll);
            })+
        }
    };
}
pub(crate) use for_both_drivers;

/// Looks until `condition` holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < DEADLINE, "still not so: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
