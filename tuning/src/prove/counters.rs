//! The kernel's counters of a namespace: read before and after, and what moved between.
//!
//! Names are those of the catalogue: `TcpExt.ListenOverflows`, `Tcp.OutRsts`. What is a level and
//! not a count (sockets in a state, entries of a table) is no counter; scenarios read those as
//! figures.

use std::collections::BTreeMap;
use std::fs;

use super::hindrance::{Hindered, Hindrance};
use super::space::Space;

/// Counters by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters(BTreeMap<String, i64>);

/// The files with a line of names and a line of numbers for each protocol.
const FILES: [&str; 2] = [
    "/proc/thread-self/net/netstat",
    "/proc/thread-self/net/snmp",
];

/// The columns of `/proc/net/stat/nf_conntrack` that count: one line for each CPU, hexadecimal.
const CONNTRACK: &str = "/proc/thread-self/net/stat/nf_conntrack";

impl Counters {
    /// The counters of a namespace as they are.
    pub(super) fn of(space: &Space) -> Result<Self, Hindrance> {
        space.inside(|| {
            let mut all = BTreeMap::new();
            for file in FILES {
                all.extend(pairs(&fs::read_to_string(file).hindered(file)?));
            }
            // Absent where connection tracking is.
            all.extend(conntrack(
                &fs::read_to_string(CONNTRACK).unwrap_or_default(),
            ));
            Ok(Self(all))
        })
    }

    /// What moved since `before`, and by how much.
    pub(super) fn since(&self, before: &Self) -> BTreeMap<String, i64> {
        let moved = |(name, now): (&String, &i64)| {
            let by = now - before.0.get(name).copied().unwrap_or(0);
            (by != 0).then(|| (name.clone(), by))
        };
        self.0.iter().filter_map(moved).collect()
    }
}

/// `TcpExt: A B` above `TcpExt: 1 2`.
fn pairs(text: &str) -> BTreeMap<String, i64> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = BTreeMap::new();
    for two in lines.chunks_exact(2) {
        let (mut names, mut numbers) = (two[0].split_whitespace(), two[1].split_whitespace());
        let protocol = names.next().unwrap_or_default().trim_end_matches(':');
        numbers.next();
        for (name, number) in names.zip(numbers) {
            if let Ok(number) = number.parse() {
                found.insert(format!("{protocol}.{name}"), number);
            }
        }
    }
    found
}

/// A line of names above one line of hexadecimal numbers for each CPU.
fn conntrack(text: &str) -> BTreeMap<String, i64> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let mut found = BTreeMap::new();
    for line in lines {
        for (name, number) in names.iter().zip(line.split_whitespace()) {
            let number = i64::from_str_radix(number, 16).unwrap_or(0);
            if *name != "entries" {
                *found.entry(format!("conntrack.{name}")).or_insert(0) += number;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_read_in_pairs_of_lines() {
        let text = "TcpExt: SyncookiesSent ListenDrops\nTcpExt: 7 0\nIpExt: InOctets\nIpExt: 5\n";
        let found = pairs(text);
        assert_eq!(found.get("TcpExt.SyncookiesSent"), Some(&7));
        assert_eq!(found.get("IpExt.InOctets"), Some(&5));
    }

    #[test]
    fn only_what_moved_is_told() {
        let before = Counters(pairs("Tcp: A B\nTcp: 1 5\n"));
        let after = Counters(pairs("Tcp: A B C\nTcp: 4 5 2\n"));
        let moved = after.since(&before);
        assert_eq!(
            moved,
            BTreeMap::from([("Tcp.A".into(), 3), ("Tcp.C".into(), 2)])
        );
    }

    #[test]
    fn the_lines_of_all_cpus_count() {
        let text =
            "entries  drop early_drop\n00000009 0000000a 00000000\n00000009 00000001 00000002\n";
        let found = conntrack(text);
        assert_eq!(found.get("conntrack.drop"), Some(&11));
        assert_eq!(found.get("conntrack.early_drop"), Some(&2));
        assert_eq!(found.get("conntrack.entries"), None);
    }
}
