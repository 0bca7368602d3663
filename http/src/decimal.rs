//! Decimal and hexadecimal digits without allocation and without the machinery of `core::fmt`,
//! which costs more than the rest of a response head.

/// The decimal digits of `value`, at the end of `scratch`.
pub(crate) fn decimal(mut value: u64, scratch: &mut [u8; 20]) -> &[u8] {
    let mut at = scratch.len();
    loop {
        at -= 1;
        scratch[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return &scratch[at..];
        }
    }
}

/// The lower-case hexadecimal digits of `value`, at the end of `scratch`.
pub(crate) fn hexadecimal(mut value: u64, scratch: &mut [u8; 16]) -> &[u8] {
    let mut at = scratch.len();
    loop {
        at -= 1;
        scratch[at] = b"0123456789abcdef"[(value & 0xf) as usize];
        value >>= 4;
        if value == 0 {
            return &scratch[at..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decimal, hexadecimal};

    #[test]
    fn the_ends_and_the_middle() {
        for value in [0, 1, 9, 10, 15, 16, 65_535, u64::MAX] {
            let expected = std::format!("{value}");
            assert_eq!(decimal(value, &mut [0; 20]), expected.as_bytes());
            let expected = std::format!("{value:x}");
            assert_eq!(hexadecimal(value, &mut [0; 16]), expected.as_bytes());
        }
    }
}
