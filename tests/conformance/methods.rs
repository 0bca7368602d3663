//! RFC 9110 §9: methods, and the statuses that go with them.

use super::{answer, small_server};
use crate::harness::{Driver, for_both_drivers, request};

/// RFC 9110 §9.3.2: "The server SHOULD send the same header fields in response to a HEAD request
/// as it would have sent if the request method had been GET."
fn head_has_the_fields_of_get(driver: Driver) {
    let (site, server) = small_server(driver);
    site.write("large.bin", crate::harness::pattern(200_000));
    site.write("empty.txt", "");
    std::fs::create_dir(site.path("folder")).expect("a folder");
    for (target, status) in [
        ("/hello.txt", 200),
        ("/", 200),
        ("/large.bin", 200),
        ("/empty.txt", 200),
        ("/missing", 404),
        ("/folder", 301),
        ("/folder/", 403),
        ("/a%00b", 400),
    ] {
        let get = answer(&server, request("GET", target, &[])).expect_status(status);
        let head = answer(&server, request("HEAD", target, &[])).expect_status(status);
        assert_eq!(head.fields, get.fields, "{target}");
        assert!(head.content.is_empty());
        assert_eq!(
            get.expect_field("content-length"),
            get.content.len().to_string()
        );
    }
}

/// RFC 9110 §9.3.7: "The OPTIONS method requests information about the communication options
/// available for the target resource, at either the origin server or an intervening
/// intermediary."
fn options_names_what_is_allowed(driver: Driver) {
    let (_site, server) = small_server(driver);
    for target in ["/hello.txt", "/", "*"] {
        let options = answer(&server, request("OPTIONS", target, &[])).expect_status(204);
        assert_eq!(options.expect_field("allow"), "GET, HEAD, OPTIONS");
    }
    answer(&server, request("OPTIONS", "/a%2Fb", &[])).expect_status(400);
}

/// RFC 9110 §10.2.1: "An origin server MUST generate an Allow header field in a 405 (Method Not
/// Allowed) response and MAY do so in any other response."
fn known_methods_that_are_not_allowed_are_405(driver: Driver) {
    let (_site, server) = small_server(driver);
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        for target in ["/hello.txt", "/missing", "/"] {
            let refused = answer(&server, request(method, target, &[])).expect_status(405);
            assert_eq!(refused.expect_field("allow"), "GET, HEAD, OPTIONS");
        }
    }
}

/// RFC 9110 §9.1: "An origin server that receives a request method that is unrecognized or not
/// implemented SHOULD respond with the 501 (Not Implemented) status code."
fn unknown_methods_are_501(driver: Driver) {
    let (_site, server) = small_server(driver);
    // Methods are case-sensitive.
    for method in [
        "get",
        "Get",
        "GETS",
        "BREW",
        "M-SEARCH",
        "PROPFIND",
        "!#$%&'*+-.^_`|~",
    ] {
        answer(&server, request(method, "/hello.txt", &[])).expect_status(501);
    }
}

/// RFC 9110 §6.6.1: "An origin server with a clock (as defined in Section 5.6.7) MUST generate a
/// Date header field in all 2xx (Successful), 3xx (Redirection), and 4xx (Client Error)
/// responses". The reader of the harness looks at every response; here, that it is the time.
fn date_is_the_time(driver: Driver) {
    let (site, server) = small_server(driver);
    // What was written just now is never newer than the answer (RFC 9110 §8.8.2.1).
    site.write("new.txt", "new");
    let first = answer(&server, request("GET", "/new.txt", &[])).expect_status(200);
    let modified = first.expect_field("last-modified").to_owned();
    let line = format!("If-Modified-Since: {modified}");
    answer(&server, request("GET", "/new.txt", &[&line])).expect_status(304);
}

for_both_drivers![
    head_has_the_fields_of_get,
    options_names_what_is_allowed,
    known_methods_that_are_not_allowed_are_405,
    unknown_methods_are_501,
    date_is_the_time,
];
