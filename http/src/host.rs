//! The host and port that a request is for (RFC 9110 §7.2, RFC 3986 §3.2). Strict: a name has
//! only letters, digits, `-`, `.` and `_`, which is all that a resolver or a certificate knows,
//! so a `Host` can be put into a redirect, a log line or a cache key as it is.

use core::net::Ipv6Addr;

/// `host [ ":" port ]`, without user information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host<'b> {
    /// The name or address as it was written; an IPv6 address keeps its brackets.
    pub name: &'b str,
    /// The port, if one was given.
    pub port: Option<u16>,
}

impl<'b> Host<'b> {
    /// The host in `text`; `None` if it is empty or malformed.
    #[must_use]
    #[inline(always)]
    pub fn parse(text: &'b str) -> Option<Self> {
        let name_bytes = match text.as_bytes() {
            [b'[', ..] => ipv6_bytes(text)?,
            bytes => {
                let is_name_byte = |byte: &u8| NAME_BYTES[usize::from(*byte)];
                bytes.iter().take_while(|byte| is_name_byte(byte)).count()
            }
        };
        if name_bytes == 0 || name_bytes > NAME_BYTES_MAX {
            return None;
        }
        let (name, rest) = text.split_at(name_bytes);
        let port = match rest.as_bytes() {
            // RFC 3986 §3.2.3: a port may be empty after its colon, which is the default one.
            [] | [b':'] => None,
            [b':', digits @ ..] => Some(decimal_port(digits)?),
            _ => return None,
        };
        Some(Self { name, port })
    }
}

/// How much of `text` is an IPv6 address in brackets, which it begins with.
#[cold]
fn ipv6_bytes(text: &str) -> Option<usize> {
    let end = text.find(']')?;
    text[1..end].parse::<Ipv6Addr>().ok()?;
    Some(end + 1)
}

fn decimal_port(digits: &[u8]) -> Option<u16> {
    // Five digits cannot overflow 32 bits; a port with more zeros before it is nobody's.
    if digits.len() > 5 {
        return None;
    }
    let mut port = 0;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        port = port * 10 + u32::from(byte - b'0');
    }
    u16::try_from(port).ok()
}

/// RFC 1035 §2.3.4: a domain name has at most 255 bytes.
const NAME_BYTES_MAX: usize = 255;

static NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = byte as u8;
        table[byte] = letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'.' | b'_');
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::Host;

    #[test]
    fn names_addresses_and_ports_are_told_apart() {
        for (text, name, port) in [
            ("example.com", "example.com", None),
            ("EXAMPLE.com:8080", "EXAMPLE.com", Some(8080)),
            ("127.0.0.1:1", "127.0.0.1", Some(1)),
            ("[::1]", "[::1]", None),
            ("[2001:db8::1]:443", "[2001:db8::1]", Some(443)),
            ("a:", "a", None),
            ("a:00080", "a", Some(80)),
        ] {
            assert_eq!(Host::parse(text), Some(Host { name, port }), "{text}");
        }
    }

    #[test]
    fn what_no_resolver_knows_is_refused() {
        for text in [
            "",
            ":80",
            "a b",
            "a,b",
            "a/b",
            "user@a",
            "a:b",
            "a:65536",
            "a:000080",
            "a:+1",
            "a:1:2",
            "[::1",
            "[::1]x",
            "[fe80::1%eth0]",
            "::1",
            "[v1.a]",
            "a\\b",
            "a#b",
            "a?b",
            "ä.example",
            "a%20b",
        ] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
        let long = "a".repeat(256);
        assert_eq!(Host::parse(&long), None);
        assert!(Host::parse(&long[1..]).is_some());
    }
}
