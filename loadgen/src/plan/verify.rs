//! What a response must be to count as good.
//!
//! A load that is answered quickly and wrongly measures nothing. Status, length and fields are
//! looked at in the head; content is compared by its SHA-256, with the first reply to the same
//! request or with a manifest.

mod fields;
mod manifest;
mod statuses;

use std::sync::Arc;

use crate::record::ErrorKind;

pub use fields::{ExpectedField, FieldText};
pub use manifest::{MANIFEST_BYTES_MAX, Manifest, ManifestError};
pub use statuses::{StatusSet, StatusText};

/// What a response must be; the default takes any 2xx and 3xx.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Statuses that count as good.
    pub statuses: StatusSet,
    /// Bytes of content.
    pub length: Option<u64>,
    /// Fields that must be there.
    pub fields: Vec<ExpectedField>,
    /// What the content must be.
    pub content: Content,
}

/// What the content of a response must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Anything: it is counted and not looked at.
    #[default]
    Any,
    /// The same as that of the first reply to the same request.
    FirstReply,
    /// What the manifest says of the path.
    Manifest(Arc<Manifest>),
}

impl Verification {
    /// Whether nothing beyond the status is looked at.
    pub fn is_plain(&self) -> bool {
        self.length.is_none() && self.fields.is_empty() && self.content == Content::Any
    }

    /// Whether a status counts as good.
    pub fn status_is_expected(&self, status: u16) -> bool {
        self.statuses.contains(status)
    }

    /// What is wrong with a head, in words, if anything is. Length and content are for whoever
    /// sees the content.
    pub fn head_mismatch(&self, response: &http::Response<'_>) -> Option<(ErrorKind, String)> {
        let status = response.status.as_u16();
        if !self.status_is_expected(status) {
            let what = format!("status {status} instead of {}", self.statuses);
            return Some((ErrorKind::Status, what));
        }
        self.fields
            .iter()
            .find_map(|field| field.mismatch(&response.fields))
            .map(|what| (ErrorKind::Header, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mismatch(verification: &Verification, head: &[u8]) -> Option<(ErrorKind, String)> {
        let parsed = http::parse_response(head, http::Method::Get, &http::Limits::default());
        let Ok(http::Parsed::Complete { head, .. }) = parsed else {
            panic!("{parsed:?}");
        };
        verification.head_mismatch(&head)
    }

    #[test]
    fn the_default_takes_success_and_redirection() {
        let default = Verification::default();
        assert!(default.is_plain());
        for status in 100..1000 {
            assert_eq!(
                default.status_is_expected(status),
                (200..400).contains(&status),
                "{status}"
            );
        }
        let (kind, what) = mismatch(&default, b"HTTP/1.1 404 Not Found\r\n\r\n").expect("wrong");
        assert_eq!(kind, ErrorKind::Status);
        assert_eq!(what, "status 404 instead of 200-399");
    }

    #[test]
    fn fields_are_told_apart_by_presence_and_by_value() {
        let field = |text: &str| text.parse::<ExpectedField>().expect(text);
        let verification = Verification {
            fields: vec![field("ETag"), field("Content-Type: text/html")],
            ..Verification::default()
        };
        assert!(!verification.is_plain());
        let good = b"HTTP/1.1 200 OK\r\netag: \"1\"\r\nContent-type:  text/html \r\n\r\n";
        assert_eq!(mismatch(&verification, good), None);
        for (head, says) in [
            (
                &b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"[..],
                "no ETag",
            ),
            (
                b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Type: text/css\r\n\r\n",
                "Content-Type: text/css instead of text/html",
            ),
        ] {
            let (kind, what) = mismatch(&verification, head).expect("wrong");
            assert_eq!((kind, &*what), (ErrorKind::Header, says));
        }
    }
}
