//! A table of slots with generations, grown page by page.
//!
//! Everything that a completion or a waker may name later (tasks, sockets, timers, operations)
//! lives in one of these: a [`Key`] is a slot and the generation that the slot had, so a late
//! name for a reused slot is recognized and answers nothing. Pages never move, so growth copies
//! nothing and an idle entry costs its own size only. It refuses to shrink: a slot, once
//! touched, is reused and not given back.

/// Bits of a generation: what is left of 64 after 32 bits of slot and 10 bits of kind or shard.
pub(crate) const GENERATION_BITS: u32 = 22;
const GENERATION_MASK: u32 = (1 << GENERATION_BITS) - 1;
const PAGE_BITS: u32 = 6;
const PAGE_ENTRIES: usize = 1 << PAGE_BITS;
const NO_SLOT: u32 = u32::MAX;

/// A slot and the generation in which it was taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Key {
    slot: u32,
    generation: u32,
}

impl Key {
    /// The low 54 bits of a packed name: generation above slot.
    pub(crate) fn pack(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.slot)
    }

    /// The inverse of [`Key::pack`]; bits above the generation are ignored.
    pub(crate) fn unpack(packed: u64) -> Key {
        Key {
            slot: packed as u32,
            generation: (packed >> 32) as u32 & GENERATION_MASK,
        }
    }
}

struct Entry<T> {
    generation: u32,
    state: State<T>,
}

enum State<T> {
    Free { next: u32 },
    Taken(T),
}

/// Slots with generations; see the module's text.
pub(crate) struct Table<T> {
    pages: Vec<Vec<Entry<T>>>,
    free: u32,
    len: usize,
}

impl<T> Table<T> {
    pub(crate) const fn new() -> Self {
        Table {
            pages: Vec::new(),
            free: NO_SLOT,
            len: 0,
        }
    }

    /// How many slots are taken.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Takes a slot for `value`.
    pub(crate) fn insert(&mut self, value: T) -> Key {
        self.len += 1;
        if self.free != NO_SLOT {
            let slot = self.free;
            let entry = &mut self.pages[slot as usize >> PAGE_BITS][slot as usize % PAGE_ENTRIES];
            if let State::Free { next } = entry.state {
                self.free = next;
            }
            entry.state = State::Taken(value);
            return Key {
                slot,
                generation: entry.generation,
            };
        }
        if self
            .pages
            .last()
            .is_none_or(|page| page.len() == PAGE_ENTRIES)
        {
            self.pages.push(Vec::with_capacity(PAGE_ENTRIES));
        }
        let page_index = self.pages.len() - 1;
        let page = &mut self.pages[page_index];
        page.push(Entry {
            generation: 0,
            state: State::Taken(value),
        });
        Key {
            slot: (page_index << PAGE_BITS) as u32 + page.len() as u32 - 1,
            generation: 0,
        }
    }

    /// The value under `key`, unless its slot was given up since.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        match self.entry(key)? {
            Entry {
                state: State::Taken(value),
                ..
            } => Some(value),
            Entry {
                state: State::Free { .. },
                ..
            } => None,
        }
    }

    /// Gives the slot up; every copy of `key` is stale from here on.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let next = self.free;
        let entry = self.entry(key)?;
        if matches!(entry.state, State::Free { .. }) {
            return None;
        }
        entry.generation = entry.generation.wrapping_add(1) & GENERATION_MASK;
        let taken = std::mem::replace(&mut entry.state, State::Free { next });
        self.free = key.slot;
        self.len -= 1;
        match taken {
            State::Taken(value) => Some(value),
            State::Free { .. } => None,
        }
    }

    /// The keys of all taken slots, in slot order.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::with_capacity(self.len);
        for (page_index, page) in self.pages.iter().enumerate() {
            for (index, entry) in page.iter().enumerate() {
                if matches!(entry.state, State::Taken(_)) {
                    keys.push(Key {
                        slot: (page_index << PAGE_BITS) as u32 + index as u32,
                        generation: entry.generation,
                    });
                }
            }
        }
        keys
    }

    fn entry(&mut self, key: Key) -> Option<&mut Entry<T>> {
        self.pages
            .get_mut(key.slot as usize >> PAGE_BITS)?
            .get_mut(key.slot as usize % PAGE_ENTRIES)
            .filter(|entry| entry.generation == key.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_key_answers_nothing_after_its_slot_was_reused() {
        let mut table = Table::new();
        let old = table.insert("old");
        assert_eq!(table.remove(old), Some("old"));
        let new = table.insert("new");
        assert_eq!(old.slot, new.slot, "the slot is reused");
        assert_eq!(table.get_mut(old), None);
        assert_eq!(table.remove(old), None);
        assert_eq!(table.get_mut(new), Some(&mut "new"));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn keys_survive_packing() {
        let key = Key {
            slot: 0xdead_beef,
            generation: GENERATION_MASK,
        };
        assert_eq!(Key::unpack(key.pack()), key);
        assert_eq!(Key::unpack(key.pack() | 0x3ff << 54), key);
    }

    #[test]
    fn entries_stay_found_over_many_pages() {
        let mut table = Table::new();
        let keys: Vec<Key> = (0..1000).map(|n| table.insert(n)).collect();
        for (n, key) in keys.iter().enumerate().step_by(2) {
            assert_eq!(table.remove(*key), Some(n));
        }
        assert_eq!(table.len(), 500);
        assert_eq!(table.keys().len(), 500);
        for (n, key) in keys.iter().enumerate() {
            let want = (n % 2 == 1).then_some(n);
            assert_eq!(table.get_mut(*key).copied(), want);
        }
    }

    #[test]
    fn a_generation_wraps_within_its_bits() {
        let mut table = Table::new();
        let first = table.insert(0);
        table.remove(first);
        table.pages[0][0].generation = GENERATION_MASK;
        let last = table.insert(1);
        table.remove(last);
        let wrapped = table.insert(2);
        assert_eq!(wrapped.generation, 0);
    }
}
