//! What people and programs read of a run: tables, files, the page, and the comparison of two.

mod comparing;
mod documents;
mod files;
mod page;
mod tables;
