//! RFC 9110 §12.5.3: Accept-Encoding.

use super::answer;
use crate::harness::{Driver, Server, Site, for_both_drivers, request};

/// The siblings' contents are words: what is compressed is none of the server's business.
fn with_siblings(driver: Driver) -> (Site, Server) {
    let site = Site::small()
        .with("all.js", "plain")
        .with("all.js.br", "brotli")
        .with("all.js.zst", "zstandard")
        .with("all.js.gz", "gzipped")
        .with("one.js", "plain")
        .with("one.js.gz", "gzipped");
    let server = Server::serve(driver, &site, &[]);
    (site, server)
}

/// RFC 9110 §12.5.3: "A server tests whether a content coding for a given representation is
/// acceptable using these rules:"
fn the_best_acceptable_coding_is_sent(driver: Driver) {
    let (_site, server) = with_siblings(driver);
    for (value, all, one) in [
        ("br, zstd, gzip", "brotli", "gzipped"),
        ("gzip, deflate, br, zstd", "brotli", "gzipped"),
        ("gzip, zstd", "zstandard", "gzipped"),
        ("gzip", "gzipped", "gzipped"),
        ("x-gzip", "gzipped", "gzipped"),
        ("GZIP", "gzipped", "gzipped"),
        ("gzip;q=1.0, br;q=0.1", "gzipped", "gzipped"),
        ("br;q=0, gzip", "gzipped", "gzipped"),
        ("br;q=0.5, gzip;q=0.7, zstd;q=0.6", "gzipped", "gzipped"),
        ("*", "brotli", "gzipped"),
        ("*;q=0.5, gzip;q=0.9", "gzipped", "gzipped"),
        ("gzip;q=0, *", "brotli", "plain"),
        ("identity", "plain", "plain"),
        ("identity, gzip;q=0.5", "plain", "plain"),
        ("identity;q=0.5, gzip;q=1", "gzipped", "gzipped"),
        ("deflate", "plain", "plain"),
        ("", "plain", "plain"),
        ("gzip;q=0", "plain", "plain"),
        ("br;q=0.000", "plain", "plain"),
    ] {
        let line = format!("Accept-Encoding: {value}");
        for (target, expected) in [("/all.js", all), ("/one.js", one)] {
            let sent = answer(&server, request("GET", target, &[&line])).expect_status(200);
            assert_eq!(sent.text(), expected, "{target} {value}");
            let coding = match expected {
                "brotli" => Some("br"),
                "zstandard" => Some("zstd"),
                "gzipped" => Some("gzip"),
                _ => None,
            };
            assert_eq!(sent.field("content-encoding"), coding, "{value}");
            assert_eq!(sent.expect_field("vary"), "Accept-Encoding");
            assert_eq!(
                sent.expect_field("content-type"),
                "text/javascript; charset=utf-8"
            );
        }
    }
}

/// RFC 9110 §12.5.3: "If no Accept-Encoding header field is in the request, any content coding is
/// considered acceptable by the user agent." Many such agents can do nothing with any, so they
/// get the plain file.
fn without_the_field_the_plain_file_is_sent(driver: Driver) {
    let (_site, server) = with_siblings(driver);
    let sent = answer(&server, request("GET", "/all.js", &[])).expect_content("plain");
    assert_eq!(sent.field("content-encoding"), None);
    assert_eq!(sent.expect_field("vary"), "Accept-Encoding");
}

/// RFC 9110 §8.8.3.3: "Content codings are a property of the representation data, so a strong
/// entity tag for a content-encoded representation has to be distinct from the entity tag of an
/// unencoded representation to prevent potential conflicts during cache updates and range
/// requests."
fn each_coding_has_its_own_tag(driver: Driver) {
    let (_site, server) = with_siblings(driver);
    let mut tags: Vec<String> = ["identity", "br", "zstd", "gzip"]
        .iter()
        .map(|coding| {
            let line = format!("Accept-Encoding: {coding}");
            let sent = answer(&server, request("GET", "/all.js", &[&line]));
            sent.expect_field("etag").to_owned()
        })
        .collect();
    let brotli = tags[1].clone();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4, "{tags:?}");
    // A tag of another coding is another version.
    let line = format!("If-None-Match: {brotli}");
    answer(
        &server,
        request("GET", "/all.js", &[&line, "Accept-Encoding: gzip"]),
    )
    .expect_content("gzipped");
    answer(
        &server,
        request("GET", "/all.js", &[&line, "Accept-Encoding: br"]),
    )
    .expect_status(304);
    // Ranges are ranges of what is sent.
    let part = answer(
        &server,
        request(
            "GET",
            "/all.js",
            &["Range: bytes=0-2", "Accept-Encoding: br"],
        ),
    );
    assert_eq!(part.expect_status(206).content, b"bro");
}

for_both_drivers![
    the_best_acceptable_coding_is_sent,
    without_the_field_the_plain_file_is_sent,
    each_coding_has_its_own_tag,
];
