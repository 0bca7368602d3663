//! Canonical paths. The input is the path.

use http::{CanonicalPath, PATH_BYTES_MAX, SEGMENT_BYTES_MAX};

/// Checks one path.
///
/// # Panics
///
/// If what must hold does not.
pub fn check_path(data: &[u8]) {
    let Ok(raw) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(path) = CanonicalPath::parse(raw) else {
        return;
    };
    let bytes = path.as_bytes();
    assert!(bytes.starts_with(b"/") && bytes.len() <= PATH_BYTES_MAX);
    assert!(!bytes.windows(2).any(|pair| pair == b"//"));
    assert!(
        !bytes
            .iter()
            .any(|&byte| byte < 0x20 || byte == 0x7f || byte == b'\\')
    );
    let mut joined = Vec::new();
    for segment in path.segments() {
        assert!(!matches!(segment, b"" | b"." | b".."));
        assert!(segment.len() <= SEGMENT_BYTES_MAX);
        joined.push(b'/');
        joined.extend_from_slice(segment);
    }
    if path.has_trailing_slash() {
        joined.push(b'/');
    }
    assert_eq!(joined, bytes, "a path is its segments");

    let mut encoded = Vec::new();
    path.encode(&mut encoded);
    let encoded = std::str::from_utf8(&encoded).expect("a URI is ASCII");
    assert!(!encoded.starts_with("//") && !encoded.contains(['?', '#', ' ']));
    assert_eq!(CanonicalPath::parse(encoded), Ok(path.clone()));

    // Decoding is done once: a canonical path that has no escape in it is its own canonical form.
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains(['%', '?', '#', ' '])
    {
        assert_eq!(CanonicalPath::parse(text), Ok(path.clone()));
    }
}
