//! What is served of a folder, and what never is.

mod cache;
mod caching_rules;
mod changes;
mod folders;
mod links;
mod listing;
mod media;
mod names;
mod sizes;
mod special;
