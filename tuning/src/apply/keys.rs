//! Reading and writing the files behind knobs. The one place in this crate that writes to the
//! kernel.

use std::fs::OpenOptions;
use std::io::{self, Write};

use crate::host::Root;

/// The files behind knobs, so that tests can bring a kernel that fails.
pub trait Keys {
    /// The value, without the blanks around it.
    ///
    /// # Errors
    /// Whatever the system says.
    fn read(&mut self, path: &str) -> io::Result<String>;

    /// Writes a value in one piece.
    ///
    /// # Errors
    /// Whatever the system says.
    fn write(&mut self, path: &str, value: &str) -> io::Result<()>;
}

/// The files of a tree.
#[derive(Debug)]
pub struct Files<'r>(pub &'r Root);

impl Keys for Files<'_> {
    fn read(&mut self, path: &str) -> io::Result<String> {
        Ok(self.0.text(path)?.trim().to_owned())
    }

    /// The kernel takes a sysctl from one write(2). The newline makes an empty value a write at
    /// all: it is how a list of ports is emptied.
    fn write(&mut self, path: &str, value: &str) -> io::Result<()> {
        let line = format!("{value}\n");
        let mut file = OpenOptions::new().write(true).open(self.0.at(path))?;
        file.write_all(line.as_bytes())?;
        // Only a plain file of a tree made for tests has a length. Truncated before the write, it
        // would be empty for whoever is killed in between; the kernel's files have no such state.
        let _ = file.set_len(line.len() as u64);
        Ok(())
    }
}
