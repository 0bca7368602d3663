//! RFC 9112 §9: how long a connection lives.

use super::{answer, expect_refused, small_server};
use crate::harness::{Client, Driver, Ending, for_both_drivers, request};

/// RFC 9112 §9.3: "If the received protocol is HTTP/1.1 (or later), the connection will persist
/// after the current response"
fn http_1_1_persists(driver: Driver) {
    let (_site, server) = small_server(driver);
    for lines in [
        &[][..],
        &["Connection: keep-alive"],
        &["Connection: x, keep-alive"],
    ] {
        let answer = answer(&server, request("GET", "/hello.txt", lines));
        assert!(!answer.says_close(), "{}", answer.summary());
    }
}

/// RFC 9112 §9.3: "If the received protocol is HTTP/1.0, the "keep-alive" connection option is
/// present, either the recipient is not a proxy or the message is a response, and the recipient
/// wishes to honor the HTTP/1.0 "keep-alive" mechanism, the connection will persist after the
/// current response"
fn http_1_0_persists_if_it_asks_to(driver: Driver) {
    let (_site, server) = small_server(driver);
    let closed = answer(&server, "GET /hello.txt HTTP/1.0\r\n\r\n");
    assert!(closed.says_close(), "{}", closed.summary());
    for option in ["keep-alive", "Keep-Alive", "x, KEEP-ALIVE"] {
        let kept = answer(
            &server,
            format!("GET /hello.txt HTTP/1.0\r\nConnection: {option}\r\n\r\n"),
        );
        // An HTTP/1.0 client knows only if it is told.
        let said = kept.expect_field("connection");
        assert!(said.eq_ignore_ascii_case("keep-alive"), "{said}");
    }
    let both = answer(
        &server,
        "GET /hello.txt HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
    );
    assert!(both.says_close(), "{}", both.summary());
}

/// RFC 9112 §9.6: "A server that receives a "close" connection option MUST initiate closure of
/// the connection (see below) after it sends the final response to the request that contained the
/// "close" connection option."
fn close_closes(driver: Driver) {
    let (_site, server) = small_server(driver);
    for lines in [
        &["Connection: close"][..],
        &["Connection: CLOSE"],
        &["Connection: x , close"],
        &["Connection: keep-alive", "Connection: close"],
        &["connection:close"],
    ] {
        let answer = answer(&server, request("GET", "/hello.txt", lines));
        assert!(answer.says_close(), "{lines:?}: {}", answer.summary());
        answer.expect_content("Hello, world!");
    }
}

/// RFC 9112 §9.6: "The server MUST NOT process any further requests received on that connection."
fn nothing_is_answered_after_close(driver: Driver) {
    let (_site, server) = small_server(driver);
    let last = request("GET", "/hello.txt", &["Connection: close"]);
    let more = request("GET", "/index.html", &[]);
    let mut client = Client::connect(&server);
    client.send([last, more.repeat(50)].concat());
    let answer = client.response().expect_content("Hello, world!");
    assert!(answer.says_close());
    // Closed and not reset: the peer's unread requests must not cost it the response.
    assert_eq!(client.ending(), Ending::Closed);
    expect_refused(&server, 400, "GET / HTTP/1.1\r\n\r\n");
}

/// RFC 9112 §9.3.2: "A server MAY process a sequence of pipelined requests in parallel if they
/// all have safe methods (Section 9.2.1 of [HTTP]), but it MUST send the corresponding responses
/// in the same order that the requests were received."
fn pipelined_requests_are_answered_in_order(driver: Driver) {
    let (site, server) = small_server(driver);
    let large = crate::harness::pattern(300_000);
    site.write("large.bin", &large);
    let requests = [
        request("GET", "/hello.txt", &[]),
        request("GET", "/missing", &[]),
        request("GET", "/large.bin", &[]),
        request("HEAD", "/hello.txt", &[]),
        request("OPTIONS", "/hello.txt", &[]),
        request("DELETE", "/hello.txt", &["Content-Length: 3"]),
        b"abc".to_vec(),
        request("GET", "/large.bin", &["Range: bytes=5-9"]),
        request("GET", "/hello.txt", &["Connection: close"]),
    ]
    .concat();
    for cut in [requests.len(), 1, 40, 100, 200] {
        let mut client = Client::connect(&server);
        for piece in requests.chunks(cut) {
            client.send(piece);
        }
        client.response().expect_content("Hello, world!");
        client.response().expect_status(404);
        client.response().expect_content(&large);
        client.response_to_head().expect_status(200);
        client.response().expect_status(204);
        client.response().expect_status(405);
        let part = client.response().expect_status(206);
        assert_eq!(part.content, &large[5..10]);
        client.response().expect_content("Hello, world!");
        assert_eq!(client.ending(), Ending::Closed);
    }
}

/// RFC 9112 §9.3.2, the same on one read: many small requests at once.
fn a_thousand_pipelined_requests_are_answered(driver: Driver) {
    let (_site, server) = small_server(driver);
    let mut client = Client::connect(&server);
    client.send(request("GET", "/hello.txt", &[]).repeat(999));
    for _ in 0..999 {
        client.response().expect_content("Hello, world!");
    }
}

/// RFC 9112 §8: "A server that receives an incomplete request message, usually due to a canceled
/// request or a triggered timeout exception, MAY send an error response prior to closing the
/// connection." Who hangs up between requests gets every answer first.
fn the_end_of_the_peer_is_the_end_of_the_connection(driver: Driver) {
    let (_site, server) = small_server(driver);
    let mut silent = Client::connect(&server);
    silent.shut_down_sending();
    assert_eq!(silent.ending(), Ending::Closed);

    let mut served = Client::connect(&server);
    served.send(request("GET", "/hello.txt", &[]));
    served.shut_down_sending();
    served.response().expect_content("Hello, world!");
    assert_eq!(served.ending(), Ending::Closed);

    let mut broken = Client::connect(&server);
    broken.send("GET /hello.txt HTTP/1.1\r\nHost: loc");
    broken.shut_down_sending();
    let (rest, _ending) = broken.read_to_ending();
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "half a head was served");

    let mut cut = Client::connect(&server);
    cut.send(request("GET", "/hello.txt", &["Content-Length: 10"]));
    cut.send("12345");
    cut.shut_down_sending();
    let (rest, _ending) = cut.read_to_ending();
    let text = String::from_utf8_lossy(&rest).to_ascii_lowercase();
    // RFC 9112 §6.3: "the recipient MUST consider the message to be incomplete and close the
    // connection"
    assert!(
        text.is_empty() || text.contains("\r\nconnection: close\r\n"),
        "{text}"
    );
}

for_both_drivers![
    http_1_1_persists,
    http_1_0_persists_if_it_asks_to,
    close_closes,
    nothing_is_answered_after_close,
    pipelined_requests_are_answered_in_order,
    a_thousand_pipelined_requests_are_answered,
    the_end_of_the_peer_is_the_end_of_the_connection,
];
