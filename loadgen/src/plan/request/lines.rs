//! The lines of a file that fill a place: read once, checked once, kept as one piece of memory.

use std::io;
use std::ops::Range;
use std::path::Path;

use http::FieldValue;

use super::hole::Position;
use super::wish::ReadFile;

/// Bytes that a file of lines may have. All of it stays in memory, and 8 bytes for each line.
pub const LINE_FILE_BYTES_MAX: usize = 64 << 20;
/// Bytes that one line may have.
const LINE_BYTES_MAX: usize = 64 << 10;

/// Lines that are not empty, at least one.
#[derive(Debug)]
pub(super) struct Lines {
    text: Vec<u8>,
    ranges: Vec<Range<u32>>,
}

/// Why the lines of a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// It is larger than [`LINE_FILE_BYTES_MAX`].
    #[error("has more than 64 MiB; use fewer lines")]
    TooLarge,
    /// It has no line that is not empty.
    #[error("has no lines")]
    Empty,
    /// A line would break the request that it fills.
    #[error("line {line} {what}")]
    Unfit {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, as a clause.
        what: &'static str,
    },
}

impl Lines {
    /// Reads a file for a place at `position`; `is_first` where nothing stands before it.
    pub(super) fn read(
        file: &Path,
        position: Position,
        is_first: bool,
        read: ReadFile<'_>,
    ) -> Result<Lines, LinesError> {
        let text = read(file, LINE_FILE_BYTES_MAX).map_err(|error| {
            if error.kind() == io::ErrorKind::FileTooLarge {
                LinesError::TooLarge
            } else {
                LinesError::Read(error)
            }
        })?;
        let mut ranges = Vec::new();
        let mut begin = 0;
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let end = begin + line.len();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                check(line, position, is_first).map_err(|what| LinesError::Unfit {
                    line: index + 1,
                    what,
                })?;
                // A file of at most 64 MiB has offsets of 32 bits.
                ranges.push(begin as u32..(begin + line.len()) as u32);
            }
            begin = end + 1;
        }
        if ranges.is_empty() {
            return Err(LinesError::Empty);
        }
        Ok(Lines { text, ranges })
    }

    /// The line of request `number`; after the last line comes the first.
    pub(super) fn line(&self, number: u64) -> &[u8] {
        let range = &self.ranges[(number % self.ranges.len() as u64) as usize];
        &self.text[range.start as usize..range.end as usize]
    }
}

fn check(line: &[u8], position: Position, is_first: bool) -> Result<(), &'static str> {
    if line.len() > LINE_BYTES_MAX {
        return Err("has more than 64 KiB");
    }
    match position {
        Position::Target => {
            let is_visible = line.iter().all(|byte| byte.is_ascii_graphic());
            if !is_visible {
                return Err("has a space or a byte that a target may not have; percent-encode it");
            }
            if is_first && line[0] != b'/' {
                return Err("does not begin with /, and the target begins with it");
            }
            Ok(())
        }
        Position::Field => match FieldValue::new(line) {
            Ok(_) => Ok(()),
            Err(_) => Err("has a byte that no field may have"),
        },
        Position::Body => Ok(()),
    }
}
