//! Chunked bodies. The first two bytes of an input choose where it is cut.

use http::{
    BodyDecoder, BodyError, BodyFraming, BodyProgress, Field, FieldName, FieldValue, Limits,
    append_chunk, last_chunk,
};

/// Checks one body.
///
/// # Panics
///
/// If what must hold does not.
pub fn check_chunked(data: &[u8]) {
    let [cut, second_cut, input @ ..] = data else {
        return;
    };
    let limits = Limits {
        chunk_line_bytes_max: 40,
        chunk_overhead_bytes_max: 60,
        trailer_bytes_max: 80,
        header_fields_max: 5,
        body_bytes_max: 300,
        ..Limits::default()
    };
    let whole = read(&[input], &limits);
    let (before, after) = input.split_at(usize::from(*cut) * input.len() / 255);
    let (middle, end) = after.split_at(usize::from(*second_cut) * after.len() / 255);
    assert_eq!(read(&[before, middle, end], &limits), whole);
    let bytes: Vec<_> = input.chunks(1).collect();
    assert_eq!(read(&bytes, &limits), whole);

    let Ok(body) = whole else {
        return;
    };
    assert!(body.content.len() as u64 <= limits.body_bytes_max);
    assert!(body.consumed <= input.len());
    let is_done = body.progress == BodyProgress::End;
    assert!(is_done || body.consumed == input.len());
    assert!(body.trailers.len() <= limits.header_fields_max);
    if is_done {
        assert!(input[..body.consumed].ends_with(b"\r\n"));
        round_trip(&body);
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Body {
    content: Vec<u8>,
    consumed: usize,
    progress: BodyProgress,
    trailers: Vec<(String, Vec<u8>)>,
}

fn read(pieces: &[&[u8]], limits: &Limits) -> Result<Body, BodyError> {
    let mut decoder = BodyDecoder::new(BodyFraming::Chunked, limits);
    let mut body = Body {
        content: Vec::new(),
        consumed: 0,
        progress: BodyProgress::More,
        trailers: Vec::new(),
    };
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() && body.progress == BodyProgress::More {
            let decoded = decoder.decode(rest)?;
            assert!(decoded.consumed > 0, "every call comes forward");
            assert!(decoded.content.end <= decoded.consumed && decoded.consumed <= rest.len());
            body.content.extend_from_slice(&rest[decoded.content]);
            body.consumed += decoded.consumed;
            body.progress = decoded.progress;
            rest = &rest[decoded.consumed..];
        }
    }
    assert_eq!(decoder.is_done(), body.progress == BodyProgress::End);
    assert_eq!(decoder.end_of_input().is_ok(), decoder.is_done());
    for (name, value) in decoder.trailers() {
        assert!(!name.eq_ignore_ascii_case(Field::ContentLength.as_str()));
        body.trailers.push((name.to_owned(), value.to_vec()));
    }
    Ok(body)
}

/// What was read can be written, and reads the same.
fn round_trip(body: &Body) {
    let mut written = Vec::new();
    for chunk in body.content.chunks(7) {
        append_chunk(chunk, &mut written);
    }
    let trailers: Vec<_> = body
        .trailers
        .iter()
        .map(|(name, value)| {
            let name = FieldName::new(name).expect("a trailer name is a token");
            let value = FieldValue::new(&value[..]).expect("a trailer value is a value");
            (name, value)
        })
        .collect();
    last_chunk(&trailers, &mut written);
    let again = read(&[&written], &Limits::default()).expect("what is written is good");
    assert_eq!(again.content, body.content);
    assert_eq!(again.trailers, body.trailers);
    assert_eq!(again.consumed, written.len());
}
