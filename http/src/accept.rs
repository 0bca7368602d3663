//! The little of `Accept` (RFC 9110 §12.5.1) that a directory listing needs: whether a client
//! would rather have JSON than HTML. Full media type negotiation is refused.

use crate::{
    fields::Fields,
    known_field::Field,
    quality::{Quality, weighted},
    token::list_elements,
};

/// Whether the client likes `application/json` better than `text/html`. A browser, which sends
/// `text/html`, and a client that takes anything do not.
#[must_use]
pub fn prefers_json(fields: &Fields<'_>) -> bool {
    quality_of(fields, "application", "json") > quality_of(fields, "text", "html")
}

/// The weight of the most specific range that covers the type.
fn quality_of(fields: &Fields<'_>, main: &str, sub: &str) -> Quality {
    let mut best = (Specificity::None, Quality::REFUSED);
    for element in fields.values(Field::Accept).flat_map(list_elements) {
        let (range, quality) = weighted(element);
        let specificity = Specificity::of(range, main, sub);
        if specificity > best.0 {
            best = (specificity, quality);
        }
    }
    best.1
}

/// How closely a media range fits a type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    None,
    Any,
    Main,
    Exact,
}

impl Specificity {
    fn of(range: &[u8], main: &str, sub: &str) -> Self {
        let Some(slash) = range.iter().position(|&byte| byte == b'/') else {
            return Self::None;
        };
        let (range_main, range_sub) = (&range[..slash], &range[slash + 1..]);
        let is_main = range_main.eq_ignore_ascii_case(main.as_bytes());
        if is_main && range_sub.eq_ignore_ascii_case(sub.as_bytes()) {
            Self::Exact
        } else if is_main && range_sub == b"*" {
            Self::Main
        } else if range == b"*/*" {
            Self::Any
        } else {
            Self::None
        }
    }
}
