//! What the server says about itself: the access log and the counters.
//!
//! Nothing here may slow a shard down. Shards write into memory of their own; whoever wants to
//! know reads it from another thread.

pub mod access_log;
pub mod counters;
mod record;
mod writer;

pub use record::{AccessRecord, Peer};
