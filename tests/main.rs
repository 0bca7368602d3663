//! Black-box tests of `ringmain`: a real server on a port of its own, asked over raw sockets.
//!
//! Here we are client, attacker and operator, and know the program only by what it promises:
//! bytes on sockets, lines on standard error, exit codes, a log. Nothing of the server's code is
//! called. Each subject is a folder, all share one harness; a case that both drivers must pass
//! runs on both.

mod clients;
mod conformance;
mod files;
mod harness;
mod lifecycle;
mod limits;
mod log;
