//! A coarse timer wheel: one for all the sessions of a shard.

use std::time::{Duration, Instant};

/// An entry: the key of a session, and the number of the arming that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: usize,
    pub(crate) generation: u64,
}

/// Slots of equal width around a clock.
#[derive(Debug)]
struct Ring {
    width: u64,
    slots: Box<[Vec<Entry>]>,
    occupied: Box<[u64]>,
    /// The last tick that was handed out.
    last: u64,
}

impl Ring {
    fn new(width: u64, slots: usize) -> Self {
        Self {
            width,
            slots: (0..slots).map(|_| Vec::new()).collect(),
            occupied: vec![0; slots.div_ceil(64)].into(),
            last: 0,
        }
    }

    fn reach(&self) -> u64 {
        (self.slots.len() as u64 - 2) * self.width
    }

    /// Never early: the slot ends at or after `due`, and after what was handed out. Returns its end.
    fn insert(&mut self, due: u64, entry: Entry) -> u64 {
        let tick = due.div_ceil(self.width).max(self.last + 1);
        let slot = tick as usize % self.slots.len();
        self.slots[slot].push(entry);
        self.occupied[slot / 64] |= 1 << (slot % 64);
        tick * self.width
    }

    fn advance(&mut self, now: u64, expired: &mut Vec<Entry>) {
        let now = now / self.width;
        let steps = now.saturating_sub(self.last).min(self.slots.len() as u64);
        for tick in now + 1 - steps..=now {
            let slot = tick as usize % self.slots.len();
            if self.occupied[slot / 64] & 1 << (slot % 64) != 0 {
                self.occupied[slot / 64] &= !(1 << (slot % 64));
                expired.append(&mut self.slots[slot]);
                self.slots[slot].shrink_to(64);
            }
        }
        self.last = self.last.max(now);
    }

    /// When the next occupied slot is due.
    fn next(&self) -> Option<u64> {
        let slots = self.slots.len() as u64;
        let mut tick = self.last + 1;
        while tick <= self.last + slots {
            let slot = (tick % slots) as usize;
            let word = self.occupied[slot / 64] >> (slot % 64);
            if word != 0 {
                return Some((tick + u64::from(word.trailing_zeros())) * self.width);
            }
            tick += 64 - (slot as u64 % 64);
        }
        None
    }
}

/// Two rings: 4 ms wide below a second, 40 ms wide above. What lies further ahead comes up early and is
/// inserted again.
#[derive(Debug)]
pub(crate) struct Wheel {
    start: Instant,
    fine: Ring,
    coarse: Ring,
    len: usize,
}

impl Wheel {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            fine: Ring::new(4, 256),
            coarse: Ring::new(40, 1024),
            len: 0,
        }
    }

    /// Inserts an entry; returns when it comes up.
    pub(crate) fn insert(&mut self, deadline: Instant, now: Instant, entry: Entry) -> Instant {
        self.len += 1;
        let due = self.millis(deadline);
        let ahead = due.saturating_sub(self.millis(now));
        let due = if ahead < self.fine.reach() {
            self.fine.insert(due, entry)
        } else {
            let farthest = self.millis(now) + self.coarse.reach();
            self.coarse.insert(due.min(farthest), entry)
        };
        self.start + Duration::from_millis(due)
    }

    /// Takes out all that is due at `now`.
    pub(crate) fn advance(&mut self, now: Instant, expired: &mut Vec<Entry>) {
        let now = self.start_distance(now);
        self.fine.advance(now, expired);
        self.coarse.advance(now, expired);
        self.len -= expired.len();
    }

    /// When something is due next; `None` while the wheel is empty.
    pub(crate) fn next(&self) -> Option<Instant> {
        if self.len == 0 {
            return None;
        }
        let due = [self.fine.next(), self.coarse.next()]
            .into_iter()
            .flatten()
            .min()?;
        Some(self.start + Duration::from_millis(due))
    }

    fn start_distance(&self, time: Instant) -> u64 {
        time.saturating_duration_since(self.start).as_millis() as u64
    }

    /// Rounded up, so that nothing comes up early by a fraction.
    fn millis(&self, time: Instant) -> u64 {
        time.saturating_duration_since(self.start)
            .as_nanos()
            .div_ceil(1_000_000) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: usize) -> Entry {
        Entry { key, generation: 0 }
    }

    /// Lets the wheel run as its ticker does; returns when each entry came up, in milliseconds.
    fn run(wheel: &mut Wheel, start: Instant) -> Vec<(usize, u128)> {
        let mut seen = Vec::new();
        let mut expired = Vec::new();
        while let Some(next) = wheel.next() {
            wheel.advance(next, &mut expired);
            seen.extend(
                expired
                    .drain(..)
                    .map(|entry| (entry.key, (next - start).as_millis())),
            );
        }
        seen
    }

    #[test]
    fn entries_come_up_late_by_little_and_never_early() {
        let start = Instant::now();
        for (due, most) in [
            (1, 5),
            (7, 5),
            (100, 5),
            (999, 5),
            (1_500, 50),
            (25_000, 50),
            (40_000, 50),
        ] {
            let mut wheel = Wheel::new(start);
            wheel.insert(start + Duration::from_millis(due), start, entry(1));
            let seen = run(&mut wheel, start);
            assert_eq!(seen.len(), 1, "{due}");
            let late = seen[0].1 as i128 - i128::from(due);
            assert!((0..=most).contains(&late), "{due} came up {late} ms late");
        }
    }

    #[test]
    fn what_lies_far_ahead_comes_up_early_to_be_inserted_again() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        wheel.insert(start + Duration::from_secs(3600), start, entry(1));
        let seen = run(&mut wheel, start);
        assert!(seen[0].1 < 45_000);
    }

    #[test]
    fn the_past_comes_up_at_once() {
        let start = Instant::now();
        let now = start + Duration::from_secs(5);
        let mut wheel = Wheel::new(start);
        wheel.advance(now, &mut Vec::new());
        wheel.insert(start, now, entry(1));
        let next = wheel.next().expect("one entry waits");
        assert!(next <= now + Duration::from_millis(5));
    }

    #[test]
    fn a_late_ticker_misses_nothing() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        for key in 0..1000 {
            wheel.insert(
                start + Duration::from_millis(key as u64 * 37),
                start,
                entry(key),
            );
        }
        let mut expired = Vec::new();
        wheel.advance(start + Duration::from_secs(600), &mut expired);
        assert_eq!(expired.len(), 1000);
        assert_eq!(wheel.next(), None);
    }

    #[test]
    fn an_empty_wheel_wakes_nobody() {
        assert_eq!(Wheel::new(Instant::now()).next(), None);
    }
}
