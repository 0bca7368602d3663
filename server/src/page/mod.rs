//! Pages that the server writes itself: the listing of a folder and the body of an error.
//!
//! Each is a function from data to bytes. They load nothing from elsewhere, run no script and
//! escape every name that came from a disk or a client.

pub mod error;
mod escape;
pub mod listing;
mod listing_html;
mod sort;
