//! The config file as it was written: a text, its tables and the report of what is wrong in it.
//!
//! Reading never stops at the first mistake. A value that cannot be used is reported and its
//! default stands in, so that one run shows every problem; nothing read here leaves the room as
//! a `Config` unless the report stayed empty.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::DeTable;

use super::problem::{Culprit, Place, Problem, closest};
use super::schema::{Section, Takes};
use super::value::{Value, shortened};

/// The text of a config file and the name under which the user knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'s> {
    pub(super) file: &'s Path,
    pub(super) text: &'s str,
}

/// Collects the problems of one text.
pub(super) struct Report<'s> {
    source: Source<'s>,
    problems: RefCell<Vec<Problem>>,
}

/// A table whose keys are known.
#[derive(Clone)]
pub(super) struct TableReader<'d> {
    pub(super) section: Section,
    pub(super) at: Range<usize>,
    label: String,
    table: Option<&'d DeTable<'d>>,
    pub(super) report: &'d Report<'d>,
}

impl<'s> Report<'s> {
    pub(super) fn new(source: Source<'s>) -> Self {
        Self {
            source,
            problems: RefCell::new(Vec::new()),
        }
    }

    /// Notes that the text is wrong.
    pub(super) fn text(&self, at: usize, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(at, Culprit::Text, what.into(), remedy.into());
    }

    /// Notes that the text names something that this host lacks.
    pub(super) fn host(&self, at: usize, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(at, Culprit::Host, what.into(), remedy.into());
    }

    /// The problems in the order of the text.
    pub(super) fn finish(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems
    }

    fn note(&self, at: usize, culprit: Culprit, what: String, remedy: String) {
        let place = self.source.place(at);
        self.problems.borrow_mut().push(Problem {
            place,
            culprit,
            what,
            remedy,
        });
    }
}

impl Source<'_> {
    /// Line and column of a byte offset.
    pub(super) fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place::Text {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl<'d> TableReader<'d> {
    /// A table that was not written: every key has its default.
    pub(super) fn absent(section: Section, report: &'d Report<'d>) -> Self {
        Self {
            section,
            at: 0..0,
            label: String::new(),
            table: None,
            report,
        }
    }

    /// Opens a table and reports the keys that it may not have.
    pub(super) fn open(
        section: Section,
        label: String,
        table: &'d DeTable<'d>,
        at: Range<usize>,
        report: &'d Report<'d>,
    ) -> Self {
        for (key, _) in table.iter() {
            if section.key(key.get_ref()).is_none() {
                report_unknown(section, key, report);
            }
        }
        Self {
            section,
            at,
            label,
            table: Some(table),
            report,
        }
    }

    /// The value of a key, if it was written.
    pub(super) fn value(&self, name: &str) -> Option<Value<'d>> {
        debug_assert!(
            self.section.key(name).is_some(),
            "{name} is missing in the schema"
        );
        let found = self.table?.get(name)?;
        Some(Value {
            label: self.label_of(name),
            at: found.span(),
            found: found.get_ref(),
            report: self.report,
        })
    }

    /// Where to point for a key: its value, or the table where the key is absent.
    pub(super) fn place_of(&self, name: &str) -> usize {
        self.value(name)
            .map_or(self.at.start, |value| value.at.start)
    }

    /// A key with its table, as messages name it.
    pub(super) fn label_of(&self, name: &str) -> String {
        format!("`{}{name}`", self.label)
    }

    /// What the schema says about a key.
    pub(super) fn takes(&self, name: &str) -> Takes {
        self.section.key(name).map_or(Takes::Flag, |key| key.takes)
    }

    /// The default of a key without the quotes of a text.
    pub(super) fn default_of(&self, name: &str) -> &'static str {
        self.section
            .key(name)
            .map_or("", |key| key.default.trim_matches('"'))
    }

    /// The written keys with their values, whatever they are called.
    pub(super) fn names(&self) -> impl Iterator<Item = &'d str> {
        self.table
            .into_iter()
            .flat_map(|table| table.keys().map(|key| key.get_ref().as_ref()))
    }
}

fn report_unknown(section: Section, key: &Spanned<std::borrow::Cow<'_, str>>, report: &Report<'_>) {
    let name: &str = key.get_ref();
    let known = section.keys().iter().map(|key| key.name);
    let elsewhere = Section::ALL
        .into_iter()
        .find(|other| other.key(name).is_some());
    let remedy = if let Some(meant) = closest(name, known.clone()) {
        format!("did you mean `{meant}`?")
    } else if let Some(home) = elsewhere {
        format!("`{name}` belongs to {}", home.heading())
    } else {
        format!("the keys here are {}", known.collect::<Vec<_>>().join(", "))
    };
    let what = format!(
        "unknown key `{}` {}",
        shortened(name),
        section.whereabouts()
    );
    report.text(key.span().start, what, remedy);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source {
            file: Path::new("a.toml"),
            text: "x\näö = 1\n",
        };
        let place = |line, column| Place::Text {
            file: "a.toml".into(),
            line,
            column,
        };
        assert_eq!(source.place(0), place(1, 1));
        assert_eq!(source.place(2), place(2, 1));
        assert_eq!(
            source.place(source.text.find('=').expect("it is there")),
            place(2, 4)
        );
        assert_eq!(source.place(source.text.len()), place(3, 1));
    }
}
