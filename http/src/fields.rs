//! The field section of a parsed head: a borrowed view that finds the fields that matter here in
//! one step and any other by walking the lines again. It keeps no table of all lines, so a head
//! costs the same however many fields nobody asks about. Combining repeated fields is left to
//! whoever knows the field.

use alloc::string::ToString;
use core::{fmt, str};

use memchr::memchr;

use crate::{
    head_error::HeadError,
    known_field::{FIELD_COUNT, Field},
    token::trim_ows,
};

/// The field lines of a head, checked when the head was parsed. Two are equal if they have the
/// same lines, whatever whitespace stands around the values.
#[derive(Clone, Copy)]
pub struct Fields<'b> {
    /// Whole lines with their CRLF, without the start line and the empty line.
    section: &'b [u8],
    /// Where in `section` the first value of each known field begins; 0, where no value can, if
    /// there is none. Offsets and not slices: a head is copied on its way up, so its size counts.
    known: [u32; FIELD_COUNT],
    /// One bit for each known field that has more lines than one.
    repeated: u16,
}

impl<'b> Fields<'b> {
    /// The view of `section`, in which no known field has been looked for.
    pub(crate) fn new(section: &'b [u8]) -> Self {
        Self {
            section,
            known: [0; FIELD_COUNT],
            repeated: 0,
        }
    }

    /// Finds the known fields among `lines`, which are those of the section as httparse has taken
    /// them apart. In place, because moving a table that was just written stalls the processor.
    ///
    /// # Errors
    ///
    /// [`HeadError::RepeatedField`] for a second line of a field that has one value.
    #[inline(always)]
    pub(crate) fn find_known(&mut self, lines: &[httparse::Header<'b>]) -> Result<(), HeadError> {
        // An offset must fit; no sane limit lets through what does not.
        if u32::try_from(self.section.len()).is_err() {
            return Err(HeadError::HeaderTooLarge);
        }
        for line in lines {
            let Some(field) = Field::from_name(line.name.as_bytes()) else {
                continue;
            };
            let offset = line.value.as_ptr().addr() - self.section.as_ptr().addr();
            match &mut self.known[field as usize] {
                slot @ 0 => *slot = offset as u32,
                _ if field.is_list() => self.repeated |= 1 << field as u16,
                _ => return Err(HeadError::RepeatedField(field)),
            }
        }
        Ok(())
    }

    /// Whether there is a line of `field`.
    #[must_use]
    #[inline]
    pub fn contains(&self, field: Field) -> bool {
        self.known[field as usize] != 0
    }

    /// The value of the first line of `field`; the only one, if the field is not a list.
    #[must_use]
    pub fn value(&self, field: Field) -> Option<&'b [u8]> {
        if !self.contains(field) {
            return None;
        }
        let rest = &self.section[self.known[field as usize] as usize..];
        let end = memchr(b'\r', rest)?;
        Some(trim_ows(&rest[..end]))
    }

    /// The values of all lines of `field`, in order.
    pub fn values(&self, field: Field) -> impl Iterator<Item = &'b [u8]> + use<'b> {
        let is_repeated = self.repeated & (1 << field as u16) != 0;
        let (first, lines) = match is_repeated {
            false => (self.value(field), &[][..]),
            true => (None, self.section),
        };
        first
            .into_iter()
            .chain(FieldLines::new(lines).named(field.as_str()))
    }

    /// The values of all lines whose name is `name`, without regard to case, in order.
    pub fn values_named<'n>(&self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + use<'b, 'n> {
        FieldLines::new(self.section).named(name)
    }

    /// All lines, in order: name as written and value without whitespace at its ends.
    #[must_use]
    pub fn lines(&self) -> FieldLines<'b> {
        FieldLines::new(self.section)
    }
}

impl PartialEq for Fields<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.lines().eq(other.lines())
    }
}

impl Eq for Fields<'_> {}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lossless = |value: &[u8]| value.escape_ascii().to_string();
        f.debug_map()
            .entries(self.lines().map(|(name, value)| (name, lossless(value))))
            .finish()
    }
}

/// Iterator over the lines of a section that is known to be well formed.
#[derive(Clone, Debug)]
pub struct FieldLines<'b> {
    rest: &'b [u8],
}

impl<'b> FieldLines<'b> {
    pub(crate) fn new(section: &'b [u8]) -> Self {
        Self { rest: section }
    }

    fn named<'n>(self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + use<'b, 'n> {
        self.filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

impl<'b> Iterator for FieldLines<'b> {
    type Item = (&'b str, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let feed = memchr(b'\n', self.rest)?;
        let line = &self.rest[..feed];
        self.rest = &self.rest[feed + 1..];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let colon = memchr(b':', line)?;
        let name = str::from_utf8(&line[..colon]).ok()?;
        Some((name, trim_ows(&line[colon + 1..])))
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec::Vec};

    use super::{FieldLines, Fields};
    use crate::{
        head_error::HeadError,
        known_field::{Field, tests::ALL},
    };

    fn parse(section: &[u8]) -> Result<Fields<'_>, HeadError> {
        let mut lines = [httparse::EMPTY_HEADER; 16];
        let with_end = [section, b"\r\n"].concat();
        let (_, parsed) = httparse::parse_headers(&with_end, &mut lines)
            .unwrap()
            .unwrap();
        // The lines must point into `section`, so their places are carried over.
        let base = with_end.as_ptr().addr();
        let moved: Vec<_> = parsed
            .iter()
            .map(|line| {
                let begin = line.value.as_ptr().addr() - base;
                let name_begin = line.name.as_ptr().addr() - base;
                let name = &section[name_begin..name_begin + line.name.len()];
                httparse::Header {
                    name: core::str::from_utf8(name).unwrap(),
                    value: &section[begin..begin + line.value.len()],
                }
            })
            .collect();
        let mut fields = Fields::new(section);
        fields.find_known(&moved)?;
        Ok(fields)
    }

    #[test]
    fn known_fields_are_found_between_others_and_in_any_case() {
        for field in ALL {
            let name = field.as_str().to_ascii_uppercase();
            let section = format!("x: 1\r\n{name}:\t a b \r\ny: 2\r\n");
            let fields = parse(section.as_bytes()).unwrap();
            assert_eq!(fields.value(field), Some(&b"a b"[..]), "{name}");
            assert_eq!(fields.values(field).count(), 1);
            let others = ALL.iter().filter(|other| **other != field);
            assert!(others.copied().all(|other| !fields.contains(other)));
        }
    }

    /// RFC 9110 §5.3: only fields that are lists may be sent on several lines.
    #[test]
    fn lists_are_collected_and_single_values_refused_when_repeated() {
        for field in ALL {
            let section = format!("{field}: 1\r\nx:\r\n{field}:\r\n{field}: 2\r\n");
            match parse(section.as_bytes()) {
                Ok(fields) => {
                    assert!(field.is_list(), "{field}");
                    assert_eq!(fields.value(field), Some(&b"1"[..]));
                    let values: Vec<_> = fields.values(field).collect();
                    assert_eq!(values, [&b"1"[..], b"", b"2"]);
                }
                Err(error) => {
                    assert!(!field.is_list(), "{field}");
                    assert_eq!(error, HeadError::RepeatedField(field));
                }
            }
        }
    }

    #[test]
    fn lines_come_in_order_with_names_as_written() {
        let fields = parse(b"A: 1\r\nb:\r\na:\xff\r\n").unwrap();
        let lines: Vec<_> = fields.lines().collect();
        assert_eq!(
            lines,
            [("A", &b"1"[..]), ("b", &b""[..]), ("a", &b"\xff"[..])]
        );
        assert_eq!(fields.values_named("A").count(), 2);
        assert_eq!(fields.values(Field::Host).count(), 0);
        assert_eq!(FieldLines::new(b"").count(), 0);
        assert_eq!(
            format!("{fields:?}"),
            r#"{"A": "1", "b": "", "a": "\\xff"}"#
        );
    }
}
