//! RFC 9110 §13: conditional requests and which condition comes first.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::answer;
use crate::harness::{Driver, Response, Server, Site, for_both_drivers, request};

/// Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example, in seconds since 1970.
const WRITTEN: u64 = 784_111_777;
const WRITTEN_DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

/// A server with a file of 1994 and its entity tag.
fn old_file(driver: Driver) -> (Site, Server, String) {
    let site = Site::small();
    set_modified(
        &site,
        "hello.txt",
        UNIX_EPOCH + Duration::from_secs(WRITTEN),
    );
    let server = Server::serve(driver, &site, &[]);
    let tag = server.get("/hello.txt").expect_field("etag").to_owned();
    (site, server, tag)
}

fn set_modified(site: &Site, name: &str, time: SystemTime) {
    let file = std::fs::File::options()
        .write(true)
        .open(site.path(name))
        .expect("the file");
    file.set_modified(time).expect("utimes");
}

#[track_caller]
fn ask(server: &Server, lines: &[&str]) -> Response {
    answer(server, request("GET", "/hello.txt", lines))
}

/// RFC 9110 §8.8.3: "An entity tag can be either a weak or strong validator, with strong being
/// the default."
fn the_entity_tag_is_strong_and_tells_versions_apart(driver: Driver) {
    let (site, server, tag) = old_file(driver);
    assert!(
        tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2,
        "{tag}"
    );
    let whole = ask(&server, &[]);
    assert_eq!(whole.expect_field("last-modified"), WRITTEN_DATE);
    // Same size, same second, other nanoseconds: another version.
    site.replace("hello.txt", "HELLO, WORLD!");
    let time = UNIX_EPOCH + Duration::new(WRITTEN, 1);
    set_modified(&site, "hello.txt", time);
    crate::harness::wait_until("the new version is seen", || {
        server.get("/hello.txt").content == b"HELLO, WORLD!"
    });
    assert_ne!(server.get("/hello.txt").expect_field("etag"), tag);
}

/// RFC 9110 §13.1.2: "instead, the origin server MUST respond with either a) the 304 (Not
/// Modified) status code if the request method is GET or HEAD"
fn if_none_match(driver: Driver) {
    let (_site, server, tag) = old_file(driver);
    for value in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        format!("\"a,b\" ,, W/{tag}"),
        "*".to_owned(),
    ] {
        let line = format!("If-None-Match: {value}");
        ask(&server, &[&line]).expect_status(304);
        answer(&server, request("HEAD", "/hello.txt", &[&line])).expect_status(304);
    }
    for value in ["\"other\"", "\"\"", "W/\"other\""] {
        ask(&server, &[&format!("If-None-Match: {value}")]).expect_content("Hello, world!");
    }
    // Several lines are one list.
    let line = format!("If-None-Match: {tag}");
    ask(&server, &["If-None-Match: \"other\"", &line]).expect_status(304);
}

/// RFC 9110 §15.4.5: "The server generating a 304 response MUST generate any of the following
/// header fields that would have been sent in a 200 (OK) response to the same request: [...]
/// Content-Location, Date, ETag, and Vary [...] Cache-Control and Expires".
fn a_304_has_the_fields_that_a_cache_needs(driver: Driver) {
    let site = Site::small().with("hello.txt.gz", "not really gzip");
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\n\
         cache_control = [{ match = \"*.txt\", value = \"max-age=60\" }]\n",
    );
    let whole = ask(&server, &["Accept-Encoding: gzip"]).expect_status(200);
    let line = format!("If-None-Match: {}", whole.expect_field("etag"));
    let unchanged = ask(&server, &["Accept-Encoding: gzip", &line]).expect_status(304);
    for name in ["etag", "vary", "cache-control"] {
        assert_eq!(unchanged.expect_field(name), whole.expect_field(name));
    }
    assert_eq!(unchanged.field("content-type"), None);
    assert_eq!(unchanged.field("content-encoding"), None);
}

/// RFC 9110 §13.1.1: "An origin server that evaluates an If-Match condition MUST NOT perform the
/// requested method if the condition evaluates to false."
fn if_match(driver: Driver) {
    let (_site, server, tag) = old_file(driver);
    for value in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
        ask(&server, &[&format!("If-Match: {value}")]).expect_content("Hello, world!");
    }
    // "An origin server MUST use the strong comparison function when comparing entity tags for
    // If-Match"
    for value in ["\"other\"".to_owned(), format!("W/{tag}")] {
        ask(&server, &[&format!("If-Match: {value}")]).expect_status(412);
    }
}

/// RFC 9110 §13.1.3: "If the selected representation's last modification date is earlier or equal
/// to the date provided in the field value, the condition is false."
fn if_modified_since(driver: Driver) {
    let (_site, server, _tag) = old_file(driver);
    for (date, status) in [
        (WRITTEN_DATE, 304),
        (AFTER, 304),
        (BEFORE, 200),
        // The obsolete forms, RFC 9110 §5.6.7.
        ("Sunday, 06-Nov-94 08:49:37 GMT", 304),
        ("Sun Nov  6 08:49:37 1994", 304),
        ("Sun Nov  6 08:49:36 1994", 200),
        // "A recipient MUST ignore the If-Modified-Since header field if the received field value
        // is not a valid HTTP-date"
        ("tomorrow", 200),
        ("Sun, 06 Nov 1994 08:49:37", 200),
        ("Sun, 32 Nov 1994 08:49:37 GMT", 200),
        ("784111777", 200),
    ] {
        ask(&server, &[&format!("If-Modified-Since: {date}")]).expect_status(status);
    }
}

/// RFC 9110 §13.1.4: "If the selected representation's last modification date is earlier than or
/// equal to the date provided in the field value, the condition is true."
fn if_unmodified_since(driver: Driver) {
    let (_site, server, _tag) = old_file(driver);
    for (date, status) in [
        (WRITTEN_DATE, 200),
        (AFTER, 200),
        (BEFORE, 412),
        ("tomorrow", 200),
    ] {
        ask(&server, &[&format!("If-Unmodified-Since: {date}")]).expect_status(status);
    }
}

/// RFC 9110 §13.2.2: "A recipient cache or origin server MUST evaluate the request preconditions
/// defined by this specification in the following order:"
fn conditions_have_an_order(driver: Driver) {
    let (_site, server, tag) = old_file(driver);
    let matches = format!("If-Match: {tag}");
    let none_matches = format!("If-None-Match: {tag}");
    let unmodified_before = format!("If-Unmodified-Since: {BEFORE}");
    let modified_after = format!("If-Modified-Since: {AFTER}");
    for (lines, status) in [
        // If-Match hides If-Unmodified-Since.
        ([matches.as_str(), &unmodified_before], 200),
        (
            [
                "If-Match: \"other\"",
                "If-Unmodified-Since: Sun, 06 Nov 2094 08:49:37 GMT",
            ],
            412,
        ),
        // If-None-Match hides If-Modified-Since.
        (["If-None-Match: \"other\"", &modified_after], 200),
        // Preconditions come before validations.
        ([&none_matches, "If-Match: \"other\""], 412),
        ([&unmodified_before, &none_matches], 412),
        ([&matches, &none_matches], 304),
        ([&matches, &modified_after], 304),
    ] {
        let answered = ask(&server, &lines);
        assert_eq!(answered.status, status, "{lines:?}");
    }
}

/// RFC 9110 §13.2.1: "A server MUST ignore all received preconditions if its response to the same
/// request without those conditions, prior to processing the request content, would have been a
/// status code other than a 2xx (Successful) or 412 (Precondition Failed)."
fn conditions_do_not_hide_other_answers(driver: Driver) {
    let (_site, server, _tag) = old_file(driver);
    for line in [
        "If-None-Match: *",
        "If-Match: \"other\"",
        "If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT",
    ] {
        answer(&server, request("GET", "/missing", &[line])).expect_status(404);
        answer(&server, request("POST", "/hello.txt", &[line])).expect_status(405);
    }
}

for_both_drivers![
    the_entity_tag_is_strong_and_tells_versions_apart,
    if_none_match,
    a_304_has_the_fields_that_a_cache_needs,
    if_match,
    if_modified_since,
    if_unmodified_since,
    conditions_have_an_order,
    conditions_do_not_hide_other_answers,
];
