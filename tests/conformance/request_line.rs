//! RFC 9112 §3: the request line and the four forms of its target.

use super::{answer, expect_refused, small_server};
use crate::harness::{Driver, Server, Site, for_both_drivers, request};

/// RFC 9112 §3: "A server that receives a request-target longer than any URI it wishes to parse
/// MUST respond with a 414 (URI Too Long) status code (see Section 15.5.15 of [HTTP])."
fn a_target_that_is_too_long_is_414(driver: Driver) {
    let site = Site::small();
    let server = Server::run(
        driver,
        &site,
        "limits = { uri_bytes = \"200B\", request_line_bytes = \"256B\" }\n[[route]]\nfiles = \"public\"\n",
    );
    let target = |bytes: usize| format!("/hello.txt?{}", "q".repeat(bytes - 11));
    answer(&server, request("GET", &target(200), &[])).expect_content("Hello, world!");
    let long = answer(&server, request("GET", &target(201), &[])).expect_status(414);
    assert!(long.says_close());
    let longer = answer(&server, request("GET", &target(300), &[])).expect_status(414);
    assert!(longer.says_close());
}

/// RFC 9112 §3: "Recipients of an invalid request-line SHOULD respond with either a 400 (Bad
/// Request) error or a 301 (Moved Permanently) redirect with the request-target properly
/// encoded."
fn a_malformed_request_line_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for line in [
        "GET  /hello.txt HTTP/1.1",
        "GET /hello.txt  HTTP/1.1",
        "GET\t/hello.txt HTTP/1.1",
        "GET /hello.txt\tHTTP/1.1",
        "GET /hello .txt HTTP/1.1",
        "GET  HTTP/1.1",
        "GET HTTP/1.1",
        "GET",
        "G(ET /hello.txt HTTP/1.1",
        "GET hello.txt HTTP/1.1",
        "GET ?q HTTP/1.1",
        "GET * HTTP/1.1",
        "GET #top HTTP/1.1",
        "GET /hello.txt#top HTTP/1.1",
        "GET /\u{7f} HTTP/1.1",
        "OPTIONS ** HTTP/1.1",
        "HEAD * HTTP/1.1",
    ] {
        let request = format!("{line}\r\nHost: localhost\r\n\r\n");
        expect_refused(&server, 400, &request);
    }
}

/// RFC 9112 §3.2.1: "When making a request directly to an origin server, other than a CONNECT or
/// server-wide OPTIONS request (as detailed below), a client MUST send only the absolute path and
/// query components of the target URI as the request-target."
fn origin_form(driver: Driver) {
    let (_site, server) = small_server(driver);
    for target in [
        "/hello.txt",
        "/hello.txt?",
        "/hello.txt?a=1&b=/../%00",
        "/hello%2Etxt",
    ] {
        answer(&server, request("GET", target, &[])).expect_content("Hello, world!");
    }
}

/// RFC 9112 §3.2.2: "A server MUST accept the absolute-form in requests even though most HTTP/1.1
/// clients will only send the absolute-form to a proxy."
fn absolute_form(driver: Driver) {
    let (_site, server) = small_server(driver);
    for target in [
        "http://localhost/hello.txt",
        "http://localhost:8080/hello.txt?q",
        "HTTP://LOCALHOST/hello.txt",
        "http://[::1]:80/hello.txt",
    ] {
        answer(&server, request("GET", target, &[])).expect_content("Hello, world!");
    }
    // An empty path is "/" (RFC 9110 §4.2.3).
    let index = answer(&server, request("GET", "http://localhost", &[])).expect_status(200);
    assert!(index.text().contains("index"));
    for target in [
        "http:///hello.txt",
        "http://user@localhost/hello.txt",
        "http://a b/",
        "http:/hello.txt",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        expect_refused(&server, 400, &request);
    }
}

/// RFC 9112 §3.2.2: "When an origin server receives a request with an absolute-form of
/// request-target, the origin server MUST ignore the received Host header field (if any) and
/// instead use the host information of the request-target."
fn the_host_of_an_absolute_target_counts(driver: Driver) {
    let site = Site::small();
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\n\
         [[route]]\nhost = \"a.example\"\nreply = { body = \"host a\" }\n\
         [[route]]\nhost = \"b.example\"\nreply = { body = \"host b\" }\n",
    );
    let ask = |target: &str, host: &str| {
        answer(
            &server,
            format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        )
    };
    ask("/", "a.example").expect_content("host a");
    ask("/", "A.Example:80").expect_content("host a");
    ask("http://b.example/", "a.example").expect_content("host b");
    ask("http://b.example:8080/", "a.example").expect_content("host b");
    assert!(ask("/", "c.example").text().contains("index"));
}

/// RFC 9112 §3.2.3: "The "authority-form" of request-target is only used for CONNECT requests."
fn authority_form(driver: Driver) {
    let (_site, server) = small_server(driver);
    // Known, but nothing here is a tunnel.
    let refused = answer(
        &server,
        "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    );
    assert_eq!(refused.status, 405, "{}", refused.summary());
    assert_eq!(refused.expect_field("allow"), "GET, HEAD, OPTIONS");
    expect_refused(
        &server,
        400,
        "GET localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    );
    expect_refused(
        &server,
        400,
        "CONNECT / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    );
}

/// RFC 9110 §9.3.6: "A server MUST reject a CONNECT request that targets an empty or invalid port
/// number, typically by responding with a 400 (Bad Request) status code."
fn connect_needs_a_port(driver: Driver) {
    let (_site, server) = small_server(driver);
    for target in ["localhost", "localhost:", "localhost:x", "localhost:65536"] {
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        expect_refused(&server, 400, &request);
    }
}

/// RFC 9112 §3.2.4: "The "asterisk-form" of request-target is only used for a server-wide OPTIONS
/// request (Section 9.3.7 of [HTTP])."
fn asterisk_form(driver: Driver) {
    let (_site, server) = small_server(driver);
    let options = answer(&server, request("OPTIONS", "*", &[])).expect_status(204);
    assert_eq!(options.expect_field("allow"), "GET, HEAD, OPTIONS");
}

for_both_drivers![
    a_target_that_is_too_long_is_414,
    a_malformed_request_line_is_refused,
    origin_form,
    absolute_form,
    the_host_of_an_absolute_target_counts,
    authority_form,
    connect_needs_a_port,
    asterisk_form,
];
