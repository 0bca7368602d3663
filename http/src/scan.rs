//! Finds where a head ends, looking at each byte once however slowly it arrives, and enforces
//! every limit that is counted in bytes and lines. It refuses bare line feeds; what the lines say
//! is the parsers' business.
//!
//! The answer depends on the bytes alone and not on how they were cut: errors are found in stream
//! order, so a head that arrives byte by byte fails with the same error as one that is there
//! whole.

use memchr::memchr_iter;

use crate::{head_error::HeadError, limits::Limits, token::is_token_byte};

/// How far into an incomplete head the search has come. Keep one per connection while a head is
/// incomplete, hand it in again with the same bytes and what came after them, and start a new one
/// for the next head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadScan {
    /// Where the start line begins: 0, or 2 after an empty line.
    start: usize,
    /// Where the line after the start line begins, once that is complete.
    fields_start: usize,
    /// Where the current line begins.
    line_start: usize,
    /// Bytes that need not be looked at again.
    scanned: usize,
    /// Complete lines, the start line included.
    lines: usize,
}

/// Where in the input a complete head lies, an empty line before it excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadPlace {
    /// The first byte of the start line.
    start: usize,
    /// The first byte after the start line.
    fields_start: usize,
    /// The first byte after the head.
    pub(crate) end: usize,
}

impl HeadPlace {
    /// The whole head.
    pub(crate) fn head<'b>(&self, input: &'b [u8]) -> &'b [u8] {
        &input[self.start..self.end]
    }

    /// The field lines, without the empty line at the end.
    pub(crate) fn field_section<'b>(&self, input: &'b [u8]) -> &'b [u8] {
        &input[self.fields_start..self.end - b"\r\n".len()]
    }
}

impl HeadScan {
    /// A search that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            start: 0,
            fields_start: 0,
            line_start: 0,
            scanned: 0,
            lines: 0,
        }
    }

    /// Goes on with the search. `input` begins where it began the last time and is at least as
    /// long. The answer is where the head lies; `None` when it is incomplete.
    pub(crate) fn head(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Option<HeadPlace>, HeadError> {
        // RFC 9112 §2.2: "a server that is expecting to receive and parse a request-line SHOULD
        // ignore at least one empty line (CRLF) received prior to the request-line".
        if self.start == 0 && self.lines == 0 && input.starts_with(b"\r\n") {
            self.start = 2;
            self.line_start = 2;
            self.scanned = 2;
        }
        match input.get(self.start) {
            None => return Ok(None),
            Some(b'\r') if self.start == 0 && input.len() == 1 => return Ok(None),
            Some(&first) if !is_token_byte(first) => return Err(HeadError::StartLine),
            Some(_) => {}
        }

        let unseen = self.scanned;
        for offset in memchr_iter(b'\n', &input[unseen..]) {
            let feed = unseen + offset;
            let line_bytes = (feed - self.line_start).saturating_sub(1);
            if self.lines == 0 && line_bytes > limits.request_line_bytes_max {
                return Err(HeadError::StartLineTooLong);
            }
            if feed + 1 - self.start > limits.header_bytes_max {
                return Err(HeadError::HeaderTooLarge);
            }
            if feed == self.line_start || input[feed - 1] != b'\r' {
                return Err(HeadError::BareLineFeed);
            }
            if line_bytes == 0 {
                return Ok(Some(HeadPlace {
                    start: self.start,
                    fields_start: self.fields_start,
                    end: feed + 1,
                }));
            }
            if self.lines > limits.header_fields_max {
                return Err(HeadError::TooManyFields);
            }
            if self.lines == 0 {
                self.fields_start = feed + 1;
            }
            self.lines += 1;
            self.line_start = feed + 1;
        }

        self.scanned = input.len();
        // The CR at the end of what is there may belong to the line's end, hence the one more.
        if self.lines == 0 && input.len() - self.start > limits.request_line_bytes_max + 1 {
            return Err(HeadError::StartLineTooLong);
        }
        if input.len() - self.start >= limits.header_bytes_max {
            return Err(HeadError::HeaderTooLarge);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec::Vec};

    use super::HeadScan;
    use crate::{head_error::HeadError, limits::Limits};

    type Answer = Result<Option<(usize, usize, usize)>, HeadError>;

    fn go_on(scan: &mut HeadScan, input: &[u8], limits: &Limits) -> Answer {
        let place = scan.head(input, limits)?;
        Ok(place.map(|place| (place.start, place.fields_start, place.end)))
    }

    fn whole(input: &[u8], limits: &Limits) -> Answer {
        go_on(&mut HeadScan::new(), input, limits)
    }

    fn byte_by_byte(input: &[u8], limits: &Limits) -> Answer {
        let mut scan = HeadScan::new();
        for end in 0..input.len() {
            match go_on(&mut scan, &input[..end], limits) {
                Ok(None) => {}
                decided => return decided,
            }
        }
        go_on(&mut scan, input, limits)
    }

    #[test]
    fn limits_are_inclusive_and_found_at_the_same_byte_however_the_head_is_cut() {
        let limits = Limits {
            request_line_bytes_max: 10,
            header_bytes_max: 30,
            header_fields_max: 2,
            ..Limits::default()
        };
        let cases: [(&str, Answer); 12] = [
            ("0123456789\r\n\r\n", Ok(Some((0, 12, 14)))),
            ("0123456789a\r\n\r\n", Err(HeadError::StartLineTooLong)),
            ("0123456789a", Ok(None)),
            ("0123456789ab", Err(HeadError::StartLineTooLong)),
            ("\r\n0123456789\r\n\r\n", Ok(Some((2, 14, 16)))),
            ("\r\n\r\n", Err(HeadError::StartLine)),
            ("\n", Err(HeadError::StartLine)),
            ("a\r\nb\r\nc\r\n\r\n", Ok(Some((0, 3, 11)))),
            ("a\r\nb\r\nc\r\nd\r\n\r\n", Err(HeadError::TooManyFields)),
            ("a\r\nb\nc\r\n\r\n", Err(HeadError::BareLineFeed)),
            ("a\r\n\n", Err(HeadError::BareLineFeed)),
            (
                "0123456789\r\n23456789012345\r\n\r\n",
                Ok(Some((0, 12, 30))),
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(whole(input.as_bytes(), &limits), expected, "{input:?}");
            assert_eq!(
                byte_by_byte(input.as_bytes(), &limits),
                expected,
                "{input:?}"
            );
        }
        let large = format!("a\r\n{}", "b".repeat(27));
        let error = Err(HeadError::HeaderTooLarge);
        assert_eq!(byte_by_byte(large.as_bytes(), &limits), error);
        assert_eq!(
            whole(b"0123456789\r\n234567890123456\r\n\r\n", &limits),
            error
        );
    }

    /// A byte is looked at once: a head of n bytes that arrives byte by byte costs O(n).
    #[test]
    fn a_slow_head_is_not_looked_at_twice() {
        let mut scan = HeadScan::new();
        let mut input = Vec::from(&b"GET / HTTP/1.1\r\nx: "[..]);
        for _ in 0..100 {
            input.push(b'y');
            assert_eq!(scan.head(&input, &Limits::default()), Ok(None));
            assert_eq!(scan.scanned, input.len());
        }
    }
}
