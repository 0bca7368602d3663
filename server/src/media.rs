//! The `Content-Type` of a file, from the extension of its name.
//!
//! Types that are text say `charset=utf-8`, without which browsers guess. The content is never
//! looked at: with `X-Content-Type-Options: nosniff` the name alone decides.

use std::borrow::Cow;

/// What a file without a known extension is: bytes to be saved, never run.
pub const UNKNOWN: &str = "application/octet-stream";

/// The `Content-Type` of a file of that name or path.
pub fn content_type(name: &[u8]) -> Cow<'static, str> {
    let Some(extension) = extension(name) else {
        return Cow::Borrowed(UNKNOWN);
    };
    if let Some((_, known)) = USUAL
        .iter()
        .find(|(usual, _)| extension.eq_ignore_ascii_case(usual))
    {
        return Cow::Borrowed(known);
    }
    let guess = mime_guess::from_ext(extension).first_raw();
    match guess {
        None => Cow::Borrowed(UNKNOWN),
        Some(kind) if is_text(kind) => Cow::Owned(format!("{kind}; charset=utf-8")),
        Some(kind) => Cow::Borrowed(kind),
    }
}

/// The usual files of a site, which need no look into the large table, and those for which the
/// table is wrong or out of date.
const USUAL: [(&str, &str); 26] = [
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("svg", "image/svg+xml; charset=utf-8"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("gif", "image/gif"),
    ("ico", "image/x-icon"),
    ("woff2", "font/woff2"),
    ("woff", "font/woff"),
    ("wasm", "application/wasm"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/markdown; charset=utf-8"),
    ("toml", "text/plain; charset=utf-8"),
    ("xml", "application/xml; charset=utf-8"),
    ("webmanifest", "application/manifest+json"),
    ("jsonld", "application/ld+json"),
    // The table knows these as MPEG streams and troff.
    ("ts", "text/plain; charset=utf-8"),
    ("jxl", "image/jxl"),
    ("mp4", "video/mp4"),
];

/// What follows the last dot of the last segment, if that dot does not start the name.
fn extension(name: &[u8]) -> Option<&str> {
    let segment = name.rsplit(|byte| *byte == b'/').next()?;
    let dot = segment
        .iter()
        .rposition(|byte| *byte == b'.')
        .filter(|dot| *dot > 0)?;
    str::from_utf8(&segment[dot + 1..]).ok()
}

/// Whether a charset means something for the type. JSON has none (RFC 8259 §11).
fn is_text(kind: &str) -> bool {
    kind.starts_with("text/") || kind.ends_with("+xml") || kind == "application/xml"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_a_charset_and_the_rest_has_none() {
        for (name, expected) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a/b/style.CSS", "text/css; charset=utf-8"),
            ("app.mjs", "text/javascript; charset=utf-8"),
            ("data.json", "application/json"),
            ("logo.svg", "image/svg+xml; charset=utf-8"),
            ("photo.jpg", "image/jpeg"),
            ("font.woff2", "font/woff2"),
            ("code.wasm", "application/wasm"),
            ("feed.atom", "application/atom+xml; charset=utf-8"),
            ("table.csv", "text/csv; charset=utf-8"),
            ("page.htm", "text/html; charset=utf-8"),
            ("book.pdf", "application/pdf"),
        ] {
            assert_eq!(content_type(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn what_has_no_known_extension_is_bytes() {
        for name in ["LICENSE", ".html", "a.html/b", "x.", "x.unknown-thing", ""] {
            assert_eq!(content_type(name.as_bytes()), UNKNOWN, "{name}");
        }
        assert_eq!(content_type(b"x.\xff\xfe"), UNKNOWN);
    }

    #[test]
    fn every_type_is_a_valid_field_value() {
        for (extension, kind) in USUAL {
            assert!(crate::config::FieldValue::new(kind).is_ok(), "{extension}");
        }
    }
}
