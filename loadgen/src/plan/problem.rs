//! What is wrong with a wish, said so that its writer can put it right.

use std::fmt;
use std::path::PathBuf;

/// One thing that stands in the way, as one sentence with what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it was found.
    pub place: Place,
    /// What was found and what to write.
    pub text: String,
}

/// Where a problem was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A position in a plan; line and column count from 1, the column in characters.
    Text {
        /// The file as the user named it.
        file: PathBuf,
        /// The line.
        line: usize,
        /// The character in the line.
        column: usize,
    },
    /// A file as a whole.
    File(PathBuf),
    /// A command-line argument, as the usage names it.
    Argument(String),
}

/// Something wrong with the value of a key, before anybody knows where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The flag without dashes, as plans write it (`connect_rate`), or `url`.
    pub key: &'static str,
    /// Which of several URLs, from 0.
    pub index: Option<usize>,
    /// What was found and what to write.
    pub text: String,
}

impl Fault {
    /// A fault of a key.
    pub fn new(key: &'static str, text: impl fmt::Display) -> Fault {
        Fault {
            key,
            index: None,
            text: text.to_string(),
        }
    }

    /// The problem of a command line.
    pub fn on_command_line(self) -> Problem {
        let argument = match self.key {
            "url" => "URL".to_owned(),
            key => format!("--{}", key.replace('_', "-")),
        };
        Problem {
            place: Place::Argument(argument),
            text: self.text,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Text { file, line, column } => write!(f, "{}:{line}:{column}", file.display()),
            Place::File(file) => write!(f, "{}", file.display()),
            Place::Argument(name) => f.write_str(name),
        }
    }
}
