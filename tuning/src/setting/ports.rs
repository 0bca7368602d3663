//! Sets of ports as `ip_local_reserved_ports` spells them: `80,443,9000-9010`.

use std::fmt;

/// Ports as ranges that neither overlap nor touch, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports(Vec<(u16, u16)>);

impl Ports {
    /// Reads a list; the empty text is the empty set.
    pub fn read(text: &str) -> Option<Self> {
        let ranges = text
            .split([',', '\n'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let range: (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
                Some(range).filter(|(first, last)| first <= last)
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self::merged(ranges))
    }

    /// The ports of both sets.
    pub fn union(&self, other: &Self) -> Self {
        Self::merged(self.0.iter().chain(&other.0).copied().collect())
    }

    fn merged(mut ranges: Vec<(u16, u16)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }
}

impl FromIterator<u16> for Ports {
    fn from_iter<I: IntoIterator<Item = u16>>(ports: I) -> Self {
        Self::merged(ports.into_iter().map(|port| (port, port)).collect())
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (first, last)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_a_set_whatever_the_order() {
        let ports = Ports::read("443,80,9000-9005,9004-9010,9011\n").expect("ports");
        assert_eq!(ports.to_string(), "80,443,9000-9011");
        assert_eq!(Ports::read("").expect("none").to_string(), "");
        assert_eq!(Ports::read("0-65535").expect("all").to_string(), "0-65535");
        for wrong in ["x", "5-4", "70000", "1-2-3"] {
            assert_eq!(Ports::read(wrong), None, "{wrong}");
        }
        assert_eq!([3, 1, 2].into_iter().collect::<Ports>().to_string(), "1-3");
    }
}
