//! Single values of the config file, read by what the schema says about their key.
//!
//! Every reader returns a usable value: what was written, or the default after a report.

use std::time::Duration;

use super::document::TableReader;
use super::limits::Ceiling;
use super::problem::closest;
use super::schema::Takes;
use super::units::{BYTES, RATE, Scale, TIME};
use super::value::Value;

impl<'d> TableReader<'d> {
    /// A size in bytes.
    pub(super) fn bytes(&self, name: &str) -> u64 {
        self.quantity(name, &BYTES)
    }

    /// A size in bytes that bounds something in memory.
    pub(super) fn bytes_in_memory(&self, name: &str) -> usize {
        usize::try_from(self.bytes(name)).unwrap_or(usize::MAX)
    }

    /// A time.
    pub(super) fn time(&self, name: &str) -> Duration {
        Duration::from_millis(self.quantity(name, &TIME))
    }

    /// A rate in bytes per second.
    pub(super) fn rate(&self, name: &str) -> u64 {
        self.quantity(name, &RATE)
    }

    /// A whole number.
    pub(super) fn count(&self, name: &str) -> u32 {
        let written = self
            .value(name)
            .and_then(|value| self.whole_number(name, &value));
        written.unwrap_or_else(|| self.default_of(name).parse().unwrap_or(0))
    }

    /// A whole number that bounds something in memory.
    pub(super) fn count_in_memory(&self, name: &str) -> usize {
        self.count(name) as usize
    }

    /// A whole number or `"auto"`.
    pub(super) fn ceiling(&self, name: &str) -> Ceiling {
        let Some(value) = self.value(name) else {
            return Ceiling::Auto;
        };
        if value.as_text() == Some("auto") {
            return Ceiling::Auto;
        }
        self.whole_number(name, &value)
            .map_or(Ceiling::Auto, Ceiling::Exactly)
    }

    /// A flag.
    pub(super) fn flag(&self, name: &str) -> bool {
        let written = self
            .value(name)
            .and_then(|value| value.flag(self.takes(name)));
        written.unwrap_or(self.default_of(name) == "true")
    }

    /// One word of the schema's list; the default where the word is not one of them.
    pub(super) fn word(&self, name: &str) -> &'d str {
        let takes = self.takes(name);
        let written = self.value(name).and_then(|value| known_word(&value, takes));
        written.unwrap_or_else(|| self.default_of(name))
    }

    fn quantity(&self, name: &str, scale: &Scale) -> u64 {
        let written = self
            .value(name)
            .and_then(|value| self.bounded(name, &value, scale));
        written.unwrap_or_else(|| scale.parse(self.default_of(name)).unwrap_or(0))
    }

    fn bounded(&self, name: &str, value: &Value<'d>, scale: &Scale) -> Option<u64> {
        let takes = self.takes(name);
        let text = value.text(format_args!("{takes}, in quotes and with a unit"))?;
        let quantity = match scale.parse(text) {
            Ok(quantity) => quantity,
            Err(error) => {
                let what = format!("is {}, which {error}", value.shown());
                value.wrong(what, scale.remedy(&error));
                return None;
            }
        };
        check_bounds(value, takes, i128::from(quantity)).then_some(quantity)
    }

    fn whole_number(&self, name: &str, value: &Value<'d>) -> Option<u32> {
        let takes = self.takes(name);
        let number = value.integer(takes)?;
        check_bounds(value, takes, number).then_some(())?;
        u32::try_from(number).ok()
    }
}

/// A word that the schema lists, or a report with the nearest one.
pub(super) fn known_word<'d>(value: &Value<'d>, takes: Takes) -> Option<&'d str> {
    let words = match takes {
        Takes::OneOf(words) | Takes::SomeOf(words) => words,
        Takes::Bytes { .. }
        | Takes::Time { .. }
        | Takes::Rate { .. }
        | Takes::Count { .. }
        | Takes::CountOrAuto { .. }
        | Takes::Flag
        | Takes::Other(_) => &[],
    };
    let text = value.text(takes)?;
    if words.contains(&text) {
        return Some(text);
    }
    let remedy = match closest(text, words.iter().copied()) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("write {takes}"),
    };
    value.wrong(format_args!("is {}", value.shown()), remedy);
    None
}

fn check_bounds(value: &Value<'_>, takes: Takes, found: i128) -> bool {
    let within = match takes {
        Takes::Bytes { min, max }
        | Takes::Time { min, max }
        | Takes::Rate { min, max }
        | Takes::Count { min, max }
        | Takes::CountOrAuto { min, max } => (i128::from(min)..=i128::from(max)).contains(&found),
        Takes::OneOf(_) | Takes::SomeOf(_) | Takes::Flag | Takes::Other(_) => true,
    };
    if !within {
        value.wrong(
            format_args!("is {}", value.shown()),
            format!("write {takes}"),
        );
    }
    within
}
