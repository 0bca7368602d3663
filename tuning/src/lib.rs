//! `ringtune`: tuning knowledge as data, and a tool that applies it safely.
//!
//! It reads a host, says what differs from what the target needs and why, changes it with a
//! journal and puts it back. It imports none of the project's other crates; where it needs load
//! it runs the `ringload` binary. It refuses to recommend what no counter shows.

#![forbid(unsafe_code)]

pub mod apply;
pub mod catalogue;
pub mod check;
pub mod cli;
pub mod explain;
pub mod export;
pub mod firewall;
pub mod formula;
pub mod goal;
pub mod host;
pub mod persist;
pub mod plan;
pub mod prove;
pub mod rollback;
pub mod setting;

mod nearest;
