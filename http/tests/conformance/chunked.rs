//! RFC 9112 §6.3 and §7.1: bodies, most of all chunked ones.

use http::{
    BodyDecoder, BodyError, BodyFraming, BodyProgress, Field, FieldName, FieldValue, Limits,
    ResponseFraming, StatusCode, append_chunk, last_chunk,
};

use crate::harness::{Random, body, body_in_pieces};

fn chunked(limits: &Limits) -> BodyDecoder {
    BodyDecoder::new(BodyFraming::Chunked, limits)
}

/// The content of a good chunked body.
#[track_caller]
fn content(input: &str) -> String {
    let body = body(&chunked(&Limits::default()), input.as_bytes()).expect("a good body");
    assert_eq!(body.progress, BodyProgress::End, "{input:?}");
    assert_eq!(body.consumed, input.len(), "{input:?}");
    String::from_utf8(body.content).expect("UTF-8")
}

fn error(input: impl AsRef<[u8]>) -> BodyError {
    let input = input.as_ref();
    match body(&chunked(&Limits::default()), input) {
        Err(error) => error,
        Ok(body) => panic!("{} is a bad body, but: {body:?}", input.escape_ascii()),
    }
}

#[test]
fn chunks_are_put_together() {
    assert_eq!(content("0\r\n\r\n"), "");
    assert_eq!(content("5\r\nhello\r\n0\r\n\r\n"), "hello");
    assert_eq!(
        content("5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n"),
        "hello world"
    );
    assert_eq!(content("0000A\r\n0123456789\r\n00\r\n\r\n"), "0123456789");
    assert_eq!(
        content("a\r\n\r\n0\r\n\r\n0\r\n\r\n0\r\n\r\n"),
        "\r\n0\r\n\r\n0\r\n"
    );
}

#[test]
fn what_follows_the_body_is_left_alone() {
    let input = b"1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
    let body = body(&chunked(&Limits::default()), input).unwrap();
    assert_eq!(body.progress, BodyProgress::End);
    assert_eq!(&input[body.consumed..], b"GET / HTTP/1.1\r\n");
}

/// RFC 9112 §7.1: "A recipient MUST be able to parse and decode the chunked transfer coding";
/// "Recipients MUST anticipate potentially large hexadecimal numerals and prevent parsing errors
/// due to integer conversion overflows".
#[test]
fn a_size_is_hexadecimal_digits_and_nothing_else() {
    for line in [
        "",
        ";a",
        " 5",
        "5 ",
        "5\t",
        "5 ;a",
        "+5",
        "-5",
        "0x5",
        "0X5",
        "5h",
        "5,5",
        "g",
        "5\u{b}",
        "\u{665}",
        "5.0",
        "00000000000000005",
        "10000000000000000",
        "ffffffffffffffffff",
    ] {
        let input = format!("{line}\r\nhello\r\n0\r\n\r\n");
        assert_eq!(error(&input), BodyError::ChunkSize, "{line:?}");
    }
    assert_eq!(error("ffffffffffffffff\r\n"), BodyError::TooLarge);
    assert_eq!(error("5\nhello\r\n0\r\n\r\n"), BodyError::ChunkSize);
    assert_eq!(error("\n5\r\nhello\r\n"), BodyError::ChunkSize);
    assert_eq!(error("\r\n5\r\nhello\r\n"), BodyError::ChunkSize);
}

#[test]
fn a_line_ends_in_cr_lf() {
    assert_eq!(error("5\rhello"), BodyError::ChunkLine);
    assert_eq!(error("5\r\rhello"), BodyError::ChunkLine);
    assert_eq!(error("5;a\nhello"), BodyError::ChunkLine);
    assert_eq!(error("5;a\r;b\r\n"), BodyError::ChunkLine);
    assert_eq!(error("5;a\0\r\n"), BodyError::ChunkLine);
    assert_eq!(error("5\r\nhelloX\r\n"), BodyError::ChunkEnd);
    assert_eq!(error("5\r\nhello\n0\r\n\r\n"), BodyError::ChunkEnd);
    assert_eq!(error("5\r\nhello\rX"), BodyError::ChunkEnd);
    assert_eq!(error("5\r\nhello0\r\n\r\n"), BodyError::ChunkEnd);
}

/// RFC 9112 §7.1.1: "A recipient MUST ignore unrecognized chunk extensions. A server ought to
/// limit the total length of chunk extensions received in a request".
#[test]
fn extensions_are_ignored_and_counted() {
    assert_eq!(
        content("5;a=b;c=\"d e\"\r\nhello\r\n0;last\r\n\r\n"),
        "hello"
    );
    let limits = Limits {
        chunk_line_bytes_max: 20,
        chunk_overhead_bytes_max: 6,
        ..Limits::default()
    };
    let read = |input: &str| body(&chunked(&limits), input.as_bytes()).map(|body| body.content);
    let line = |bytes: usize| format!("1;{}\r\nx\r\n", "e".repeat(bytes - 2));
    assert_eq!(read(&line(20)), Ok(b"x".to_vec()));
    assert_eq!(read(&line(21)), Err(BodyError::ChunkLineTooLong));
    // Each line has 16 bytes free, so these need 4, and there are 6.
    assert_eq!(read(&line(20).repeat(2)), Err(BodyError::TooMuchFraming));
    assert_eq!(read(&(line(20) + &line(18))), Ok(b"xx".to_vec()));
    assert_eq!(
        read(&(line(20) + &line(19))),
        Err(BodyError::TooMuchFraming)
    );
    assert_eq!(
        read(&line(16).repeat(50)).map(|content| content.len()),
        Ok(50)
    );
}

#[test]
fn content_above_the_limit_is_refused_at_its_chunk_line() {
    let limits = Limits {
        body_bytes_max: 10,
        ..Limits::default()
    };
    let read = |input: &str| body(&chunked(&limits), input.as_bytes()).map(|body| body.content);
    assert_eq!(
        read("5\r\nhello\r\n5\r\nhello\r\n").map(|content| content.len()),
        Ok(10)
    );
    assert_eq!(read("5\r\nhello\r\n6\r\n"), Err(BodyError::TooLarge));
    assert_eq!(read("b\r\n"), Err(BodyError::TooLarge));
    assert_eq!(BodyError::TooLarge.status(), StatusCode::CONTENT_TOO_LARGE);
}

/// RFC 9112 §7.1.2
#[test]
fn trailers_are_handed_out_apart_from_the_head() {
    let input = b"1\r\nx\r\n0\r\nChecksum:  abc \r\nx-empty:\r\n\r\nrest";
    let body = body(&chunked(&Limits::default()), input).unwrap();
    assert_eq!(&input[body.consumed..], b"rest");
    let expected = [
        ("Checksum".to_owned(), b"abc".to_vec()),
        ("x-empty".to_owned(), b"".to_vec()),
    ];
    assert_eq!(body.trailers, expected);
}

#[test]
fn trailers_are_field_lines() {
    for line in [
        "a",
        "a : b",
        " a: b",
        ": b",
        "a b: c",
        "a: b\0",
        "a: b\rc",
        "a\u{e4}: b",
    ] {
        let input = format!("0\r\n{line}\r\n\r\n");
        assert_eq!(error(&input), BodyError::Trailer, "{line:?}");
    }
    assert_eq!(error("0\r\na: b\n\r\n"), BodyError::Trailer);
    assert_eq!(error("0\r\n\n"), BodyError::Trailer);
    assert_eq!(
        error("0\r\na: b\r\n c\r\n\r\n"),
        BodyError::Trailer,
        "a fold"
    );
}

/// RFC 9110 §6.5.1: framing, routing and modifiers must not come in a trailer.
#[test]
fn a_trailer_cannot_change_what_the_head_meant() {
    for field in [
        Field::ContentLength,
        Field::TransferEncoding,
        Field::Host,
        Field::Range,
    ] {
        let input = format!("0\r\nOther: a\r\n{field}: 1\r\n\r\n");
        assert_eq!(error(&input), BodyError::ForbiddenTrailer(field));
    }
}

#[test]
fn trailers_are_bounded_in_bytes_and_lines() {
    let limits = Limits {
        trailer_bytes_max: 20,
        header_fields_max: 2,
        ..Limits::default()
    };
    let read = |trailer: &str| {
        let input = format!("0\r\n{trailer}\r\n");
        body(&chunked(&limits), input.as_bytes()).map(|body| body.trailers.len())
    };
    let line = |bytes: usize| format!("a: {}\r\n", "b".repeat(bytes - 5));
    assert_eq!(read(&line(18)), Ok(1));
    assert_eq!(read(&line(19)), Err(BodyError::TrailerTooLarge));
    assert_eq!(read(&line(1000)), Err(BodyError::TrailerTooLarge));
    assert_eq!(read(&line(6).repeat(2)), Ok(2));
    assert_eq!(read(&line(6).repeat(3)), Err(BodyError::TrailerTooLarge));
    assert_eq!(
        BodyError::TrailerTooLarge.status(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    );
}

/// RFC 9112 §8: "If a chunked transfer coding was used, [...] the message is incomplete" until the
/// zero-sized chunk; likewise a length.
#[test]
fn an_early_end_is_noticed() {
    let limits = Limits::default();
    let whole = b"5\r\nhello\r\n0\r\n\r\n";
    for end in 0..=whole.len() {
        let mut decoder = chunked(&limits);
        let mut rest = &whole[..end];
        while !rest.is_empty() {
            let decoded = decoder.decode(rest).unwrap();
            rest = &rest[decoded.consumed..];
        }
        let is_whole = end == whole.len();
        assert_eq!(decoder.end_of_input().is_ok(), is_whole, "after {end}");
    }
    let mut decoder = BodyDecoder::new(BodyFraming::Length(2), &limits);
    assert_eq!(decoder.decode(b"a").unwrap().progress, BodyProgress::More);
    assert_eq!(decoder.end_of_input(), Err(BodyError::Truncated));
    assert_eq!(decoder.decode(b"b").unwrap().progress, BodyProgress::End);
    assert_eq!(decoder.end_of_input(), Ok(()));
}

#[test]
fn a_length_takes_exactly_that_much() {
    let limits = Limits::default();
    let input = b"helloGET /";
    let five = body(&BodyDecoder::new(BodyFraming::Length(5), &limits), input).unwrap();
    assert_eq!((&five.content[..], five.consumed), (&b"hello"[..], 5));
    let none = BodyDecoder::new(BodyFraming::None, &limits);
    assert!(none.is_done());
    let none = body(&none, input).unwrap();
    assert_eq!((none.consumed, none.progress), (0, BodyProgress::End));
}

/// RFC 9112 §6.3, rule 8.
#[test]
fn a_response_can_last_until_the_close() {
    let limits = Limits {
        body_bytes_max: 5,
        ..Limits::default()
    };
    let open = BodyDecoder::for_response(ResponseFraming::UntilClose, &limits);
    assert_eq!(open.end_of_input(), Ok(()));
    let read = body(&open, b"hello").unwrap();
    assert_eq!(
        (&read.content[..], read.progress),
        (&b"hello"[..], BodyProgress::More)
    );
    assert_eq!(body(&open, b"hello!"), Err(BodyError::TooLarge));
    assert!(BodyDecoder::for_response(ResponseFraming::Tunnel, &limits).is_done());
}

/// What is encoded comes back, however it is cut into chunks and into reads.
#[test]
fn encoded_bodies_survive_a_round_trip() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let mut content = Vec::new();
        let mut encoded = Vec::new();
        for _ in 0..random.below(8) {
            let bytes = random.below(40);
            let chunk: Vec<u8> = (0..bytes).map(|_| random.next() as u8).collect();
            append_chunk(&chunk, &mut encoded);
            content.extend(chunk);
        }
        let name = FieldName::new("x-trailer").unwrap();
        let value = FieldValue::from_static("v w");
        let trailers = vec![(name, value); random.below(3)];
        last_chunk(&trailers, &mut encoded);

        let body = body(&chunked(&Limits::default()), &encoded).expect("what we encode is good");
        assert_eq!(body.content, content, "seed {seed}");
        assert_eq!(body.trailers.len(), trailers.len(), "seed {seed}");
        assert_eq!(
            (body.consumed, body.progress),
            (encoded.len(), BodyProgress::End)
        );

        let mut pieces = Vec::new();
        let mut rest = &encoded[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + random.below(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        let cut = body_in_pieces(chunked(&Limits::default()), &pieces);
        assert_eq!(cut, Ok(body), "seed {seed}");
    }
}
