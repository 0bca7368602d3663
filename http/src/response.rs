//! Response heads, the client's side (RFC 9112 §4, §6.3). As strict as for requests: a proxy that
//! reads a response's length in another way than its peer meant hands one user's answer to
//! another.

use core::{fmt, mem::MaybeUninit};

use crate::{
    fields::Fields,
    framing::{self, BodyFraming, Persistence},
    head::Parsed,
    head_error::HeadError,
    limits::{HEADER_FIELDS_CAP, Limits},
    method::Method,
    scan::{HeadPlace, HeadScan},
    status::StatusCode,
    version::Version,
};

/// A response head; borrows the bytes that it was parsed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response<'b> {
    /// The version in the status line.
    pub version: Version,
    /// The status. After an informational one but 101, another response to the same request
    /// follows (RFC 9110 §15.2).
    pub status: StatusCode,
    /// The reason phrase, for people only; empty if it is not ASCII.
    pub reason: &'b str,
    /// What follows the head.
    pub framing: ResponseFraming,
    /// Whether the connection can be used again.
    pub persistence: Persistence,
    /// All field lines.
    pub fields: Fields<'b>,
}

/// What follows a response head (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFraming {
    /// Content, delimited as in a request, or none.
    Body(BodyFraming),
    /// Content that ends with the connection, without a sign that it is complete.
    UntilClose,
    /// Another protocol: after 101, or after a successful CONNECT.
    Tunnel,
}

/// A response head that is refused, named by what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseError {
    /// Lines, fields or framing.
    Head(HeadError),
    /// The status line does not begin with HTTP/1.0 or HTTP/1.1.
    Version,
    /// The second part of the status line is not a number from 100 to 599, or the reason phrase
    /// has a control in it.
    Status,
}

/// The response head at the beginning of `input`, which is everything that has arrived and is not
/// consumed yet, in answer to a request with `method`.
///
/// # Errors
///
/// What is wrong with the head; the connection is to be closed.
pub fn parse_response<'b>(
    input: &'b [u8],
    method: Method<'_>,
    limits: &Limits,
) -> Result<Parsed<Response<'b>>, ResponseError> {
    resume_response(&mut HeadScan::new(), input, method, limits)
}

/// Like [`parse_response`], for a head of which a part was there before; see
/// [`crate::resume_request`].
///
/// # Errors
///
/// Like [`parse_response`].
pub fn resume_response<'b>(
    scan: &mut HeadScan,
    input: &'b [u8],
    method: Method<'_>,
    limits: &Limits,
) -> Result<Parsed<Response<'b>>, ResponseError> {
    // An empty line before a request is an old mistake of clients; before a response it is a
    // remainder of something else.
    if input.starts_with(b"\r") {
        return Err(HeadError::StartLine.into());
    }
    let Some(place) = scan.head(input, limits)? else {
        return Ok(Parsed::Partial);
    };
    let head = parse_head(input, place, method, limits)?;
    let consumed = place.end;
    Ok(Parsed::Complete { head, consumed })
}

/// Parses a head that is complete, ends in its first empty line and has no bare line feed.
fn parse_head<'b>(
    input: &'b [u8],
    place: HeadPlace,
    method: Method<'_>,
    limits: &Limits,
) -> Result<Response<'b>, ResponseError> {
    let mut scratch = [const { MaybeUninit::uninit() }; HEADER_FIELDS_CAP];
    let mut parsed = httparse::Response::new(&mut []);
    let outcome = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut parsed,
        place.head(input),
        &mut scratch,
    );
    let (version, code) = match (outcome, parsed.version, parsed.code) {
        (Ok(httparse::Status::Complete(_)), Some(version), Some(code)) => (version, code),
        (Ok(_), ..) => return Err(HeadError::LineEnd.into()),
        (Err(error), ..) => return Err(refusal(error)),
    };
    let version = match version {
        0 => Version::Http10,
        _ => Version::Http11,
    };
    let status = StatusCode::new(code).ok_or(ResponseError::Status)?;
    let mut fields = Fields::new(place.field_section(input));
    fields.find_known(parsed.headers)?;
    let framing = framing(method, status, framing::declared(version, &fields)?);
    if let ResponseFraming::Body(BodyFraming::Length(length)) = framing
        && length > limits.body_bytes_max
    {
        return Err(HeadError::BodyTooLarge.into());
    }
    Ok(Response {
        version,
        status,
        reason: parsed.reason.unwrap_or_default(),
        framing,
        persistence: match framing {
            ResponseFraming::Body(_) => framing::persistence(version, &fields)?,
            ResponseFraming::UntilClose | ResponseFraming::Tunnel => Persistence::Close,
        },
        fields,
    })
}

/// RFC 9112 §6.3, rules 1, 2, 4 and 6 to 8; the others are [`framing::declared`]'s.
fn framing(
    method: Method<'_>,
    status: StatusCode,
    declared: Option<BodyFraming>,
) -> ResponseFraming {
    if status == StatusCode::SWITCHING_PROTOCOLS || method == Method::Connect && status.is_success()
    {
        return ResponseFraming::Tunnel;
    }
    if method == Method::Head || status.is_bodiless() {
        return ResponseFraming::Body(BodyFraming::None);
    }
    declared.map_or(ResponseFraming::UntilClose, ResponseFraming::Body)
}

/// What httparse's verdict on a complete head means.
fn refusal(error: httparse::Error) -> ResponseError {
    match error {
        httparse::Error::Version => ResponseError::Version,
        httparse::Error::Status | httparse::Error::Token => ResponseError::Status,
        httparse::Error::HeaderName => HeadError::FieldName.into(),
        httparse::Error::HeaderValue => HeadError::FieldValue.into(),
        httparse::Error::TooManyHeaders => HeadError::TooManyFields.into(),
        httparse::Error::NewLine => HeadError::LineEnd.into(),
    }
}

impl From<HeadError> for ResponseError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => error.fmt(f),
            Self::Version => f.write_str("the status line does not begin with HTTP/1.0 or 1.1"),
            Self::Status => f.write_str("the status line has no status code from 100 to 599"),
        }
    }
}

impl core::error::Error for ResponseError {}
