//! `apply`: writes what a plan says, so that it can be taken back whatever happens.
//!
//! The order is the safety: lock; settle what an interrupted run left; write all originals to
//! the journal and to the disk; then, key by key, write, read back and note what the kernel made
//! of it. Stopped at any point, the journal says enough for `rollback` to restore exactly and for
//! `apply` to go on. A key that fails is reported and does not stop the others.

mod journal;
mod keys;
mod lock;
mod records;

use thiserror::Error;

pub use self::journal::{Disk, Journal, JournalError, Storage};
pub use self::keys::{Files, Keys};
pub use self::lock::{Lock, LockError};
pub use self::records::{Entry, Place};

pub(crate) use self::records::same;
use crate::plan::Change;

/// What became of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The key.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The kernel holds what was written.
    Set {
        /// The value before.
        before: String,
        /// The value now.
        held: String,
    },
    /// The kernel made something else of it.
    Altered {
        /// What was asked for.
        asked: String,
        /// What the kernel holds.
        held: String,
    },
    /// The kernel, or the file system, refused.
    Refused(String),
}

/// Why `apply` stopped before its end.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A key of an interrupted run cannot be read.
    #[error("{path} cannot be read: {error}; nothing was changed")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
}

/// Makes the changes of a plan. The caller holds the lock.
///
/// # Errors
/// Stops before the first write when the journal cannot be written, and at once when a write can
/// no longer be noted.
pub fn apply(
    changes: &[Change<'_>],
    keys: &mut dyn Keys,
    storage: &mut dyn Storage,
    place: &Place,
) -> Result<Vec<Applied>, ApplyError> {
    let mut journal = Journal::load(storage)?;
    journal.belongs_to(place)?;
    settle(&mut journal, keys, storage, place)?;
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let mut originals = Vec::with_capacity(changes.len());
    for change in changes {
        let read = keys.read(&change.path);
        let before = read.map_err(|error| ApplyError::Unreadable {
            path: change.path.clone(),
            error,
        })?;
        originals.push((
            change.name.clone(),
            change.path.clone(),
            before,
            change.after.to_string(),
        ));
    }
    journal.begin(storage, place, &originals)?;
    let mut applied = Vec::with_capacity(changes.len());
    for (name, path, before, after) in originals {
        let written = keys.write(&path, &after);
        let held = keys.read(&path);
        let fate = fate(written, held, &before, &after);
        let held = match &fate {
            Fate::Set { held, .. } | Fate::Altered { held, .. } => held,
            Fate::Refused(_) => &before,
        };
        journal.wrote(storage, &name, held)?;
        applied.push(Applied { name, fate });
    }
    Ok(applied)
}

/// Takes note of what an interrupted run left behind, and forgets what is no longer ours, so
/// that the next run begins with a journal that is true.
fn settle(
    journal: &mut Journal,
    keys: &mut dyn Keys,
    storage: &mut dyn Storage,
    place: &Place,
) -> Result<(), ApplyError> {
    if journal.is_empty() {
        return Ok(());
    }
    let mut kept = Vec::new();
    for entry in journal.entries() {
        let current = keys
            .read(&entry.path)
            .map_err(|error| ApplyError::Unreadable {
                path: entry.path.clone(),
                error,
            })?;
        if !same(&current, &entry.before) && entry.is_ours(&current) {
            kept.push((entry.clone(), current));
        }
    }
    journal.rewrite(storage, place, kept)?;
    Ok(())
}

fn fate(
    written: std::io::Result<()>,
    held: std::io::Result<String>,
    before: &str,
    after: &str,
) -> Fate {
    match (written, held) {
        (Ok(()), Ok(held)) if same(&held, after) => Fate::Set {
            before: before.to_owned(),
            held,
        },
        (Ok(()), Ok(held)) => Fate::Altered {
            asked: after.to_owned(),
            held,
        },
        // A refused write of several numbers may have taken the first of them.
        (Err(_), Ok(held)) if !same(&held, before) => Fate::Altered {
            asked: after.to_owned(),
            held,
        },
        (Err(error), _) => Fate::Refused(error.to_string()),
        (Ok(()), Err(error)) => Fate::Refused(format!("it cannot be read back: {error}")),
    }
}

#[cfg(test)]
mod tests;
