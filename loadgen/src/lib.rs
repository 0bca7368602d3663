//! `ringload`: an HTTP load generator that can prove what it measures.
//!
//! A run is a value that moves right: [`plan`] (what is to be done) → [`schedule`] (when) →
//! `worker` (one thread with its connections) → `client` (one connection) → [`record`] (what
//! became of it) → [`truth`] (what the host and the generator did meanwhile) → [`report`]. It
//! never imports the server: whoever measures must not share the bug that it should find.

#![forbid(unsafe_code)]

pub mod abuse;
pub mod cli;
mod client;
pub mod compare;
pub mod hold;
pub mod plan;
pub mod record;
pub mod report;
pub mod run;
pub mod schedule;
pub mod search;
pub mod stats;
pub mod steps;
pub mod truth;
mod worker;
