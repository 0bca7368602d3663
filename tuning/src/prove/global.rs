//! A value of the whole host, changed for a round and put back whatever happens.
//!
//! Such a value has no namespace to be in, so it is only changed with leave. Who puts it back is a
//! process of its own that waits for this one to let go of a pipe: the end of the round, an
//! interrupt and `kill -9` all do that.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::hindrance::{Hindered, Hindrance};
use crate::host::sysctl;

/// Whether values of the whole host may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// They may not.
    Withheld,
    /// They may, and are put back.
    Given,
}

impl Leave {
    /// `--allow-host`.
    pub fn from_flag(allow_host: bool) -> Self {
        if allow_host {
            Self::Given
        } else {
            Self::Withheld
        }
    }
}

/// A changed value; it is put back when this goes.
#[derive(Debug)]
pub(super) struct Borrowed {
    keeper: Child,
}

/// Waits for the end of its input and writes the original. It must not die with the terminal.
const KEEPER: &str = "trap '' INT TERM HUP; echo ready; read -r _; printf '%s\\n' \"$2\" >\"$1\"";

impl Borrowed {
    /// Changes a value of the host.
    pub(super) fn set(key: &str, value: &str, leave: Leave) -> Result<Self, Hindrance> {
        if leave == Leave::Withheld {
            return Err(Hindrance(format!(
                "{key} is a value of the whole host; --allow-host changes it for the run and puts \
                 it back"
            )));
        }
        Self::write(&sysctl::path_of(key), value)
    }

    fn write(path: &str, value: &str) -> Result<Self, Hindrance> {
        let original = fs::read_to_string(path).hindered(path)?;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh", path, original.trim()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .hindered("sh")?;
        let mut borrowed = Self { keeper };
        borrowed.wait_until_ready()?;
        fs::write(path, value).hindered(&format!("{path} = {value}"))?;
        Ok(borrowed)
    }

    fn wait_until_ready(&mut self) -> Result<(), Hindrance> {
        let Some(output) = self.keeper.stdout.take() else {
            return Err(Hindrance(
                "the process that puts the value back did not start".into(),
            ));
        };
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)
            .map(drop)
            .hindered("the process that puts the value back")
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Its failure has no remedy here: the file was writable a moment ago.
        let _ = self.keeper.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_borrowed_is_put_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("value");
        fs::write(&file, "4096\t16384\n").expect("a file");
        let path = file.display().to_string();
        let borrowed = Borrowed::write(&path, "7").expect("it is written");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "7");
        drop(borrowed);
        assert_eq!(fs::read_to_string(&file).expect("a file"), "4096\t16384\n");
    }

    #[test]
    fn a_value_of_the_host_is_not_touched_without_leave() {
        let refused = Borrowed::set("kernel.ostype", "x", Leave::Withheld).expect_err("no leave");
        assert!(refused.to_string().contains("--allow-host"), "{refused}");
    }
}
