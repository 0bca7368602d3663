//! The binary from outside: on trees that stand for a host, and in network namespaces of its own.

mod apply;
mod check;
mod crash;
mod export;
mod harness;
mod namespace;
mod persist;
