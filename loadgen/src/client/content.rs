//! Checking content: how much came, and whether it is what it should be.

use std::sync::OnceLock;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::plan::request::RequestTemplate;
use crate::plan::verify::{Content, Verification};
use crate::record::ErrorKind;

/// A SHA-256 digest.
type ContentDigest = [u8; 32];

/// First replies, of all threads: the first thread to have one sets the measure for all.
#[derive(Debug, Default)]
pub(crate) struct ContentCheck {
    /// By origin and request, in the order of the mixes.
    first: Vec<(String, OnceLock<ContentDigest>)>,
}

/// The content of the response under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct ContentTally {
    bytes: u64,
    hash: Option<Sha256>,
}

impl ContentTally {
    pub(crate) fn add(&mut self, piece: &[u8], hashes: bool) {
        self.bytes += piece.len() as u64;
        if hashes {
            self.hash.get_or_insert_default().update(piece);
        }
    }

    fn digest(self) -> ContentDigest {
        self.hash.unwrap_or_default().finalize().into()
    }
}

impl ContentCheck {
    /// For these requests, told apart by their labels.
    pub(crate) fn new(labels: impl Iterator<Item = String>) -> ContentCheck {
        ContentCheck {
            first: labels.map(|label| (label, OnceLock::new())).collect(),
        }
    }

    /// What is wrong with the content of a complete response, if anything is.
    pub(crate) fn mismatch(
        &self,
        verification: &Verification,
        template: &RequestTemplate,
        image: Option<&Bytes>,
        tally: ContentTally,
    ) -> Option<(ErrorKind, String)> {
        // A response to HEAD has no content to be wrong.
        if template.is_head {
            return None;
        }
        if let Some(length) = verification.length
            && tally.bytes != length
        {
            let what = format!("{} bytes of content instead of {length}", tally.bytes);
            return Some((ErrorKind::Length, what));
        }
        match &verification.content {
            Content::Any => None,
            Content::FirstReply => {
                let (_, first) = self
                    .first
                    .iter()
                    .find(|(label, _)| *label == template.label)?;
                let digest = tally.digest();
                let wanted = first.get_or_init(|| digest);
                differs(&digest, wanted, "the first reply")
            }
            Content::Manifest(manifest) => {
                let target = image.and_then(|image| target_of(image))?;
                let path = target.split(['?', '#']).next().unwrap_or(target);
                match manifest.digest(path) {
                    Some(wanted) => differs(&tally.digest(), &wanted, "the manifest"),
                    None => {
                        let what = format!("the manifest has no line for {path}");
                        Some((ErrorKind::Content, what))
                    }
                }
            }
        }
    }
}

fn differs(
    digest: &ContentDigest,
    wanted: &ContentDigest,
    whose: &str,
) -> Option<(ErrorKind, String)> {
    (digest != wanted).then(|| {
        let what = format!(
            "content with SHA-256 {}…, {whose} has {}…",
            beginning(digest),
            beginning(wanted)
        );
        (ErrorKind::Content, what)
    })
}

fn beginning(digest: &ContentDigest) -> String {
    digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The request target of a rendered request: the second word.
fn target_of(image: &[u8]) -> Option<&str> {
    let target = image.split(|byte| *byte == b' ').nth(1)?;
    std::str::from_utf8(target).ok()
}
