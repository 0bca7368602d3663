//! RFC 9112 §2: the message, its lines and its version.

use super::{answer, expect_refused, small_server};
use crate::harness::{Client, Driver, Ending, for_both_drivers};

/// RFC 9112 §2.2: "In the interest of robustness, a server that is expecting to receive and parse
/// a request-line SHOULD ignore at least one empty line (CRLF) received prior to the
/// request-line."
fn an_empty_line_before_the_request_is_ignored(driver: Driver) {
    let (_site, server) = small_server(driver);
    answer(
        &server,
        "\r\nGET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    .expect_content("Hello, world!");
}

/// RFC 9112 §2.2: "An HTTP/1.1 user agent MUST NOT preface or follow a request with an extra
/// CRLF." One is forgiven, between requests too; more are not.
fn more_empty_lines_are_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    let get = "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
    expect_refused(&server, 400, &format!("\r\n\r\n{get}"));
    let mut client = Client::connect(&server);
    client.send(format!("{get}\r\n{get}"));
    client.response().expect_content("Hello, world!");
    client.response().expect_content("Hello, world!");
}

/// RFC 9112 §2.2: "A recipient of such a bare CR MUST consider that element to be invalid or
/// replace each bare CR with SP before processing the element or forwarding the message."
fn a_bare_cr_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for request in [
        "GET /hello.txt\r HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hello.txt HTTP/1.1\rHost: localhost\r\n\r\n",
        "GET /hello.txt HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n",
        "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
        "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX: a\r\r\n\r\n",
    ] {
        expect_refused(&server, 400, request);
    }
}

/// RFC 9112 §2.2: "Although the line terminator for the start-line and fields is the sequence
/// CRLF, a recipient MAY recognize a single LF as a line terminator and ignore any preceding CR."
/// We do not: where two servers may disagree about where a line ends, requests are smuggled.
fn a_bare_lf_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for request in [
        "GET /hello.txt HTTP/1.1\nHost: localhost\r\n\r\n",
        "GET /hello.txt HTTP/1.1\r\nHost: localhost\n\r\n",
        "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\n",
        "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX: a\nY: b\r\n\r\n",
        "\nGET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        expect_refused(&server, 400, request);
    }
}

/// RFC 9112 §2.2: "When a server listening only for HTTP request messages, or processing what
/// appears from the start-line to be an HTTP request message, receives a sequence of octets that
/// does not match the HTTP-message grammar aside from the robustness exceptions listed above, the
/// server SHOULD respond with a 400 (Bad Request) response and close the connection."
fn what_is_no_http_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for request in [
        "\0\r\n\r\n",
        " GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "G\0T /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX\0: b\r\n\r\n",
        "{\"json\": true}\r\n\r\n",
    ] {
        expect_refused(&server, 400, request);
    }
    // The first bytes of a TLS handshake: somebody took the wrong port.
    let mut client = Client::connect(&server);
    client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    assert_eq!(client.response().status, 400);
    assert_eq!(client.ending(), Ending::Closed);
}

/// RFC 9112 §2.2: "A recipient that receives whitespace between the start-line and the first
/// header field MUST either reject the message as invalid or consume each whitespace-preceded
/// line without further processing of it (i.e., ignore the entire line, along with any subsequent
/// lines preceded by whitespace, until a properly formed header field is received or the header
/// section is terminated)."
fn whitespace_before_the_first_field_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for request in [
        "GET /hello.txt HTTP/1.1\r\n Host: localhost\r\n\r\n",
        "GET /hello.txt HTTP/1.1\r\n\tX: y\r\nHost: localhost\r\n\r\n",
    ] {
        expect_refused(&server, 400, request);
    }
}

/// RFC 9112 §2.3: "HTTP-version is case-sensitive." RFC 9110 §15.6.6: "The 505 (HTTP Version Not
/// Supported) status code indicates that the server does not support, or refuses to support, the
/// major version of HTTP that was used in the request message."
fn other_versions_are_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for (status, version) in [
        (505, "HTTP/2.0"),
        (505, "HTTP/0.9"),
        (505, "HTTP/3.0"),
        (400, "http/1.1"),
        (400, "HTTP/1"),
        (400, "HTTP/1.1.1"),
        (400, "HTTP/11"),
        (400, "HTTP/ 1.1"),
        (400, "HTTPS/1.1"),
        (400, "HTTP/1.1 "),
    ] {
        let request = format!("GET /hello.txt {version}\r\nHost: localhost\r\n\r\n");
        expect_refused(&server, status, &request);
    }
    // HTTP/0.9 had no version at all.
    expect_refused(&server, 400, "GET /hello.txt\r\n\r\n");
    // What an HTTP/2 client with prior knowledge begins with.
    expect_refused(&server, 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

for_both_drivers![
    an_empty_line_before_the_request_is_ignored,
    more_empty_lines_are_refused,
    a_bare_cr_is_refused,
    a_bare_lf_is_refused,
    what_is_no_http_is_refused,
    whitespace_before_the_first_field_is_refused,
    other_versions_are_refused,
];
