//! Names from a disk, made safe for the places of a page where they stand.
//!
//! A name is bytes: in a link each byte counts and is percent-encoded, in text what is not UTF-8
//! shows as U+FFFD.

use std::fmt::Write;

/// Appends a text to HTML, where it may stand in an element or in a quoted attribute.
pub(super) fn push_text(html: &mut String, bytes: &[u8]) {
    for character in String::from_utf8_lossy(bytes).chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // A name may hold line breaks and worse; marks that turn the direction of a line
            // would make `exe.txt` of `txt.exe`.
            control if control.is_control() || turns_direction(control) => html.push('\u{fffd}'),
            other => html.push(other),
        }
    }
}

/// Appends one path segment to a URL, percent-encoded (RFC 3986 §3.3, unreserved bytes stand).
pub(super) fn push_segment(url: &mut String, bytes: &[u8]) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

/// The bidirectional controls of Unicode (UAX #9).
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        let mut html = String::new();
        push_text(&mut html, bytes);
        html
    }

    fn segment(bytes: &[u8]) -> String {
        let mut url = String::new();
        push_segment(&mut url, bytes);
        url
    }

    #[test]
    fn text_can_not_leave_its_place() {
        assert_eq!(
            text(b"<script>\"&'</script>"),
            "&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;"
        );
        assert_eq!(text(b"a\xffb\nc"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(text("ab\u{202e}txt".as_bytes()), "ab\u{fffd}txt");
        assert_eq!(text("ä 漢".as_bytes()), "ä 漢");
    }

    #[test]
    fn a_segment_keeps_every_byte() {
        assert_eq!(segment(b"a b/c?d#e%f"), "a%20b%2Fc%3Fd%23e%25f");
        assert_eq!(segment(b"\xff\x00\"<"), "%FF%00%22%3C");
        assert_eq!(segment("ä".as_bytes()), "%C3%A4");
        assert_eq!(segment(b"x-._~9"), "x-._~9");
    }
}
