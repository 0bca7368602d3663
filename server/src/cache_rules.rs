//! Which `Cache-Control` a file gets: patterns compiled once, asked once per cached file.
//!
//! A pattern without a slash is matched with the file's name, one with a slash with its path below
//! the route's folder, as in a `.gitignore`. The first rule that matches wins. Nothing here reads
//! files or knows HTTP beyond the field's value.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;

use crate::config::FieldValue;

/// Rules in the order in which they were written.
#[derive(Clone, Debug, Default)]
pub struct CacheRules {
    rules: Vec<Rule>,
}

/// One pattern and its value.
#[derive(Clone, Debug)]
pub struct Rule {
    pattern: String,
    scope: Scope,
    matcher: GlobMatcher,
    value: FieldValue,
}

/// What a pattern is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// The last segment of the path.
    Name,
    /// The whole path below the folder.
    Path,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// There is nothing to match.
    #[error("is empty")]
    Empty,
    /// The pattern is not a glob; the clause says where it goes wrong.
    #[error("does not compile: {0}")]
    Syntax(String),
}

impl CacheRules {
    /// The value of the first rule that matches `path`, which is relative to the route's folder,
    /// decoded and without a leading slash.
    pub fn value_for(&self, path: &[u8]) -> Option<&FieldValue> {
        let path = Path::new(OsStr::from_bytes(path));
        self.rules
            .iter()
            .find(|rule| rule.matches(path))
            .map(|rule| &rule.value)
    }

    /// The rules, first match first.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl FromIterator<Rule> for CacheRules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self {
            rules: rules.into_iter().collect(),
        }
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.value == other.value
    }
}

impl Eq for Rule {}

impl PartialEq for CacheRules {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

impl Eq for CacheRules {}

impl Rule {
    /// Compiles a pattern: `*` within a segment, `**` across segments, `?`, `[a-z]`, `{a,b}`.
    pub fn new(pattern: &str, value: FieldValue) -> Result<Self, PatternError> {
        let glob = pattern.strip_prefix('/').unwrap_or(pattern);
        if glob.is_empty() {
            return Err(PatternError::Empty);
        }
        let compiled = GlobBuilder::new(glob)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|error| PatternError::Syntax(error.kind().to_string()))?;
        let scope = if pattern.contains('/') {
            Scope::Path
        } else {
            Scope::Name
        };
        Ok(Self {
            pattern: pattern.to_owned(),
            scope,
            matcher: compiled.compile_matcher(),
            value,
        })
    }

    /// The pattern as it was written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The value that matching files get.
    pub fn value(&self) -> &FieldValue {
        &self.value
    }

    fn matches(&self, path: &Path) -> bool {
        match self.scope {
            Scope::Name => path
                .file_name()
                .is_some_and(|name| self.matcher.is_match(name)),
            Scope::Path => self.matcher.is_match(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(patterns: &[&str]) -> CacheRules {
        let rule = |pattern: &&str| {
            let value = FieldValue::new(pattern).expect("a pattern is a field value");
            Rule::new(pattern, value).expect("the pattern compiles")
        };
        patterns.iter().map(rule).collect()
    }

    fn matched(rules: &CacheRules, path: &[u8]) -> Option<String> {
        rules.value_for(path).map(|value| value.as_str().to_owned())
    }

    #[test]
    fn a_pattern_without_slash_matches_the_name_anywhere() {
        let rules = rules(&["*.css"]);
        assert_eq!(matched(&rules, b"app.css").as_deref(), Some("*.css"));
        assert_eq!(
            matched(&rules, b"deep/er/app.css").as_deref(),
            Some("*.css")
        );
        assert_eq!(matched(&rules, b"app.css.txt"), None);
        assert_eq!(matched(&rules, b""), None);
    }

    #[test]
    fn a_pattern_with_slash_matches_the_whole_path() {
        let rules = rules(&["/fonts/*", "assets/**"]);
        assert_eq!(
            matched(&rules, b"fonts/a.woff2").as_deref(),
            Some("/fonts/*")
        );
        assert_eq!(matched(&rules, b"fonts/old/a.woff2"), None);
        assert_eq!(
            matched(&rules, b"assets/a/b.js").as_deref(),
            Some("assets/**")
        );
        assert_eq!(matched(&rules, b"x/assets/a.js"), None);
    }

    #[test]
    fn the_first_rule_wins() {
        let rules = rules(&["*.{js,css}", "*"]);
        assert_eq!(matched(&rules, b"a.js").as_deref(), Some("*.{js,css}"));
        assert_eq!(matched(&rules, b"a.html").as_deref(), Some("*"));
    }

    #[test]
    fn bytes_that_are_no_text_are_matched_too() {
        assert_eq!(
            matched(&rules(&["*.bin"]), b"\xff\xfe.bin").as_deref(),
            Some("*.bin")
        );
    }

    #[test]
    fn a_broken_pattern_is_refused() {
        let value = || FieldValue::new("no-store").expect("valid");
        assert_eq!(Rule::new("", value()), Err(PatternError::Empty));
        assert_eq!(Rule::new("/", value()), Err(PatternError::Empty));
        let error = Rule::new("a[b", value()).expect_err("the class is open");
        assert!(
            error.to_string().starts_with("does not compile: "),
            "{error}"
        );
    }
}
