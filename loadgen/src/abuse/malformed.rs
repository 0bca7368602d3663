//! Heads that RFC 9112 and RFC 9110 tell a server to refuse, each for one reason.

use bytes::Bytes;

/// A target longer than any server takes by default.
const LONG_TARGET_BYTES: usize = 64 * 1024;
/// The beginning of a TLS handshake: who speaks to the wrong port sends this.
const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n";

/// A head and what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// In a word.
    pub(super) sort: &'static str,
    pub(super) bytes: Bytes,
}

/// An ordinary request, taken apart.
struct Parts<'r> {
    method: &'r str,
    target: &'r str,
    /// All lines, each with its CRLF.
    fields: &'r str,
}

/// Ruins an ordinary request in every way.
pub(super) fn heads(request: &[u8]) -> Vec<Head> {
    let parts = Parts::of(request);
    let Parts {
        method,
        target,
        fields,
    } = &parts;
    let without_host: String = fields
        .split_inclusive("\r\n")
        .filter(|line| !line.to_ascii_lowercase().starts_with("host:"))
        .collect();
    let with_field = |line: &str| format!("{method} {target} HTTP/1.1\r\n{fields}{line}\r\n\r\n");
    let with_content = |lines: &str, content: &str| {
        format!(
            "POST {target} HTTP/1.1\r\n{without_framing}{lines}\r\n\r\n{content}",
            without_framing = without_framing(fields)
        )
    };
    let long = "a".repeat(LONG_TARGET_BYTES);
    let heads = [
        // RFC 9112 section 3.2: a server MUST respond with 400 to a request that lacks Host or has
        // more than one.
        (
            "no host",
            format!("{method} {target} HTTP/1.1\r\n{without_host}\r\n"),
        ),
        ("two hosts", with_field("Host: another.example")),
        // Section 5.1: no whitespace between field name and colon.
        ("blank before colon", with_field("X-Blank : 1")),
        // Section 5 (field-line) and RFC 9110 section 5.5: CR, LF and NUL are dangerous.
        ("no colon", with_field("X-No-Colon")),
        ("NUL in a value", with_field("X-Nul: a\0b")),
        ("bare CR in a value", with_field("X-Cr: a\rb")),
        // Section 6.3: Content-Length with differing values, or not a number.
        (
            "two lengths",
            with_content("Content-Length: 1\r\nContent-Length: 2", "ab"),
        ),
        ("negative length", with_content("Content-Length: -1", "")),
        // Section 7.1: chunk-size is hexadecimal.
        (
            "bad chunk",
            with_content("Transfer-Encoding: chunked", "zz\r\n\r\n"),
        ),
        // Section 3: method, target and version.
        (
            "bad method",
            format!("G<T {target} HTTP/1.1\r\n{fields}\r\n"),
        ),
        (
            "control in target",
            format!("{method} /\u{1} HTTP/1.1\r\n{fields}\r\n"),
        ),
        (
            "version 9.9",
            format!("{method} {target} HTTP/9.9\r\n{fields}\r\n"),
        ),
        (
            "long target",
            format!("{method} /{long} HTTP/1.1\r\n{fields}\r\n"),
        ),
    ];
    let heads = heads.into_iter().map(|(sort, text)| Head {
        sort,
        bytes: text.into_bytes().into(),
    });
    let hello = Head {
        sort: "TLS hello",
        bytes: Bytes::from_static(CLIENT_HELLO),
    };
    heads.chain([hello]).collect()
}

/// A request's head without the empty line at its end.
pub(super) fn without_empty_line(request: &[u8]) -> &[u8] {
    let end = request.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    end.map_or(request, |end| &request[..end + 2])
}

fn without_framing(fields: &str) -> String {
    let frames = |line: &str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("content-length:") || line.starts_with("transfer-encoding:")
    };
    let lines = fields.split_inclusive("\r\n");
    lines.filter(|line| !frames(line)).collect()
}

impl Parts<'_> {
    /// Templates make heads of visible ASCII; whatever is not is left out.
    fn of(request: &[u8]) -> Parts<'_> {
        let head = std::str::from_utf8(without_empty_line(request)).unwrap_or_default();
        let (line, fields) = head.split_once("\r\n").unwrap_or((head, ""));
        let mut words = line.split(' ');
        Parts {
            method: words.next().unwrap_or("GET"),
            target: words.next().unwrap_or("/"),
            fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{Limits, Parsed};

    use super::*;

    const ORDINARY: &[u8] = b"GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\n\r\n";

    /// Against our own strict parser; what is wrong with the content only is not its business.
    #[test]
    fn the_ordinary_request_is_well_formed_and_no_ruined_one_is() {
        let parses = |bytes: &[u8]| {
            let limits = Limits::default();
            matches!(
                http::parse_request(bytes, &limits),
                Ok(Parsed::Complete { .. })
            )
        };
        assert!(parses(ORDINARY));
        let ruined = heads(ORDINARY);
        assert!(ruined.len() >= 12);
        for head in ruined {
            let is_content = head.sort == "bad chunk";
            assert_eq!(parses(&head.bytes), is_content, "{}", head.sort);
        }
    }

    #[test]
    fn only_the_ordinary_requests_head_is_used() {
        let with_body = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
        assert_eq!(
            without_empty_line(with_body),
            b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
        );
        for head in heads(with_body) {
            assert!(!head.bytes.ends_with(b"body"), "{}", head.sort);
        }
    }
}
