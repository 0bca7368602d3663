//! From start to stop: what is said, which code is left, and that a stop loses nothing.

mod confinement;
mod drain;
mod listeners;
mod load;
mod signals;
mod start_errors;
