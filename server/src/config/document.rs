//! The config file as it was written: tables and values that know their place in the text.
//!
//! Reading never stops at the first mistake. A value that cannot be used is reported and its
//! default stands in, so that one run shows every problem; nothing read here leaves the room as
//! a `Config` unless the report stayed empty.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Culprit, Place, Problem, closest};
use super::schema::{Section, Takes};

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

/// A value with its key, as it is named in messages.
pub(super) struct Value<'d> {
    pub(super) label: String,
    pub(super) at: Range<usize>,
    found: &'d DeValue<'d>,
    report: &'d Report<'d>,
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
    /// Opens a table and reports the keys that it may not have.
    pub(super) fn new(
        section: Section,
        label: impl Into<String>,
        table: &'d Spanned<DeTable<'d>>,
        report: &'d Report<'d>,
    ) -> Self {
        Self::open(section, label.into(), table.get_ref(), table.span(), report)
    }

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

    fn open(
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

impl<'d> Value<'d> {
    /// The text, or a report that a text is wanted.
    pub(super) fn text(&self, wanted: impl Display) -> Option<&'d str> {
        if let DeValue::String(text) = self.found {
            return Some(text.as_ref());
        }
        self.mistyped(wanted);
        None
    }

    /// The text if it is one, without a report.
    pub(super) fn as_text(&self) -> Option<&'d str> {
        if let DeValue::String(text) = self.found {
            Some(text.as_ref())
        } else {
            None
        }
    }

    /// The number, or a report that a number is wanted.
    pub(super) fn integer(&self, wanted: impl Display) -> Option<i128> {
        if let DeValue::Integer(number) = self.found {
            let parsed = i128::from_str_radix(number.as_str(), number.radix());
            return Some(parsed.unwrap_or(i128::MAX));
        }
        self.mistyped(wanted);
        None
    }

    /// The flag, or a report that one is wanted.
    pub(super) fn flag(&self, wanted: impl Display) -> Option<bool> {
        if let DeValue::Boolean(flag) = self.found {
            return Some(*flag);
        }
        self.mistyped(wanted);
        None
    }

    /// The items of a list, or a report that a list is wanted.
    pub(super) fn list(&self, wanted: impl Display) -> Option<Vec<Value<'d>>> {
        let DeValue::Array(items) = self.found else {
            self.mistyped(wanted);
            return None;
        };
        let name = self.label.trim_matches('`');
        let items = items.iter().enumerate().map(|(index, item)| Value {
            label: format!("`{name}[{index}]`"),
            at: item.span(),
            found: item.get_ref(),
            report: self.report,
        });
        Some(items.collect())
    }

    /// A table with known keys, or a report that a table is wanted.
    pub(super) fn table(&self, section: Section) -> Option<TableReader<'d>> {
        let DeValue::Table(table) = self.found else {
            self.mistyped("a table");
            return None;
        };
        let label = format!("{}.", self.label.trim_matches('`'));
        Some(TableReader::open(
            section,
            label,
            table,
            self.at.clone(),
            self.report,
        ))
    }

    /// The entries of a table with free keys, or a report that a table is wanted.
    pub(super) fn entries(&self, wanted: impl Display) -> Option<Vec<(&'d str, Value<'d>)>> {
        let DeValue::Table(table) = self.found else {
            self.mistyped(wanted);
            return None;
        };
        let name = self.label.trim_matches('`');
        let entries = table.iter().map(|(key, value)| {
            let key: &'d str = key.get_ref().as_ref();
            let value = Value {
                label: format!("`{name}.{key}`"),
                at: value.span(),
                found: value.get_ref(),
                report: self.report,
            };
            (key, value)
        });
        Some(entries.collect())
    }

    /// Reports the value: `what` follows the key's name, `remedy` says what is allowed.
    pub(super) fn wrong(&self, what: impl Display, remedy: impl Into<String>) {
        self.report
            .text(self.at.start, format!("{} {what}", self.label), remedy);
    }

    /// Reports a value of the wrong type.
    pub(super) fn mistyped(&self, wanted: impl Display) {
        let wanted = wanted.to_string();
        self.wrong(
            format_args!("is {}", self.shown()),
            format!("write {wanted}"),
        );
    }

    /// The value as messages show it.
    pub(super) fn shown(&self) -> String {
        match self.found {
            DeValue::String(text) => format!("\"{}\"", shortened(text)),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }
}

/// A text that is short enough for a message and holds no control characters.
pub(super) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut shown: String = text
        .chars()
        .take(CHARS_MAX)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
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

    #[test]
    fn shown_texts_are_bounded_and_hold_no_control_characters() {
        assert_eq!(shortened("a\r\nb"), "a\\r\\nb");
        assert_eq!(shortened(&"x".repeat(100)).chars().count(), 61);
    }
}
