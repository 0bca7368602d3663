//! The binary as a person meets it, against a server of its own.

mod commands;
mod harness;
mod runs;
mod server;
