//! nft(8): the program that speaks to the kernel for us.
//!
//! A check runs in a network namespace of its own where that is possible, so that nothing of it
//! can reach the host. A load is one transaction of the kernel: all of it, or nothing.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

use super::TABLE;

/// The largest table that can be saved, in bytes.
const TABLE_BYTES_MAX: usize = 1 << 20;

/// nft(8), found.
#[derive(Clone, Debug)]
pub struct Nft {
    program: PathBuf,
}

/// Why nft(8) did not do it.
#[derive(Debug, Error)]
pub enum NftError {
    /// It is not there.
    #[error("nft is not installed; install the package nftables")]
    Missing,
    /// It cannot be run.
    #[error("nft cannot be run: {0}")]
    Io(#[from] io::Error),
    /// It needs privileges.
    #[error("the kernel does not let this user see the rule set; run as root")]
    Denied,
    /// It found a mistake, or the kernel did.
    #[error("nft refuses it: {0}")]
    Refused(String),
    /// The table is too large to be saved.
    #[error("the table {TABLE} has over {TABLE_BYTES_MAX} bytes; it was not written by ringtune")]
    TooLarge,
}

impl Nft {
    /// Finds nft(8) on the PATH, or where root has it.
    ///
    /// # Errors
    /// Says what to install.
    pub fn find() -> Result<Self, NftError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        let mut programs = folders.map(|folder| folder.join("nft"));
        let program = programs
            .find(|program| program.is_file())
            .ok_or(NftError::Missing)?;
        Ok(Self { program })
    }

    /// Whether nft(8) and the kernel would take a text, in a network namespace made for it.
    ///
    /// # Errors
    /// Says what they do not take, with its line.
    pub fn check(&self, text: &str) -> Result<(), NftError> {
        let mut apart = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            apart.arg("--map-root-user");
        }
        apart
            .arg("--net")
            .arg("--")
            .arg(&self.program)
            .args(["-c", "-f", "-"]);
        match run(&mut apart, text) {
            Err(NftError::Io(error)) if error.kind() == ErrorKind::NotFound => {
                self.check_here(text)
            }
            // Containers often forbid namespaces.
            Err(NftError::Refused(said)) if said.starts_with("unshare: ") => self.check_here(text),
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    /// Whether they would take it here.
    ///
    /// # Errors
    /// Says what they do not take, with its line.
    pub fn check_here(&self, text: &str) -> Result<(), NftError> {
        run(Command::new(&self.program).args(["-c", "-f", "-"]), text).map(|_| ())
    }

    /// Loads a text, all of it or nothing.
    ///
    /// # Errors
    /// Says what nft(8) or the kernel did not take.
    pub fn load(&self, text: &str) -> Result<(), NftError> {
        run(Command::new(&self.program).args(["-f", "-"]), text).map(|_| ())
    }

    /// Our table as it is now, without its counts; `None` if there is none.
    ///
    /// # Errors
    /// Says what nft(8) said.
    pub fn table(&self) -> Result<Option<String>, NftError> {
        let tables = run(
            Command::new(&self.program).args(["list", "tables", "inet"]),
            "",
        )?;
        let ours = format!("table {TABLE}");
        if !tables.lines().any(|line| line.trim() == ours) {
            return Ok(None);
        }
        let mut list = Command::new(&self.program);
        let text = run(
            list.args(["-s", "list", "table"]).args(TABLE.split(' ')),
            "",
        )?;
        if text.len() > TABLE_BYTES_MAX {
            return Err(NftError::TooLarge);
        }
        Ok(Some(text))
    }

    /// Where it is.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

fn run(command: &mut Command, input: &str) -> Result<String, NftError> {
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that stops early says why on its standard error.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("cache initialization failed: Operation not permitted") {
        return Err(NftError::Denied);
    }
    Err(NftError::Refused(first_complaint(&said)))
}

/// The first message and the line it is about. The mark below that line is of no use in a
/// sentence.
fn first_complaint(said: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or("it does not say why");
    let message = message.strip_prefix("/dev/stdin:").unwrap_or(message);
    match lines.next().filter(|about| !about.starts_with('^')) {
        Some(about) => format!("{message} in \"{about}\""),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_one_line_with_its_place() {
        let said =
            "/dev/stdin:2:4-8: Error: syntax error, unexpected junk\n    junk rule\n    ^^^^\n";
        assert_eq!(
            first_complaint(said),
            "2:4-8: Error: syntax error, unexpected junk in \"junk rule\""
        );
        assert_eq!(first_complaint("unshare: failed\n"), "unshare: failed");
        assert_eq!(first_complaint(""), "it does not say why");
    }
}
