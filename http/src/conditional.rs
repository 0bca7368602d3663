//! Conditional requests (RFC 9110 §13): the five `If-*` fields in the order that §13.2.2
//! prescribes, against the validators of the representation that would be sent. Ask only when the
//! response without conditions would be a 2xx (§13.2.1).

use crate::{
    date::parse_date, etag::EntityTag, fields::Fields, known_field::Field, method::Method,
    request::Request,
};

/// The validators of the current representation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Validators<'a> {
    /// What the `ETag` field of the response would say.
    pub etag: Option<EntityTag<'a>>,
    /// What the `Last-Modified` field of the response would say, in seconds since the epoch.
    pub last_modified: Option<u64>,
}

/// What the conditions demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionOutcome {
    /// Answer as if there were no conditions.
    Proceed,
    /// Answer 304.
    NotModified,
    /// Answer 412.
    PreconditionFailed,
}

/// Evaluates the conditions of `request` but `If-Range`, in the order of RFC 9110 §13.2.2. `now`
/// is in seconds since the epoch and only places two-digit years.
#[must_use]
pub fn evaluate(request: &Request<'_>, current: &Validators<'_>, now: u64) -> ConditionOutcome {
    let fields = &request.fields;
    let date = |field| parse_date(fields.value(field)?, now);

    // Steps 1 and 2. A malformed If-Match names no tag and so does not hold; a malformed date is
    // ignored, as is one against a representation without a date (§13.1.4).
    let may_act = if fields.value(Field::IfMatch).is_some() {
        any_match(fields, Field::IfMatch, current, |tag, current| {
            tag.strong_eq(current)
        })
    } else {
        match (date(Field::IfUnmodifiedSince), current.last_modified) {
            (Some(date), Some(last_modified)) => last_modified <= date,
            (None, _) | (_, None) => true,
        }
    };
    if !may_act {
        return ConditionOutcome::PreconditionFailed;
    }

    // Steps 3 and 4.
    let is_read = matches!(request.method, Method::Get | Method::Head);
    if fields.value(Field::IfNoneMatch).is_some() {
        return match any_match(fields, Field::IfNoneMatch, current, |tag, current| {
            tag.weak_eq(current)
        }) {
            false => ConditionOutcome::Proceed,
            true if is_read => ConditionOutcome::NotModified,
            true => ConditionOutcome::PreconditionFailed,
        };
    }
    match (date(Field::IfModifiedSince), current.last_modified) {
        (Some(date), Some(last_modified)) if is_read && last_modified <= date => {
            ConditionOutcome::NotModified
        }
        (Some(_) | None, _) => ConditionOutcome::Proceed,
    }
}

/// Step 5: the value of the `Range` field, if it is to be honored. `None` if there is none, if the
/// method is not GET (RFC 9110 §14.2), or if `If-Range` does not hold.
///
/// A date holds if it is exactly the representation's and older than `now`: within its second a
/// file can change twice, so it would be a weak validator (§13.1.5, §8.8.2.2).
#[must_use]
pub fn applicable_range<'b>(
    request: &Request<'b>,
    current: &Validators<'_>,
    now: u64,
) -> Option<&'b [u8]> {
    let range = request.fields.value(Field::Range)?;
    if request.method != Method::Get {
        return None;
    }
    let Some(condition) = request.fields.value(Field::IfRange) else {
        return Some(range);
    };
    let holds = match EntityTag::parse(condition) {
        Some(tag) => current.etag.is_some_and(|current| tag.strong_eq(&current)),
        None => parse_date(condition, now)
            .is_some_and(|date| current.last_modified == Some(date) && date < now),
    };
    holds.then_some(range)
}

/// Whether `field` is `*` or lists the current tag.
fn any_match(
    fields: &Fields<'_>,
    field: Field,
    current: &Validators<'_>,
    equal: fn(&EntityTag<'_>, &EntityTag<'_>) -> bool,
) -> bool {
    if fields.value(field) == Some(b"*") {
        return true;
    }
    let Some(current) = current.etag else {
        return false;
    };
    fields
        .values(field)
        .flat_map(EntityTag::parse_list)
        .any(|tag| equal(&tag, &current))
}
