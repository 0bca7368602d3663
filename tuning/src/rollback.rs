//! `rollback`: puts back the originals, where the value is still the one that `apply` left.
//!
//! What somebody else changed since is theirs: it is named and left alone. The journal goes when
//! every key is settled, and stays as long as one could not be restored, so that a second try
//! knows what the first one knew.

use crate::apply::{Entry, Journal, JournalError, Keys, Place, Storage, same};

/// What became of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The key.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is back.
    Back {
        /// The value that `apply` had left.
        from: String,
        /// The original.
        to: String,
    },
    /// It was there already: the write had not happened, or somebody put it back.
    There(String),
    /// Somebody changed it since.
    Theirs {
        /// What `apply` had left, if it is known.
        ours: Option<String>,
        /// The value now.
        theirs: String,
    },
    /// It could not be restored.
    Stuck(String),
}

/// Restores what the journal has. The caller holds the lock.
///
/// # Errors
/// Stops before the first write when the journal cannot be used, or belongs elsewhere.
pub fn rollback(
    keys: &mut dyn Keys,
    storage: &mut dyn Storage,
    place: &Place,
) -> Result<Vec<Restored>, JournalError> {
    let journal = Journal::load(storage)?;
    journal.belongs_to(place)?;
    let mut restored = Vec::new();
    // Backwards: what was set last may depend on what was set first.
    for entry in journal.entries().iter().rev() {
        restored.push(Restored {
            name: entry.name.clone(),
            fate: restore(entry, keys),
        });
    }
    let stuck = restored
        .iter()
        .any(|key| matches!(key.fate, Fate::Stuck(_)));
    if !stuck {
        storage.remove()?;
    }
    Ok(restored)
}

fn restore(entry: &Entry, keys: &mut dyn Keys) -> Fate {
    let current = match keys.read(&entry.path) {
        Ok(current) => current,
        Err(error) => return Fate::Stuck(format!("{} cannot be read: {error}", entry.path)),
    };
    if same(&current, &entry.before) {
        return Fate::There(current);
    }
    if !entry.is_ours(&current) {
        return Fate::Theirs {
            ours: entry.held.clone(),
            theirs: current,
        };
    }
    if let Err(error) = keys.write(&entry.path, &entry.before) {
        return Fate::Stuck(format!("{} cannot be written: {error}", entry.path));
    }
    match keys.read(&entry.path) {
        Ok(now) if same(&now, &entry.before) => Fate::Back {
            from: current,
            to: now,
        },
        Ok(now) => Fate::Stuck(format!(
            "wrote {}, and the kernel holds {now}",
            entry.before
        )),
        Err(error) => Fate::Stuck(format!("{} cannot be read back: {error}", entry.path)),
    }
}
