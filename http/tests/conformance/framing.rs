//! RFC 9112 §6 and §9.3: how long a request is and what comes after it. Everything here is a
//! request smuggling attack when it is read leniently.

use http::{BodyFraming, Field, HeadError, Limits, Persistence, RequestError, StatusCode};

use crate::harness::{bad, good, request, request_within};

fn with(version: &str, fields: &str) -> String {
    format!("POST / {version}\r\nHost: a\r\n{fields}\r\n")
}

fn framing(fields: &str) -> Result<BodyFraming, RequestError> {
    let input = with("HTTP/1.1", fields);
    request(input.as_bytes()).map(|head| head.expect("a whole head").0.framing)
}

fn refused(fields: &str) -> HeadError {
    match framing(fields) {
        Err(RequestError::Head(error)) => error,
        other => panic!("{fields:?} is bad framing, but: {other:?}"),
    }
}

/// RFC 9112 §6.3, rules 4, 6 and 7.
#[test]
fn the_three_framings_of_a_request() {
    assert_eq!(framing(""), Ok(BodyFraming::None));
    assert_eq!(framing("Content-Length: 0\r\n"), Ok(BodyFraming::None));
    assert_eq!(
        framing("Content-Length: 0042\r\n"),
        Ok(BodyFraming::Length(42))
    );
    assert_eq!(
        framing("Transfer-Encoding: chunked\r\n"),
        Ok(BodyFraming::Chunked)
    );
    // RFC 9112 §7: "All transfer-coding names are case-insensitive".
    assert_eq!(
        framing("transfer-encoding:CHUNKED \r\n"),
        Ok(BodyFraming::Chunked)
    );
}

/// RFC 9112 §6.3, rule 5: "If a message is received without Transfer-Encoding and with an invalid
/// Content-Length header field, then the message framing is invalid and the recipient MUST treat
/// it as an unrecoverable error".
#[test]
fn a_length_is_one_decimal_number() {
    for value in [
        "",
        "-1",
        "+1",
        "1 2",
        "1,1",
        "1, 1",
        "0x10",
        "1.0",
        "1e3",
        "\u{661}",
        "a",
        "1;",
        "1\t1",
        "18446744073709551616",
        "99999999999999999999999999",
    ] {
        let fields = format!("Content-Length: {value}\r\n");
        assert_eq!(refused(&fields), HeadError::ContentLength, "{value:?}");
    }
    let repeated = HeadError::RepeatedField(Field::ContentLength);
    assert_eq!(
        refused("Content-Length: 1\r\nContent-Length: 2\r\n"),
        repeated
    );
    assert_eq!(
        refused("Content-Length: 1\r\nContent-Length: 1\r\n"),
        repeated
    );
    assert_eq!(
        refused("Content-Length: 1\r\nX: y\r\ncontent-length: 2\r\n"),
        repeated
    );
}

/// RFC 9112 §6.1: "A server MAY reject a request that contains both Content-Length and
/// Transfer-Encoding".
#[test]
fn length_and_coding_together_are_refused() {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: x\r\n",
    ] {
        assert_eq!(refused(fields), HeadError::LengthAndTransferEncoding);
    }
}

/// RFC 9112 §6.1: "A server or client that receives an HTTP/1.0 message containing a
/// Transfer-Encoding header field MUST treat the message as if the framing is faulty".
#[test]
fn there_is_no_transfer_coding_in_http_1_0() {
    for fields in [
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
    ] {
        let error = bad(with("HTTP/1.0", fields));
        assert_eq!(error, HeadError::TransferEncodingInHttp10.into());
    }
}

/// RFC 9112 §6.3, rule 4: "If a Transfer-Encoding header field is present in a request and the
/// chunked transfer coding is not the final encoding, the message body length cannot be determined
/// reliably; the server MUST respond with the 400 (Bad Request) status code and then close the
/// connection."
#[test]
fn a_transfer_coding_is_chunked_and_nothing_else() {
    for value in [
        "",
        "identity",
        "xchunked",
        "chunkedx",
        "chunked, chunked",
        "chunked,",
        ", chunked",
        "chunked, identity",
        "chunked;q=1",
        "\"chunked\"",
        "chunked gzip",
        "gzip",
        "chunked, gzip",
        "\u{b}chunked",
        "x, chunked",
        "gzip, chunked, chunked",
        "gzip;q=1, chunked",
    ] {
        let fields = format!("Transfer-Encoding: {value}\r\n");
        let status = framing(&fields).expect_err(value).status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{value:?}");
    }
    let twice = "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n";
    assert_eq!(
        refused(twice),
        HeadError::RepeatedField(Field::TransferEncoding)
    );
    let smuggled = "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n";
    assert_eq!(
        refused(smuggled),
        HeadError::RepeatedField(Field::TransferEncoding)
    );
}

/// RFC 9112 §6.1: "A server that receives a request message with a transfer coding it does not
/// understand SHOULD respond with 501 (Not Implemented)."
#[test]
fn a_coding_that_exists_but_is_not_ours_is_not_implemented() {
    for value in ["gzip, chunked", "GZIP,Chunked", "deflate, gzip, chunked"] {
        let error = refused(&format!("Transfer-Encoding: {value}\r\n"));
        assert_eq!(error, HeadError::TransferCoding, "{value}");
        let status = RequestError::from(error).status();
        assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    }
}

/// RFC 9110 §15.5.14
#[test]
fn content_above_the_limit_is_refused_before_it_is_sent() {
    let limits = Limits {
        body_bytes_max: 100,
        ..Limits::default()
    };
    let status = |length: u64| {
        let input = with("HTTP/1.1", &format!("Content-Length: {length}\r\n"));
        request_within(input.as_bytes(), &limits)
            .map(|_| ())
            .map_err(|error| error.status())
    };
    assert_eq!(status(100), Ok(()));
    assert_eq!(status(101), Err(StatusCode::CONTENT_TOO_LARGE));
    assert_eq!(status(u64::MAX), Err(StatusCode::CONTENT_TOO_LARGE));
}

/// RFC 9112 §9.3, the four rules in their order.
#[test]
fn persistence_is_decided_by_version_and_options() {
    for (version, fields, expected) in [
        ("HTTP/1.1", "", Persistence::KeepAlive),
        ("HTTP/1.1", "Connection: close\r\n", Persistence::Close),
        ("HTTP/1.1", "Connection: Close\r\n", Persistence::Close),
        (
            "HTTP/1.1",
            "Connection: a,\tclose ,b\r\n",
            Persistence::Close,
        ),
        (
            "HTTP/1.1",
            "Connection: a\r\nConnection: close\r\n",
            Persistence::Close,
        ),
        (
            "HTTP/1.1",
            "Connection: keep-alive, close\r\n",
            Persistence::Close,
        ),
        ("HTTP/1.1", "Connection: closed\r\n", Persistence::KeepAlive),
        (
            "HTTP/1.1",
            "Connection: upgrade\r\n",
            Persistence::KeepAlive,
        ),
        ("HTTP/1.0", "", Persistence::Close),
        (
            "HTTP/1.0",
            "Connection: Keep-Alive\r\n",
            Persistence::KeepAlive,
        ),
        (
            "HTTP/1.0",
            "Connection: keep-alive, close\r\n",
            Persistence::Close,
        ),
        ("HTTP/1.0", "Connection: \r\n", Persistence::Close),
    ] {
        let input = with(version, fields);
        assert_eq!(good(&input).persistence, expected, "{version} {fields:?}");
    }
}

#[test]
fn connection_options_are_tokens() {
    for value in ["a b", "close;now", "\"close\"", "close, (x)"] {
        let input = with("HTTP/1.1", &format!("Connection: {value}\r\n"));
        assert_eq!(bad(&input), HeadError::Connection.into(), "{value:?}");
    }
}
