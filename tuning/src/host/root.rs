//! The tree that is read: `/`, or a folder with a copy of what matters of it.
//!
//! Every path in this crate is written as on a live host; only this file puts the root in front.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The most that is read of one file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Where `/proc`, `/sys` and `/etc` are.
#[derive(Clone, Debug)]
pub struct Root(PathBuf);

impl Root {
    /// A tree below a folder.
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Whether this is the host itself, and not a copy of it.
    pub fn is_live(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// Where an absolute path is.
    pub fn at(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }

    /// The text of a file, at most `FILE_BYTES_MAX` of it.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn text(&self, path: &str) -> io::Result<String> {
        let mut bytes = Vec::new();
        File::open(self.at(path))?
            .take(FILE_BYTES_MAX)
            .read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The text of a file without the blanks around it, if it can be read and is not empty.
    pub fn word(&self, path: &str) -> Option<String> {
        let text = self.text(path).ok()?;
        Some(text.trim().to_owned()).filter(|word| !word.is_empty())
    }

    /// The names in a folder, sorted; none if it cannot be read.
    pub fn names(&self, path: &str) -> Vec<String> {
        let Ok(items) = std::fs::read_dir(self.at(path)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = items
            .filter_map(|item| item.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// Whether there is such a file or folder.
    pub fn has(&self, path: &str) -> bool {
        self.at(path).exists()
    }
}

impl Default for Root {
    fn default() -> Self {
        Self(PathBuf::from("/"))
    }
}
