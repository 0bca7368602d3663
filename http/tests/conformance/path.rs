//! Canonical paths: what is refused, what is changed, and that nothing leaves the root.

use std::{
    borrow::Cow,
    path::{Component, Path},
};

use http::{CanonicalPath, PathError};

use crate::harness::Random;

#[track_caller]
fn canonical(raw: &str) -> String {
    let path = CanonicalPath::parse(raw).unwrap_or_else(|error| panic!("{raw}: {error}"));
    String::from_utf8(path.as_bytes().to_vec()).expect("UTF-8")
}

#[test]
fn an_ordinary_path_is_its_own_canonical_form() {
    for raw in [
        "/",
        "/a",
        "/a/",
        "/a/b.c",
        "/.a",
        "/..a",
        "/a..",
        "/...",
        "/a/..b/c",
        "/~a/b=c;d,e@f:g",
        "/\u{e4}/\u{1f980}",
        "/a+b",
        "/a*",
        "/a|b",
    ] {
        assert_eq!(canonical(raw), raw);
    }
}

#[test]
fn empty_and_dot_segments_go_and_a_final_slash_stays() {
    for (raw, expected) in [
        ("//", "/"),
        ("/./", "/"),
        ("/.", "/"),
        ("//a//b//", "/a/b/"),
        ("/a/./b/.", "/a/b/"),
        ("/a/%2e/b", "/a/b"),
        ("/%2E", "/"),
        ("///", "/"),
        ("/a/.//./", "/a/"),
    ] {
        assert_eq!(canonical(raw), expected, "{raw}");
    }
}

#[test]
fn escapes_are_decoded_once() {
    assert_eq!(canonical("/%61%2Bb"), "/a+b");
    assert_eq!(canonical("/a%20b"), "/a b");
    assert_eq!(canonical("/%C3%A4"), "/\u{e4}");
    assert_eq!(canonical("/%3Fa%23"), "/?a#");
    assert_eq!(canonical("/%252e%252e/%252f"), "/%2e%2e/%2f");
    let latin = CanonicalPath::parse("/%E4").expect("file names are bytes");
    assert_eq!(latin.as_bytes(), b"/\xe4");
}

#[test]
fn what_could_mean_another_file_is_refused() {
    for (raw, error) in [
        ("", PathError::NotAPath),
        ("a", PathError::NotAPath),
        ("/a?b", PathError::NotAPath),
        ("/a#b", PathError::NotAPath),
        ("/a b", PathError::NotAPath),
        ("/%", PathError::Escape),
        ("/%4", PathError::Escape),
        ("/%4/1", PathError::Escape),
        ("/%g1", PathError::Escape),
        ("/%+1", PathError::Escape),
        ("/%u002e", PathError::Escape),
        ("/%00", PathError::Control),
        ("/a%00.html", PathError::Control),
        ("/a%0d%0a", PathError::Control),
        ("/\u{1}", PathError::Control),
        ("/%7F", PathError::Control),
        ("/a%2Fb", PathError::EncodedSlash),
        ("/..%2f", PathError::EncodedSlash),
        ("/a\\b", PathError::Backslash),
        ("/a%5Cb", PathError::Backslash),
        ("/..", PathError::ParentSegment),
        ("/../", PathError::ParentSegment),
        ("/a/../b", PathError::ParentSegment),
        ("/a/..", PathError::ParentSegment),
        ("/%2e%2e/", PathError::ParentSegment),
        ("/.%2E", PathError::ParentSegment),
        ("/%2e./a", PathError::ParentSegment),
        ("/%C0%AE%C0%AE/", PathError::OverlongUtf8),
        ("/%C1%9C", PathError::OverlongUtf8),
        ("/%E0%80%AE", PathError::OverlongUtf8),
        ("/%F0%80%80%AE", PathError::OverlongUtf8),
    ] {
        assert_eq!(CanonicalPath::parse(raw), Err(error), "{raw}");
    }
}

#[test]
fn names_and_paths_are_as_long_as_the_kernel_allows() {
    let name = "a".repeat(255);
    assert_eq!(canonical(&format!("/{name}/")), format!("/{name}/"));
    for raw in [
        format!("/{name}a"),
        format!("/{name}a/b"),
        format!("/{name}%61"),
        format!("/%61/{name}a"),
    ] {
        assert_eq!(CanonicalPath::parse(&raw), Err(PathError::SegmentTooLong));
    }
    let longest = format!("/{name}").repeat(16);
    assert_eq!(longest.len(), 4096);
    assert_eq!(canonical(&longest), longest);
    let longer = longest + "/";
    assert_eq!(CanonicalPath::parse(&longer), Err(PathError::TooLong));
}

#[test]
fn parts_of_a_path() {
    let path = CanonicalPath::parse("/a/b.tar.gz").unwrap();
    assert_eq!(path.relative(), b"a/b.tar.gz");
    assert_eq!(path.extension(), Some(&b"gz"[..]));
    assert!(!path.has_trailing_slash());
    let segments: Vec<_> = path.segments().collect();
    assert_eq!(segments, [&b"a"[..], b"b.tar.gz"]);
    let root = CanonicalPath::parse("/").unwrap();
    assert_eq!((root.relative(), root.segments().count()), (&b""[..], 0));
    assert!(root.has_trailing_slash());
    for raw in ["/a", "/.a", "/a.b/c", "/a.b/", "/"] {
        assert_eq!(
            CanonicalPath::parse(raw).unwrap().extension(),
            None,
            "{raw}"
        );
    }
    assert_eq!(
        CanonicalPath::parse("/a.").unwrap().extension(),
        Some(&b""[..])
    );
}

/// RFC 8615 §3: `/.well-known/` is for everybody.
#[test]
fn hidden_names_are_told() {
    let is_hidden = |raw| CanonicalPath::parse(raw).unwrap().has_dot_segment();
    for raw in [
        "/.git/config",
        "/a/.env",
        "/%2egit",
        "/.well-known/.git",
        "/a/.well-known/b",
        "/...",
    ] {
        assert!(is_hidden(raw), "{raw}");
    }
    for raw in [
        "/",
        "/a.b/c",
        "/.well-known/acme-challenge/x",
        "/.well-known",
        "/a/.",
    ] {
        assert!(!is_hidden(raw), "{raw}");
    }
}

/// Random spellings: a path that is accepted is what the standard library makes of the decoded
/// one, has no segment that climbs, is a fixed point, and survives being written and read again.
#[test]
fn canonical_paths_agree_with_the_standard_library() {
    let pieces = [
        "/", "//", ".", "..", "a", "b.c", "%2e", "%2E%2e", "%61", "%25", "%2f", "%5c", "\u{e4}",
        "%C3", "%A4", "%C0", "~", "+", "%20", "%3f", "\\", "-",
    ];
    let mut accepted = 0;
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let tail: String = (0..random.below(10))
            .map(|_| random.pick(&pieces))
            .collect();
        let raw = format!("/{tail}");
        let Ok(path) = CanonicalPath::parse(&raw) else {
            continue;
        };
        accepted += 1;
        let bytes = path.as_bytes();
        let decoded = naive_decode(&raw);
        let text = String::from_utf8_lossy(&decoded);
        let expected: Vec<Cow<'_, str>> = Path::new(&*text)
            .components()
            .map(|component| match component {
                Component::RootDir => Cow::Borrowed("/"),
                other => other.as_os_str().to_string_lossy(),
            })
            .collect();
        assert!(
            !expected.iter().any(|name| name == ".."),
            "seed {seed}: {raw}"
        );
        let found: Vec<Cow<'_, str>> = std::iter::once(Cow::Borrowed("/"))
            .chain(path.segments().map(String::from_utf8_lossy))
            .collect();
        assert_eq!(found, expected, "seed {seed}: {raw}");
        assert!(
            !bytes.windows(2).any(|pair| pair == b"//"),
            "seed {seed}: {raw}"
        );

        let mut encoded = Vec::new();
        path.encode(&mut encoded);
        let encoded = String::from_utf8(encoded).expect("a URI is ASCII");
        assert!(!encoded.starts_with("//"), "seed {seed}: {raw}");
        assert_eq!(
            CanonicalPath::parse(&encoded),
            Ok(path.clone()),
            "seed {seed}: {raw}"
        );
    }
    assert!(accepted > 2000, "only {accepted} paths were good");
}

fn naive_decode(raw: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = raw.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'%' {
            let hex = std::str::from_utf8(&rest[..2]).expect("digits");
            decoded.push(u8::from_str_radix(hex, 16).expect("digits"));
            rest = &rest[2..];
        } else {
            decoded.push(*byte);
        }
    }
    decoded
}
