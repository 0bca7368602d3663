//! Responses that the server makes by itself: errors, redirects, the answer to OPTIONS.

use http::{FieldName, FieldValue, ResponseHead, StatusCode};

use super::{Answered, Output, Terms};
use crate::clock::FirstLines;
use crate::page;

/// What a folder or a fixed reply can be asked for.
pub(crate) const ALLOW: FieldValue<'static> = FieldValue::from_static("GET, HEAD, OPTIONS");

const HTML: FieldValue<'static> = FieldValue::from_static("text/html; charset=utf-8");

/// A small page that says what is wrong. `route_lines`: the route's own field lines.
pub(crate) fn page(
    status: StatusCode,
    terms: &Terms,
    first_lines: &FirstLines,
    fields: &[(FieldName<'_>, FieldValue<'_>)],
    route_lines: &[u8],
    out: &mut Output,
) -> Answered {
    let content = page::error::html(status.as_u16(), status.reason());
    let buffer = out.buffer();
    terms.head(buffer, status, first_lines).pause();
    buffer.extend_from_slice(route_lines);
    let mut head = ResponseHead::resume(buffer);
    for (name, value) in fields {
        head = head.field(*name, value);
    }
    head.field(FieldName::CONTENT_TYPE, &HTML)
        .content_length(content.len() as u64)
        .end();
    if terms.head_only {
        return empty(status);
    }
    buffer.extend_from_slice(&content);
    Answered {
        status,
        content_bytes: content.len() as u64,
    }
}

/// A response without content.
pub(crate) fn bare(
    status: StatusCode,
    terms: &Terms,
    first_lines: &FirstLines,
    fields: &[(FieldName<'_>, FieldValue<'_>)],
    out: &mut Output,
) -> Answered {
    let mut head = terms.head(out.buffer(), status, first_lines);
    for (name, value) in fields {
        head = head.field(*name, value);
    }
    if !status.is_bodiless() {
        head = head.content_length(0);
    }
    head.end();
    empty(status)
}

pub(crate) fn empty(status: StatusCode) -> Answered {
    Answered {
        status,
        content_bytes: 0,
    }
}
