//! Heads that are written and read again: both halves of the crate against each other.

use http::{
    BodyFraming, DATE_BYTES, Field, FieldName, FieldValue, Method, Persistence, RequestHead,
    ResponseFraming, ResponseHead, StatusCode, Target, Version, format_date,
};

use crate::harness::{Random, good, response};

#[test]
fn a_written_response_reads_as_it_was_meant() {
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let length = random.next() >> random.below(64) >> 8;
        let length = length.min(1 << 20);
        let value: Vec<u8> = (0..random.below(20))
            .map(|_| *random.pick(&[&b'a', &b' ', &b'\t', &0xff, &b'"', &b',', &b':']))
            .collect();
        let value = FieldValue::new(value).expect("an allowed value");
        let name = FieldName::new("X-Any").expect("a token");
        let date: [u8; DATE_BYTES] = format_date(random.next() >> 20);
        let mut out = Vec::new();
        ResponseHead::new(&mut out, StatusCode::OK)
            .field(name, &value)
            .date(&date)
            .pause();
        ResponseHead::resume(&mut out)
            .content_length(length)
            .persistence(Version::Http11, Persistence::Close)
            .end();

        let (head, consumed) = response(&out, Method::Get).expect("good").expect("whole");
        assert_eq!(consumed, out.len(), "seed {seed}");
        let framing = match length {
            0 => BodyFraming::None,
            length => BodyFraming::Length(length),
        };
        assert_eq!(head.framing, ResponseFraming::Body(framing), "seed {seed}");
        assert_eq!(head.persistence, Persistence::Close);
        let lines: Vec<_> = head.fields.lines().collect();
        assert_eq!(lines[0], ("X-Any", value.as_bytes()), "seed {seed}");
        assert_eq!(lines[1], ("Date", &date[..]), "seed {seed}");
        assert_eq!(lines.len(), 4);
    }
}

/// RFC 9112 §9.3: a version's default is not written.
#[test]
fn the_connection_field_is_written_where_it_is_needed() {
    let written = |version, persistence| {
        let mut out = Vec::new();
        ResponseHead::new(&mut out, StatusCode::NO_CONTENT)
            .persistence(version, persistence)
            .end();
        String::from_utf8(out).expect("ASCII")
    };
    let line = |value: &str| format!("HTTP/1.1 204 No Content\r\nConnection: {value}\r\n\r\n");
    assert_eq!(
        written(Version::Http11, Persistence::KeepAlive),
        "HTTP/1.1 204 No Content\r\n\r\n"
    );
    assert_eq!(written(Version::Http11, Persistence::Close), line("close"));
    assert_eq!(written(Version::Http10, Persistence::Close), line("close"));
    assert_eq!(
        written(Version::Http10, Persistence::KeepAlive),
        line("keep-alive")
    );
}

#[test]
fn a_chunked_response_and_a_chunked_request() {
    let mut out = Vec::new();
    ResponseHead::new(&mut out, StatusCode::OK).chunked().end();
    let (head, _) = response(&out, Method::Get).expect("good").expect("whole");
    assert_eq!(head.framing, ResponseFraming::Body(BodyFraming::Chunked));

    let mut out = Vec::new();
    let host = FieldValue::from_static("a.example:81");
    RequestHead::new(&mut out, Method::Post, "/b?c", &host)
        .expect("a request line")
        .field(FieldName::TE, &FieldValue::from_static("trailers"))
        .chunked()
        .end();
    let head = good(std::str::from_utf8(&out).expect("ASCII"));
    let path = "/b";
    let query = Some("c");
    assert_eq!(head.target, Target::Origin { path, query });
    assert_eq!(head.host.and_then(|host| host.port), Some(81));
    assert_eq!(head.fields.value(Field::Te), Some(&b"trailers"[..]));
    assert_eq!(head.framing, BodyFraming::Chunked);
}
