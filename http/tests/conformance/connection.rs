//! RFC 9112 §9 and RFC 9110 §10.1.1: what a server does between requests.

use std::num::NonZeroU32;

use http::{
    CONTINUE, ContentUse, Exchange, Interim, Leftover, Limits, Method, Parsed, Persistence,
    ServerConnection, ServerPhase, StatusCode, parse_request, parse_response,
};

use crate::harness::good;

const KEEP_ALIVE: Persistence = Persistence::KeepAlive;

fn begin(fields: &str, content_use: ContentUse, arrived: usize) -> Exchange {
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let limits = Limits {
        drain_bytes_max: 100,
        ..Limits::default()
    };
    let mut connection = ServerConnection::new();
    connection.begin(
        &good(&head),
        content_use,
        arrived,
        ServerPhase::Serving,
        &limits,
    )
}

const WAITING: &str = "Content-Length: 5\r\nExpect: 100-continue\r\n";

/// RFC 9110 §10.1.1: "A server MAY omit sending a 100 (Continue) response if it has already
/// received some or all of the content".
#[test]
fn content_is_invited_only_if_it_is_wanted_and_waits() {
    let interim = |fields, content_use, arrived| begin(fields, content_use, arrived).interim;
    assert_eq!(interim(WAITING, ContentUse::Read, 0), Interim::Continue);
    assert_eq!(interim(WAITING, ContentUse::Read, 1), Interim::None);
    assert_eq!(interim(WAITING, ContentUse::Ignore, 0), Interim::None);
    let without_content = "Expect: 100-continue\r\n";
    assert_eq!(interim(without_content, ContentUse::Read, 0), Interim::None);
    assert_eq!(
        interim("Content-Length: 5\r\n", ContentUse::Read, 0),
        Interim::None
    );
    let parsed = parse_response(CONTINUE, Method::Post, &Limits::default());
    assert!(matches!(
        parsed,
        Ok(Parsed::Complete { head, .. }) if head.status == StatusCode::CONTINUE
    ));
}

/// RFC 9110 §10.1.1: a server that answers without the content "SHOULD indicate whether it intends
/// to close the connection or continue reading the request content".
#[test]
fn content_that_nobody_wants_is_drained_or_ends_the_connection() {
    let drain = Leftover::Drain { bytes_max: 100 };
    for (fields, arrived, leftover, persistence) in [
        ("", 0, Leftover::Nothing, KEEP_ALIVE),
        ("Content-Length: 100\r\n", 0, drain, KEEP_ALIVE),
        (
            "Content-Length: 101\r\n",
            0,
            Leftover::Abandon,
            Persistence::Close,
        ),
        ("Transfer-Encoding: chunked\r\n", 0, drain, KEEP_ALIVE),
        (WAITING, 0, Leftover::Abandon, Persistence::Close),
        (WAITING, 1, drain, KEEP_ALIVE),
    ] {
        let exchange = begin(fields, ContentUse::Ignore, arrived);
        assert_eq!(exchange.leftover, leftover, "{fields:?}");
        assert_eq!(exchange.persistence, persistence, "{fields:?}");
        let read = begin(fields, ContentUse::Read, arrived);
        assert_eq!(read.leftover, Leftover::Nothing, "{fields:?}");
        assert_eq!(read.persistence, KEEP_ALIVE, "{fields:?}");
    }
}

#[test]
fn the_last_request_is_told_that_it_is_the_last() {
    let head = good("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let run = |max: Option<u32>, count: u32| {
        let limits = Limits {
            requests_per_connection_max: max.and_then(NonZeroU32::new),
            ..Limits::default()
        };
        let mut connection = ServerConnection::new();
        (1..=count)
            .take_while(|_| {
                let exchange =
                    connection.begin(&head, ContentUse::Ignore, 0, ServerPhase::Serving, &limits);
                exchange.persistence == KEEP_ALIVE
            })
            .count()
    };
    assert_eq!(run(Some(1), 10), 0);
    assert_eq!(run(Some(1000), 2000), 999);
    assert_eq!(run(None, 5000), 5000);
}

#[test]
fn clients_and_draining_servers_close() {
    let limits = Limits::default();
    let begin = |head, phase| {
        let mut connection = ServerConnection::new();
        connection
            .begin(&good(head), ContentUse::Read, 0, phase, &limits)
            .persistence
    };
    let open = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(begin(open, ServerPhase::Serving), KEEP_ALIVE);
    assert_eq!(begin(open, ServerPhase::Draining), Persistence::Close);
    assert_eq!(begin(close, ServerPhase::Serving), Persistence::Close);
}

/// RFC 9112 §9.3.2: pipelined requests are read one after the other out of one buffer.
#[test]
fn pipelined_requests_are_found_one_after_the_other() {
    let request = |path| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let input = request("/1") + &request("/2") + "GET /3";
    let mut at = 0;
    let mut paths = Vec::new();
    while let Ok(Parsed::Complete { head, consumed }) =
        parse_request(&input.as_bytes()[at..], &Limits::default())
    {
        paths.push(head.target.path().expect("a path"));
        at += consumed;
    }
    assert_eq!((paths, &input[at..]), (vec!["/1", "/2"], "GET /3"));
}
