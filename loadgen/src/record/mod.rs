//! What became of the requests: histograms, counts, errors, and the document made of them.

pub(crate) mod collector;
mod error_kind;
pub mod report;
pub(crate) mod slice;

pub use error_kind::{ERROR_KINDS, ErrorKind};
