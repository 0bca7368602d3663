//! RFC 9112 §7.1: chunked coding in requests.
//!
//! Content is not wanted here, it is read to find the next request. So where it is malformed the
//! answer may be the file or a 400, but the connection must close, and what stands behind the
//! fault must never be answered.

use super::{answer, small_server};
use crate::harness::{Client, Driver, Ending, Server, for_both_drivers};

const HEAD: &str =
    "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

#[track_caller]
fn expect_read(server: &Server, content: &str) {
    answer(server, format!("{HEAD}{content}")).expect_content("Hello, world!");
}

/// One answer at most, then the end.
#[track_caller]
fn expect_faulty(server: &Server, content: &str) {
    let behind = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let request = format!("{HEAD}{content}{behind}");
    let mut whole = Client::connect(server);
    whole.send(&request);
    let mut trickle = Client::connect(server);
    trickle.send_byte_by_byte(request.as_bytes());
    for mut client in [whole, trickle] {
        let answer = client.response();
        assert!(
            matches!(answer.status, 200 | 400),
            "{content:?}: {}",
            answer.summary()
        );
        assert!(answer.says_close(), "{content:?}: {}", answer.summary());
        assert_eq!(client.ending(), Ending::Closed, "{content:?}");
    }
}

/// RFC 9112 §7.1: "A recipient MUST be able to parse and decode the chunked transfer coding."
fn chunks_are_read_to_their_end(driver: Driver) {
    let (_site, server) = small_server(driver);
    for content in [
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
        "005\r\nhello\r\n000\r\n\r\n",
        "2\r\n\r\n\r\n0\r\n\r\n",
    ] {
        expect_read(&server, content);
    }
    // What looks like the next request is content.
    let inner = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    expect_read(
        &server,
        &format!("{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len()),
    );
}

/// RFC 9112 §7.1: "recipients MUST anticipate potentially large hexadecimal numerals and prevent
/// parsing errors due to integer conversion overflows or precision loss due to integer
/// representation."
fn sizes_that_overflow_are_faulty(driver: Driver) {
    let (_site, server) = small_server(driver);
    for size in [
        "10000000000000000",
        "10000000000000005",
        "fffffffffffffffff",
        "100000000000000000000000000000005",
        "ffffffffffffffff",
    ] {
        expect_faulty(&server, &format!("{size}\r\nhello\r\n0\r\n\r\n"));
    }
}

/// RFC 9112 §7.1: "chunk-size = 1*HEXDIG"
fn sizes_that_are_no_hex_numbers_are_faulty(driver: Driver) {
    let (_site, server) = small_server(driver);
    for size in [
        "", "+5", "-5", "0x5", "5h", "g", " 5", "5 ", "\t5", "5 5", "5,", "5\u{a0}", "5\0",
    ] {
        expect_faulty(&server, &format!("{size}\r\nhello\r\n0\r\n\r\n"));
    }
}

/// RFC 9112 §7.1: "chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF"
fn lines_that_do_not_end_in_crlf_are_faulty(driver: Driver) {
    let (_site, server) = small_server(driver);
    for content in [
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
    ] {
        expect_faulty(&server, content);
    }
}

/// RFC 9112 §7.1.1: "A recipient MUST ignore unrecognized chunk extensions."
fn extensions_are_ignored(driver: Driver) {
    let (_site, server) = small_server(driver);
    for extension in [";a", ";a=b", ";a=\"b c\"", ";a;b=c"] {
        expect_read(
            &server,
            &format!("5{extension}\r\nhello\r\n0{extension}\r\n\r\n"),
        );
    }
}

/// RFC 9112 §7.1.1: "A server ought to limit the total length of chunk extensions received in a
/// request to an amount reasonable for the services provided, in the same way that it applies
/// length limitations and timeouts for other parts of a message, and generate an appropriate 4xx
/// (Client Error) response if that amount is exceeded."
fn endless_extensions_are_faulty(driver: Driver) {
    let (_site, server) = small_server(driver);
    expect_faulty(
        &server,
        &format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(5000)),
    );
    // Many small ones: a body that is nearly all framing.
    let chunk = format!("1;{}\r\nx\r\n", "a".repeat(200));
    expect_faulty(&server, &format!("{}0\r\n\r\n", chunk.repeat(200)));
}

/// RFC 9112 §7.1.2: "A trailer section allows the sender to include additional fields at the end
/// of a chunked message in order to supply metadata that might be dynamically generated while the
/// content is sent"
fn trailers_are_read_and_never_believed(driver: Driver) {
    let (_site, server) = small_server(driver);
    for trailers in [
        "X: y\r\n",
        "X: y\r\nZ: 1\r\n",
        "Content-Length: 100\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Host: other\r\n",
        "Connection: close\r\n",
    ] {
        let mut client = Client::connect(&server);
        client.send(format!("{HEAD}5\r\nhello\r\n0\r\n{trailers}\r\n"));
        let answer = client.response();
        // To refuse framing fields in trailers is as good as to ignore them.
        if answer.says_close() {
            assert_eq!(client.ending(), Ending::Closed);
        } else {
            answer.expect_content("Hello, world!");
            client.get("/hello.txt").expect_content("Hello, world!");
        }
    }
    for trailers in ["X y\r\n", " X: y\r\n", "X: y\n", "X : y\r\n"] {
        expect_faulty(&server, &format!("0\r\n{trailers}\r\n"));
    }
    expect_faulty(&server, &format!("0\r\n{}\r\n", "X: y\r\n".repeat(20_000)));
}

for_both_drivers![
    chunks_are_read_to_their_end,
    sizes_that_overflow_are_faulty,
    sizes_that_are_no_hex_numbers_are_faulty,
    lines_that_do_not_end_in_crlf_are_faulty,
    extensions_are_ignored,
    endless_extensions_are_faulty,
    trailers_are_read_and_never_believed,
];
