//! Why something was not run: a clause with what stood in the way and, where there is one, the
//! remedy. A hindrance is never a result: "not run" and "no effect" are different answers.

use std::io;

use thiserror::Error;

/// Why something could not be run here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Hindrance(pub String);

/// Gives an error the thing that was tried.
pub(super) trait Hindered<T> {
    /// The error as a hindrance, with what was tried in front.
    fn hindered(self, tried: &str) -> Result<T, Hindrance>;
}

impl<T> Hindered<T> for io::Result<T> {
    fn hindered(self, tried: &str) -> Result<T, Hindrance> {
        self.map_err(|error| Hindrance(format!("{tried}: {error}")))
    }
}

impl<T> Hindered<T> for rustix::io::Result<T> {
    fn hindered(self, tried: &str) -> Result<T, Hindrance> {
        self.map_err(io::Error::from).hindered(tried)
    }
}
