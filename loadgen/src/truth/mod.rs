//! What the host and the generator did while numbers were taken, and what the numbers are worth.
//!
//! [`environment`] describes the host, [`Sampler`] takes the host's counters before and after the
//! window, [`ThreadClock`] a thread's own, and [`judge`] weighs it all. Nothing in here needs a
//! privilege, changes the host or fails: what cannot be seen is absent and is said to be so.

mod counters;
mod environment;
mod files;
mod thread;
mod verdict;

pub use counters::{Sampler, Servers};
pub use environment::{environment, environment_from};
pub use files::HostFiles;
pub(crate) use files::{kilobytes, labelled};
pub use thread::{ThreadClock, ThreadTime};
pub use verdict::judge;
