//! What is to be done: from flags or a plan file to a checked [`Scenario`].

pub mod build;
pub mod file;
pub mod flags;
mod job;
pub mod mix;
mod nearest;
pub mod problem;
pub mod request;
mod scenario;
pub mod slo;
pub mod units;
pub mod url;
pub mod verify;

pub use job::{Job, SearchBounds};
pub use scenario::{
    Arrival, Connecting, Endpoint, Extent, Gathering, Origin, Pacing, RatePiece, RateProfile,
    Reuse, Scenario, Security, Sources, Threads,
};
