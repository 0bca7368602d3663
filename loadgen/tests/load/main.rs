//! The engine against a peer that does what the test says: what is recorded is what happened.

mod errors;
mod holding;
mod loops;
mod peer;
mod scenario;
mod verifying;
