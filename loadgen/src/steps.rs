//! The stepped load: the same scenario with one number of connections after another.

use std::num::NonZeroU32;

use crate::plan::Scenario;

/// The scenarios of `base` with these connections, named after them: a step is no repetition of
/// another.
pub fn steps<'s>(
    base: &'s Scenario,
    connections: &'s [NonZeroU32],
) -> impl Iterator<Item = Scenario> + 's {
    connections.iter().map(|&connections| Scenario {
        name: format!("{} c={connections}", base.name),
        connections,
        ..base.clone()
    })
}
