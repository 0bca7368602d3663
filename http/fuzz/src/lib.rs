//! What must hold for every input whatsoever, one function a fuzz target. They assert more than
//! the absence of panics: the same answer however the input is cut, nothing forbidden in what was
//! accepted, everything within its bounds. The tests of the `http` crate run them over the corpus.

#![forbid(unsafe_code)]

mod body;
mod head;
mod path;
mod range;

pub use self::{body::check_chunked, head::check_head, path::check_path, range::check_range};
