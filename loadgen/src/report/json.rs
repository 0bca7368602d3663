//! The document as JSON, and back.

use serde::Deserialize;

use crate::record::report::{Document, SCHEMA};

/// Why a text is not a document.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not JSON, or something of the document is missing.
    #[error("this is not a ringload document: {0}; write one with `ringload --json FILE URL`")]
    Shape(#[from] serde_json::Error),
    /// It is of another version.
    #[error(
        "this document has the schema `{found}`, this ringload reads `{SCHEMA}`: \
         run the measurement again, or use the ringload that wrote it"
    )]
    Schema {
        /// The document's.
        found: String,
    },
}

/// A document as text, with line breaks, so that results can be read and compared by line.
pub fn render(document: &Document) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("a document has no map whose keys are not text");
    text.push('\n');
    text
}

/// A document from text. The schema is looked at first: another version's document should be
/// called that and not broken.
pub fn parse(text: &str) -> Result<Document, Unreadable> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let head: Head = serde_json::from_str(text)?;
    if head.schema != SCHEMA {
        return Err(Unreadable::Schema { found: head.schema });
    }
    Ok(serde_json::from_str(text)?)
}
