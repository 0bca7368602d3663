//! Heads of both roles. The first byte of an input chooses the role, the second where it is cut.

use http::{
    BodyFraming, Field, HeadScan, Limits, Method, Parsed, Persistence, Request, Response,
    ResponseFraming, Version, parse_request, parse_response, resume_request, resume_response,
};

/// Checks one head.
///
/// # Panics
///
/// If what must hold does not.
pub fn check_head(data: &[u8]) {
    let [role, cut, input @ ..] = data else {
        return;
    };
    let cut = usize::from(*cut) * input.len() / 255;
    // Small enough that an input of a few hundred bytes can reach them.
    let limits = Limits {
        header_bytes_max: 400,
        header_fields_max: 12,
        request_line_bytes_max: 120,
        uri_bytes_max: 90,
        ..Limits::default()
    };
    match role {
        b'h' => response(input, cut, Method::Head, &limits),
        b'c' => response(input, cut, Method::Connect, &limits),
        b's' => response(input, cut, Method::Get, &limits),
        _ => request(input, cut, &limits),
    }
}

fn request(input: &[u8], cut: usize, limits: &Limits) {
    let whole = parse_request(input, limits);
    let mut scan = HeadScan::new();
    let before = resume_request(&mut scan, &input[..cut], limits);
    if before == Ok(Parsed::Partial) {
        assert_eq!(resume_request(&mut scan, input, limits), whole);
    } else {
        assert_eq!(before, whole, "an early answer is the answer");
    }
    match whole {
        Ok(Parsed::Complete { head, consumed }) => {
            well_formed(&input[..consumed], limits);
            accepted_request(&head);
            let rewritten = rewrite(&head);
            match parse_request(&rewritten, &Limits::default()) {
                Ok(Parsed::Complete { head: again, .. }) => assert_eq!(again, head),
                other => panic!("a good head, written again, is {other:?}"),
            }
        }
        Ok(Parsed::Partial) => assert!(input.len() < limits.header_bytes_max + 2),
        Err(error) => assert!((400..600).contains(&error.status().as_u16())),
    }
}

fn response(input: &[u8], cut: usize, method: Method<'_>, limits: &Limits) {
    let whole = parse_response(input, method, limits);
    let mut scan = HeadScan::new();
    let before = resume_response(&mut scan, &input[..cut], method, limits);
    if before == Ok(Parsed::Partial) {
        assert_eq!(resume_response(&mut scan, input, method, limits), whole);
    } else {
        assert_eq!(before, whole, "an early answer is the answer");
    }
    if let Ok(Parsed::Complete { head, consumed }) = whole {
        well_formed(&input[..consumed], limits);
        accepted_response(&head, method);
    }
}

/// No accepted head has a byte in it that another parser could take for the end of a line.
fn well_formed(head: &[u8], limits: &Limits) {
    assert!(head.ends_with(b"\r\n\r\n"));
    assert!(head.len() <= limits.header_bytes_max + 2);
    assert!(!head.contains(&0));
    let lines = head.split(|&byte| byte == b'\n');
    for line in lines.clone().filter(|line| !line.is_empty()) {
        let line = line.strip_suffix(b"\r").expect("no bare line feed");
        assert!(!line.contains(&b'\r'), "no bare carriage return");
    }
    assert!(lines.count() <= limits.header_fields_max + 4);
}

fn accepted_request(head: &Request<'_>) {
    let count = |name| head.fields.values_named(name).count();
    assert!(count("host") <= 1 && count("content-length") + count("transfer-encoding") <= 1);
    assert!(head.version == Version::Http10 || count("host") == 1);
    match head.framing {
        BodyFraming::None => {}
        BodyFraming::Length(length) => assert!(length > 0 && count("content-length") == 1),
        BodyFraming::Chunked => {
            assert_eq!(head.version, Version::Http11);
            let coding = head.fields.value(Field::TransferEncoding);
            assert!(coding.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")));
        }
    }
    for (name, value) in head.fields.lines() {
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
    }
    if let Some(host) = head.host {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
        assert!(!host.name.is_empty() && host.name.bytes().all(is_plain));
    }
    if let Some(path) = head.target.path() {
        assert!(path.starts_with('/') && !path.contains(['?', '#', ' ']));
    }
}

fn accepted_response(head: &Response<'_>, method: Method<'_>) {
    if method == Method::Head {
        let is_empty = head.framing == ResponseFraming::Body(BodyFraming::None);
        assert!(is_empty || head.framing == ResponseFraming::Tunnel);
    }
    if head.framing == ResponseFraming::UntilClose {
        assert_eq!(head.persistence, Persistence::Close);
    }
}

/// The same head out of its parts, with one space after each colon.
fn rewrite(head: &Request<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let target = match head.target {
        http::Target::Origin { path, query } => match query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        },
        http::Target::Asterisk => "*".to_owned(),
        http::Target::Authority(host) => authority(&host),
        http::Target::Absolute(absolute) => {
            let scheme = match absolute.scheme {
                http::Scheme::Http => "http",
                http::Scheme::Https => "https",
            };
            let query = absolute
                .query
                .map_or(String::new(), |query| format!("?{query}"));
            let authority = authority(&absolute.authority);
            format!("{scheme}://{authority}{}{query}", absolute.path)
        }
    };
    let method = head.method.as_str();
    let version = head.version.as_str();
    out.extend_from_slice(format!("{method} {target} {version}\r\n").as_bytes());
    for (name, value) in head.fields.lines() {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b":");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}

fn authority(host: &http::Host<'_>) -> String {
    match host.port {
        Some(port) => format!("{}:{port}", host.name),
        None => host.name.to_owned(),
    }
}
