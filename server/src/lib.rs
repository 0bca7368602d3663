//! ringmain, an HTTP edge server for Linux: the parts that the binary is put together from.
//!
//! The binary is thin: [`cli`] reads what the user wants, [`config`] turns it into a checked
//! value, `serve` starts the shards. The modules are public so that tests and benches use the
//! same rooms as the server; they are no stable interface.

#![forbid(unsafe_code)]

pub mod cache_rules;
pub mod check;
pub mod cli;
mod clock;
pub mod config;
mod connection;
mod control;
pub mod doctor;
mod handler;
pub mod listen;
pub mod measure;
pub mod media;
pub mod observe;
pub mod page;
mod readdir;
mod route;
pub mod serve;
mod timestamp;
mod worker;
