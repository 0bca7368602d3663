//! Negotiating a content coding (RFC 9110 §12.5.3) between what a client accepts and what a server
//! has. Nothing here compresses.

use crate::{
    fields::Fields,
    known_field::Field,
    quality::{Quality, weighted},
    token::list_elements,
};

/// The content codings that a server can have ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Brotli (RFC 7932)
    Brotli,
    /// Zstandard (RFC 8878)
    Zstd,
    /// gzip (RFC 1952)
    Gzip,
    /// The representation as it is.
    Identity,
}

impl Coding {
    /// The name in `Content-Encoding`; an identity has none there.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// RFC 9110 §8.4.1: names are case-insensitive; `x-gzip` is `gzip`.
    fn is_named(self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(self.as_str().as_bytes())
            || self == Self::Gzip && name.eq_ignore_ascii_case(b"x-gzip")
    }
}

/// The coding to send, of those in `offered`, which is in the server's order of preference: the
/// one that the client likes best, the server's choice among equals. `None` if the client refuses
/// all of them; then a server may answer 406 or send what it has.
///
/// A client that sends no `Accept-Encoding` gets the identity: it would have to accept anything,
/// but one that does not ask often cannot read.
#[must_use]
pub fn negotiate_coding(fields: &Fields<'_>, offered: &[Coding]) -> Option<Coding> {
    let mut best = None;
    for &coding in offered {
        let quality = quality_of(coding, fields);
        if quality > best.map_or(Quality::REFUSED, |(quality, _)| quality) {
            best = Some((quality, coding));
        }
    }
    best.map(|(_, coding)| coding)
}

/// What the client says about `coding`: by name, else by `*`. An identity that neither names is
/// acceptable, but less than anything that is named.
fn quality_of(coding: Coding, fields: &Fields<'_>) -> Quality {
    let mut any = None;
    for element in fields.values(Field::AcceptEncoding).flat_map(list_elements) {
        let (name, quality) = weighted(element);
        if coding.is_named(name) {
            return quality;
        }
        if name == b"*" {
            any = any.or(Some(quality));
        }
    }
    match (any, coding) {
        (Some(Quality::REFUSED), _) => Quality::REFUSED,
        (_, Coding::Identity) => Quality::LEAST,
        (Some(quality), Coding::Brotli | Coding::Zstd | Coding::Gzip) => quality,
        (None, Coding::Brotli | Coding::Zstd | Coding::Gzip) => Quality::REFUSED,
    }
}
