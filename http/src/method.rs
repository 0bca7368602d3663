//! Request methods (RFC 9110 §9, RFC 5789). Methods are case-sensitive: `get` is not GET but an
//! extension. Whether a method is allowed on a resource is the server's business.

/// A request method; anything that is a token is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]

pub enum Method<'b> {
    /// GET (RFC 9110 §9.3.1)
    Get,
    /// HEAD (§9.3.2)
    Head,
    /// POST (§9.3.3)
    Post,
    /// PUT (§9.3.4)
    Put,
    /// DELETE (§9.3.5)
    Delete,
    /// CONNECT (§9.3.6)
    Connect,
    /// OPTIONS (§9.3.7)
    Options,
    /// TRACE (§9.3.8)
    Trace,
    /// PATCH (RFC 5789)
    Patch,
    /// A token that none of the above is: a server that does not know it answers 501.
    Extension(&'b str),
}

impl<'b> Method<'b> {
    /// The method that `token` names. The caller has checked that it is a token.
    #[inline(always)]
    pub(crate) fn from_token(token: &'b str) -> Self {
        match token {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "CONNECT" => Self::Connect,
            "OPTIONS" => Self::Options,
            "TRACE" => Self::Trace,
            "PATCH" => Self::Patch,
            other => Self::Extension(other),
        }
    }

    /// The method as it stands in a request line.
    #[must_use]
    pub fn as_str(&self) -> &'b str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Patch => "PATCH",
            Self::Extension(token) => token,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Method;

    /// RFC 9110 §9.1: "The method token is case-sensitive".
    #[test]
    fn methods_are_case_sensitive_and_survive_a_round_trip() {
        for name in [
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
        ] {
            let method = Method::from_token(name);
            assert!(!matches!(method, Method::Extension(_)), "{name}");
            assert_eq!(method.as_str(), name);
        }
        assert_eq!(Method::from_token("get"), Method::Extension("get"));
        assert_eq!(Method::from_token("PURGE").as_str(), "PURGE");
    }
}
