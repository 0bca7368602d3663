//! Conformance of the `http` crate by subject, each test under the clause that it is about.
//!
//! What parses bytes is tested through [`harness`], which runs every input whole and cut at every
//! byte. Round trips are tested with seeded random input; the seed stands in the failure.

mod chunked;
mod conditional;
mod connection;
mod framing;
mod harness;
mod limits;
mod negotiation;
mod path;
mod ranges;
mod request;
mod response;
mod target;
mod writing;
