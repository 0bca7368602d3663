//! Measuring, for `peers` (ringmain beside nginx), `runtimes` (our ring beside others) and
//! `generators` (ringload beside wrk): start a server on one CPU, load it from another, read what it
//! cost both, write down what can be doubted.
//!
//! What it refuses: a number without its run folder, an average of ratios without its spread, and
//! a sample in which a single request failed.

#![forbid(unsafe_code)]

pub mod arena;
pub mod client;
pub mod congestion;
pub mod conversation;
pub mod environment;
pub mod failure;
pub mod finished;
pub mod generator;
pub mod host;
pub mod idle;
pub mod interrupt;
pub mod load;
pub mod opponent;
pub mod process;
pub mod program;
pub mod results;
pub mod run_folder;
pub mod server;
pub mod session;
pub mod settings;
pub mod site;
pub mod statistics;
