//! Tables of a plan, read with the flags of the command line.
//!
//! A key is a flag's long name with underscores. What stands behind it becomes the argument that
//! a person would have typed, and the flag's own parser judges it: there is no second definition
//! of what a value may be.

use std::error::Error;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, Parser};
use toml::de::{DeTable, DeValue};

use super::text::Report;
use crate::plan::nearest::nearest;

/// The keys that a table may have.
pub(super) struct Vocabulary {
    command: Command,
    /// Keys of the table that no flag is, with what reads them.
    tables: &'static [&'static str],
}

/// A table whose keys are known and whose values have been judged one by one.
pub(super) struct Table<'d> {
    at: usize,
    table: &'d DeTable<'d>,
    words: Vec<Word>,
}

/// A key with its value as arguments.
struct Word {
    /// The flag's long name.
    flag: String,
    arguments: Vec<String>,
}

impl Vocabulary {
    pub(super) fn of<P: Parser>(tables: &'static [&'static str]) -> Vocabulary {
        let mut command = P::command();
        command.build();
        Vocabulary { command, tables }
    }

    fn flag(&self, long: &str) -> Option<&Arg> {
        let mut arguments = self.command.get_arguments();
        arguments.find(|argument| argument.get_long() == Some(long))
    }

    fn keys(&self) -> Vec<String> {
        let flags = self.command.get_arguments().filter_map(Arg::get_long);
        let flags = flags.map(|long| long.replace('-', "_"));
        let tables = self.tables.iter().map(|table| (*table).to_owned());
        tables.chain(flags).collect()
    }
}

impl<'d> Table<'d> {
    /// Reads the keys of `table`, which begins at `at`; what is wrong goes to the report.
    pub(super) fn read(
        table: &'d DeTable<'d>,
        at: usize,
        vocabulary: &Vocabulary,
        report: &Report<'_>,
    ) -> Table<'d> {
        let mut words = Vec::new();
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            if vocabulary.tables.contains(&name) {
                continue;
            }
            let flag = vocabulary.flag(&name.replace('_', "-"));
            let Some(flag) = flag.filter(|_| !name.contains('-')) else {
                report.note(key.span().start, unknown_key(name, vocabulary));
                continue;
            };
            match word(flag, value.get_ref()) {
                Ok(word) => match judged(&vocabulary.command, &word) {
                    Ok(()) => words.push(word),
                    Err(what) => report.note(value.span().start, format!("`{name}` {what}")),
                },
                Err(what) => report.note(value.span().start, format!("`{name}` {what}")),
            }
        }
        Table { at, table, words }
    }

    /// The table's keys with those of `defaults` that the table neither has nor excludes, without
    /// those named in `apart`.
    pub(super) fn with_defaults<'o>(
        &'o self,
        defaults: &'o Table<'_>,
        apart: &[&str],
        vocabulary: &Vocabulary,
    ) -> Vec<&'o [String]> {
        let excludes = |own: &Word, other: &Word| {
            let (own_flag, other_flag) = (vocabulary.flag(&own.flag), vocabulary.flag(&other.flag));
            own.flag == other.flag
                || own_flag.zip(other_flag).is_some_and(|(own, other)| {
                    let conflicts = |one: &Arg, two: &Arg| {
                        let of_one = vocabulary.command.get_arg_conflicts_with(one);
                        of_one
                            .iter()
                            .any(|argument| argument.get_id() == two.get_id())
                    };
                    conflicts(own, other) || conflicts(other, own)
                })
        };
        let kept = defaults.words.iter().filter(|word| {
            let is_apart = apart.contains(&&*word.flag);
            !is_apart && !self.words.iter().any(|own| excludes(own, word))
        });
        kept.chain(&self.words)
            .map(|word| &*word.arguments)
            .collect()
    }

    /// Everything in the table together, after `before`.
    pub(super) fn parse<P: Parser>(&self, before: &[&[String]], report: &Report<'_>) -> Option<P> {
        let own = self.words.iter().map(|word| &*word.arguments);
        let arguments = before.iter().copied().chain(own).flatten();
        self.parsed(arguments, report)
    }

    /// These arguments together, which are the table's.
    pub(super) fn parsed<'a, P: Parser>(
        &self,
        arguments: impl Iterator<Item = &'a String>,
        report: &Report<'_>,
    ) -> Option<P> {
        match P::try_parse_from(arguments) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                report.note(self.at, in_keys(&first_line(&error)));
                None
            }
        }
    }

    /// Where a key's value stands; the table where it has no such key.
    pub(super) fn place_of(&self, key: &str) -> usize {
        self.find(key).unwrap_or(self.at)
    }

    /// Where a key's value stands.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        Some(self.table.get(key)?.span().start)
    }
}

fn unknown_key(name: &str, vocabulary: &Vocabulary) -> String {
    let keys = vocabulary.keys();
    let shown: String = name
        .chars()
        .take(60)
        .collect::<String>()
        .escape_debug()
        .to_string();
    match nearest(name, keys.iter().map(String::as_str)) {
        Some(meant) => format!("unknown key `{shown}`; did you mean `{meant}`?"),
        None => format!(
            "unknown key `{shown}`; the keys here are {}",
            keys.join(", ")
        ),
    }
}

/// The arguments that a value stands for.
fn word(flag: &Arg, value: &DeValue<'_>) -> Result<Word, String> {
    let long = flag.get_long().unwrap_or_default();
    let takes_value = flag.get_action().takes_values();
    let arguments = match value {
        DeValue::Boolean(true) if !takes_value => vec![format!("--{long}")],
        DeValue::Boolean(false) if !takes_value => Vec::new(),
        _ if !takes_value => return Err("is true or false".to_owned()),
        DeValue::Array(items) => {
            let texts = items
                .iter()
                .map(|item| scalar(item.get_ref()))
                .collect::<Result<Vec<_>, _>>()?;
            match flag.get_action() {
                ArgAction::Append => texts
                    .iter()
                    .map(|text| format!("--{long}={text}"))
                    .collect(),
                _ => vec![format!("--{long}={}", texts.join(","))],
            }
        }
        scalar_value => vec![format!("--{long}={}", scalar(scalar_value)?)],
    };
    Ok(Word {
        flag: long.to_owned(),
        arguments,
    })
}

fn scalar(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
            .map(|number| number.to_string())
            .map_err(|_| format!("is {number}; write a number from 0")),
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(_) => Err("is no switch; write its value in quotes".to_owned()),
        DeValue::Datetime(_) => Err("is a date; write its value in quotes".to_owned()),
        DeValue::Array(_) => Err("is a list in a list; write one list".to_owned()),
        DeValue::Table(_) => Err("is a table; write its value in quotes".to_owned()),
    }
}

/// What the flag's parser says of a value alone.
fn judged(command: &Command, word: &Word) -> Result<(), String> {
    match command.clone().try_get_matches_from(&word.arguments) {
        Ok(_) => Ok(()),
        Err(error) => Err(refusal(&error)),
    }
}

fn refusal(error: &clap::Error) -> String {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => {
            let shown: String = value.chars().take(60).collect();
            format!("is \"{}\"", shown.escape_debug())
        }
        Some(_) | None => "has a value that cannot be used".to_owned(),
    };
    match (error.source(), error.get(ContextKind::ValidValue)) {
        (Some(source), _) => format!("{value}: {source}"),
        (None, Some(ContextValue::Strings(words))) => {
            match error.get(ContextKind::SuggestedValue) {
                Some(ContextValue::String(meant)) => format!("{value}; did you mean \"{meant}\"?"),
                Some(_) | None => format!("{value}; write one of {}", words.join(", ")),
            }
        }
        (None, _) => format!("{value}: {}", first_line(error)),
    }
}

fn first_line(error: &clap::Error) -> String {
    let rendered = error.render().to_string();
    let line = rendered.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    match error.kind() {
        // The others stand on lines of their own.
        ErrorKind::ArgumentConflict => {
            let others = rendered.lines().skip(1).map(str::trim);
            let others: Vec<&str> = others.take_while(|line| line.starts_with("--")).collect();
            match others.as_slice() {
                [] => line.to_owned(),
                others => format!("{line} {}", others.join(", ")),
            }
        }
        _ => line.to_owned(),
    }
}

/// Flags as a plan writes them: `'--connect-rate <N/s>'` is `connect_rate`.
fn in_keys(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split(' ') {
        let bare = word.trim_matches(['\'', ',', ':']);
        match bare.strip_prefix("--") {
            Some(flag) => {
                let flag = flag.split('=').next().unwrap_or(flag);
                words.push(format!("`{}`", flag.replace('-', "_")));
            }
            // The name of a value behind its flag.
            None if word.starts_with('<') => {}
            None => words.push(word.to_owned()),
        }
    }
    words.join(" ")
}
