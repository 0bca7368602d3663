//! The small grammar that all fields share: tokens and comma-separated lists (RFC 9110 §5.6).
//! Nothing here knows a field by name.

use core::iter;

/// Whether `byte` is a `tchar` (RFC 9110 §5.6.2).
#[inline]
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES[byte as usize]
}

/// Whether `bytes` is a `token`: one or more `tchar`.
pub(crate) const fn is_token(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        if !is_token_byte(bytes[at]) {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty()
}

/// Removes optional whitespace (space and tab, RFC 9110 §5.6.3) at both ends.
pub(crate) fn trim_ows(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The elements of a `#element` list in one field line (RFC 9110 §5.6.1), trimmed, without the
/// empty ones. A comma inside a quoted string does not separate; a quoted string that never ends
/// reaches to the end of the line.
pub(crate) fn list_elements(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    iter::from_fn(move || {
        loop {
            let line = rest?;
            let (element, after) = split_unquoted(line, b',');
            rest = after;
            let element = trim_ows(element);
            if !element.is_empty() {
                return Some(element);
            }
        }
    })
}

/// The parameters of a list element (`;name=value`) after its first part: the part, then an
/// iterator over the rest, trimmed. Names keep their case, values keep their quotes.
pub(crate) fn split_parameters(element: &[u8]) -> (&[u8], impl Iterator<Item = (&[u8], &[u8])>) {
    let (first, mut rest) = split_unquoted(element, b';');
    let parameters = iter::from_fn(move || {
        let (parameter, after) = split_unquoted(rest?, b';');
        rest = after;
        let (name, value) = split_unquoted(parameter, b'=');
        Some((trim_ows(name), trim_ows(value.unwrap_or_default())))
    });
    (trim_ows(first), parameters)
}

/// Splits at the first `separator` outside quoted strings (RFC 9110 §5.6.4).
fn split_unquoted(bytes: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let mut quoted = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => at += 1,
            _ if byte == separator && !quoted => return (&bytes[..at], Some(&bytes[at + 1..])),
            _ => {}
        }
        at += 1;
    }
    (bytes, None)
}

static TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(
            byte as u8,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_'
                | b'`' | b'|' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
        );
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{is_token, list_elements, split_parameters};

    /// RFC 9110 §5.6.2
    #[test]
    fn tokens_have_no_delimiters_and_are_not_empty() {
        assert!(is_token(b"x-a.b_c~1"));
        for bad in [
            &b""[..],
            b"a b",
            b"a:b",
            b"a\"",
            b"\x7f",
            b"\xe4",
            b"a/b",
            b"{a}",
        ] {
            assert!(!is_token(bad), "{bad:?}");
        }
    }

    /// RFC 9110 §5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list
    /// elements".
    #[test]
    fn lists_skip_empty_elements_and_respect_quotes() {
        let elements: Vec<_> = list_elements(b", a ,,\t\"b,c\\\",d\" ,e;f=\",\",").collect();
        assert_eq!(elements, [&b"a"[..], b"\"b,c\\\",d\"", b"e;f=\",\""]);
        assert_eq!(list_elements(b"").count(), 0);
        assert_eq!(list_elements(b"\"open, never closed").count(), 1);
        assert_eq!(list_elements(b"\"ends in a backslash\\").count(), 1);
    }

    #[test]
    fn parameters_are_split_at_semicolons_and_trimmed() {
        let (first, parameters) = split_parameters(b"text/html ; q = 0.5;a=\"x;y\";flag");
        assert_eq!(first, b"text/html");
        let parameters: Vec<_> = parameters.collect();
        assert_eq!(
            parameters,
            [(&b"q"[..], &b"0.5"[..]), (b"a", b"\"x;y\""), (b"flag", b"")]
        );
    }
}
