//! Tests of `ringtune firewall` on real packets, in network namespaces that each test makes.
//!
//! A client, a router with a smaller MTU and a server, each a namespace that ends with its test;
//! the host's own rules are never touched. Without root, nft(8), ip(8), unshare(1) and
//! nsenter(1) the tests say so and count as skipped.

mod lab;
mod refusals;
mod rules;
mod trial;
