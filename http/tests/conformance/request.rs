//! RFC 9112 §2, §3, §5: the lines of a request head.

use http::{
    BodyFraming, Expectation, Field, HeadError, Host, Method, Persistence, RequestError,
    StatusCode, Target, Version,
};

use crate::harness::{bad, good, request};

#[test]
fn a_request_is_taken_apart() {
    let head = good("GET /where?q=now HTTP/1.1\r\nHost: www.example.org:8080\r\n\r\n");
    assert_eq!(head.method, Method::Get);
    let path = "/where";
    let query = Some("q=now");
    assert_eq!(head.target, Target::Origin { path, query });
    assert_eq!(head.version, Version::Http11);
    let host = Host {
        name: "www.example.org",
        port: Some(8080),
    };
    assert_eq!(head.host, Some(host));
    assert_eq!(head.framing, BodyFraming::None);
    assert_eq!(head.persistence, Persistence::KeepAlive);
    assert_eq!(head.expectation, Expectation::None);
}

#[test]
fn what_follows_the_head_is_left_alone() {
    let input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\0\n\nGET /";
    let (_, consumed) = request(input).unwrap().unwrap();
    assert_eq!(&input[consumed..], b"\0\n\nGET /");
}

#[test]
fn an_incomplete_head_is_not_an_error() {
    for input in [
        "",
        "\r",
        "\r\n",
        "G",
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\r\nHost: a\r\n\r",
    ] {
        assert_eq!(request(input.as_bytes()), Ok(None), "{input:?}");
    }
}

/// RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD ignore at
/// least one empty line (CRLF) received prior to the request-line."
#[test]
fn one_empty_line_before_a_request_is_ignored_and_no_second_one() {
    let (head, consumed) = request(b"\r\nGET / HTTP/1.0\r\n\r\n").unwrap().unwrap();
    assert_eq!((head.method, consumed), (Method::Get, 20));
    assert_eq!(
        bad("\r\n\r\nGET / HTTP/1.0\r\n\r\n"),
        HeadError::StartLine.into()
    );
}

/// RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator". We do not, because
/// whoever is in front of us may not either.
#[test]
fn a_bare_line_feed_is_refused_wherever_it_stands() {
    for input in [
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n",
    ] {
        assert_eq!(bad(input), HeadError::BareLineFeed.into(), "{input:?}");
    }
    assert_eq!(bad("\nGET / HTTP/1.1\r\n\r\n"), HeadError::StartLine.into());
}

/// RFC 9112 §2.2: "A recipient of such a bare CR MUST consider that element to be invalid".
#[test]
fn a_bare_carriage_return_is_refused_wherever_it_stands() {
    for input in [
        "GET / HTTP/1.1\rHost: a\r\n\r\n",
        "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \rb\r\n\r\n",
    ] {
        assert_eq!(bad(input).status(), StatusCode::BAD_REQUEST, "{input:?}");
    }
}

/// RFC 9110 §5.5: "Field values containing CR, LF, or NUL characters are invalid and dangerous".
#[test]
fn controls_are_refused_in_every_part() {
    for control in (0..0x20).chain([0x7f]) {
        if matches!(control, b'\t' | b'\r' | b'\n') {
            continue;
        }
        for input in [
            "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /@ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1@\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHo@st: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a@\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: @\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: b@c\r\n\r\n",
        ] {
            let at = input.replace('@', &char::from(control).to_string());
            assert_eq!(bad(&at).status(), StatusCode::BAD_REQUEST, "{at:?}");
        }
    }
}

/// RFC 9112 §3: `request-line = method SP request-target SP HTTP-version`
#[test]
fn a_request_line_is_three_parts_and_two_spaces() {
    for (line, error) in [
        ("GET", RequestError::Method),
        ("GET /", RequestError::Target),
        ("G(T / HTTP/1.1", RequestError::Method),
        ("GET\t/ HTTP/1.1", RequestError::Method),
        ("GET  / HTTP/1.1", RequestError::Target),
        ("GET /  HTTP/1.1", RequestError::Version),
        ("GET / HTTP/1.1 ", HeadError::LineEnd.into()),
        ("GET / a HTTP/1.1", RequestError::Version),
        ("GET a HTTP/1.1", RequestError::Target),
        ("GET /\t HTTP/1.1", RequestError::Target),
        (" GET / HTTP/1.1", HeadError::StartLine.into()),
        ("{} / HTTP/1.1", HeadError::StartLine.into()),
        ("\u{16}\u{3}\u{1}", HeadError::StartLine.into()),
    ] {
        let input = format!("{line}\r\nHost: a\r\n\r\n");
        assert_eq!(bad(&input), error, "{line:?}");
        assert_eq!(bad(&input).status(), StatusCode::BAD_REQUEST, "{line:?}");
    }
}

/// RFC 9110 §9.1: any token is a method; what is done with it is the server's decision (501).
#[test]
fn an_unknown_method_is_parsed() {
    let head = good("M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(head.method, Method::Extension("M-SEARCH"));
}

/// RFC 9112 §2.3: `HTTP-version = HTTP-name "/" DIGIT "." DIGIT`; RFC 9110 §15.6.6: 505.
#[test]
fn other_versions_are_told_from_no_version() {
    for version in ["HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/1.2", "HTTP/9.9"] {
        let error = bad(format!("GET / {version}\r\nHost: a\r\n\r\n"));
        assert_eq!(error, RequestError::UnsupportedVersion, "{version}");
        assert_eq!(error.status(), StatusCode::HTTP_VERSION_NOT_SUPPORTED);
    }
    let preface = bad("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(preface, RequestError::UnsupportedVersion);
    for version in [
        "http/1.1",
        "HTTP/1",
        "HTTP/11",
        "HTTP/1.10",
        "HTTP/1,1",
        "HTTP 1.1",
        "HTTPS/1.1",
        "HTTP/a.b",
        "XTTP/1.1",
        "",
    ] {
        let error = bad(format!("GET / {version}\r\nHost: a\r\n\r\n"));
        assert_eq!(error.status(), StatusCode::BAD_REQUEST, "{version}");
    }
}

/// RFC 9112 §5.1: "No whitespace is allowed between the field name and colon. [...] A server MUST
/// reject, with a response status code of 400 (Bad Request), any received request message that
/// contains whitespace between a header field name and colon."
#[test]
fn a_field_name_is_a_token_and_then_a_colon() {
    for line in [
        "X : b",
        "X\t: b",
        ": b",
        "X",
        "X b",
        " X: b",
        "X(: b",
        "X\u{e4}: b",
        "\"X\": b",
        "X\u{0}: b",
    ] {
        let input = format!("GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
        assert_eq!(bad(&input), HeadError::FieldName.into(), "{line:?}");
    }
}

/// RFC 9112 §5.2: "A server that receives an obs-fold in a request message that is not within a
/// "message/http" container MUST either reject the message by sending a 400 (Bad Request) [...] or
/// replace each received obs-fold".
#[test]
fn a_folded_line_is_refused() {
    for fold in [" c", "\tc", " ", "  : c"] {
        let input = format!("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n{fold}\r\n\r\n");
        assert_eq!(bad(&input), HeadError::FieldName.into(), "{fold:?}");
    }
    let first = "GET / HTTP/1.1\r\n Host: a\r\n\r\n";
    assert_eq!(bad(first), HeadError::FieldName.into());
}

/// RFC 9112 §5.1: "optional leading whitespace and optional trailing whitespace [...] excluded".
#[test]
fn values_lose_their_outer_whitespace_and_keep_the_rest() {
    let input = "GET / HTTP/1.1\r\nHost:\t a \r\nX:\r\nY:  b \t c\t\r\nZ:d\u{e4}\r\n\r\n";
    let head = good(input);
    let lines: Vec<_> = head.fields.lines().collect();
    assert_eq!(
        lines,
        [
            ("Host", &b"a"[..]),
            ("X", b""),
            ("Y", b"b \t c"),
            ("Z", "d\u{e4}".as_bytes()),
        ]
    );
}

/// RFC 9110 §5.3: "a sender MUST NOT generate multiple field lines with the same name" unless the
/// field is a list.
#[test]
fn a_repeated_single_value_is_refused() {
    for field in [
        Field::ContentType,
        Field::IfModifiedSince,
        Field::IfRange,
        Field::IfUnmodifiedSince,
        Field::Range,
    ] {
        let lower = field.as_str().to_lowercase();
        let input = format!("GET / HTTP/1.1\r\nHost: a\r\n{field}: b\r\n{lower}: b\r\n\r\n");
        assert_eq!(bad(&input), HeadError::RepeatedField(field).into());
    }
}

/// RFC 9110 §10.1.1
#[test]
fn only_one_expectation_can_be_met() {
    let expectation = |version: &str, value: &str| {
        let input = format!("POST / {version}\r\nHost: a\r\nExpect: {value}\r\n\r\n");
        request(input.as_bytes()).map(|head| head.unwrap().0.expectation)
    };
    assert_eq!(
        expectation("HTTP/1.1", "100-continue"),
        Ok(Expectation::Continue)
    );
    assert_eq!(
        expectation("HTTP/1.1", "100-Continue"),
        Ok(Expectation::Continue)
    );
    assert_eq!(expectation("HTTP/1.1", ""), Ok(Expectation::None));
    // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that
    // expectation."
    assert_eq!(
        expectation("HTTP/1.0", "100-continue"),
        Ok(Expectation::None)
    );
    for value in ["200-ok", "100-continue, more", "100-continue=1"] {
        assert_eq!(
            expectation("HTTP/1.1", value),
            Err(RequestError::Expectation)
        );
    }
    assert_eq!(
        RequestError::Expectation.status(),
        StatusCode::EXPECTATION_FAILED
    );
}
