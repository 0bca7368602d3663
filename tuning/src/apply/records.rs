//! The lines of the journal, and what they come to for each key.

use serde::{Deserialize, Serialize};

/// The format of the journal.
pub(super) const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    /// A run begins.
    Run {
        version: u32,
        #[serde(flatten)]
        place: Place,
    },
    /// A key is about to be changed. All of a run stand in front of its first write.
    Original {
        name: String,
        path: String,
        before: String,
        after: String,
    },
    /// All originals of the run are above: from here on keys are written.
    Complete,
    /// What the kernel holds after the write.
    Wrote { name: String, held: String },
}

/// Where a journal is true: this start of the host, and this network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The kernel's random ID of this start.
    pub boot: String,
    /// The network namespace, such as `net:[4026531833]`.
    pub netns: String,
}

/// What the journal knows of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub name: String,
    /// Its file.
    pub path: String,
    /// The value before our first change.
    pub before: String,
    /// What our last write came to.
    pub held: Option<String>,
    /// What is to be written and is not known to have been.
    pub intended: Option<String>,
    /// Whether that write may have happened: writes follow the order of the journal, so this is
    /// true for the first intended one only, once all originals are in the journal.
    pub in_flight: bool,
}

impl Entry {
    /// Whether a value is our work. A write that was interrupted may have come to anything the
    /// kernel made of it, so after one every value but the original counts as ours.
    pub fn is_ours(&self, current: &str) -> bool {
        let held = self.held.as_deref().is_some_and(|held| same(held, current));
        held || (self.in_flight && !same(current, &self.before))
    }
}

impl Place {
    /// Whether both are the same, as far as they are known. Namespaces get new numbers with each
    /// start.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        self.boot != other.boot || self.netns == other.netns
    }
}

/// Whether two texts are one value: the kernel separates with tabs what is written with blanks.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

/// What lines come to, in the order of the first mention of each key.
pub(super) fn replay(records: &[Record]) -> (Option<Place>, Vec<Entry>) {
    let mut place = None;
    let mut entries: Vec<Entry> = Vec::new();
    // The order of intentions is that of the last run, not that of first mentions.
    let mut waiting: Vec<String> = Vec::new();
    let mut writing = false;
    for record in records {
        match record {
            Record::Run { place: at, .. } => place = Some(at.clone()),
            Record::Original {
                name,
                path,
                before,
                after,
            } => {
                writing = false;
                waiting.retain(|other| other != name);
                waiting.push(name.clone());
                match entries.iter_mut().find(|entry| entry.name == *name) {
                    Some(entry) => entry.intended = Some(after.clone()),
                    None => entries.push(Entry {
                        name: name.clone(),
                        path: path.clone(),
                        before: before.clone(),
                        held: None,
                        intended: Some(after.clone()),
                        in_flight: false,
                    }),
                }
            }
            Record::Complete => writing = true,
            Record::Wrote { name, held } => {
                waiting.retain(|other| other != name);
                if let Some(entry) = entries.iter_mut().find(|entry| entry.name == *name) {
                    entry.held = Some(held.clone());
                    entry.intended = None;
                }
            }
        }
    }
    if let Some(first) = waiting.first().filter(|_| writing) {
        for entry in &mut entries {
            entry.in_flight = entry.name == *first;
        }
    }
    (place, entries)
}
