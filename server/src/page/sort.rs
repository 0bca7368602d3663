//! The order of a listing, as the query of its links says it.

use std::cmp::Ordering;

use super::listing::{Entry, EntryKind};

/// A column and a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// What is compared.
    pub key: SortKey,
    /// Which end comes first.
    pub order: SortOrder,
}

/// A column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// The name, without regard to ASCII case.
    #[default]
    Name,
    /// The size; folders by name.
    Size,
    /// The time of the last change.
    Time,
}

/// A direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortOrder {
    /// Smallest, oldest, `a` first.
    #[default]
    Ascending,
    /// The other way.
    Descending,
}

impl Sort {
    /// Reads `sort=name|size|time&order=asc|desc` from a query without its `?`; what is missing
    /// or unknown has its default, other parameters are left alone.
    pub fn from_query(query: &[u8]) -> Self {
        let mut sort = Self::default();
        for parameter in query.split(|byte| *byte == b'&') {
            match parameter {
                b"sort=name" => sort.key = SortKey::Name,
                b"sort=size" => sort.key = SortKey::Size,
                b"sort=time" => sort.key = SortKey::Time,
                b"order=asc" => sort.order = SortOrder::Ascending,
                b"order=desc" => sort.order = SortOrder::Descending,
                _ => {}
            }
        }
        sort
    }

    /// The entries in this order: folders first, equal ones by name.
    pub(super) fn apply<'e, 'n>(self, entries: &'e [Entry<'n>]) -> Vec<&'e Entry<'n>> {
        let mut sorted: Vec<&Entry<'_>> = entries.iter().collect();
        sorted.sort_by(|a, b| folders_first(a, b).then_with(|| self.compare(a, b)));
        sorted
    }

    fn compare(self, a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
        let by_key = match self.key {
            SortKey::Name => by_name(a, b),
            SortKey::Size => size(a).cmp(&size(b)),
            SortKey::Time => a.modified.cmp(&b.modified),
        };
        let directed = match self.order {
            SortOrder::Ascending => by_key,
            SortOrder::Descending => by_key.reverse(),
        };
        directed.then_with(|| by_name(a, b))
    }
}

impl SortKey {
    /// The word of the query.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Size => "size",
            Self::Time => "time",
        }
    }
}

impl SortOrder {
    /// The word of the query.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

fn folders_first(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let rank = |entry: &Entry<'_>| match entry.kind {
        EntryKind::Directory => 0,
        EntryKind::File { .. } => 1,
    };
    rank(a).cmp(&rank(b))
}

fn by_name(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let folded = |name: &[u8]| name.to_ascii_lowercase();
    folded(a.name)
        .cmp(&folded(b.name))
        .then_with(|| a.name.cmp(b.name))
}

fn size(entry: &Entry<'_>) -> u64 {
    match entry.kind {
        EntryKind::Directory => 0,
        EntryKind::File { size } => size,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn names(query: &[u8]) -> String {
        let entry = |name, kind, age| Entry {
            name,
            kind,
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(age),
        };
        let entries = [
            entry(b"b", EntryKind::File { size: 3 }, 1),
            entry(b"A", EntryKind::File { size: 3 }, 2),
            entry(b"c", EntryKind::File { size: 1 }, 3),
            entry(b"z", EntryKind::Directory, 9),
            entry(b"y", EntryKind::Directory, 4),
        ];
        let sorted = Sort::from_query(query).apply(&entries);
        let names = sorted
            .iter()
            .map(|entry| String::from_utf8_lossy(entry.name).into_owned());
        names.collect::<Vec<_>>().concat()
    }

    #[test]
    fn folders_come_first_in_every_order() {
        assert_eq!(names(b""), "yzAbc");
        assert_eq!(names(b"sort=name&order=desc"), "zycbA");
        assert_eq!(names(b"sort=size"), "yzcAb");
        assert_eq!(names(b"order=desc&sort=size"), "yzAbc");
        assert_eq!(names(b"sort=time"), "yzbAc");
        assert_eq!(names(b"sort=time&order=desc"), "zycAb");
    }

    #[test]
    fn what_is_unknown_has_its_default() {
        assert_eq!(Sort::from_query(b"sort=color&order=up&x"), Sort::default());
    }
}
