//! A hierarchical timing wheel: six levels of 64 slots over ticks of 65.5 µs.
//!
//! Built for timers that are pushed back far more often than they fire (a keep-alive timer is
//! pushed back by every request): [`Wheel::arm`] with a later deadline only writes the deadline,
//! and the timer moves when its old slot comes up. There is no clock in here: ticks go in.
//! A deadline is never early and at most one tick (plus the caller's turn) late.

use std::task::Waker;

use crate::table::{Key, Table};

/// Nanoseconds of a tick, as a power of two.
pub(crate) const TICK_SHIFT: u32 = 16;
const LEVELS: usize = 6;
const SLOT_BITS: u32 = 6;
const SLOTS: usize = 1 << SLOT_BITS;
/// The farthest a timer is filed ahead (51 days): all but one slot of the top level, because the
/// last one is where `now` stands again. Farther timers are filed there and move on.
const TICKS_AHEAD_MAX: u64 = (SLOTS as u64 - 1) << (SLOT_BITS as u64 * (LEVELS as u64 - 1));
/// The deadline of a timer that is not wanted now.
const NEVER: u64 = u64::MAX;

struct Timer {
    /// When the owner wants it, in ticks.
    wanted: u64,
    /// Where it is filed, if it is.
    filed: Option<Filed>,
    fired: bool,
    waker: Option<Waker>,
}

#[derive(Clone, Copy)]
struct Filed {
    tick: u64,
    level: u8,
    slot: u8,
    previous: Option<Key>,
    next: Option<Key>,
}

#[derive(Clone)]
struct Level {
    occupied: u64,
    heads: [Option<Key>; SLOTS],
}

/// See the module's text.
pub(crate) struct Wheel {
    now: u64,
    levels: Box<[Level; LEVELS]>,
    timers: Table<Timer>,
}

impl Wheel {
    pub(crate) fn new() -> Self {
        let empty = Level {
            occupied: 0,
            heads: [None; SLOTS],
        };
        Wheel {
            now: 0,
            levels: Box::new(std::array::from_fn(|_| empty.clone())),
            timers: Table::new(),
        }
    }

    /// A timer that is not armed yet.
    pub(crate) fn create(&mut self) -> Key {
        self.timers.insert(Timer {
            wanted: NEVER,
            filed: None,
            fired: false,
            waker: None,
        })
    }

    /// Wants the timer to fire at `tick`, whatever was wanted before.
    pub(crate) fn arm(&mut self, key: Key, tick: u64) {
        let Some(timer) = self.timers.get_mut(key) else {
            return;
        };
        timer.wanted = tick;
        timer.fired = false;
        match timer.filed {
            Some(filed) if filed.tick <= tick => {}
            Some(_) => {
                self.unlink(key);
                self.link(key, tick);
            }
            None => self.link(key, tick),
        }
    }

    /// Wants nothing; the timer stays filed and falls out silently.
    pub(crate) fn disarm(&mut self, key: Key) {
        if let Some(timer) = self.timers.get_mut(key) {
            timer.wanted = NEVER;
            timer.fired = false;
            timer.waker = None;
        }
    }

    /// Whether the timer has fired since it was armed; if not, `waker` is woken when it does.
    pub(crate) fn poll_fired(&mut self, key: Key, waker: &Waker) -> bool {
        let Some(timer) = self.timers.get_mut(key) else {
            return true;
        };
        if timer.fired {
            return true;
        }
        match &timer.waker {
            Some(old) if old.will_wake(waker) => {}
            Some(_) | None => timer.waker = Some(waker.clone()),
        }
        false
    }

    /// Forgets the timer.
    pub(crate) fn remove(&mut self, key: Key) {
        self.unlink(key);
        self.timers.remove(key);
    }

    /// The tick at which [`Wheel::advance`] has something to do, if there is one.
    pub(crate) fn next_tick(&self) -> Option<u64> {
        self.next_slot().map(|(_, _, tick)| tick)
    }

    /// Moves time to `tick` and wakes what is due.
    pub(crate) fn advance(&mut self, tick: u64) {
        while let Some((level, slot, at)) = self.next_slot() {
            if at > tick {
                break;
            }
            self.now = self.now.max(at);
            self.expire_slot(level, slot);
        }
        self.now = self.now.max(tick);
    }

    fn expire_slot(&mut self, level: usize, slot: usize) {
        let mut head = self.levels[level].heads[slot].take();
        self.levels[level].occupied &= !(1 << slot);
        while let Some(key) = head {
            let timer = self.timers.get_mut(key).expect("a filed timer exists");
            head = timer.filed.take().and_then(|filed| filed.next);
            if timer.wanted == NEVER {
                continue;
            }
            if timer.wanted <= self.now {
                timer.wanted = NEVER;
                timer.fired = true;
                if let Some(waker) = timer.waker.take() {
                    waker.wake();
                }
            } else {
                let wanted = timer.wanted;
                self.link(key, wanted);
            }
        }
    }

    /// Within a level every filed slot lies ahead of `now`, and every slot of a lower level
    /// comes before every slot of a higher one: the first found is the earliest.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        for (index, level) in self.levels.iter().enumerate() {
            if level.occupied == 0 {
                continue;
            }
            let shift = SLOT_BITS * index as u32;
            let here = (self.now >> shift) as u32 % SLOTS as u32;
            let ahead = level.occupied.rotate_right(here).trailing_zeros();
            let slot = (here + ahead) as usize % SLOTS;
            let span = 1u64 << (shift + SLOT_BITS);
            let start = self.now & !(span - 1);
            let mut tick = start + ((slot as u64) << shift);
            if tick < self.now {
                // Only the top level wraps: its farthest slots lie behind the current one.
                tick = if index + 1 == LEVELS && slot < here as usize {
                    tick + span
                } else {
                    self.now
                };
            }
            return Some((index, slot, tick));
        }
        None
    }

    fn link(&mut self, key: Key, tick: u64) {
        // A deadline that is due already is filed one tick ahead, so that it fires in the next
        // advance and not inside the caller.
        let tick = tick.clamp(self.now + 1, self.now + TICKS_AHEAD_MAX);
        let level = ((63 - ((self.now ^ tick) | (SLOTS as u64 - 1)).leading_zeros()) / SLOT_BITS)
            .min(LEVELS as u32 - 1) as usize;
        let slot = (tick >> (SLOT_BITS * level as u32)) as usize % SLOTS;
        let next = self.levels[level].heads[slot].replace(key);
        self.levels[level].occupied |= 1 << slot;
        if let Some(filed) = next.and_then(|next| self.filed_mut(next)) {
            filed.previous = Some(key);
        }
        if let Some(timer) = self.timers.get_mut(key) {
            timer.filed = Some(Filed {
                tick,
                level: level as u8,
                slot: slot as u8,
                previous: None,
                next,
            });
        }
    }

    fn unlink(&mut self, key: Key) {
        let Some(filed) = self
            .timers
            .get_mut(key)
            .and_then(|timer| timer.filed.take())
        else {
            return;
        };
        match filed.previous {
            Some(previous) => {
                if let Some(before) = self.filed_mut(previous) {
                    before.next = filed.next;
                }
            }
            None => {
                let level = &mut self.levels[filed.level as usize];
                level.heads[filed.slot as usize] = filed.next;
                if filed.next.is_none() {
                    level.occupied &= !(1 << filed.slot);
                }
            }
        }
        if let Some(after) = filed.next.and_then(|next| self.filed_mut(next)) {
            after.previous = filed.previous;
        }
    }

    fn filed_mut(&mut self, key: Key) -> Option<&mut Filed> {
        self.timers.get_mut(key)?.filed.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn fired(wheel: &mut Wheel, key: Key) -> bool {
        wheel.poll_fired(key, Waker::noop())
    }

    #[test]
    fn a_timer_fires_at_its_tick_and_not_before() {
        for wanted in [1, 2, 63, 64, 65, 4095, 4096, 4097, 1 << 20, (1 << 30) + 17] {
            let mut wheel = Wheel::new();
            let key = wheel.create();
            wheel.arm(key, wanted);
            wheel.advance(wanted - 1);
            assert!(!fired(&mut wheel, key), "early for {wanted}");
            wheel.advance(wanted);
            assert!(fired(&mut wheel, key), "late for {wanted}");
        }
    }

    #[test]
    fn a_later_deadline_is_only_written_and_an_earlier_one_moves_the_timer() {
        let mut wheel = Wheel::new();
        let key = wheel.create();
        wheel.arm(key, 100);
        wheel.arm(key, 5000);
        wheel.advance(4999);
        assert!(!fired(&mut wheel, key));
        wheel.arm(key, 5001);
        wheel.advance(5000);
        assert!(!fired(&mut wheel, key));
        wheel.arm(key, 90_000);
        wheel.arm(key, 5002);
        wheel.advance(5002);
        assert!(fired(&mut wheel, key));
    }

    #[test]
    fn a_disarmed_timer_stays_silent_and_can_be_armed_again() {
        let mut wheel = Wheel::new();
        let key = wheel.create();
        let count = Arc::new(Count(AtomicUsize::new(0)));
        wheel.arm(key, 10);
        assert!(!wheel.poll_fired(key, &Waker::from(count.clone())));
        wheel.disarm(key);
        wheel.advance(1000);
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        assert_eq!(wheel.next_tick(), None, "nothing is left to wake up for");
        wheel.arm(key, 1001);
        assert!(!wheel.poll_fired(key, &Waker::from(count.clone())));
        wheel.advance(1001);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn removal_from_any_place_of_a_slot_keeps_the_others() {
        for gone in 0..3 {
            let mut wheel = Wheel::new();
            let keys: Vec<Key> = (0..3).map(|_| wheel.create()).collect();
            for key in &keys {
                wheel.arm(*key, 50);
            }
            wheel.remove(keys[gone]);
            wheel.advance(50);
            for (index, key) in keys.iter().enumerate() {
                if index != gone {
                    assert!(fired(&mut wheel, *key), "removed {gone}, lost {index}");
                }
            }
        }
    }

    /// The farthest slot of the top level must never be the one that `now` stands in: filed
    /// there, a far timer would come up at once, for ever.
    #[test]
    fn a_timer_beyond_the_farthest_slot_waits_its_turn() {
        for start in [0, 5, (1 << 30) + 5, (1 << 36) - 1] {
            for ahead in [TICKS_AHEAD_MAX, (1 << 36) - 1, (1 << 36) + 77, 1 << 39] {
                let wanted = start + ahead;
                let mut wheel = Wheel::new();
                wheel.advance(start);
                let (key, never) = (wheel.create(), wheel.create());
                wheel.arm(key, wanted);
                wheel.arm(never, NEVER - 1);
                wheel.advance(start + 1);
                assert!(!fired(&mut wheel, key), "early: {start} {wanted}");
                wheel.advance(wanted - 1);
                assert!(!fired(&mut wheel, key), "early: {start} {wanted}");
                wheel.advance(wanted);
                assert!(fired(&mut wheel, key), "late: {start} {wanted}");
            }
        }
    }

    /// Against a list that is searched from end to end, over random arms, removals and steps.
    #[test]
    fn agrees_with_a_naive_model() {
        for seed in 1..40u64 {
            let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut next = move |below: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random % below
            };
            let mut wheel = Wheel::new();
            let mut model: Vec<(Key, u64)> = Vec::new();
            let mut now = 0;
            for _ in 0..600 {
                match next(4) {
                    0 => {
                        let key = wheel.create();
                        let reach = 1 << next(34);
                        let tick = now + 1 + next(reach);
                        wheel.arm(key, tick);
                        model.push((key, tick));
                    }
                    1 if !model.is_empty() => {
                        let index = next(model.len() as u64) as usize;
                        let reach = 1 << next(30);
                        model[index].1 = now + 1 + next(reach);
                        wheel.arm(model[index].0, model[index].1);
                    }
                    2 if !model.is_empty() => {
                        let index = next(model.len() as u64) as usize;
                        wheel.remove(model.swap_remove(index).0);
                    }
                    _ => {
                        let reach = 1 << next(28);
                        now += next(reach);
                        wheel.advance(now);
                        if let Some(tick) = wheel.next_tick() {
                            assert!(tick > now, "seed {seed}: a due slot was left");
                        }
                    }
                }
                for (key, tick) in &model {
                    let want = *tick <= now;
                    assert_eq!(
                        fired(&mut wheel, *key),
                        want,
                        "seed {seed} tick {tick} now {now}"
                    );
                }
                model.retain(|(_, tick)| *tick > now);
            }
        }
    }
}
