//! The limits of a request head: what is at the limit passes, one more does not.

use http::{HEADER_FIELDS_CAP, HeadError, Limits, StatusCode, parse_request};

use crate::harness::request_within;

/// RFC 9112 §3: "A server that receives a request-target longer than any URI it wishes to parse
/// MUST respond with a 414"; RFC 6585 §5: 431.
#[test]
fn limits_are_exact() {
    let limits = Limits {
        request_line_bytes_max: 40,
        uri_bytes_max: 20,
        header_bytes_max: 100,
        header_fields_max: 3,
        ..Limits::default()
    };
    let status = |input: &str| match request_within(input.as_bytes(), &limits) {
        Ok(_) => StatusCode::OK,
        Err(error) => error.status(),
    };
    let with_uri = |bytes: usize| {
        let uri = "/".repeat(bytes);
        status(&format!("GET {uri} HTTP/1.1\r\nHost: a\r\n\r\n"))
    };
    assert_eq!(with_uri(20), StatusCode::OK);
    assert_eq!(with_uri(21), StatusCode::URI_TOO_LONG);
    assert_eq!(with_uri(500), StatusCode::URI_TOO_LONG);
    let with_method = |bytes: usize| {
        let method = "M".repeat(bytes);
        status(&format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n"))
    };
    assert_eq!(with_method(29), StatusCode::OK);
    assert_eq!(with_method(30), StatusCode::URI_TOO_LONG);

    let too_large = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    let with_fields = |count: usize| {
        let fields = "X: y\r\n".repeat(count);
        status(&format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"))
    };
    assert_eq!(with_fields(2), StatusCode::OK);
    assert_eq!(with_fields(3), too_large);
    let with_bytes = |bytes: usize| {
        let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
        let value = "v".repeat(bytes - frame.len());
        status(&frame.replace("X: ", &format!("X: {value}")))
    };
    assert_eq!(with_bytes(100), StatusCode::OK);
    assert_eq!(with_bytes(101), too_large);
    assert_eq!(with_bytes(500), too_large);
    let endless = "X".repeat(100);
    let input = format!("GET / HTTP/1.1\r\n{endless}");
    let answer = request_within(input.as_bytes(), &limits);
    assert_eq!(answer.map_err(|error| error.status()), Err(too_large));
}

/// The table on the stack bounds the number of fields, whatever the limits say.
#[test]
fn more_fields_than_the_cap_are_refused_whatever_the_limit() {
    let limits = Limits {
        header_fields_max: usize::MAX,
        header_bytes_max: 1 << 20,
        ..Limits::default()
    };
    let with_fields = |count: usize| {
        let fields = "X: y\r\n".repeat(count - 1);
        let input = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        parse_request(input.as_bytes(), &limits).map(|_| ())
    };
    assert_eq!(with_fields(HEADER_FIELDS_CAP), Ok(()));
    assert_eq!(
        with_fields(HEADER_FIELDS_CAP + 1),
        Err(HeadError::TooManyFields.into())
    );
}
