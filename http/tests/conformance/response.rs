//! RFC 9112 §4 and §6.3 for the client: response heads and what follows them.

use http::{
    BodyFraming, Field, HeadError, Limits, Method, Parsed, Persistence, ResponseError,
    ResponseFraming, StatusCode, Version, parse_response,
};

use crate::harness::response;

fn framing_of(method: Method<'_>, head: &str) -> Result<ResponseFraming, ResponseError> {
    response(head.as_bytes(), method).map(|head| head.expect("a whole head").0.framing)
}

const CHUNKED: ResponseFraming = ResponseFraming::Body(BodyFraming::Chunked);
const EMPTY: ResponseFraming = ResponseFraming::Body(BodyFraming::None);

#[test]
fn a_response_is_taken_apart() {
    let input = b"HTTP/1.1 404 Not  Here\r\nContent-Length: 3\r\nETag: \"a\"\r\n\r\nabc";
    let (head, consumed) = response(input, Method::Get).unwrap().unwrap();
    assert_eq!(&input[consumed..], b"abc");
    assert_eq!(head.version, Version::Http11);
    assert_eq!(head.status, StatusCode::NOT_FOUND);
    assert_eq!(head.reason, "Not  Here");
    assert_eq!(head.framing, ResponseFraming::Body(BodyFraming::Length(3)));
    assert_eq!(head.persistence, Persistence::KeepAlive);
    let etags: Vec<_> = head.fields.values_named("etag").collect();
    assert_eq!(etags, [b"\"a\""]);
}

/// RFC 9112 §4: the reason phrase can be empty.
#[test]
fn a_reason_is_not_needed() {
    for line in ["HTTP/1.1 200 ", "HTTP/1.1 200"] {
        let input = format!("{line}\r\nContent-Length: 0\r\n\r\n");
        let (head, _) = response(input.as_bytes(), Method::Get).unwrap().unwrap();
        assert_eq!((head.status, head.reason), (StatusCode::OK, ""));
    }
}

#[test]
fn a_status_line_is_version_and_three_digits() {
    for line in [
        "HTTP/1.1 20",
        "HTTP/1.1 2000",
        "HTTP/1.1 099",
        "HTTP/1.1 600",
        "HTTP/1.1 2x0",
        "HTTP/1.1  200",
        "HTTP/1.1 +20",
        "HTTP/1.1",
        "HTTP/2.0 200 OK",
        "http/1.1 200 OK",
        "ICY 200 OK",
        "HTTP/1.1 200 O\u{1}K",
        "HTTP/1.1 200 O\rK",
        " HTTP/1.1 200 OK",
        "\r\nHTTP/1.1 200 OK",
    ] {
        let input = format!("{line}\r\nContent-Length: 0\r\n\r\n");
        let answer = response(input.as_bytes(), Method::Get);
        assert!(answer.is_err(), "{line:?}: {answer:?}");
    }
}

#[test]
fn lines_are_as_strict_as_in_a_request() {
    for (fields, error) in [
        ("X: a\n", HeadError::BareLineFeed),
        ("X : a\r\n", HeadError::FieldName),
        ("X: a\r\n b\r\n", HeadError::FieldName),
        ("X: a\rb\r\n", HeadError::FieldValue),
        ("X: \0\r\n", HeadError::FieldValue),
        ("Content-Length: 1, 1\r\n", HeadError::ContentLength),
        (
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            HeadError::RepeatedField(Field::ContentLength),
        ),
        (
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            HeadError::LengthAndTransferEncoding,
        ),
        ("Transfer-Encoding: gzip\r\n", HeadError::TransferEncoding),
        (
            "Transfer-Encoding: gzip, chunked\r\n",
            HeadError::TransferCoding,
        ),
    ] {
        let input = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        let answer = framing_of(Method::Get, &input);
        assert_eq!(answer, Err(error.into()), "{fields:?}");
    }
    let old = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let error = HeadError::TransferEncodingInHttp10;
    assert_eq!(framing_of(Method::Get, old), Err(error.into()));
}

/// RFC 9112 §6.3, rule 1: "Any response to a HEAD request and any response with a 1xx
/// (Informational), 204 (No Content), or 304 (Not Modified) status code is always terminated by
/// the first empty line after the header fields".
#[test]
fn some_responses_have_no_content_whatever_they_say() {
    for fields in [
        "",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
    ] {
        for (method, status) in [
            (Method::Head, 200),
            (Method::Head, 404),
            (Method::Get, 100),
            (Method::Get, 103),
            (Method::Get, 204),
            (Method::Get, 304),
        ] {
            let input = format!("HTTP/1.1 {status} X\r\n{fields}\r\n");
            assert_eq!(
                framing_of(method, &input),
                Ok(EMPTY),
                "{method:?} {input:?}"
            );
        }
    }
}

/// Rule 2: "Any 2xx (Successful) response to a CONNECT request implies that the connection will
/// become a tunnel"; RFC 9110 §15.2.2 for 101.
#[test]
fn tunnels_are_no_content() {
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    assert_eq!(framing_of(Method::Connect, ok), Ok(ResponseFraming::Tunnel));
    let refused = "HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\n";
    let five = ResponseFraming::Body(BodyFraming::Length(5));
    assert_eq!(framing_of(Method::Connect, refused), Ok(five));
    let switch = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(framing_of(Method::Get, switch), Ok(ResponseFraming::Tunnel));
}

/// Rules 4, 6 and 8.
#[test]
fn other_responses_are_chunked_or_have_a_length_or_last_until_the_close() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n";
    assert_eq!(framing_of(Method::Get, chunked), Ok(CHUNKED));
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(framing_of(Method::Get, empty), Ok(EMPTY));
    let open = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n";
    let (head, _) = response(open, Method::Get).unwrap().unwrap();
    assert_eq!(head.framing, ResponseFraming::UntilClose);
    assert_eq!(head.persistence, Persistence::Close, "its end is the close");
}

#[test]
fn interim_responses_come_before_the_final_one() {
    let input = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let limits = Limits::default();
    let mut at = 0;
    let mut codes = Vec::new();
    loop {
        match parse_response(&input[at..], Method::Post, &limits) {
            Ok(Parsed::Complete { head, consumed }) => {
                at += consumed;
                codes.push(head.status.as_u16());
                if !head.status.is_informational() {
                    break;
                }
                assert_eq!(head.persistence, Persistence::KeepAlive);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((codes, &input[at..]), (vec![100, 200], &b"ok"[..]));
}

#[test]
fn content_above_the_limit_is_refused_unless_it_is_not_sent() {
    let limits = Limits {
        body_bytes_max: 4,
        ..Limits::default()
    };
    let input = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let refused = parse_response(input, Method::Get, &limits);
    assert_eq!(refused, Err(HeadError::BodyTooLarge.into()));
    assert!(parse_response(input, Method::Head, &limits).is_ok());
}
