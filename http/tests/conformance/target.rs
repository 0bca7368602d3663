//! RFC 9112 §3.2: target and host of a request.

use http::{HeadError, Host, Method, RequestError, StatusCode, Target};

use crate::harness::{bad, good, request};

fn host(name: &str) -> Option<Host<'_>> {
    Some(Host { name, port: None })
}

/// RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
/// request message that lacks a Host header field and to any request message that contains more
/// than one Host header field line or a Host header field with an invalid field value."
#[test]
fn host_is_there_once_and_well_formed() {
    assert_eq!(bad("GET / HTTP/1.1\r\n\r\n"), RequestError::MissingHost);
    for version in ["HTTP/1.0", "HTTP/1.1"] {
        let twice = format!("GET / {version}\r\nHost: a\r\nhost: a\r\n\r\n");
        let repeated = HeadError::RepeatedField(http::Field::Host);
        assert_eq!(bad(&twice), repeated.into());
        for value in [
            "", "a b", "a, b", "user@a", "a:b", "a:99999", "a/", "[::1", "http://a",
        ] {
            let input = format!("GET / {version}\r\nHost: {value}\r\n\r\n");
            assert_eq!(bad(&input), RequestError::Host, "{value:?}");
            assert_eq!(bad(&input).status(), StatusCode::BAD_REQUEST);
        }
        let not_utf8 = [b"GET / ", version.as_bytes(), b"\r\nHost: \xff\r\n\r\n"].concat();
        assert_eq!(bad(not_utf8), RequestError::Host);
    }
}

#[test]
fn only_an_old_request_can_be_without_host() {
    let (head, _) = request(b"GET / HTTP/1.0\r\n\r\n").unwrap().unwrap();
    assert_eq!(head.host, None);
    assert_eq!(good("GET / HTTP/1.0\r\nHost: a\r\n\r\n").host, host("a"));
}

/// RFC 9112 §3.2.2: "When an origin server receives a request with an absolute-form of
/// request-target, the origin server MUST ignore the received Host header field (if any) and
/// instead use the host information of the request-target."
#[test]
fn the_host_of_an_absolute_target_counts() {
    let head = good("GET http://a.example/b?c HTTP/1.1\r\nHost: other.example\r\n\r\n");
    assert_eq!(head.host, host("a.example"));
    assert_eq!(head.target.path(), Some("/b"));
    assert_eq!(head.target.query(), Some("c"));
    let missing = "GET http://a.example/ HTTP/1.1\r\n\r\n";
    assert_eq!(bad(missing), RequestError::MissingHost);
    let malformed = "GET http://a.example/ HTTP/1.1\r\nHost: b c\r\n\r\n";
    assert_eq!(bad(malformed), RequestError::Host);
}

/// RFC 9112 §3.2.3, §3.2.4
#[test]
fn the_rare_forms_belong_to_their_methods() {
    let head = good("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(
        (head.method, head.target),
        (Method::Options, Target::Asterisk)
    );
    let head = good("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
    let name = "a";
    let port = Some(443);
    assert_eq!(head.target, Target::Authority(Host { name, port }));
    for line in [
        "GET *",
        "GET a:443",
        "CONNECT /",
        "CONNECT a",
        "GET ?a",
        "GET /#a",
        "GET a/b",
    ] {
        let input = format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(bad(&input), RequestError::Target, "{line}");
    }
}

/// Many clients send other bytes than RFC 3986 allows; UTF-8 passes, what is not even that does
/// not.
#[test]
fn a_target_is_utf8() {
    let head = good("GET /\u{e4}|\" HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(head.target.path(), Some("/\u{e4}|\""));
    assert_eq!(
        bad(b"GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n"),
        RequestError::Target
    );
}
