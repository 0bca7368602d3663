//! RFC 9112 §3.2: the Host field.

use super::{answer, expect_refused, small_server};
use crate::harness::{Driver, for_both_drivers};

/// RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
/// request message that lacks a Host header field and to any request message that contains more
/// than one Host header field line or a Host header field with an invalid field value."
fn a_missing_repeated_or_malformed_host_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for lines in [
        "",
        "X-Host: localhost\r\n",
        "Host: localhost\r\nHost: localhost\r\n",
        "Host: localhost\r\nhost: other\r\n",
        "Host: a b\r\n",
        "Host: a,b\r\n",
        "Host: a/b\r\n",
        "Host: user@localhost\r\n",
        "Host: localhost:port\r\n",
        "Host: localhost:99999\r\n",
        "Host: http://localhost\r\n",
        "Host: [::1\r\n",
        "Host: ::1\r\n",
        "Host: a\\b\r\n",
        "Host: a?b\r\n",
        "Host: a#b\r\n",
    ] {
        let request = format!("GET /hello.txt HTTP/1.1\r\n{lines}\r\n");
        expect_refused(&server, 400, &request);
    }
    // Nor does an absolute target excuse two of them.
    expect_refused(
        &server,
        400,
        "GET http://localhost/hello.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    );
}

/// RFC 9112 §3.2: "any request message that contains more than one Host header field line" is any
/// version's; only HTTP/1.0 can do without.
fn http_1_0_needs_no_host_but_may_not_have_two(driver: Driver) {
    let (_site, server) = small_server(driver);
    answer(&server, "GET /hello.txt HTTP/1.0\r\n\r\n").expect_content("Hello, world!");
    answer(&server, "GET /hello.txt HTTP/1.0\r\nHost: x\r\n\r\n").expect_content("Hello, world!");
    expect_refused(
        &server,
        400,
        "GET /hello.txt HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    );
    expect_refused(&server, 400, "GET /hello.txt HTTP/1.0\r\nHost: a b\r\n\r\n");
}

/// RFC 9110 §7.2: "Host = uri-host [ ":" port ]"
fn every_well_formed_host_is_taken(driver: Driver) {
    let (_site, server) = small_server(driver);
    for host in [
        "localhost",
        "localhost:8080",
        "localhost:",
        "EXAMPLE.com.",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:8080",
        "a_b.example",
        "xn--nxasmq6b",
    ] {
        let request = format!("GET /hello.txt HTTP/1.1\r\nHost: {host}\r\n\r\n");
        answer(&server, request).expect_content("Hello, world!");
    }
}

for_both_drivers![
    a_missing_repeated_or_malformed_host_is_refused,
    http_1_0_needs_no_host_but_may_not_have_two,
    every_well_formed_host_is_taken,
];
