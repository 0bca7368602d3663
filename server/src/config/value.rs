//! One value of the config file as it was written, with its place and its name in messages.
//!
//! Asking for a type either gives it or reports what was found instead.

use std::fmt::Display;
use std::ops::Range;

use toml::de::DeValue;

use super::document::{Report, TableReader};
use super::schema::Section;

/// A value with its key, as it is named in messages.
pub(super) struct Value<'d> {
    pub(super) label: String,
    pub(super) at: Range<usize>,
    pub(super) found: &'d DeValue<'d>,
    pub(super) report: &'d Report<'d>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_texts_are_bounded_and_hold_no_control_characters() {
        assert_eq!(shortened("a\r\nb"), "a\\r\\nb");
        assert_eq!(shortened(&"x".repeat(100)).chars().count(), 61);
    }
}
