//! The text of a plan and what is wrong in it.

use std::cell::RefCell;
use std::path::Path;

use crate::plan::problem::{Place, Problem};

/// Collects the problems of one text.
pub(super) struct Report<'t> {
    file: &'t Path,
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Report<'t> {
    pub(super) fn new(file: &'t Path, text: &'t str) -> Report<'t> {
        Report {
            file,
            text,
            problems: RefCell::new(Vec::new()),
        }
    }

    /// Notes what is wrong at a byte of the text, once.
    pub(super) fn note(&self, at: usize, what: impl Into<String>) {
        let problem = Problem {
            place: self.place(at),
            text: what.into(),
        };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// The problems in the order of the text.
    pub(super) fn finish(&self) -> Vec<Problem> {
        let mut problems = self.problems.take();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems
    }

    fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_begin = before.rfind('\n').map_or(0, |end| end + 1);
        Place::Text {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_begin..].chars().count() + 1,
        }
    }
}
