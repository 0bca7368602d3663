//! A response that is always the same, prepared at the start.

use bytes::Bytes;
use http::{FieldName, FieldValue, ResponseHead, StatusCode};

use super::{Answered, Output, Terms};
use crate::clock::FirstLines;
use crate::config::ReplyConfig;

/// See the module's text.
#[derive(Debug)]
pub(crate) struct FixedReply {
    status: StatusCode,
    /// The fields that do not depend on time and connection, with the empty line after them.
    fields: Vec<u8>,
    content: Bytes,
}

impl FixedReply {
    /// `extra`: the route's own field lines.
    pub(crate) fn new(config: &ReplyConfig, extra: &[u8]) -> FixedReply {
        let status = StatusCode::new(config.status).unwrap_or(StatusCode::OK);
        let mut fields = extra.to_vec();
        let mut head = ResponseHead::resume(&mut fields);
        if !status.is_bodiless() {
            if let Ok(value) = FieldValue::new(config.content_type.as_str().as_bytes()) {
                head = head.field(FieldName::CONTENT_TYPE, &value);
            }
            head = head.content_length(config.body.len() as u64);
        }
        head.end();
        FixedReply {
            status,
            fields,
            content: Bytes::from(config.body.clone().into_bytes()),
        }
    }

    pub(crate) fn answer(
        &self,
        terms: &Terms,
        first_lines: &FirstLines,
        out: &mut Output,
    ) -> Answered {
        out.reserve(self.fields.len() + Output::copied_bytes(&self.content));
        let buffer = out.buffer();
        terms.head(buffer, self.status, first_lines).pause();
        buffer.extend_from_slice(&self.fields);
        let sends_content = !terms.head_only && !self.status.is_bodiless();
        if sends_content {
            out.content(&self.content);
        }
        Answered {
            status: self.status,
            content_bytes: if sends_content {
                self.content.len() as u64
            } else {
                0
            },
        }
    }
}

#[cfg(test)]
impl FixedReply {
    /// The content, for tests of who finds it.
    pub(crate) fn content_text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}
