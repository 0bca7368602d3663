//! One table of a catalogue file: asking for a field gives it as meant or reports what is wrong.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Report};
use crate::formula::Formula;
use crate::nearest::nearest;

/// A table whose fields are known.
pub(super) struct Entry<'d> {
    table: &'d DeTable<'d>,
    at: usize,
    report: &'d Report<'d>,
}

type Value<'d> = Spanned<DeValue<'d>>;

impl<'d> Entry<'d> {
    /// Opens a table and reports the fields that it may not have.
    pub(super) fn open(
        table: &'d DeTable<'d>,
        at: usize,
        fields: &[&'static str],
        report: &'d Report<'d>,
    ) -> Self {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if fields.contains(&name) {
                continue;
            }
            let remedy = match nearest(name, fields.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the fields are {}", fields.join(", ")),
            };
            report.note(key.span().start, format!("unknown field `{name}`"), remedy);
        }
        Self { table, at, report }
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> Place {
        self.report.place(self.at)
    }

    /// Reports a field; the place is its value, or the table where it is absent.
    pub(super) fn wrong(&self, name: &str, what: &str, remedy: &str) {
        let at = self
            .table
            .get(name)
            .map_or(self.at, |value| value.span().start);
        self.report.note(at, format!("`{name}` {what}"), remedy);
    }

    /// Whether the field was written.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        if !self.has(name) {
            self.report
                .note(self.at, format!("`{name}` is missing"), "write it");
            return None;
        }
        self.text_if_any(name)
    }

    /// A text that may be absent.
    pub(super) fn text_if_any(&self, name: &str) -> Option<String> {
        let value = self.table.get(name)?;
        let found = text_of(value).filter(|text| !text.trim().is_empty());
        if found.is_none() {
            self.wrong(name, "is not a text with something in it", "write \"…\"");
        }
        found.map(Cow::into_owned)
    }

    /// A list of texts, or one text; empty if absent.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.values(name)
            .into_iter()
            .filter_map(|value| {
                let text = text_of(value);
                if text.is_none() {
                    self.wrong(name, "has an item that is not a text", "write \"…\"");
                }
                text.map(Cow::into_owned)
            })
            .collect()
    }

    /// A formula that may be absent.
    pub(super) fn formula(&self, name: &str) -> Option<Formula> {
        self.parsed(self.table.get(name)?)
    }

    /// A list of formulas, or one formula; `None` when one of them is wrong.
    pub(super) fn formulas(&self, name: &str) -> Option<Vec<Formula>> {
        let parsed: Vec<_> = self
            .values(name)
            .into_iter()
            .map(|value| self.parsed(value))
            .collect();
        parsed.into_iter().collect()
    }

    /// One of a few words, or the first of them if the field is absent.
    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&'static str, T)]) -> Option<T> {
        let written = self.text(name)?;
        let found = choices.iter().find(|(word, _)| *word == written);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.wrong(
                name,
                &format!("is \"{written}\""),
                &format!("write one of {}", words.join(", ")),
            );
        }
        found.map(|(_, meant)| *meant)
    }

    /// A whole number of a table in a field, such as `range.min`.
    pub(super) fn bound(&self, name: &str, bound: &str) -> Option<i128> {
        let DeValue::Table(table) = self.table.get(name)?.get_ref() else {
            self.wrong(name, "is not a table", "write { min = 1, max = 65535 }");
            return None;
        };
        if let Some(unknown) = table
            .keys()
            .find(|key| !["min", "max"].contains(&key.get_ref().as_ref()))
        {
            let what = format!("`{name}` has the field `{}`", unknown.get_ref());
            self.report
                .note(unknown.span().start, what, "it has min and max");
        }
        match table.get(bound)?.get_ref() {
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => {
                self.wrong(
                    name,
                    "has a bound that is not a whole number",
                    "write 65535",
                );
                None
            }
        }
    }

    fn values(&self, name: &str) -> Vec<&'d Value<'d>> {
        match self.table.get(name) {
            None => Vec::new(),
            Some(value) => match value.get_ref() {
                DeValue::Array(items) => items.iter().collect(),
                _ => vec![value],
            },
        }
    }

    fn parsed(&self, value: &Value<'_>) -> Option<Formula> {
        let Some(text) = text_of(value) else {
            self.report.note(
                value.span().start,
                "a formula is not a text",
                "write it in quotes",
            );
            return None;
        };
        Formula::parse(&text)
            .map_err(|error| {
                let at = value.span().start + self.quotes(value) + error.at;
                self.report.note(at, error.what, error.remedy);
            })
            .ok()
    }

    /// How many quotes stand before the first character of a text.
    fn quotes(&self, value: &Value<'_>) -> usize {
        let written = self.report.text_from(value.span().start);
        match value.get_ref() {
            DeValue::String(_) if written.starts_with("\"\"\"") || written.starts_with("'''") => 3,
            DeValue::String(_) => 1,
            _ => 0,
        }
    }
}

/// A text, or a number as a text: `wanted = 0` says the same as `wanted = "0"`.
fn text_of<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value.get_ref() {
        DeValue::String(text) => Some(Cow::Borrowed(text.as_ref())),
        DeValue::Integer(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}
