//! HTTP/1.1 without a socket: what the bytes mean, for servers and for clients.
//!
//! Bytes and a time go in, facts and bytes come out. Nothing here awaits, owns a socket or a
//! file, or reads a clock; the crate is `no_std`, so that is checked by the compiler. Times are
//! seconds since the Unix epoch.
//!
//! It is strict where leniency is an attack, bounded everywhere ([`Limits`]), and on the path of
//! an ordinary request it borrows and does not allocate. It refuses to know what a resource is:
//! routes, files and policies are the server's.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod accept;
mod body;
mod body_error;
mod chunk_encoder;
mod chunked;
mod coding;
mod conditional;
mod connection;
mod date;
mod decimal;
mod etag;
mod field;
mod fields;
mod framing;
mod head;
mod head_error;
mod host;
mod known_field;
mod limits;
mod method;
mod multipart;
mod path;
mod quality;
mod range;
mod request;
mod request_error;
mod request_head;
mod response;
mod response_head;
mod scan;
mod status;
mod target;
mod token;
mod version;

pub use crate::{
    accept::prefers_json,
    body::{BodyDecoder, BodyProgress, Decoded},
    body_error::BodyError,
    chunk_encoder::{CHUNK_TAIL, append_chunk, chunk_head, last_chunk},
    coding::{Coding, negotiate_coding},
    conditional::{ConditionOutcome, Validators, applicable_range, evaluate},
    connection::{
        CONTINUE, ContentUse, Exchange, Interim, Leftover, ServerConnection, ServerPhase,
    },
    date::{DATE_BYTES, format_date, parse_date},
    etag::{EntityTag, Strength, StrongTag},
    field::{FieldName, FieldValue, ForbiddenByte},
    fields::{FieldLines, Fields},
    framing::{BodyFraming, Persistence},
    head::Parsed,
    head_error::HeadError,
    host::Host,
    known_field::Field,
    limits::{HEADER_FIELDS_CAP, Limits},
    method::Method,
    multipart::{Boundary, MultipartRanges},
    path::{CanonicalPath, PATH_BYTES_MAX, PathError, SEGMENT_BYTES_MAX},
    range::{ByteRange, RangeOutcome, content_range, resolve_ranges},
    request::{Expectation, Request, parse_request, resume_request},
    request_error::RequestError,
    request_head::{InvalidRequestLine, RequestHead},
    response::{Response, ResponseError, ResponseFraming, parse_response, resume_response},
    response_head::ResponseHead,
    scan::HeadScan,
    status::StatusCode,
    target::{AbsoluteTarget, Scheme, Target},
    version::Version,
};
