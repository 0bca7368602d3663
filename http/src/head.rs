//! What a head parser answers, for both roles.

/// The outcome of looking for a head at the beginning of what has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed<T> {
    /// A head.
    Complete {
        /// What it says; borrows the input.
        head: T,
        /// How many bytes of the input it took, its final empty line included.
        consumed: usize,
    },
    /// The head goes on after the end of the input.
    Partial,
}
