//! What all queues hold together, and who has to go when it is too much.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Below it a queue is not noticed, and costs nothing.
const STEP: usize = 64 * 1024;

/// The engine's account of its queues. Frames that many connections share are counted once.
#[derive(Debug)]
pub(crate) struct Budget {
    /// What may wait for one connection whose transport refuses.
    send_limit: usize,
    /// While less than this waits for it, what is volatile waits too.
    volatile_limit: usize,
    limit: usize,
    charged: AtomicUsize,
    /// How often nobody has to look, since the last look found nobody to blame.
    skips: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(send_limit: usize, volatile_limit: usize, limit: usize) -> Arc<Self> {
        Arc::new(Self {
            send_limit,
            volatile_limit,
            limit,
            charged: AtomicUsize::new(0),
            skips: AtomicUsize::new(0),
        })
    }

    pub(crate) fn send_limit(&self) -> usize {
        self.send_limit
    }

    pub(crate) fn volatile_limit(&self) -> usize {
        self.volatile_limit
    }

    /// What is held now, in bytes.
    pub(crate) fn charged(&self) -> usize {
        self.charged.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn is_passed(&self) -> bool {
        self.charged() > self.limit
    }

    /// How much has to go: afterwards an eighth is free, so that the next one is not soon.
    pub(crate) fn excess(&self) -> usize {
        self.charged().saturating_sub(self.limit / 8 * 7)
    }

    /// Whether it is worth while to look for the fullest queue. A look costs as much as there are sessions.
    pub(crate) fn is_to_look(&self) -> bool {
        if !self.is_passed() {
            return false;
        }
        let skip = |skips: usize| skips.checked_sub(1);
        self.skips
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, skip)
            .is_err()
    }

    /// A look among so many sessions found none whose transport refuses.
    pub(crate) fn found_none(&self, sessions: usize) {
        self.skips.store(sessions / 16, Ordering::Relaxed);
    }

    /// Returns whether the budget is passed now.
    pub(crate) fn add(&self, bytes: usize) -> bool {
        let before = self.charged.fetch_add(bytes, Ordering::Relaxed);
        before.saturating_add(bytes) > self.limit
    }

    pub(crate) fn sub(&self, bytes: usize) {
        self.charged.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One queue's part of the account.
#[derive(Debug)]
pub(super) struct Charge {
    budget: Arc<Budget>,
    steps: u32,
}

impl Charge {
    pub(super) fn new(budget: Arc<Budget>) -> Self {
        Self { budget, steps: 0 }
    }

    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// The queue holds so much now. Returns whether it has grown and the budget is passed.
    #[inline]
    pub(super) fn set(&mut self, held: usize) -> bool {
        let steps = u32::try_from(held / STEP).unwrap_or(u32::MAX);
        if steps == self.steps {
            return false;
        }
        let before = std::mem::replace(&mut self.steps, steps);
        if steps > before {
            return self.budget.add((steps - before) as usize * STEP);
        }
        self.budget.sub((before - steps) as usize * STEP);
        false
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_charged_in_steps_and_pays_back_what_it_was_charged() {
        let budget = Budget::new(0, 0, 3 * STEP);
        let (mut one, mut two) = (
            Charge::new(Arc::clone(&budget)),
            Charge::new(Arc::clone(&budget)),
        );
        assert!(!one.set(STEP - 1));
        assert_eq!(budget.charged(), 0, "a small queue is not noticed");
        assert!(!one.set(2 * STEP + 5));
        assert!(!two.set(STEP));
        assert_eq!(budget.charged(), 3 * STEP);
        assert!(!budget.is_passed());
        assert!(two.set(2 * STEP));
        assert!(!two.set(2 * STEP + 1), "only who grows by a step tells");
        assert!(!one.set(0));
        assert_eq!(budget.charged(), 2 * STEP);
        drop((one, two));
        assert_eq!(budget.charged(), 0);
    }

    #[test]
    fn a_look_that_found_nobody_is_not_repeated_at_once() {
        let budget = Budget::new(0, 0, 10);
        assert!(!budget.is_to_look());
        budget.add(11);
        assert!(budget.is_to_look());
        budget.found_none(32);
        let looks: Vec<_> = (0..4).map(|_| budget.is_to_look()).collect();
        assert_eq!(looks, [false, false, true, true]);
    }
}
