//! Fields that a response must have: `ETag`, `Content-Type: text/html`.

use std::str::FromStr;

use http::{FieldName, FieldValue, Fields};

/// A field that must be there, with this value where one is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedField {
    name: String,
    value: Option<String>,
}

/// Why a text is not an expected field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\" is neither \"Name\" nor \"Name: value\"", .0.escape_debug())]
pub struct FieldText(String);

impl ExpectedField {
    /// What is wrong, if no line of the field is as expected.
    pub(super) fn mismatch(&self, fields: &Fields<'_>) -> Option<String> {
        let mut found = fields.values_named(&self.name).peekable();
        let Some(first) = found.peek().copied() else {
            return Some(format!("no {}", self.name));
        };
        let wanted = self.value.as_ref()?;
        if found.any(|value| value == wanted.as_bytes()) {
            return None;
        }
        let first = first.escape_ascii();
        Some(format!("{}: {first} instead of {wanted}", self.name))
    }
}

impl FromStr for ExpectedField {
    type Err = FieldText;

    fn from_str(text: &str) -> Result<ExpectedField, FieldText> {
        let wrong = || FieldText(text.to_owned());
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value.trim_matches([' ', '\t']).to_owned())),
            None => (text, None),
        };
        FieldName::new(name).ok_or_else(wrong)?;
        if let Some(value) = &value {
            FieldValue::new(value.as_bytes()).map_err(|_| wrong())?;
        }
        let name = name.to_owned();
        Ok(ExpectedField { name, value })
    }
}
