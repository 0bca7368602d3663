//! What is wrong in a catalogue file, said with its place and a remedy.

use std::cell::RefCell;
use std::fmt;

/// One mistake of a catalogue file, displayed as one sentence without a final stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// What was found, as a clause without a final stop.
    pub what: String,
    /// What is allowed or what to do, as a clause without a final stop.
    pub remedy: String,
}

/// A position in a catalogue file; line and column count from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as the user knows it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// The text of a catalogue file and what was found wrong in it.
pub(super) struct Report<'s> {
    file: &'s str,
    text: &'s str,
    problems: RefCell<Vec<Problem>>,
}

impl<'s> Report<'s> {
    pub(super) fn new(file: &'s str, text: &'s str) -> Self {
        Self {
            file,
            text,
            problems: RefCell::new(Vec::new()),
        }
    }

    /// Notes a mistake at a byte of the text.
    pub(super) fn note(&self, at: usize, what: impl Into<String>, remedy: impl Into<String>) {
        let problem = Problem {
            place: self.place(at),
            what: what.into(),
            remedy: remedy.into(),
        };
        self.problems.borrow_mut().push(problem);
    }

    /// Line and column of a byte.
    pub(super) fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The text as written from a byte on.
    pub(super) fn text_from(&self, at: usize) -> &'s str {
        self.text.get(at..).unwrap_or("")
    }

    /// How many mistakes were noted.
    pub(super) fn count(&self) -> usize {
        self.problems.borrow().len()
    }

    /// The mistakes in the order of the text.
    pub(super) fn finish(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.remedy)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
