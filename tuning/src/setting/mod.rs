//! The value of a knob: numbers, a word, ports or a mask, read from the kernel's spelling and
//! written back in it.
//!
//! Two spellings of one value are one value here (tabs or blanks, ports in any order), so a
//! comparison never sees a difference that the kernel does not. What an operation makes of a
//! current and a wanted value is decided here and nowhere else.

mod ports;

use std::fmt;

use thiserror::Error;

pub use self::ports::Ports;

/// How many numbers a value has, or what else it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One number.
    Integer,
    /// Two numbers, such as a port range.
    Pair,
    /// Three numbers, such as `tcp_mem`.
    Triple,
    /// Ports and ranges of ports.
    Ports,
    /// One of these words; any word if there are none.
    Word(Vec<String>),
    /// A mask of CPUs in hexadecimal, groups of 32 bits with commas.
    Bits,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// One to three numbers; [`UNLIMITED`] is no limit.
    Numbers(Vec<i128>),
    /// A word.
    Word(String),
    /// Ports.
    Ports(Ports),
    /// A mask.
    Bits(u128),
}

/// What "unlimited" and "infinity" are among numbers.
pub const UNLIMITED: i128 = i128::MAX;

/// What to make of a current value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// At least the wanted value; what is higher stays.
    Raise,
    /// At most the wanted value; what is lower stays.
    Lower,
    /// Exactly the wanted value.
    Set,
    /// Whatever it is.
    Leave,
}

/// Why a text is no value of its shape, as a clause.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{text}\" is not {expected}")]
pub struct SettingError {
    /// The beginning of what was found.
    pub text: String,
    /// What was expected.
    pub expected: &'static str,
}

impl Shape {
    /// Reads the kernel's spelling.
    ///
    /// # Errors
    /// Says what was expected when the text has another shape.
    pub fn read(&self, text: &str) -> Result<Setting, SettingError> {
        let wrong = |expected| SettingError {
            text: text.chars().take(40).collect(),
            expected,
        };
        match self {
            Self::Integer => numbers(text, 1).ok_or_else(|| wrong("one number")),
            Self::Pair => numbers(text, 2).ok_or_else(|| wrong("two numbers")),
            Self::Triple => numbers(text, 3).ok_or_else(|| wrong("three numbers")),
            Self::Ports => Ports::read(text)
                .map(Setting::Ports)
                .ok_or_else(|| wrong("a list of ports")),
            Self::Word(_) => word(text).map(Setting::Word).ok_or_else(|| wrong("a word")),
            Self::Bits => mask(text)
                .map(Setting::Bits)
                .ok_or_else(|| wrong("a mask of at most 128 CPUs")),
        }
    }

    /// How many numbers a value has, if it has numbers.
    pub fn parts(&self) -> usize {
        match self {
            Self::Integer | Self::Bits | Self::Word(_) | Self::Ports => 1,
            Self::Pair => 2,
            Self::Triple => 3,
        }
    }
}

impl Operation {
    /// The value to have, given the current and the wanted one. It equals the current one where
    /// nothing has to change.
    pub fn apply(self, current: &Setting, wanted: &Setting) -> Setting {
        match (self, current, wanted) {
            (Self::Leave, ..) => current.clone(),
            (Self::Raise, Setting::Numbers(a), Setting::Numbers(b)) => each(a, b, i128::max),
            (Self::Lower, Setting::Numbers(a), Setting::Numbers(b)) => each(a, b, i128::min),
            (Self::Raise, Setting::Ports(a), Setting::Ports(b)) => Setting::Ports(a.union(b)),
            (Self::Raise, Setting::Bits(a), Setting::Bits(b)) => Setting::Bits(a | b),
            (Self::Raise | Self::Lower | Self::Set, ..) => wanted.clone(),
        }
    }

    /// The sign in front of a wanted value.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Raise => ">=",
            Self::Lower => "<=",
            Self::Set => "=",
            Self::Leave => "any",
        }
    }
}

impl Setting {
    /// One of the numbers, from 0.
    pub fn number(&self, part: usize) -> Option<i128> {
        match self {
            Self::Numbers(numbers) => numbers.get(part).copied(),
            Self::Bits(mask) => i128::try_from(*mask).ok().filter(|_| part == 0),
            Self::Word(_) | Self::Ports(_) => None,
        }
    }
}

/// As the kernel takes it.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers(numbers) => {
                for (position, number) in numbers.iter().enumerate() {
                    let blank = if position == 0 { "" } else { " " };
                    if *number == UNLIMITED {
                        write!(f, "{blank}unlimited")?;
                    } else {
                        write!(f, "{blank}{number}")?;
                    }
                }
                Ok(())
            }
            Self::Word(word) => f.write_str(word),
            Self::Ports(ports) => write!(f, "{ports}"),
            Self::Bits(mask) => f.write_str(&grouped(*mask)),
        }
    }
}

fn each(a: &[i128], b: &[i128], choose: fn(i128, i128) -> i128) -> Setting {
    Setting::Numbers(a.iter().zip(b).map(|(a, b)| choose(*a, *b)).collect())
}

fn numbers(text: &str, count: usize) -> Option<Setting> {
    let numbers = text
        .split_whitespace()
        .map(|word| match word {
            "unlimited" | "infinity" => Some(UNLIMITED),
            _ => word.parse().ok(),
        })
        .collect::<Option<Vec<i128>>>()?;
    Some(Setting::Numbers(numbers)).filter(|_| text.split_whitespace().count() == count)
}

/// A file with a choice shows all words, the chosen one in brackets: `always [madvise] never`.
fn word(text: &str) -> Option<String> {
    let chosen = text
        .split_whitespace()
        .find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
    let alone = text.trim();
    let found = chosen.or(Some(alone).filter(|word| !word.contains(char::is_whitespace)))?;
    Some(found.to_owned()).filter(|word| !word.is_empty())
}

fn mask(text: &str) -> Option<u128> {
    let digits: String = text.trim().split(',').collect();
    let significant = digits.trim_start_matches('0');
    if digits.is_empty() || significant.len() > 32 {
        return None;
    }
    let significant = if significant.is_empty() {
        "0"
    } else {
        significant
    };
    u128::from_str_radix(significant, 16).ok()
}

fn grouped(mask: u128) -> String {
    let digits = format!("{mask:x}");
    let first = digits.len() % 8;
    let mut groups: Vec<&str> = Vec::new();
    if first > 0 {
        groups.push(&digits[..first]);
    }
    let mut rest = &digits[first..];
    while !rest.is_empty() {
        let (group, after) = rest.split_at(8);
        groups.push(group);
        rest = after;
    }
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(shape: &Shape, text: &str) -> Setting {
        shape.read(text).expect(text)
    }

    #[test]
    fn spellings_of_the_kernel_are_read_and_written() {
        for (shape, text, written) in [
            (Shape::Integer, "4096\n", "4096"),
            (Shape::Integer, "-1", "-1"),
            (Shape::Integer, "unlimited", "unlimited"),
            (Shape::Pair, "32768\t60999", "32768 60999"),
            (
                Shape::Triple,
                "4096\t131072\t33554432\n",
                "4096 131072 33554432",
            ),
            (Shape::Word(vec![]), "always [madvise] never", "madvise"),
            (Shape::Word(vec![]), "cubic\n", "cubic"),
            (Shape::Bits, "00000000,00000003", "3"),
            (Shape::Bits, "1,00000000", "1,00000000"),
            (Shape::Bits, "0", "0"),
        ] {
            assert_eq!(read(&shape, text).to_string(), written, "{text:?}");
        }
        assert!(Shape::Integer.read("1 2").is_err());
        assert!(Shape::Triple.read("1 2").is_err());
        assert!(Shape::Bits.read("").is_err());
        let error = Shape::Integer.read("many").expect_err("no number");
        assert_eq!(error.to_string(), "\"many\" is not one number");
    }

    #[test]
    fn an_operation_changes_only_what_it_must() {
        let triple = |text| read(&Shape::Triple, text);
        for (operation, current, wanted, after) in [
            (Operation::Raise, "1 50 100", "10 20 300", "10 50 300"),
            (Operation::Lower, "1 50 100", "10 20 300", "1 20 100"),
            (Operation::Set, "1 50 100", "10 20 300", "10 20 300"),
            (Operation::Leave, "1 50 100", "10 20 300", "1 50 100"),
        ] {
            let made = operation.apply(&triple(current), &triple(wanted));
            assert_eq!(made, triple(after), "{operation:?}");
        }
        let limit = |text| read(&Shape::Integer, text);
        assert_eq!(
            Operation::Raise.apply(&limit("unlimited"), &limit("8")),
            limit("unlimited")
        );
        let ports = |text| read(&Shape::Ports, text);
        assert_eq!(
            Operation::Raise.apply(&ports("80"), &ports("443,9000-9002")),
            ports("80,443,9000-9002")
        );
    }
}
