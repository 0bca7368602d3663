//! The four forms of a request target (RFC 9112 §3.2). Which one is allowed depends on the
//! method; what a path means is [`crate::CanonicalPath`]'s business.

use memchr::memchr2;

use crate::{host::Host, method::Method};

/// What a request line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'b> {
    /// `/path?query`, the usual form (§3.2.1).
    Origin {
        /// Begins with `/`, still percent-encoded.
        path: &'b str,
        /// What follows the first `?`, still percent-encoded.
        query: Option<&'b str>,
    },
    /// `http://host/path?query`: what a client sends to a proxy, and what every server accepts
    /// (§3.2.2).
    Absolute(AbsoluteTarget<'b>),
    /// `host:port`, in a CONNECT request and nowhere else (§3.2.3).
    Authority(Host<'b>),
    /// `*`, in an OPTIONS request and nowhere else (§3.2.4).
    Asterisk,
}

/// An absolute target, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbsoluteTarget<'b> {
    /// The scheme.
    pub scheme: Scheme,
    /// The authority, which overrides the `Host` field.
    pub authority: Host<'b>,
    /// Begins with `/`, still percent-encoded.
    pub path: &'b str,
    /// What follows the first `?`, still percent-encoded.
    pub query: Option<&'b str>,
}

/// The schemes of an absolute target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl<'b> Target<'b> {
    /// The target in `text`, which has no space and no control in it; `None` if it is malformed or
    /// of a form that `method` does not have.
    #[inline(always)]
    pub(crate) fn parse(method: Method<'_>, text: &'b str) -> Option<Self> {
        if method == Method::Connect {
            let authority = Host::parse(text)?;
            // §3.2.3: the port of a tunnel has no default.
            return authority.port.map(|_| Self::Authority(authority));
        }
        if text.starts_with('/') {
            let (path, query) = split_query(text)?;
            return Some(Self::Origin { path, query });
        }
        if text == "*" {
            return (method == Method::Options).then_some(Self::Asterisk);
        }
        AbsoluteTarget::parse(text).map(Self::Absolute)
    }

    /// The path, `None` in the forms that have none.
    #[must_use]
    pub fn path(&self) -> Option<&'b str> {
        match self {
            Self::Origin { path, .. } | Self::Absolute(AbsoluteTarget { path, .. }) => Some(path),
            Self::Authority(_) | Self::Asterisk => None,
        }
    }

    /// What follows the first `?`, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&'b str> {
        match self {
            Self::Origin { query, .. } | Self::Absolute(AbsoluteTarget { query, .. }) => *query,
            Self::Authority(_) | Self::Asterisk => None,
        }
    }
}

impl<'b> AbsoluteTarget<'b> {
    #[inline(never)]
    fn parse(text: &'b str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = if scheme.eq_ignore_ascii_case("http") {
            Scheme::Http
        } else if scheme.eq_ignore_ascii_case("https") {
            Scheme::Https
        } else {
            return None;
        };
        let authority_bytes = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(authority_bytes);
        let (path, query) = split_query(rest)?;
        Some(Self {
            scheme,
            authority: Host::parse(authority)?,
            // RFC 9110 §4.2.3: an empty path is the same as "/".
            path: if path.is_empty() { "/" } else { path },
            query,
        })
    }
}

/// Splits at the first `?`. A `#` is refused: a fragment never leaves the client (RFC 9110 §7.1),
/// and two readers that cut it off at different places disagree about the resource.
#[inline(always)]
fn split_query(text: &str) -> Option<(&str, Option<&str>)> {
    match memchr2(b'?', b'#', text.as_bytes()) {
        None => Some((text, None)),
        Some(at) if text.as_bytes()[at] == b'?' && !text[at..].contains('#') => {
            Some((&text[..at], Some(&text[at + 1..])))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{AbsoluteTarget, Scheme, Target};
    use crate::{host::Host, method::Method};

    fn get(text: &str) -> Option<Target<'_>> {
        Target::parse(Method::Get, text)
    }

    /// RFC 9112 §3.2.1
    #[test]
    fn origin_form_splits_at_the_first_question_mark() {
        let path = "/a";
        assert_eq!(get("/a"), Some(Target::Origin { path, query: None }));
        let query = Some("");
        assert_eq!(get("/a?"), Some(Target::Origin { path, query }));
        let query = Some("b?c=/d");
        assert_eq!(get("/a?b?c=/d"), Some(Target::Origin { path, query }));
        assert_eq!(get("//a").and_then(|target| target.path()), Some("//a"));
    }

    /// RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests".
    #[test]
    fn absolute_form_has_its_own_authority() {
        let name = "a.example";
        let absolute = |scheme, port, path, query| {
            Some(Target::Absolute(AbsoluteTarget {
                scheme,
                authority: Host { name, port },
                path,
                query,
            }))
        };
        assert_eq!(
            get("HTTP://a.example"),
            absolute(Scheme::Http, None, "/", None)
        );
        assert_eq!(
            get("https://a.example:8443/b?c"),
            absolute(Scheme::Https, Some(8443), "/b", Some("c"))
        );
        assert_eq!(
            get("http://a.example?c"),
            absolute(Scheme::Http, None, "/", Some("c"))
        );
    }

    /// RFC 9112 §3.2.3, §3.2.4
    #[test]
    fn authority_and_asterisk_belong_to_their_methods() {
        let authority = Host {
            name: "a",
            port: Some(443),
        };
        assert_eq!(
            Target::parse(Method::Connect, "a:443"),
            Some(Target::Authority(authority))
        );
        assert_eq!(Target::parse(Method::Options, "*"), Some(Target::Asterisk));
        for (method, text) in [
            (Method::Connect, "a"),
            (Method::Connect, "/a"),
            (Method::Get, "a:443"),
            (Method::Get, "*"),
            (Method::Options, "**"),
        ] {
            assert_eq!(Target::parse(method, text), None, "{method:?} {text}");
        }
    }

    #[test]
    fn malformed_targets_are_refused() {
        for text in [
            "",
            "a",
            "?a",
            "#",
            "/a#b",
            "/a?b#c",
            "ftp://a/",
            "http:/a",
            "http://",
            "http:///a",
            "http://u@a/",
            "http://a:b/",
            "http://a#b",
            "://a/",
        ] {
            assert_eq!(get(text), None, "{text}");
        }
    }
}
