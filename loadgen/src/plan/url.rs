//! Where to send requests: `http://host:port/path`, `https://…`, `unix:/path.sock:/path`.
//!
//! Reading a URL looks at nothing but its text; `resolve` asks the host for addresses. A URL
//! keeps the spelling of its user, so that reports name what was asked for. Refused are user
//! names, zones and anything that would be guessed.

mod resolve;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

pub use resolve::{Resolve, ResolveError, by_system, destinations};

/// Destination ports that one URL may mean.
pub const PORTS_MAX: usize = 1024;
/// Bytes of a unix socket's path (sun_path less its final 0).
const UNIX_PATH_BYTES_MAX: usize = 107;

/// A URL with a place to connect to and a target to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Without target, as written: `http://127.0.0.1:8080`.
    pub label: String,
    /// Whether `https`.
    pub is_tls: bool,
    /// Where to connect.
    pub place: Place,
    /// Path and query for the request line, with its places to fill.
    pub target: String,
}

/// Where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A name or an address.
    Host {
        /// As it stands in `Host`, without port and with the brackets of an IPv6 address.
        name: String,
        /// Destination ports, used in turn.
        ports: RangeInclusive<u16>,
    },
    /// A unix socket.
    Unix(PathBuf),
}

/// A URL with its share of the load: `http://…` or `3@http://…`.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedUrl {
    /// The URL.
    pub url: Url,
    /// 1 where none is given.
    pub weight: f64,
}

/// Why a text is not a URL, with what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\" {what}", shown(text))]
pub struct UrlError {
    text: String,
    what: String,
}

impl Url {
    /// What `Host` says: the authority as written, with the first of several ports.
    pub fn host(&self) -> String {
        match &self.place {
            Place::Unix(_) => "localhost".to_owned(),
            Place::Host { name, ports } => {
                let (_, authority) = self.label.split_once("://").unwrap_or(("", name));
                if authority.len() == name.len() {
                    name.clone()
                } else {
                    format!("{name}:{}", ports.start())
                }
            }
        }
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Url, UrlError> {
        parse(text).map_err(|what| UrlError {
            text: text.to_owned(),
            what,
        })
    }
}

impl FromStr for WeightedUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<WeightedUrl, UrlError> {
        let number = |c: char| c.is_ascii_digit() || c == '.';
        let digits = text.len() - text.trim_start_matches(number).len();
        let (weight, rest) = text.split_at(digits);
        let Some(url) = rest.strip_prefix('@') else {
            let url = text.parse()?;
            return Ok(WeightedUrl { url, weight: 1.0 });
        };
        let weight = weight.parse().ok().filter(|weight| *weight > 0.0);
        match weight {
            Some(weight) => Ok(WeightedUrl {
                url: url.parse()?,
                weight,
            }),
            None => Err(UrlError {
                text: text.to_owned(),
                what: "has a weight that is not above 0; write 3@http://host/path".to_owned(),
            }),
        }
    }
}

fn parse(text: &str) -> Result<Url, String> {
    let unix = text.strip_prefix("http+").unwrap_or(text);
    if let Some(rest) = unix.strip_prefix("unix:") {
        return parse_unix(&text[..text.len() - rest.len()], rest);
    }
    let (is_tls, rest) = match text.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        Some((scheme, _)) => {
            return Err(format!(
                "has the scheme {scheme:?}; write http://, https:// or unix:/path.sock:/path"
            ));
        }
        None => return Err(without_scheme(text)),
    };
    let end = rest.find(['/', '?', '#', '{']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let (name, ports) = parse_authority(authority, if is_tls { 443 } else { 80 })?;
    Ok(Url {
        label: text[..text.len() - target.len()].to_owned(),
        is_tls,
        place: Place::Host { name, ports },
        target: target_of(target),
    })
}

/// A fragment stays with the client (RFC 9110 §4.2.5).
fn target_of(text: &str) -> String {
    let text = text.split('#').next().unwrap_or(text);
    match text.as_bytes().first() {
        None => "/".to_owned(),
        Some(b'?') => format!("/{text}"),
        Some(_) => text.to_owned(),
    }
}

fn parse_authority(text: &str, port: u16) -> Result<(String, RangeInclusive<u16>), String> {
    if text.contains('@') {
        return Err(
            "has a user name; send it as --header 'Authorization: Basic …' instead".to_owned(),
        );
    }
    let (name, ports) = match text.rsplit_once(':') {
        Some((name, ports)) if !ports.contains(']') => (name, Some(ports)),
        Some(_) | None => (text, None),
    };
    // `http::Host` knows what a host may be.
    if name.is_empty() || http::Host::parse(name).is_none_or(|host| host.port.is_some()) {
        return Err(
            "has no host that can be one; write http://127.0.0.1:8080/path, \
                    and an IPv6 address in brackets"
                .to_owned(),
        );
    }
    let ports = match ports {
        None => port..=port,
        Some(ports) => parse_ports(ports)?,
    };
    Ok((name.to_owned(), ports))
}

fn parse_ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let wrong = || format!("has the port {text:?}; write 1 to 65535, or a range as 8080-8087");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let first: u16 = first.parse().map_err(|_| wrong())?;
    let last: u16 = last.parse().map_err(|_| wrong())?;
    if first == 0 || last < first {
        return Err(wrong());
    }
    if usize::from(last - first) >= PORTS_MAX {
        return Err(format!("has more than {PORTS_MAX} ports; write fewer"));
    }
    Ok(first..=last)
}

fn parse_unix(scheme: &str, rest: &str) -> Result<Url, String> {
    let (socket, target) = match rest.split_once(":/") {
        Some((socket, target)) => (socket, format!("/{target}")),
        None => (rest, "/".to_owned()),
    };
    if !socket.starts_with('/') || socket.len() > UNIX_PATH_BYTES_MAX {
        return Err(format!(
            "has no absolute socket path of at most {UNIX_PATH_BYTES_MAX} bytes; \
             write unix:/run/app.sock:/path"
        ));
    }
    Ok(Url {
        label: format!("{scheme}{socket}"),
        is_tls: false,
        place: Place::Unix(socket.into()),
        target: target_of(&target),
    })
}

fn without_scheme(text: &str) -> String {
    if text.starts_with('/') && text.contains(".sock") {
        format!("is a path; write unix:{text}:/ for a unix socket")
    } else if text.contains([':', '.', '/']) || text == "localhost" {
        format!("has no scheme; write http://{}", shown(text))
    } else {
        "is neither a URL (http://host:port/path) nor a command; see ringload --help".to_owned()
    }
}

/// Short enough for a message, without control characters.
fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    let shown: String = text.chars().take(CHARS_MAX).collect();
    shown.escape_debug().to_string()
}

#[cfg(test)]
mod tests;
