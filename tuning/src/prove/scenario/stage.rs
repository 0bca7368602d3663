//! Where a round takes place: namespaces with the value of the round in force, the programs that
//! may be run, and the counters around what happens.

use std::path::PathBuf;

use super::conntrack_full::FullTable;
use crate::prove::counters::Counters;
use crate::prove::hindrance::Hindrance;
use crate::prove::proof::{Change, Round, Side};
use crate::prove::space::{Pair, Space};

/// The programs that scenarios run besides those of the system.
#[derive(Clone, Debug)]
pub(in crate::prove) struct Programs {
    /// `ringload`, if it was found.
    pub(in crate::prove) ringload: Option<PathBuf>,
    /// The server's command, with `{listen}` and `{root}` in it, if there is one.
    pub(in crate::prove) server: Option<Vec<String>>,
}

/// A round's surroundings.
pub(in crate::prove) struct Stage<'s> {
    /// The value of the round.
    pub(in crate::prove) side: Side,
    /// What may be run.
    pub(in crate::prove) programs: &'s Programs,
    /// A table that is too expensive to fill for each round.
    pub(in crate::prove) full_table: &'s mut Option<FullTable>,
}

impl Stage<'_> {
    /// A fresh namespace with the value in force.
    pub(super) fn space(&self) -> Result<Space, Hindrance> {
        let space = Space::new()?;
        self.prepare(&space)?;
        Ok(space)
    }

    /// Two fresh namespaces, connected, with the value in force on both ends.
    pub(super) fn pair(&self) -> Result<Pair, Hindrance> {
        let pair = Pair::new()?;
        self.prepare(&pair.server)?;
        self.prepare(&pair.client)?;
        Ok(pair)
    }

    fn prepare(&self, space: &Space) -> Result<(), Hindrance> {
        let Change::Sysctls(values) = self.side.change else {
            return Ok(());
        };
        values
            .iter()
            .try_for_each(|(key, value)| space.set(key, value))
    }
}

/// Does something with the counters of a namespace read before and after.
pub(super) fn counted(
    space: &Space,
    work: impl FnOnce() -> Result<Round, Hindrance>,
) -> Result<Round, Hindrance> {
    let before = Counters::of(space)?;
    let mut round = work()?;
    round.counters = Counters::of(space)?.since(&before);
    Ok(round)
}
