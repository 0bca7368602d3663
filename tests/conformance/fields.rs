//! RFC 9112 §5: field lines.

use super::{answer, expect_refused, small_server};
use crate::harness::{Driver, for_both_drivers, request};

/// RFC 9112 §5.1: "A server MUST reject, with a response status code of 400 (Bad Request), any
/// received request message that contains whitespace between a header field name and colon."
fn space_before_the_colon_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for line in [
        "X : y",
        "X\t: y",
        "Content-Length : 5",
        "Transfer-Encoding : chunked",
        "Host : localhost",
    ] {
        let request = format!("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n{line}\r\n\r\n");
        expect_refused(&server, 400, &request);
    }
}

/// RFC 9112 §5.2: "A server that receives an obs-fold in a request message that is not within a
/// "message/http" container MUST either reject the message by sending a 400 (Bad Request),
/// preferably with a representation explaining that obsolete line folding is unacceptable, or
/// replace each received obs-fold with one or more SP octets prior to interpreting the field
/// value or forwarding the message downstream."
fn folded_lines_are_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for lines in [
        "X: a\r\n b",
        "X: a\r\n\tb",
        "X: a\r\n ",
        "Transfer-Encoding:\r\n chunked",
    ] {
        let request = format!("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n");
        expect_refused(&server, 400, &request);
    }
}

/// RFC 9110 §5.1: "field-name = token"
fn a_name_that_is_no_token_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for line in [
        ": y",
        "a b: y",
        "a(b): y",
        "a\"b: y",
        "a{: y",
        "\u{e9}: y",
        "no colon",
        "a/b: y",
        "a@b: y",
    ] {
        let request = format!("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n{line}\r\n\r\n");
        expect_refused(&server, 400, &request);
    }
}

/// RFC 9110 §5.5: "Field values containing CR, LF, or NUL characters are invalid and dangerous,
/// due to the varying ways that implementations might parse and interpret those characters; a
/// recipient of CR, LF, or NUL within a field value MUST either reject the message or replace
/// each of those characters with SP before further processing or forwarding of that message."
fn controls_in_a_value_are_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for value in ["a\0b", "a\rb", "a\x01b", "a\x1bb", "a\x7fb"] {
        let request = format!("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX: {value}\r\n\r\n");
        expect_refused(&server, 400, &request);
    }
}

/// RFC 9110 §5.5: "field-vchar = VCHAR / obs-text" and whitespace between; an empty value is one.
fn every_other_value_is_taken(driver: Driver) {
    let (_site, server) = small_server(driver);
    for line in [
        "X:",
        "X: ",
        "X:y",
        "X:\ty\t ",
        "X: a\tb c",
        "X: \u{e9}\u{4e2d}",
        "X: \"{}()<>@,;\\\"",
    ] {
        answer(&server, request("GET", "/hello.txt", &[line])).expect_content("Hello, world!");
    }
}

/// RFC 9110 §5.4: "A server that receives a request header field line, field value, or set of
/// fields larger than it wishes to process MUST respond with an appropriate 4xx (Client Error)
/// status code." Which one: 431, RFC 6585 §5.
fn too_many_fields_are_431(driver: Driver) {
    let (_site, server) = small_server(driver);
    let with = |fields: usize| {
        let lines: Vec<String> = (1..fields).map(|number| format!("X{number}: y")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        request("GET", "/hello.txt", &lines)
    };
    answer(&server, with(100)).expect_content("Hello, world!");
    let refused = answer(&server, with(101)).expect_status(431);
    assert!(refused.says_close());
}

for_both_drivers![
    space_before_the_colon_is_refused,
    folded_lines_are_refused,
    a_name_that_is_no_token_is_refused,
    controls_in_a_value_are_refused,
    every_other_value_is_taken,
    too_many_fields_are_431,
];
