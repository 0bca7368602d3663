//! One run at a time: a lock on the state folder, given back by the kernel when its holder dies.

use std::fs::{self, File, OpenOptions, create_dir_all};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

/// Held as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock was not had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another run has it.
    #[error("another ringtune ({holder}) is at work with {}; wait until it ends", folder.display())]
    Held {
        /// Who: a PID, as far as it is known.
        holder: String,
        /// The state folder.
        folder: PathBuf,
    },
    /// The state folder cannot be used.
    #[error(
        "the state folder {} cannot be used: {error}; run as root, or name another with --state-dir",
        folder.display()
    )]
    Folder {
        /// The state folder.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl Lock {
    /// Takes the lock of a state folder, which is made if it is not there.
    ///
    /// # Errors
    /// Names the holder when somebody has it.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let unusable = |error| LockError::Folder {
            folder: folder.to_owned(),
            error,
        };
        create_dir_all(folder).map_err(unusable)?;
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(unusable)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(LockError::Held {
                    holder: holder(&mut file),
                    folder: folder.to_owned(),
                });
            }
            Err(error) => return Err(unusable(error.into())),
        }
        file.set_len(0).map_err(unusable)?;
        file.write_all(format!("{}\n", std::process::id()).as_bytes())
            .map_err(unusable)?;
        Ok(Self { _file: file })
    }

    /// Whether a state folder is there at all: without one there is nothing to roll back, and no
    /// reason to make one.
    pub fn is_possible(folder: &Path) -> bool {
        fs::metadata(folder).is_ok_and(|found| found.is_dir())
    }
}

/// The holder writes its PID right after it took the lock, so it may not be there yet.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => format!("pid {}", text.trim()),
        Ok(_) | Err(_) => "just started".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_told_who_has_it_and_gets_it_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Lock::take(folder.path()).expect("free");
        let refused = Lock::take(folder.path()).expect_err("held").to_string();
        assert!(
            refused.contains(&format!("pid {}", std::process::id())),
            "{refused}"
        );
        drop(first);
        Lock::take(folder.path()).expect("free again");
    }
}
