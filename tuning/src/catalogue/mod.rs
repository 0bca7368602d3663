//! The catalogue: what is known of knobs and myths, loaded from data.
//!
//! The files below `catalogue/` are part of the binary; a folder given by the user adds entries
//! and replaces those of the same key. Every mistake is reported with file, line and column, and
//! a catalogue with a mistake is not used at all: half the knowledge is worse than none.

mod embedded;
mod entry;
mod knob;
mod problem;
mod read_knob;
mod read_myth;

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::de::{DeTable, DeValue};

pub use self::knob::{
    Default, Kind, Knob, Myth, MythKind, MythVerdict, Range, Risk, RiskLevel, Role, Scope, Version,
    Wanted,
};
pub use self::problem::{Place, Problem};

use self::problem::Report;
use self::read_knob::read_knob;
use self::read_myth::read_myth;
use crate::nearest::nearest;

/// The largest catalogue file, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// Everything that is known.
#[derive(Clone, Debug)]
pub struct Catalogue {
    knobs: Vec<Knob>,
    myths: Vec<Myth>,
}

/// Why there is no catalogue.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// Entries are wrong.
    #[error("{}", .0.first().map_or_else(String::new, ToString::to_string))]
    Wrong(Vec<Problem>),
    /// A file or folder cannot be read.
    #[error("the catalogue {} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// There is no such knob or myth.
    #[error("unknown key {key}; {remedy}")]
    UnknownKey {
        /// What was asked for.
        key: String,
        /// What could be meant.
        remedy: String,
    },
}

impl Catalogue {
    /// The built-in catalogue, with the entries of a folder added or put in place of ours.
    ///
    /// # Errors
    /// Lists every mistake of the files.
    pub fn load(folder: Option<&Path>) -> Result<Self, CatalogueError> {
        let built_in = Self::parse(embedded::FILES)?;
        let Some(folder) = folder else {
            return Ok(built_in);
        };
        let files = files_of(folder)?;
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        Ok(built_in.with(Self::parse(&files)?))
    }

    /// Reads files, given as name and text.
    ///
    /// # Errors
    /// Lists every mistake of the files.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, CatalogueError> {
        let mut all = Self {
            knobs: Vec::new(),
            myths: Vec::new(),
        };
        let mut problems = Vec::new();
        for (file, text) in files {
            problems.extend(all.read_file(file, text));
        }
        problems.extend(all.duplicates());
        if problems.is_empty() {
            Ok(all)
        } else {
            Err(CatalogueError::Wrong(problems))
        }
    }

    /// The knobs, in the order of the files.
    pub fn knobs(&self) -> &[Knob] {
        &self.knobs
    }

    /// The myths, in the order of the files.
    pub fn myths(&self) -> &[Myth] {
        &self.myths
    }

    /// The knob of a key.
    pub fn knob(&self, key: &str) -> Option<&Knob> {
        self.knobs.iter().find(|knob| knob.key == key)
    }

    /// The myths about a key.
    pub fn myths_about<'c>(&'c self, key: &'c str) -> impl Iterator<Item = &'c Myth> {
        self.myths.iter().filter(move |myth| myth.key == key)
    }

    /// The error for a key that is neither a knob nor a myth.
    pub fn unknown(&self, key: &str) -> CatalogueError {
        let known = self.knobs.iter().map(|knob| knob.key.as_str());
        let known = known.chain(self.myths.iter().map(|myth| myth.key.as_str()));
        let same_end = |candidate: &&str| candidate.rsplit('.').next() == Some(key);
        let meant = nearest(key, known.clone()).or_else(|| known.clone().find(same_end));
        let remedy = match meant {
            Some(meant) => format!("did you mean {meant}?"),
            None => "ringtune check --all lists the known ones".into(),
        };
        CatalogueError::UnknownKey {
            key: key.chars().take(80).collect(),
            remedy,
        }
    }

    fn with(mut self, other: Self) -> Self {
        for knob in other.knobs {
            match self.knobs.iter_mut().find(|ours| ours.key == knob.key) {
                Some(ours) => *ours = knob,
                None => self.knobs.push(knob),
            }
        }
        for myth in other.myths {
            let same = |ours: &&mut Myth| ours.key == myth.key && ours.recipe == myth.recipe;
            match self.myths.iter_mut().find(same) {
                Some(ours) => *ours = myth,
                None => self.myths.push(myth),
            }
        }
        self
    }

    fn read_file(&mut self, file: &str, text: &str) -> Vec<Problem> {
        let report = Report::new(file, text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            report.note(at, error.message(), "write valid TOML");
        }
        for (key, value) in document.get_ref() {
            let DeValue::Array(entries) = value.get_ref() else {
                report.note(
                    key.span().start,
                    "this is no entry",
                    "write [[knob]] or [[myth]]",
                );
                continue;
            };
            for entry in entries.iter() {
                let at = entry.span().start;
                match (key.get_ref().as_ref(), entry.get_ref()) {
                    ("knob", DeValue::Table(table)) => {
                        self.knobs.extend(read_knob(table, at, &report));
                    }
                    ("myth", DeValue::Table(table)) => {
                        self.myths.extend(read_myth(table, at, &report));
                    }
                    (other, _) => report.note(
                        at,
                        format!("`{other}` is no kind of entry"),
                        "write [[knob]] or [[myth]]",
                    ),
                }
            }
        }
        report.finish()
    }

    fn duplicates(&self) -> Vec<Problem> {
        let twice = |position: usize, knob: &Knob| {
            let first = self.knobs[..position]
                .iter()
                .find(|other| other.key == knob.key)?;
            Some(Problem {
                place: knob.place.clone(),
                what: format!("{} is described twice", knob.key),
                remedy: format!("the first entry is at {}", first.place),
            })
        };
        let knobs = self.knobs.iter().enumerate();
        knobs
            .filter_map(|(position, knob)| twice(position, knob))
            .collect()
    }
}

fn files_of(folder: &Path) -> Result<Vec<(String, String)>, CatalogueError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| CatalogueError::Unreadable { path, error }
    };
    let mut paths = Vec::new();
    for item in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = item.map_err(unreadable(folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: PathBuf| {
        let size = fs::metadata(&path).map_err(unreadable(&path))?.len();
        if size > FILE_BYTES_MAX {
            let error = std::io::Error::other(format!("it has over {FILE_BYTES_MAX} bytes"));
            return Err(CatalogueError::Unreadable { path, error });
        }
        let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
        Ok((path.display().to_string(), text))
    };
    paths.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests;
