//! `persist`: makes the values last, in files that say who wrote them.
//!
//! A file without our first line is somebody else's and is never overwritten. Files are put in
//! place whole, so that a start of the host never sees half of one.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::export::Values;
use crate::host::{Host, Root};

/// How our files begin.
pub const MARK: &str = "# Written by ringtune";

/// One file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where, as on the host.
    pub path: String,
    /// What.
    pub text: String,
    /// What it takes to be in force.
    pub then: String,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is new, or has a new text.
    Changed,
    /// It had this text.
    Same,
}

/// Why a file was not written.
#[derive(Debug, Error)]
pub enum PersistError {
    /// Somebody else wrote it.
    #[error(
        "{} was not written by ringtune and stays as it is; move it away, or add its lines to a \
         later file such as /etc/sysctl.d/99-local.conf",
        .0.display()
    )]
    Foreign(PathBuf),
    /// The file system.
    #[error("{} cannot be written: {error}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// The files that make values last on a host. `goal` says in words what they are for.
pub fn documents(values: &Values<'_>, unit: &str, goal: &str) -> Vec<Document> {
    let head = format!("{MARK} for {goal}; `ringtune persist` writes it anew.\n");
    let document = |path: String, text: String, then: &str| Document {
        path,
        text: format!("{head}{text}"),
        then: then.to_owned(),
    };
    let all = [
        (
            "/etc/sysctl.d/80-ringtune.conf".to_owned(),
            values.sysctl_d(),
            "in force from the next start; ringtune apply sets the values now".to_owned(),
        ),
        (
            format!("/etc/systemd/system/{unit}.d/10-ringtune.conf"),
            values.drop_in(),
            format!("in force after systemctl daemon-reload and systemctl restart {unit}"),
        ),
        (
            "/etc/tmpfiles.d/80-ringtune.conf".to_owned(),
            values.tmpfiles(),
            "in force from the next start; ringtune apply sets the values now".to_owned(),
        ),
    ];
    let with_text = all.into_iter().filter(|(_, text, _)| !text.is_empty());
    with_text
        .map(|(path, text, then)| document(path, text, &then))
        .collect()
}

/// What a later file of sysctl.d sets differently, so that ours would not win, as clauses.
pub fn overruled(values: &Values<'_>, host: &Host) -> Vec<String> {
    let clause = |key: &str, value: &str| {
        let winner = *host.configured.of(key).last()?;
        let name = winner.file.rsplit('/').next().unwrap_or_default();
        let later = name > "80-ringtune.conf" || winner.file == "/etc/sysctl.conf";
        let differs = !winner.value.split_whitespace().eq(value.split_whitespace());
        (later && differs).then(|| {
            format!(
                "{key}: {}:{} sets {} and wins",
                winner.file, winner.line, winner.value
            )
        })
    };
    let sysctls = values.sysctls.iter();
    sysctls
        .filter_map(|value| clause(value.key, &value.value.to_string()))
        .collect()
}

/// Writes a file, if it is ours to write.
///
/// # Errors
/// Refuses a file of somebody else's, and says what the file system says.
pub fn write(root: &Root, document: &Document) -> Result<Written, PersistError> {
    let path = root.at(&document.path);
    let unwritable = |error| PersistError::Unwritable {
        path: path.clone(),
        error,
    };
    match fs::read(&path) {
        Ok(found) if found == document.text.as_bytes() => return Ok(Written::Same),
        Ok(found) if !found.starts_with(MARK.as_bytes()) => {
            return Err(PersistError::Foreign(path));
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(unwritable(error)),
    }
    put(&path, &document.text).map_err(unwritable)?;
    Ok(Written::Changed)
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    // Neither systemd nor sysctl(8) reads a name that ends so.
    let beside = path.with_extension("conf.new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}
