//! What is wrong with a configuration, said so that the reader can put it right.
//!
//! A problem always has a place, a statement of what was found and a remedy; a message without a
//! remedy cannot be built. Nothing here knows exit codes: a problem only says whether the text or
//! the host is at fault, and `cli` draws the conclusion.

use std::fmt;
use std::path::PathBuf;

/// One thing that stands in the way of starting, displayed as one sentence without a final stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it was found.
    pub place: Place,
    /// Who has to change: the text or the host.
    pub culprit: Culprit,
    /// What was found, as a clause without a final stop.
    pub what: String,
    /// What is allowed or what to do, as a clause without a final stop.
    pub remedy: String,
}

/// Where a problem was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A position in the config file; line and column count from 1, the column in characters.
    Text {
        /// The file as the user named it.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
    },
    /// The config file as a whole.
    File(PathBuf),
    /// A command-line argument, as it is written in the usage line.
    Argument(&'static str),
}

/// Who has to change so that a problem goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// What was written is not a valid configuration.
    Text,
    /// The text is valid, but this host lacks what it names (a folder, a file, a right).
    Host,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.remedy)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { file, line, column } => {
                write!(f, "{}:{line}:{column}", file.display())
            }
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Argument(name) => f.write_str(name),
        }
    }
}

/// The candidate that a reader most likely meant by `found`, if one is near enough.
///
/// Near means at most one edit in three characters, which still catches a transposition in a
/// short key and never suggests an unrelated one.
pub(crate) fn closest<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let found = found.to_ascii_lowercase().replace('-', "_");
    let edits_max = (found.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&found, candidate), candidate))
        .filter(|(edits, _)| *edits <= edits_max)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_sentence_with_place_and_remedy() {
        let problem = Problem {
            place: Place::Text {
                file: "site.toml".into(),
                line: 3,
                column: 7,
            },
            culprit: Culprit::Text,
            what: "`io` is \"urign\"".into(),
            remedy: "did you mean \"uring\"?".into(),
        };
        assert_eq!(
            problem.to_string(),
            "site.toml:3:7: `io` is \"urign\"; did you mean \"uring\"?"
        );
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let keys = ["listen", "listing", "shards", "header_bytes"];
        assert_eq!(closest("lisen", keys), Some("listen"));
        assert_eq!(closest("header-byte", keys), Some("header_bytes"));
        assert_eq!(closest("Shrads", keys), Some("shards"));
        assert_eq!(closest("upstream", keys), None);
    }
}
