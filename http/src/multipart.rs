//! The content of a 206 with several parts: `multipart/byteranges` (RFC 9110 §14.6, RFC 2046
//! §5.1). It writes the bytes around the parts and knows their exact total before the first one
//! is sent; the parts themselves are the caller's. The boundary is an argument, because
//! randomness is.

use alloc::vec::Vec;

use crate::{
    decimal::decimal,
    field::{FieldName, FieldValue},
    range::{ByteRange, content_range},
    response_head::append_line,
};

/// A boundary of 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary([u8; 32]);

impl Boundary {
    /// The boundary that spells `number`, which is to be random: a part that contains its own
    /// boundary cannot be told from two parts.
    #[must_use]
    pub fn from_number(number: u128) -> Self {
        let mut digits = [0; 32];
        for (place, digit) in digits.iter_mut().rev().enumerate() {
            *digit = b"0123456789abcdef"[(number >> (4 * place) & 0xf) as usize];
        }
        Self(digits)
    }
}

/// A multipart body in the making.
#[derive(Clone, Copy, Debug)]
pub struct MultipartRanges<'a> {
    boundary: Boundary,
    part_type: &'a FieldValue<'a>,
    length: u64,
}

impl<'a> MultipartRanges<'a> {
    /// Parts of a representation of `length` bytes and of the type `part_type`.
    #[must_use]
    pub fn new(boundary: Boundary, part_type: &'a FieldValue<'a>, length: u64) -> Self {
        Self {
            boundary,
            part_type,
            length,
        }
    }

    /// The `Content-Type` of the response.
    #[must_use]
    pub fn content_type(&self) -> FieldValue<'static> {
        let mut value = b"multipart/byteranges; boundary=".to_vec();
        value.extend_from_slice(&self.boundary.0);
        FieldValue::from_own_bytes(value)
    }

    /// The `Content-Length` of a response with the parts `ranges`: all heads, all parts and the
    /// tail. Saturates, which no file that exists can make it do.
    #[must_use]
    pub fn content_length(&self, ranges: &[ByteRange]) -> u64 {
        let decimals = |value| decimal(value, &mut [0; 20]).len();
        let fixed = b"\r\n--\r\nContent-Type: \r\nContent-Range: bytes -/\r\n\r\n".len()
            + self.boundary.0.len()
            + self.part_type.as_bytes().len()
            + decimals(self.length);
        let tail = (b"\r\n----\r\n".len() + self.boundary.0.len()) as u64;
        ranges.iter().fold(tail, |total, range| {
            let head = fixed + decimals(range.first) + decimals(range.last);
            total
                .saturating_add(head as u64)
                .saturating_add(range.len())
        })
    }

    /// Appends what stands before the bytes of `range`.
    pub fn part_head(&self, range: ByteRange, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n--");
        out.extend_from_slice(&self.boundary.0);
        out.extend_from_slice(b"\r\n");
        append_line(out, FieldName::CONTENT_TYPE, self.part_type.as_bytes());
        let place = content_range(Some(range), self.length);
        append_line(out, FieldName::CONTENT_RANGE, place.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// Appends what stands after the last part.
    pub fn tail(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n--");
        out.extend_from_slice(&self.boundary.0);
        out.extend_from_slice(b"--\r\n");
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{Boundary, MultipartRanges};
    use crate::{field::FieldValue, range::ByteRange};

    fn write(multipart: &MultipartRanges<'_>, ranges: &[ByteRange], content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for range in ranges {
            multipart.part_head(*range, &mut out);
            out.extend_from_slice(&content[range.first as usize..=range.last as usize]);
        }
        multipart.tail(&mut out);
        out
    }

    /// RFC 9110 §14.6, the example's form.
    #[test]
    fn parts_stand_between_boundaries() {
        let ranges = [
            ByteRange { first: 0, last: 1 },
            ByteRange { first: 9, last: 9 },
        ];
        let part_type = FieldValue::from_static("text/plain");
        let multipart = MultipartRanges::new(Boundary::from_number(0xab), &part_type, 10);
        let boundary = "000000000000000000000000000000ab";
        assert_eq!(
            multipart.content_type().as_bytes(),
            std::format!("multipart/byteranges; boundary={boundary}").as_bytes()
        );
        let expected = std::format!(
            "\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\
             \r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 9-9/10\r\n\r\n9\
             \r\n--{boundary}--\r\n"
        );
        assert_eq!(
            write(&multipart, &ranges, b"0123456789"),
            expected.as_bytes()
        );
    }

    #[test]
    fn the_total_is_exact_at_every_number_of_digits() {
        let content = [b'x'; 1100];
        let part_type = FieldValue::from_static("application/octet-stream");
        let boundary = Boundary::from_number(u128::MAX);
        let multipart = MultipartRanges::new(boundary, &part_type, 1100);
        for last in [0, 8, 9, 10, 98, 99, 100, 998, 999, 1000, 1098] {
            let ranges = [
                ByteRange { first: last, last },
                ByteRange { first: 0, last },
                ByteRange {
                    first: last,
                    last: 1099,
                },
            ];
            for count in 1..=ranges.len() {
                let ranges = &ranges[..count];
                let written = write(&multipart, ranges, &content).len() as u64;
                assert_eq!(multipart.content_length(ranges), written, "{ranges:?}");
            }
        }
    }
}
