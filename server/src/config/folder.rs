//! What the disk says about a folder that a config names.
//!
//! The config is read without touching the disk but through this one question, so that tests can
//! answer it themselves.

use std::fs;
use std::io;
use std::path::Path;

/// What is found at a path that should be a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folder {
    /// A folder that can be opened.
    Present,
    /// Nothing.
    Missing,
    /// Something else.
    NotAFolder,
    /// It can not be looked at; the clause says why.
    Refused(String),
}

/// Answers the question for one path.
pub type LookAtFolder<'a> = &'a dyn Fn(&Path) -> Folder;

impl Folder {
    /// Asks the disk.
    pub fn on_disk(path: &Path) -> Self {
        match fs::read_dir(path) {
            Ok(_) => Self::Present,
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => Self::Missing,
                io::ErrorKind::NotADirectory => Self::NotAFolder,
                // A served folder needs no right to list, only to search: stat through it.
                io::ErrorKind::PermissionDenied if fs::metadata(path.join(".")).is_ok() => {
                    Self::Present
                }
                io::ErrorKind::PermissionDenied => {
                    Self::Refused("this user may not open it".to_owned())
                }
                _ => Self::Refused(error.to_string()),
            },
        }
    }

    /// What stands in the way, as a clause after the folder's name, with a remedy.
    pub fn obstacle(&self, path: &Path) -> Option<(String, String)> {
        let path = path.display();
        match self {
            Self::Present => None,
            Self::Missing => Some((
                format!("the folder {path} does not exist"),
                format!("create it with `mkdir -p {path}` or name another folder"),
            )),
            Self::NotAFolder => Some((
                format!("{path} is not a folder"),
                "name the folder that holds the file".to_owned(),
            )),
            Self::Refused(why) => Some((
                format!("the folder {path} can not be opened: {why}"),
                format!("give this user the right to read it: `chmod o+rx {path}`"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_told_apart() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(Folder::on_disk(here), Folder::Present);
        assert_eq!(
            Folder::on_disk(&here.join("Cargo.toml")),
            Folder::NotAFolder
        );
        let missing = here.join("no-such-folder");
        assert_eq!(Folder::on_disk(&missing), Folder::Missing);
        let (what, remedy) = Folder::Missing.obstacle(&missing).expect("it is missing");
        assert!(
            what.contains("no-such-folder") && remedy.contains("mkdir -p"),
            "{what}; {remedy}"
        );
    }
}
