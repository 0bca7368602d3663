//! `ringmain doctor`: what this host allows, why not, and what to do about it.
//!
//! [`HostReport`] holds facts; `findings` judges them; rendering is last. Nothing is changed on
//! the host: tuning is another tool's work.

mod findings;
mod host;
mod render;

pub use findings::{Finding, Verdict};
pub use host::{HostReport, Quota, ResourceLimit, RingReport, UringSwitch};
