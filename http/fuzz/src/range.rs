//! Ranges. The first byte of an input chooses the length of the representation.

use http::{
    Boundary, ByteRange, FieldValue, Limits, MultipartRanges, RangeOutcome, content_range,
    resolve_ranges,
};

/// Checks one `Range` value.
///
/// # Panics
///
/// If what must hold does not.
pub fn check_range(data: &[u8]) {
    let [length, value @ ..] = data else {
        return;
    };
    let length = match length {
        0xff => u64::MAX,
        0xfe => 1 << 40,
        small => u64::from(*small),
    };
    let limits = Limits::default();
    let parts = match resolve_ranges(value, length, &limits) {
        RangeOutcome::Whole | RangeOutcome::Unsatisfiable => return,
        RangeOutcome::Single(part) => vec![part],
        RangeOutcome::Several(parts) => {
            assert!((2..=limits.range_parts_max).contains(&parts.len()));
            parts
        }
    };
    let mut sorted = parts.clone();
    sorted.sort_by_key(|part| part.first);
    for part in &sorted {
        assert!(
            part.first <= part.last && part.last < length,
            "{part:?} of {length}"
        );
    }
    for pair in sorted.windows(2) {
        assert!(pair[0].last + 1 < pair[1].first, "{pair:?} touch");
    }
    exact_length(&parts, length);
    again(&parts, length, &limits);
}

/// The length that is announced is the length of what is sent.
fn exact_length(parts: &[ByteRange], length: u64) {
    let part_type = FieldValue::from_static("a/b");
    let multipart = MultipartRanges::new(Boundary::from_number(7), &part_type, length);
    let mut framing = Vec::new();
    for part in parts {
        multipart.part_head(*part, &mut framing);
        assert!(
            content_range(Some(*part), length)
                .as_bytes()
                .starts_with(b"bytes ")
        );
    }
    multipart.tail(&mut framing);
    let content = parts
        .iter()
        .map(ByteRange::len)
        .fold(0, u64::saturating_add);
    let total = content.saturating_add(framing.len() as u64);
    assert_eq!(multipart.content_length(parts), total);
}

/// What was resolved, written as a field, is resolved to itself.
fn again(parts: &[ByteRange], length: u64, limits: &Limits) {
    let written: Vec<_> = parts
        .iter()
        .map(|part| format!("{}-{}", part.first, part.last))
        .collect();
    let value = format!("bytes={}", written.join(","));
    let expected = match parts {
        [part] => RangeOutcome::Single(*part),
        parts => RangeOutcome::Several(parts.to_vec()),
    };
    assert_eq!(resolve_ranges(value.as_bytes(), length, limits), expected);
}
