//! What people and programs read: tables, live lines, JSON, CSV, HDR logs, a page.
//!
//! Everything in here turns a finished document (or a moment of a run) into text. It opens no
//! file and decides no exit code.

pub mod csv;
pub mod figure;
mod grid;
pub mod hdr;
mod html;
mod ink;
pub mod json;
mod live;
mod progress;
mod steps;
mod table;
mod words;

pub(crate) use grid::{Align, Grid, wrapped};
pub use html::render_html;
pub use ink::Ink;
pub(crate) use ink::Tone;
pub use live::{LINE_EVERY, Live, LiveMode};
pub use progress::{Phase, Progress};
pub use steps::steps_table;
pub use table::run_table;
