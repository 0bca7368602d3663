//! The choices at the top of a config, which are also flags of `serve`: one spelling for both.
//!
//! Each type reads itself from a text and says in one sentence what is allowed. Names of hosts
//! are refused as listen addresses: resolving them at start would make the start depend on DNS.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

use super::problem::closest;

/// Largest number of shards.
pub const SHARDS_MAX: u16 = 1024;
/// Longest path of a unix socket in bytes: `sun_path` of unix(7) without its final NUL.
pub const UNIX_PATH_BYTES_MAX: usize = 107;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListenAddress {
    /// One address of one family. Port 0 lets the kernel pick.
    Ip(SocketAddr),
    /// Every address of both families at this port, written `:8080`.
    Any(u16),
    /// A unix socket, written `unix:/path`.
    Unix(PathBuf),
}

/// How many shards to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shards {
    /// One per CPU that the affinity mask and the cgroup quota allow.
    Auto,
    /// This many, from 1 to [`SHARDS_MAX`].
    Exactly(u16),
}

/// Which driver the shards use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IoChoice {
    /// io_uring where it works, else epoll with a stated reason.
    Auto,
    /// io_uring or no start.
    Uring,
    /// epoll.
    Epoll,
}

/// Where the access log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// Nowhere.
    Off,
    /// Standard output.
    Stdout,
    /// Appended to this file, which SIGUSR1 reopens.
    File(PathBuf),
}

/// Why a text is none of the choices above: what was found and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}; {remedy}")]
pub struct ChoiceError {
    /// A clause that follows the name of the key or flag.
    pub what: String,
    /// A clause that says what is allowed.
    pub remedy: String,
}

impl Default for ListenAddress {
    /// `127.0.0.1:8080`: this host only, a port that needs no right.
    fn default() -> Self {
        Self::Ip(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
    }
}

impl ListenAddress {
    /// Whether the port is 0, so that the same address can be given more than once.
    pub fn leaves_port_to_kernel(&self) -> bool {
        match self {
            Self::Ip(address) => address.port() == 0,
            Self::Any(port) => *port == 0,
            Self::Unix(_) => false,
        }
    }
}

impl FromStr for ListenAddress {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix_address(path);
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self::Ip(address));
        }
        if let Some(port) = text.strip_prefix(':').and_then(|port| port.parse().ok()) {
            return Ok(Self::Any(port));
        }
        Err(malformed_address(text))
    }
}

impl FromStr for Shards {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text.parse() {
            _ if text == "auto" => Ok(Self::Auto),
            Ok(count @ 1..=SHARDS_MAX) => Ok(Self::Exactly(count)),
            Ok(_) | Err(_) => Err(ChoiceError {
                what: format!("is {text}"),
                remedy: format!("write auto or a whole number from 1 to {SHARDS_MAX}"),
            }),
        }
    }
}

impl FromStr for IoChoice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "uring" => Ok(Self::Uring),
            "epoll" => Ok(Self::Epoll),
            "io_uring" | "io-uring" => Err(unknown_io(text, Some("uring"))),
            other => Err(unknown_io(
                other,
                closest(other, super::schema::IO.iter().copied()),
            )),
        }
    }
}

impl FromStr for LogTarget {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "" => Err(ChoiceError {
                what: "is empty".into(),
                remedy: "write off, stdout or the path of a file".into(),
            }),
            "off" => Ok(Self::Off),
            "stdout" | "-" => Ok(Self::Stdout),
            path => Ok(Self::File(path.into())),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Any(port) => write!(f, ":{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl fmt::Display for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Exactly(count) => count.fmt(f),
        }
    }
}

impl fmt::Display for IoChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Uring => "uring",
            Self::Epoll => "epoll",
        })
    }
}

impl fmt::Display for LogTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Stdout => f.write_str("stdout"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

fn unix_address(path: &str) -> Result<ListenAddress, ChoiceError> {
    let refuse = |what: String, remedy: &str| {
        Err(ChoiceError {
            what,
            remedy: remedy.into(),
        })
    };
    if path.is_empty() || !Path::new(path).is_absolute() {
        return refuse(
            format!("is \"unix:{path}\", which has no absolute path"),
            "write \"unix:/run/ringmain.sock\"",
        );
    }
    if path.len() > UNIX_PATH_BYTES_MAX || path.contains('\0') {
        return refuse(
            format!("names a unix socket of {} bytes", path.len()),
            "the kernel takes at most 107 bytes: choose a shorter path",
        );
    }
    Ok(ListenAddress::Unix(path.into()))
}

fn malformed_address(text: &str) -> ChoiceError {
    let what = format!(
        "is \"{}\", which is not an address",
        super::value::shortened(text)
    );
    let remedy = if let Some(rest) = text.split_once("://").map(|(_, rest)| rest) {
        format!(
            "write it without the scheme: \"{}\"",
            rest.trim_end_matches('/')
        )
    } else if let Some(port) = text.strip_prefix("localhost:") {
        format!("\"localhost\" is a name: write \"127.0.0.1:{port}\" or \"[::1]:{port}\"")
    } else if text.parse::<u16>().is_ok() {
        format!("write \":{text}\" for every address or \"127.0.0.1:{text}\" for this host only")
    } else if let Some(port) = text.strip_prefix("*:") {
        format!("write \":{port}\" for every address")
    } else if let Ok(ip) = text.parse::<IpAddr>() {
        format!("add a port: \"{}\"", SocketAddr::new(ip, 8080))
    } else if text.starts_with('/') {
        format!("write \"unix:{text}\" for a unix socket")
    } else if let Some(port) = port_out_of_range(text) {
        format!("the port {port} is not between 0 and 65535")
    } else {
        "write \"IP:PORT\", \"[IPv6]:PORT\", \":PORT\" or \"unix:/path\"; names are not resolved"
            .to_owned()
    };
    ChoiceError { what, remedy }
}

/// The port of a text that would be an address if its port were one.
fn port_out_of_range(text: &str) -> Option<&str> {
    let (ip, port) = text.rsplit_once(':')?;
    let ip_is_fine = ip.is_empty() || format!("{ip}:0").parse::<SocketAddr>().is_ok();
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (ip_is_fine && digits).then_some(port)
}

fn unknown_io(text: &str, meant: Option<&str>) -> ChoiceError {
    let remedy = match meant {
        Some(meant) => format!("did you mean {meant}?"),
        None => "write auto, uring or epoll".to_owned(),
    };
    ChoiceError {
        what: format!("is \"{}\"", super::value::shortened(text)),
        remedy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(text: &str) -> String {
        text.parse::<ListenAddress>().expect_err(text).remedy
    }

    #[test]
    fn every_form_of_address_is_read_and_shown_alike() {
        for text in ["127.0.0.1:8080", "[::1]:80", ":0", "unix:/run/r.sock"] {
            let address: ListenAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), text);
        }
        assert_eq!(":8080".parse(), Ok(ListenAddress::Any(8080)));
    }

    #[test]
    fn a_malformed_address_says_what_to_write_instead() {
        assert!(remedy("localhost:8080").contains("\"127.0.0.1:8080\""));
        assert!(remedy("8080").contains("\":8080\""));
        assert!(remedy("*:80").contains("\":80\""));
        assert!(remedy("http://127.0.0.1:8080/").ends_with("\"127.0.0.1:8080\""));
        assert!(remedy("127.0.0.1").contains("\"127.0.0.1:8080\""));
        assert!(remedy("::1").contains("\"[::1]:8080\""));
        assert!(remedy("127.0.0.1:99999").contains("99999"));
        assert!(remedy("/run/r.sock").contains("\"unix:/run/r.sock\""));
        assert!(remedy("unix:run/r.sock").contains("unix:/run"));
        assert!(remedy(&format!("unix:/{}", "x".repeat(107))).contains("107"));
        assert!(remedy("example.com:80").contains("names are not resolved"));
    }

    #[test]
    fn shards_are_bounded() {
        assert_eq!("auto".parse(), Ok(Shards::Auto));
        assert_eq!("1024".parse(), Ok(Shards::Exactly(1024)));
        for text in ["0", "1025", "-1", "two", "", "70000"] {
            let error = text.parse::<Shards>().expect_err(text);
            assert!(error.remedy.contains("1 to 1024"), "{error}");
        }
    }

    #[test]
    fn drivers_are_suggested() {
        assert_eq!(
            "io_uring".parse::<IoChoice>().expect_err("x").remedy,
            "did you mean uring?"
        );
        assert_eq!(
            "epol".parse::<IoChoice>().expect_err("x").remedy,
            "did you mean epoll?"
        );
    }
}
