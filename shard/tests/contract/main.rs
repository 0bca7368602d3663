//! The contract of `shard`, line by line, through its public door only.
//!
//! Each file is a subject. Nearly every case runs on both drivers (`each_driver!` names the
//! driver in the test's name), with blocking sockets of the standard library at the other end,
//! so that a bug of ours cannot hide in its own mirror. Nothing here sleeps to synchronize:
//! cases wait for a condition, and the harness ends what waits too long.

mod abilities;
mod accept;
mod close;
mod drops;
mod files;
mod harness;
mod limits;
mod mailbox;
mod recv;
mod reset;
mod send;
mod send_file;
mod stop;
mod tasks;
mod timers;
