//! The one harness: a request, response or body is read whole and then cut at every byte, and all
//! ways must give the same answer. Also a small seeded generator.

use std::fmt::Debug;

use http::{
    BodyDecoder, BodyError, BodyProgress, HeadScan, Limits, Method, Parsed, Request, RequestError,
    Response, ResponseError, parse_request, parse_response, resume_request, resume_response,
};

/// Reads the request head in `input` in every way; the answer is the head and what it took.
#[track_caller]
pub(crate) fn request_within<'b>(
    input: &'b [u8],
    limits: &Limits,
) -> Result<Option<(Request<'b>, usize)>, RequestError> {
    let whole = parse_request(input, limits).map(option);
    same_however_cut(input, &whole, |piece, scan| {
        resume_request(scan, piece, limits).map(option)
    });
    whole
}

/// [`request_within`] the default limits.
#[track_caller]
pub(crate) fn request(input: &[u8]) -> Result<Option<(Request<'_>, usize)>, RequestError> {
    request_within(input, &Limits::default())
}

/// The head of a request that must be good.
#[track_caller]
pub(crate) fn good(input: &str) -> Request<'_> {
    match request(input.as_bytes()) {
        Ok(Some((head, consumed))) => {
            assert_eq!(consumed, input.len(), "all of {input:?} is head");
            head
        }
        other => panic!("{input:?} is a good request, but: {other:?}"),
    }
}

/// Why a request is refused.
#[track_caller]
pub(crate) fn bad(input: impl AsRef<[u8]>) -> RequestError {
    let input = input.as_ref();
    match request(input) {
        Err(error) => error,
        Ok(other) => panic!(
            "{:?} is a bad request, but: {other:?}",
            input.escape_ascii().to_string()
        ),
    }
}

/// Reads the response head in `input` in every way.
#[track_caller]
pub(crate) fn response<'b>(
    input: &'b [u8],
    method: Method<'_>,
) -> Result<Option<(Response<'b>, usize)>, ResponseError> {
    let limits = Limits::default();
    let whole = parse_response(input, method, &limits).map(option);
    same_however_cut(input, &whole, |piece, scan| {
        resume_response(scan, piece, method, &limits).map(option)
    });
    whole
}

/// What a body turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) content: Vec<u8>,
    /// How much of the input it took.
    pub(crate) consumed: usize,
    /// Whether it ended.
    pub(crate) progress: BodyProgress,
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
}

/// Reads the body in `input` whole, cut in two at every byte, and byte by byte.
#[track_caller]
pub(crate) fn body(decoder: &BodyDecoder, input: &[u8]) -> Result<Body, BodyError> {
    let whole = body_in_pieces(decoder.clone(), &[input]);
    for cut in 0..=input.len() {
        let (before, after) = input.split_at(cut);
        let cut_in_two = body_in_pieces(decoder.clone(), &[before, after]);
        assert_eq!(
            cut_in_two,
            whole,
            "cut at {cut} of {}",
            input.escape_ascii()
        );
    }
    let bytes: Vec<_> = input.chunks(1).collect();
    let byte_by_byte = body_in_pieces(decoder.clone(), &bytes);
    assert_eq!(
        byte_by_byte,
        whole,
        "byte by byte: {}",
        input.escape_ascii()
    );
    whole
}

/// Feeds the pieces one after the other, as a connection would.
pub(crate) fn body_in_pieces(
    mut decoder: BodyDecoder,
    pieces: &[&[u8]],
) -> Result<Body, BodyError> {
    let mut body = Body {
        content: Vec::new(),
        consumed: 0,
        progress: BodyProgress::More,
        trailers: Vec::new(),
    };
    for piece in pieces {
        let mut rest = *piece;
        // The machine must come forward with every call, or this would never end.
        while !rest.is_empty() && body.progress == BodyProgress::More {
            let decoded = decoder.decode(rest)?;
            assert!(decoded.consumed > 0 || decoded.progress == BodyProgress::End);
            assert!(decoded.content.end <= decoded.consumed);
            body.content.extend_from_slice(&rest[decoded.content]);
            body.consumed += decoded.consumed;
            body.progress = decoded.progress;
            rest = &rest[decoded.consumed..];
        }
    }
    assert_eq!(decoder.is_done(), body.progress == BodyProgress::End);
    let trailers = decoder.trailers();
    body.trailers
        .extend(trailers.map(|(name, value)| (name.to_owned(), value.to_vec())));
    Ok(body)
}

/// Checks that every prefix of `input` is incomplete or already has the answer `whole`, and that a
/// search that is resumed comes to it, whether it stopped once or at every byte.
#[track_caller]
fn same_however_cut<'b, T, E>(
    input: &'b [u8],
    whole: &Result<Option<T>, E>,
    parse: impl Fn(&'b [u8], &mut HeadScan) -> Result<Option<T>, E>,
) where
    T: PartialEq + Debug,
    E: PartialEq + Debug,
{
    let mut byte_by_byte = HeadScan::new();
    let mut is_decided = false;
    for cut in 0..=input.len() {
        let shown = || format!("cut at {cut} of {}", input.escape_ascii());
        let mut cut_in_two = HeadScan::new();
        let prefix = parse(&input[..cut], &mut cut_in_two);
        if prefix == Ok(None) {
            assert_eq!(parse(input, &mut cut_in_two), *whole, "{}", shown());
        } else {
            assert_eq!(prefix, *whole, "{}", shown());
        }
        if !is_decided {
            assert_eq!(
                parse(&input[..cut], &mut byte_by_byte),
                prefix,
                "{}",
                shown()
            );
            is_decided = prefix != Ok(None);
        }
    }
}

fn option<T>(parsed: Parsed<T>) -> Option<(T, usize)> {
    match parsed {
        Parsed::Complete { head, consumed } => Some((head, consumed)),
        Parsed::Partial => None,
    }
}

/// A small generator of random numbers (SplitMix64): the same seed gives the same test.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}
