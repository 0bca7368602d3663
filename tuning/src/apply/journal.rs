//! The journal: a file of JSON lines that is on the disk before the kernel is touched.
//!
//! Lines are only appended, and a last line without its end was never completed: what it would
//! have announced has not happened. Clearing up replaces the whole file at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::records::{Entry, Place, Record, VERSION, replay};

/// The largest journal, in bytes.
const JOURNAL_BYTES_MAX: u64 = 16 << 20;

/// Where the journal lives, so that tests can bring a disk that fails.
pub trait Storage {
    /// Everything that was written; empty if there is nothing.
    ///
    /// # Errors
    /// Whatever the system says.
    fn load(&mut self) -> io::Result<String>;

    /// Adds text and waits until the disk has it.
    ///
    /// # Errors
    /// Whatever the system says.
    fn append(&mut self, text: &str) -> io::Result<()>;

    /// Adds text that outlives this process. It need not outlive the host: what it tells about,
    /// the kernel's values, does not either.
    ///
    /// # Errors
    /// Whatever the system says.
    fn note(&mut self, text: &str) -> io::Result<()>;

    /// Puts a text in place of everything, in one step.
    ///
    /// # Errors
    /// Whatever the system says.
    fn replace(&mut self, text: &str) -> io::Result<()>;

    /// Removes everything.
    ///
    /// # Errors
    /// Whatever the system says.
    fn remove(&mut self) -> io::Result<()>;
}

/// A journal in a state folder.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
}

/// What the journal says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    records: Vec<Record>,
    /// Whether the file ends in a line that was never completed.
    torn: bool,
    place: Place,
}

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The disk or the file system.
    #[error("the journal cannot be used: {0}; no further key was changed")]
    Storage(#[from] io::Error),
    /// A line is none of ours.
    #[error("line {line} of the journal is damaged ({error}); look at it, then remove it")]
    Damaged {
        /// The line, from 1.
        line: usize,
        /// What the parser said.
        error: String,
    },
    /// It was written by a newer version.
    #[error("the journal has the format {0}, which this version does not know; use the newer one")]
    Newer(u32),
    /// It is about another network namespace.
    #[error(
        "the journal is about {theirs}, and this is {ours}; run this in that network namespace"
    )]
    Elsewhere {
        /// Of the journal.
        theirs: String,
        /// Of this process.
        ours: String,
    },
}

impl Journal {
    /// Reads what there is. A torn last line is left out.
    ///
    /// # Errors
    /// Refuses a journal with a damaged line in it: guessing at originals is worse than asking.
    pub fn load(storage: &mut dyn Storage) -> Result<Self, JournalError> {
        let text = storage.load()?;
        let complete = text.rfind('\n').map_or("", |end| &text[..=end]);
        let mut records = Vec::new();
        for (index, line) in complete.lines().enumerate() {
            let record = serde_json::from_str(line).map_err(|error| JournalError::Damaged {
                line: index + 1,
                error: error.to_string(),
            })?;
            if let Record::Run { version, .. } = record
                && version > VERSION
            {
                return Err(JournalError::Newer(version));
            }
            records.push(record);
        }
        let (place, _) = replay(&records);
        Ok(Self {
            torn: complete.len() < text.len(),
            place: place.unwrap_or_default(),
            records,
        })
    }

    /// What is known of each key.
    pub fn entries(&self) -> Vec<Entry> {
        replay(&self.records).1
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && !self.torn
    }

    /// Whether the last line was never completed.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Refuses to go on in a network namespace that the journal is not about.
    ///
    /// # Errors
    /// Names both.
    pub fn belongs_to(&self, place: &Place) -> Result<(), JournalError> {
        if self.records.is_empty() || self.place.agrees(place) {
            return Ok(());
        }
        Err(JournalError::Elsewhere {
            theirs: self.place.netns.clone(),
            ours: place.netns.clone(),
        })
    }

    /// Notes all originals of a run, given as name, path, value before and value after.
    pub(super) fn begin(
        &mut self,
        storage: &mut dyn Storage,
        place: &Place,
        originals: &[(String, String, String, String)],
    ) -> Result<(), JournalError> {
        let mut added = Vec::new();
        if self.records.is_empty() {
            self.place = place.clone();
            added.push(self.head());
        }
        added.extend(
            originals
                .iter()
                .map(|(name, path, before, after)| Record::Original {
                    name: name.clone(),
                    path: path.clone(),
                    before: before.clone(),
                    after: after.clone(),
                }),
        );
        added.push(Record::Complete);
        storage.append(&text_of(&added)?)?;
        self.records.extend(added);
        Ok(())
    }

    /// Notes what a write came to.
    pub(super) fn wrote(
        &mut self,
        storage: &mut dyn Storage,
        name: &str,
        held: &str,
    ) -> Result<(), JournalError> {
        let record = Record::Wrote {
            name: name.to_owned(),
            held: held.to_owned(),
        };
        storage.note(&text_of(std::slice::from_ref(&record))?)?;
        self.records.push(record);
        Ok(())
    }

    /// Keeps these entries, each with the value that is there now, and nothing else.
    pub(super) fn rewrite(
        &mut self,
        storage: &mut dyn Storage,
        place: &Place,
        kept: Vec<(Entry, String)>,
    ) -> Result<(), JournalError> {
        self.place = place.clone();
        let mut records = vec![self.head()];
        for (entry, current) in kept {
            records.push(Record::Original {
                name: entry.name.clone(),
                path: entry.path,
                before: entry.before,
                after: current.clone(),
            });
            records.push(Record::Wrote {
                name: entry.name,
                held: current,
            });
        }
        storage.replace(&text_of(&records)?)?;
        self.records = records;
        self.torn = false;
        Ok(())
    }

    /// The journal of a place, before anything happened.
    fn head(&self) -> Record {
        Record::Run {
            version: VERSION,
            place: self.place.clone(),
        }
    }
}

impl Disk {
    /// The journal of a state folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    fn add(&self, text: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let mut file = options.append(true).create(true).open(self.path())?;
        file.write_all(text.as_bytes())?;
        Ok(file)
    }

    /// A new or removed name is on the disk when its folder is.
    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

impl Storage for Disk {
    fn load(&mut self) -> io::Result<String> {
        let file = match File::open(self.path()) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(JOURNAL_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > JOURNAL_BYTES_MAX {
            return Err(io::Error::other(format!(
                "it has over {JOURNAL_BYTES_MAX} bytes"
            )));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        self.add(text)?.sync_all()?;
        self.sync_folder()
    }

    fn note(&mut self, text: &str) -> io::Result<()> {
        self.add(text).map(drop)
    }

    fn replace(&mut self, text: &str) -> io::Result<()> {
        let beside = self.folder.join("journal.new");
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, self.path())?;
        self.sync_folder()
    }

    fn remove(&mut self) -> io::Result<()> {
        match fs::remove_file(self.path()) {
            Ok(()) => self.sync_folder(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn text_of(records: &[Record]) -> io::Result<String> {
    let mut text = String::new();
    for record in records {
        text.push_str(&serde_json::to_string(record)?);
        text.push('\n');
    }
    Ok(text)
}
