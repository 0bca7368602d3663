//! RFC 9110 §12.5: content codings, and JSON or HTML.

use http::{
    Coding::{self, Brotli, Gzip, Identity, Zstd},
    negotiate_coding, prefers_json,
};

use crate::harness::good;

const ALL: [Coding; 4] = [Brotli, Zstd, Gzip, Identity];

fn coding(fields: &str, offered: &[Coding]) -> Option<Coding> {
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    negotiate_coding(&good(&head).fields, offered)
}

fn accepted(value: &str) -> Option<Coding> {
    coding(&format!("Accept-Encoding: {value}\r\n"), &ALL)
}

#[test]
fn the_server_chooses_among_what_the_client_likes_best() {
    for (value, expected) in [
        ("gzip, deflate, br, zstd", Some(Brotli)),
        ("gzip, deflate", Some(Gzip)),
        ("x-gzip", Some(Gzip)),
        ("GZIP", Some(Gzip)),
        ("gzip;q=1.0, br;q=0.5", Some(Gzip)),
        ("gzip;q=0.5, zstd;q=0.5", Some(Zstd)),
        ("br;q=0.001", Some(Brotli)),
        ("identity, gzip;q=0.9", Some(Identity)),
        ("identity;q=0.5, gzip;q=0.4", Some(Identity)),
        ("compress, lzma", Some(Identity)),
        ("", Some(Identity)),
        ("br;q=0", Some(Identity)),
        ("br;q=0, *", Some(Zstd)),
        ("*", Some(Brotli)),
        ("*;q=0", None),
        ("*;q=0, gzip", Some(Gzip)),
        ("*;q=0, identity", Some(Identity)),
        ("identity;q=0", None),
        ("identity;q=0, gzip", Some(Gzip)),
        ("identity;q=0, *", Some(Brotli)),
        ("br;q=2, gzip", Some(Gzip)),
        ("br;q=x", Some(Identity)),
        ("bread", Some(Identity)),
    ] {
        assert_eq!(accepted(value), expected, "{value}");
    }
}

/// §12.5.3: "If no Accept-Encoding header field is in the request, any content coding is
/// considered acceptable by the user agent", but nobody relies on it.
#[test]
fn silence_gets_the_identity() {
    assert_eq!(coding("", &ALL), Some(Identity));
    assert_eq!(coding("", &[Brotli]), None);
    assert_eq!(coding("", &[]), None);
}

#[test]
fn only_what_is_there_is_chosen_and_lines_make_one_list() {
    assert_eq!(
        coding("Accept-Encoding: br, gzip\r\n", &[Gzip, Identity]),
        Some(Gzip)
    );
    // An identity that is not named is liked less than the least that is.
    let least = "Accept-Encoding: gzip;q=0.001\r\n";
    assert_eq!(coding(least, &[Identity, Gzip]), Some(Gzip));
    let lines = "Accept-Encoding: gzip;q=0.5\r\nAccept-Encoding: zstd\r\n";
    assert_eq!(coding(lines, &ALL), Some(Zstd));
    assert_eq!(
        coding("Accept-Encoding: identity;q=0\r\n", &[Identity]),
        None
    );
}

/// §12.5.1: the most specific range counts.
#[test]
fn json_is_for_those_who_ask_for_it() {
    let prefers = |value: &str| {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nAccept: {value}\r\n\r\n");
        prefers_json(&good(&head).fields)
    };
    for value in [
        "application/json",
        "Application/JSON;q=0.1",
        "application/*",
        "application/json, text/html;q=0.9",
        "text/html;q=0.2, */*;q=0.5",
        "text/*;q=0.1, application/json;q=0.2",
        "application/json;charset=utf-8",
    ] {
        assert!(prefers(value), "{value}");
    }
    for value in [
        "",
        "*/*",
        "text/html",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/json, text/html",
        "application/json;q=0",
        "application/json;q=0, */*",
        "application/jsonp",
        "json",
    ] {
        assert!(!prefers(value), "{value}");
    }
    assert!(!prefers_json(
        &good("GET / HTTP/1.1\r\nHost: a\r\n\r\n").fields
    ));
}
