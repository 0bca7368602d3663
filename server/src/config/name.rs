//! Names that a route is made of, each a type that proves what was checked: hosts, route paths,
//! paths inside a folder, field names and values.
//!
//! What is refused here can not split a response head, leave a folder or match nothing for ever.

use std::fmt;

use thiserror::Error;

/// Why a text is not such a name, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}; {remedy}")]
pub struct NameError {
    /// A clause that follows the shown value, such as "which has a port".
    pub what: &'static str,
    /// A clause that says what is allowed.
    pub remedy: String,
}

/// A host as requests name it: lower case, without port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostName(String);

/// A decoded path prefix: `/`, or segments with a leading and without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoutePath(String);

/// A path inside a folder: no leading slash, no empty, `.` or `..` segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InnerPath(String);

/// A field name (RFC 9110 §5.1), as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName(String);

/// A field value (RFC 9110 §5.5) of visible ASCII, spaces and tabs, without either at its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldValue(String);

impl HostName {
    /// Checks a host: letters, digits, `-`, `.` and `_`, or an IPv6 address in brackets.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let host = text.strip_suffix('.').unwrap_or(text);
        if host.is_empty() {
            return refuse("which is empty", "leave the key out to match every host");
        }
        if host.contains("://") || host.contains('/') {
            return refuse(
                "which is a URL",
                "write the host only, such as \"example.com\"",
            );
        }
        if host.contains('*') {
            return refuse("which has a wildcard", "write one route for each host");
        }
        if host.starts_with('[') {
            return match host
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                Some(ip) if ip.parse::<std::net::Ipv6Addr>().is_ok() => {
                    Ok(Self(host.to_ascii_lowercase()))
                }
                Some(_) | None => refuse("which is no IPv6 address", "write \"[::1]\""),
            };
        }
        if let Some((name, _)) = host.split_once(':') {
            return refuse("which has a port", format!("write it without: \"{name}\""));
        }
        if host.len() > 253 {
            return refuse("which has more than 253 characters", "write a shorter name");
        }
        if !host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        {
            return refuse(
                "which has other characters than letters, digits, \"-\" and \".\"",
                "write an international name in its ASCII form (\"xn--…\")",
            );
        }
        Ok(Self(host.to_ascii_lowercase()))
    }

    /// The host in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RoutePath {
    /// The prefix of every path.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Checks a prefix; one trailing slash is dropped, because prefixes match whole segments.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let Some(inner) = text.strip_prefix('/') else {
            let remedy = format!("write \"/{}\"", super::value::shortened(text));
            return refuse("which does not start with \"/\"", remedy);
        };
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        if inner.contains(['?', '#', '*']) {
            return refuse(
                "which has a \"?\", \"#\" or \"*\"",
                "a route matches every path that starts with its segments: write those only",
            );
        }
        if inner.contains('%') {
            return refuse(
                "which is percent-encoded",
                "write the characters themselves",
            );
        }
        if text != "/" {
            check_segments(inner)?;
        }
        Ok(Self(format!("/{inner}")))
    }

    /// The prefix: `/`, or such as `/docs/api`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments; none for `/`.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }
}

impl InnerPath {
    /// `index.html`, the default index.
    pub fn index_html() -> Self {
        Self("index.html".to_owned())
    }

    /// Checks a path of one or more segments.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return refuse("which is empty", "write the name of a file");
        }
        if text.starts_with('/') {
            let remedy = format!(
                "write it relative to the folder: \"{}\"",
                text.trim_start_matches('/')
            );
            return refuse("which starts with \"/\"", remedy);
        }
        check_segments(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Checks a name of one segment.
    pub fn file_name(text: &str) -> Result<Self, NameError> {
        let path = Self::new(text)?;
        if text.contains('/') {
            return refuse(
                "which has a \"/\"",
                "write the name of a file without its folder",
            );
        }
        Ok(path)
    }

    /// The path, relative to its folder.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FieldName {
    /// Checks a token.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if text.is_empty() || !text.bytes().all(token) {
            return refuse(
                "which is not a field name",
                "write letters, digits and \"-\" only, such as \"X-Frame-Options\"",
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names this field, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }
}

impl FieldValue {
    /// Checks a value; spaces and tabs at its ends are dropped.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let value = text.trim_matches([' ', '\t']);
        if value.contains(['\r', '\n', '\0']) {
            return refuse(
                "which has a line break or NUL",
                "write one line: a line break would start another field",
            );
        }
        if !value
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte) || byte == b'\t')
        {
            return refuse(
                "which has other characters than ASCII",
                "write visible ASCII",
            );
        }
        if value.is_empty() {
            return refuse("which is empty", "write a value or leave the field out");
        }
        Ok(Self(value.to_owned()))
    }

    /// The value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! displayed_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

displayed_as_text!(HostName, RoutePath, InnerPath, FieldName, FieldValue);

fn check_segments(path: &str) -> Result<(), NameError> {
    for segment in path.split('/') {
        if segment.is_empty() {
            return refuse("which has an empty segment", "write single slashes");
        }
        if segment == "." || segment == ".." {
            return refuse(
                "which has a \".\" or \"..\" segment",
                "write the path without it",
            );
        }
        if segment.len() > 255 {
            return refuse(
                "which has a segment of more than 255 bytes",
                "write a shorter one",
            );
        }
        if segment.contains(['\\', '\0']) || segment.chars().any(char::is_control) {
            return refuse("which has a backslash or control character", "leave it out");
        }
    }
    Ok(())
}

fn refuse<T>(what: &'static str, remedy: impl Into<String>) -> Result<T, NameError> {
    Err(NameError {
        what,
        remedy: remedy.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_lower_case_and_without_port() {
        assert_eq!(
            HostName::new("Example.COM.").expect("valid").as_str(),
            "example.com"
        );
        assert_eq!(HostName::new("[::1]").expect("valid").as_str(), "[::1]");
        for text in [
            "", ".", "a:80", "http://a", "*.a", "a b", "ä.de", "[::x]", "[::1]:80",
        ] {
            assert!(HostName::new(text).is_err(), "{text}");
        }
        assert!(
            HostName::new("a:80")
                .expect_err("port")
                .remedy
                .contains("\"a\"")
        );
    }

    #[test]
    fn route_paths_are_whole_segments() {
        assert_eq!(RoutePath::new("/").expect("valid").as_str(), "/");
        assert_eq!(RoutePath::new("/docs/").expect("valid").as_str(), "/docs");
        let path = RoutePath::new("/a/b").expect("valid");
        assert_eq!(path.segments().collect::<Vec<_>>(), ["a", "b"]);
        for text in [
            "", "docs", "//", "/a//b", "/a/../b", "/./", "/a?b", "/a%20b", "/a*", "/\\",
        ] {
            assert!(RoutePath::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn inner_paths_stay_inside() {
        assert_eq!(
            InnerPath::new("errors/404.html").expect("valid").as_str(),
            "errors/404.html"
        );
        for text in ["", "/a", "../a", "a/../b", "a//b", "a/", "a\0", "a\nb"] {
            assert!(InnerPath::new(text).is_err(), "{text:?}");
        }
        assert!(InnerPath::file_name("a/b.html").is_err());
    }

    #[test]
    fn fields_can_not_split_a_head() {
        assert!(FieldName::new("X-Frame-Options").is_ok());
        for text in ["", "a b", "a:", "a\r\n", "ä"] {
            assert!(FieldName::new(text).is_err(), "{text:?}");
        }
        assert_eq!(FieldValue::new(" a\tb ").expect("valid").as_str(), "a\tb");
        for text in ["", " ", "a\r\nSet-Cookie: b", "a\nb", "a\0", "\x7f", "ä"] {
            assert!(FieldValue::new(text).is_err(), "{text:?}");
        }
    }
}
