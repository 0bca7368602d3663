//! Numbers as formulas and flags write them: `42`, `1.5`, `64Ki`, `1Gi`, `1e6`, `1_000_000`.

/// Binary multiples.
const MULTIPLES: [(&str, f64); 4] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
];

/// The number that the whole of `text` spells, if it spells one.
pub fn number(text: &str) -> Option<f64> {
    let starts_well = text.starts_with(|first: char| first.is_ascii_digit());
    if !starts_well {
        return None;
    }
    let (digits, factor) = MULTIPLES
        .iter()
        .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)))
        .unwrap_or((text, 1.0));
    let plain = digits.replace('_', "");
    let value: f64 = plain.parse().ok()?;
    Some(value * factor).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_its_value() {
        for (text, value) in [
            ("42", 42.0),
            ("1.5", 1.5),
            ("64Ki", 65_536.0),
            ("4Mi", 4_194_304.0),
            ("1e6", 1_000_000.0),
            ("2.5e+2", 250.0),
            ("1_000_000", 1_000_000.0),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "x", "-1", "1KB", "1e", "Ki", "inf", "nan", "1e999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
