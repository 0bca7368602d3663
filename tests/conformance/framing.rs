//! RFC 9112 §6: how long a message is. Whoever disagrees with us about it smuggles requests.

use super::{answer, expect_refused, small_server};
use crate::harness::{Driver, Server, Site, for_both_drivers};

/// A request with these field lines and this content.
fn with(lines: &str, content: &str) -> String {
    format!("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n{content}")
}

/// RFC 9112 §6.1: "A server MAY reject a request that contains both Content-Length and
/// Transfer-Encoding or process such a request in accordance with the Transfer-Encoding alone."
fn length_and_coding_together_are_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "transfer-encoding: CHUNKED\r\nX: y\r\ncontent-length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
    ] {
        expect_refused(&server, 400, &with(lines, "0\r\n\r\n"));
    }
}

/// RFC 9112 §6.3: "If a message is received without Transfer-Encoding and with an invalid
/// Content-Length header field, then the message framing is invalid and the recipient MUST treat
/// it as an unrecoverable error, unless the field value can be successfully parsed as a
/// comma-separated list (Section 5.6.1 of [HTTP]), all values in the list are valid, and all
/// values in the list are the same (in which case, the message is processed with that single
/// value used as the Content-Length field value)."
fn differing_or_malformed_lengths_are_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for lines in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 5;\r\n",
        "Content-Length: 5.0\r\n",
        "Content-Length: five\r\n",
        "Content-Length:\r\n",
        "Content-Length: \u{0665}\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 99999999999999999999999999999999\r\n",
        "Content-Length: 5_0\r\n",
        "Content-Length: 5,\r\n",
    ] {
        expect_refused(&server, 400, &with(lines, ""));
    }
}

/// RFC 9112 §6.3: "If a Transfer-Encoding header field is present in a request and the chunked
/// transfer coding is not the final encoding, the message body length cannot be determined
/// reliably; the server MUST respond with the 400 (Bad Request) status code and then close the
/// connection."
fn a_coding_that_is_not_exactly_chunked_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for value in [
        "",
        "identity",
        "gzip",
        "chunked, gzip",
        "chunked, identity",
        "chunked, chunked",
        "chunked;q=1",
        "chunked;",
        "xchunked",
        "chunkedx",
        "chunked,",
        ",chunked",
        "\"chunked\"",
        "chunke",
        "chunked\u{a0}",
        "\u{b}chunked",
        "x-custom, chunked",
    ] {
        let lines = format!("Transfer-Encoding: {value}\r\n");
        expect_refused(&server, 400, &with(&lines, "0\r\n\r\n"));
    }
    for lines in [
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
    ] {
        expect_refused(&server, 400, &with(lines, "0\r\n\r\n"));
    }
}

/// RFC 9112 §6.1: "A server that receives a request message with a transfer coding it does not
/// understand SHOULD respond with 501 (Not Implemented)."
fn a_coding_before_chunked_is_501(driver: Driver) {
    let (_site, server) = small_server(driver);
    expect_refused(
        &server,
        501,
        &with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    );
}

/// RFC 9112 §6.1: "A server or client that receives an HTTP/1.0 message containing a
/// Transfer-Encoding header field MUST treat the message as if the framing is faulty, even if a
/// Content-Length is present, and close the connection after processing the message."
fn a_coding_in_http_1_0_is_refused(driver: Driver) {
    let (_site, server) = small_server(driver);
    for lines in [
        "Transfer-Encoding: chunked\r\n",
        "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let request = format!("GET /hello.txt HTTP/1.0\r\nHost: localhost\r\n{lines}\r\n0\r\n\r\n");
        expect_refused(&server, 400, &request);
    }
}

/// RFC 9112 §6.3: "If a valid Content-Length header field is present without Transfer-Encoding,
/// its decimal value defines the expected message body length in octets."
fn content_is_read_to_its_end_and_never_as_a_request(driver: Driver) {
    let (_site, server) = small_server(driver);
    let inner = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for length in [inner.len().to_string(), format!("000{}", inner.len())] {
        let lines = format!("Content-Length: {length}\r\n");
        answer(&server, with(&lines, inner)).expect_content("Hello, world!");
    }
    answer(&server, with("Content-Length: 0\r\n", "")).expect_content("Hello, world!");
    // Methods that are not allowed have content all the same.
    let post = format!(
        "POST /hello.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{inner}",
        inner.len()
    );
    answer(&server, post).expect_status(405);
}

/// RFC 9112 §6.3: "If this is a request message and none of the above are true, then the message
/// body length is zero (no message body is present)."
fn without_framing_fields_there_is_no_content(driver: Driver) {
    let (_site, server) = small_server(driver);
    answer(
        &server,
        "POST /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    .expect_status(405);
}

/// RFC 9110 §15.5.14: "The 413 (Content Too Large) status code indicates that the server is
/// refusing to process a request because the request content is larger than the server is willing
/// or able to process."
fn content_above_the_limit_is_413(driver: Driver) {
    let site = Site::small();
    let server = Server::run(
        driver,
        &site,
        "limits = { body_bytes = \"64B\" }\n[[route]]\nfiles = \"public\"\n",
    );
    let lines = |bytes: usize| format!("Content-Length: {bytes}\r\n");
    answer(&server, with(&lines(64), &"x".repeat(64))).expect_content("Hello, world!");
    expect_refused(&server, 413, &with(&lines(65), ""));
    expect_refused(
        &server,
        413,
        &with("Content-Length: 18446744073709551615\r\n", ""),
    );
}

for_both_drivers![
    length_and_coding_together_are_refused,
    differing_or_malformed_lengths_are_refused,
    a_coding_that_is_not_exactly_chunked_is_refused,
    a_coding_before_chunked_is_501,
    a_coding_in_http_1_0_is_refused,
    content_is_read_to_its_end_and_never_as_a_request,
    without_framing_fields_there_is_no_content,
    content_above_the_limit_is_413,
];
