//! Request heads, the server's side (RFC 9112 §3, §5, §6, §9). One call turns bytes into a
//! [`Request`] that borrows them, with everything decided that must be decided before a handler
//! may run: target, host, framing, persistence, expectation. It refuses every head on which two
//! servers could disagree; whether a method or a path is served is not its business.

use core::mem::MaybeUninit;

use crate::{
    fields::Fields,
    framing::{self, BodyFraming, Persistence},
    head::Parsed,
    head_error::HeadError,
    host::Host,
    known_field::Field,
    limits::{HEADER_FIELDS_CAP, Limits},
    method::Method,
    request_error::RequestError,
    scan::{HeadPlace, HeadScan},
    target::Target,
    token::list_elements,
    version::Version,
};

/// A request head; borrows the bytes that it was parsed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'b> {
    /// What is to be done.
    pub method: Method<'b>,
    /// To what.
    pub target: Target<'b>,
    /// The version in the request line.
    pub version: Version,
    /// The host that the request is for: that of an absolute target, else the `Host` field. Only
    /// HTTP/1.0 can be without (RFC 9112 §3.2).
    pub host: Option<Host<'b>>,
    /// How the content that follows is delimited.
    pub framing: BodyFraming,
    /// Whether the client lets the connection stay open.
    pub persistence: Persistence,
    /// Whether the client waits for a word before it sends its content.
    pub expectation: Expectation,
    /// All field lines.
    pub fields: Fields<'b>,
}

/// The `Expect` field (RFC 9110 §10.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Nothing is expected, or nothing that an HTTP/1.0 client could expect.
    None,
    /// `100-continue`
    Continue,
}

/// The request head at the beginning of `input`, which is everything that has arrived and is not
/// consumed yet.
///
/// Of a head that arrives in many pieces, [`resume_request`] looks at each byte once.
///
/// # Errors
///
/// What is wrong with the head; the connection is to be closed after the answer.
#[inline]
pub fn parse_request<'b>(
    input: &'b [u8],
    limits: &Limits,
) -> Result<Parsed<Request<'b>>, RequestError> {
    resume_request(&mut HeadScan::new(), input, limits)
}

/// Like [`parse_request`], for a head of which a part was there before: `scan` remembers how far
/// the search for its end had come. The answer does not depend on how the head was cut.
///
/// # Errors
///
/// Like [`parse_request`].
pub fn resume_request<'b>(
    scan: &mut HeadScan,
    input: &'b [u8],
    limits: &Limits,
) -> Result<Parsed<Request<'b>>, RequestError> {
    let Some(place) = scan.head(input, limits)? else {
        return Ok(Parsed::Partial);
    };
    parse_head(input, place, limits)
}

/// Parses a head that is complete, ends in its first empty line and has no bare line feed.
#[inline(always)]
fn parse_head<'b>(
    input: &'b [u8],
    place: HeadPlace,
    limits: &Limits,
) -> Result<Parsed<Request<'b>>, RequestError> {
    let head = place.head(input);
    let mut scratch = [const { MaybeUninit::uninit() }; HEADER_FIELDS_CAP];
    let mut parsed = httparse::Request::new(&mut []);
    let outcome = parsed.parse_with_uninit_headers(head, &mut scratch);
    let (method, target, version) = match (outcome, parsed.method, parsed.path, parsed.version) {
        (Ok(httparse::Status::Complete(_)), Some(method), Some(target), Some(version)) => {
            (method, target, version)
        }
        (Ok(_), ..) => return Err(HeadError::LineEnd.into()),
        (Err(error), method, ..) => return Err(refusal(error, method, head)),
    };
    if target.len() > limits.uri_bytes_max {
        return Err(RequestError::UriTooLong);
    }
    let method = Method::from_token(method);
    let target = Target::parse(method, target).ok_or(RequestError::Target)?;
    let version = match version {
        0 => Version::Http10,
        _ => Version::Http11,
    };
    let mut fields = Fields::new(place.field_section(input));
    fields.find_known(parsed.headers)?;
    let framing = match framing::declared(version, &fields)? {
        Some(BodyFraming::Length(length)) if length > limits.body_bytes_max => {
            return Err(HeadError::BodyTooLarge.into());
        }
        declared => declared.unwrap_or(BodyFraming::None),
    };
    let host = host(version, &target, &fields)?;
    let persistence = framing::persistence(version, &fields)?;
    let expectation = expectation(version, &fields)?;
    Ok(Parsed::Complete {
        head: Request {
            method,
            target,
            version,
            host,
            framing,
            persistence,
            expectation,
            fields,
        },
        consumed: place.end,
    })
}

/// RFC 9112 §3.2: "A server MUST respond with a 400 status code to any HTTP/1.1 request message
/// that lacks a Host header field and to any request message that contains more than one Host
/// header field line or a Host header field with an invalid field value"; §3.2.2: of an absolute
/// target, the host in it counts and not the field.
#[inline(always)]
fn host<'b>(
    version: Version,
    target: &Target<'b>,
    fields: &Fields<'b>,
) -> Result<Option<Host<'b>>, RequestError> {
    let host = match (fields.value(Field::Host), version) {
        (Some(value), _) => {
            let text = core::str::from_utf8(value).map_err(|_| RequestError::Host)?;
            Some(Host::parse(text).ok_or(RequestError::Host)?)
        }
        (None, Version::Http10) => None,
        (None, Version::Http11) => return Err(RequestError::MissingHost),
    };
    Ok(match target {
        Target::Absolute(absolute) => Some(absolute.authority),
        Target::Authority(authority) => Some(*authority),
        Target::Origin { .. } | Target::Asterisk => host,
    })
}

/// RFC 9110 §10.1.1: `100-continue` in HTTP/1.0 "MUST" be ignored; anything else "MAY" get a 417.
#[inline(always)]
fn expectation(version: Version, fields: &Fields<'_>) -> Result<Expectation, RequestError> {
    let mut expectation = Expectation::None;
    if version == Version::Http10 || !fields.contains(Field::Expect) {
        return Ok(expectation);
    }
    for element in fields.values(Field::Expect).flat_map(list_elements) {
        if !element.eq_ignore_ascii_case(b"100-continue") {
            return Err(RequestError::Expectation);
        }
        expectation = Expectation::Continue;
    }
    Ok(expectation)
}

/// What httparse's verdict on a complete head means.
fn refusal(error: httparse::Error, method: Option<&str>, head: &[u8]) -> RequestError {
    match error {
        httparse::Error::Token if method.is_none() => RequestError::Method,
        httparse::Error::Token => RequestError::Target,
        httparse::Error::Version if names_version(head) => RequestError::UnsupportedVersion,
        httparse::Error::Version => RequestError::Version,
        httparse::Error::HeaderName => HeadError::FieldName.into(),
        httparse::Error::HeaderValue => HeadError::FieldValue.into(),
        httparse::Error::TooManyHeaders => HeadError::TooManyFields.into(),
        httparse::Error::NewLine | httparse::Error::Status => HeadError::LineEnd.into(),
    }
}

/// Whether the first line of `head` ends in a well-formed version (RFC 9112 §2.3) that is not one
/// of ours: with 1.0 or 1.1 at the end, what is wrong stands before it. Versions 1.2 to 1.9 do not
/// exist, so they are refused like 2.0 and not read as 1.1.
fn names_version(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    match line.rsplit(|&byte| byte == b' ').next() {
        Some([b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0' | b'1']) => false,
        Some([b'H', b'T', b'T', b'P', b'/', major, b'.', minor]) => {
            major.is_ascii_digit() && minor.is_ascii_digit()
        }
        _ => false,
    }
}
