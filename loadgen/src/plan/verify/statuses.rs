//! Sets of status codes: `200`, `2xx`, `200-204`, several with commas.

use std::fmt;
use std::str::FromStr;

/// Three-digit status codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet {
    /// One bit per code.
    bits: [u64; 16],
}

/// Why a text is not a set of statuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\" is no status; write 200, 2xx or 200-204, several with commas", .0.escape_debug())]
pub struct StatusText(String);

impl StatusSet {
    /// Whether the set has this code.
    pub fn contains(&self, status: u16) -> bool {
        self.bits
            .get(usize::from(status / 64))
            .is_some_and(|word| word >> (status % 64) & 1 == 1)
    }

    fn add(&mut self, first: u16, last: u16) {
        for status in first..=last {
            self.bits[usize::from(status / 64)] |= 1 << (status % 64);
        }
    }
}

impl Default for StatusSet {
    /// 200 to 399.
    fn default() -> StatusSet {
        let mut set = StatusSet { bits: [0; 16] };
        set.add(200, 399);
        set
    }
}

impl FromStr for StatusSet {
    type Err = StatusText;

    fn from_str(text: &str) -> Result<StatusSet, StatusText> {
        let mut set = StatusSet { bits: [0; 16] };
        for part in text.split(',') {
            let (first, last) =
                parse_range(part.trim()).ok_or_else(|| StatusText(part.to_owned()))?;
            set.add(first, last);
        }
        Ok(set)
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut status = 100;
        while status < 1000 {
            let mut end = status;
            while end < 1000 && self.contains(end) {
                end += 1;
            }
            match end - status {
                0 => {}
                1 => write!(f, "{separator}{status}")?,
                _ => write!(f, "{separator}{status}-{}", end - 1)?,
            }
            if end > status {
                separator = ",";
            }
            status = end + 1;
        }
        Ok(())
    }
}

fn parse_range(text: &str) -> Option<(u16, u16)> {
    if let Some(class) = text.strip_suffix("xx") {
        let class: u16 = class.parse().ok()?;
        return (1..=9)
            .contains(&class)
            .then_some((class * 100, class * 100 + 99));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (100 <= first && first <= last && last <= 999).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_and_shown() {
        for (text, shown) in [
            ("200", "200"),
            ("2xx", "200-299"),
            ("200,204, 301-302", "200,204,301-302"),
            ("5xx,499", "499-599"),
            ("100-999", "100-999"),
        ] {
            let set: StatusSet = text.parse().expect(text);
            assert_eq!(set.to_string(), shown);
        }
        for wrong in ["", "20", "2x", "300-200", "1000", "0xx", "200;201", "-1"] {
            assert!(wrong.parse::<StatusSet>().is_err(), "{wrong}");
        }
        assert!(!StatusSet::default().contains(u16::MAX));
    }
}
