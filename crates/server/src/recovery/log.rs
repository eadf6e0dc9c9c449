use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sockeye_engine::Encoded;

use super::NotRecovered;
use crate::{Room, SocketId, Target};

/// What a packet costs beside its bytes, as everywhere.
const PACKET_OVERHEAD: usize = 64;

/// How many bytes the logs of all namespaces hold, and may.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            used: AtomicUsize::new(0),
            limit,
        }
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn is_exceeded(&self) -> bool {
        self.used() > self.limit
    }
}

/// Whom a packet was for.
#[derive(Debug)]
pub(super) enum Recipients {
    One(SocketId),
    Many(Target),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) packet: Encoded,
    pub(super) to: Recipients,
    at: Instant,
}

impl Entry {
    fn weight(&self) -> usize {
        let names = match &self.to {
            Recipients::One(_) => 0,
            Recipients::Many(target) => target.rooms.len() + target.except.len(),
        };
        self.packet.frames().len() + PACKET_OVERHEAD + size_of::<Self>() + names * size_of::<Room>()
    }

    /// What it weighs in a client's queue.
    pub(super) fn queued(&self) -> usize {
        self.packet.frames().len() + PACKET_OVERHEAD
    }
}

/// What a namespace's sockets were sent, as far as somebody may have missed it.
///
/// A packet that has aged is nobody's loss: who was there when it was sent has since answered a ping that
/// came behind it, or been away for too long. One that had to make room may be.
#[derive(Debug)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    /// The number of the oldest one.
    first: u64,
    /// Packets below this number had to make room.
    lost: u64,
    keep: Duration,
    budget: Arc<Budget>,
    used: usize,
}

impl Log {
    pub(super) fn new(keep: Duration, budget: Arc<Budget>) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            lost: 0,
            keep,
            budget,
            used: 0,
        }
    }

    /// The number of the next packet: how many there were.
    pub(super) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Appends a packet; old ones make room.
    pub(super) fn append(&mut self, packet: Encoded, to: Recipients, now: Instant) {
        let entry = Entry {
            packet,
            to,
            at: now,
        };
        let weight = entry.weight();
        self.used += weight;
        self.budget.used.fetch_add(weight, Ordering::Relaxed);
        self.entries.push_back(entry);
        self.expire(now);
        while self.budget.is_exceeded() && !self.entries.is_empty() {
            self.remove_first();
            self.lost = self.first;
        }
    }

    /// Removes what has aged.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some(entry) = self.entries.front()
            && now.saturating_duration_since(entry.at) > self.keep
        {
            self.remove_first();
        }
        if self.entries.is_empty() && self.entries.capacity() > 1024 {
            self.entries = VecDeque::new();
        }
    }

    fn remove_first(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.first += 1;
            let weight = entry.weight();
            self.used -= weight;
            self.budget.used.fetch_sub(weight, Ordering::Relaxed);
        }
    }

    /// What came after the first `seen` packets, with its numbers.
    ///
    /// # Errors
    ///
    /// If some of it had to make room, or there were not so many packets.
    pub(super) fn since(
        &self,
        seen: u64,
    ) -> Result<impl Iterator<Item = (u64, &Entry)>, NotRecovered> {
        if seen > self.next() {
            return Err(NotRecovered::UnknownOffset);
        }
        if seen < self.lost {
            return Err(NotRecovered::LogTooShort);
        }
        let skip = seen.saturating_sub(self.first);
        // Below `next`, and so within what is in memory.
        let entries = self.entries.range(skip as usize..);
        Ok((self.first + skip..).zip(entries))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.used, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Duration = Duration::from_secs(60);

    fn log(limit: usize) -> (Log, Arc<Budget>) {
        let budget = Arc::new(Budget::new(limit));
        (Log::new(KEEP, Arc::clone(&budget)), budget)
    }

    fn append(log: &mut Log, n: u8, now: Instant) {
        let to = Recipients::Many(Target::default());
        log.append(Encoded::new(vec![n; 100], 1), to, now);
    }

    fn since(log: &Log, seen: u64) -> Result<Vec<(u64, u8)>, NotRecovered> {
        let entries = log.since(seen)?;
        Ok(entries
            .map(|(number, entry)| (number, entry.packet.frames()[0]))
            .collect())
    }

    #[test]
    fn what_came_after_is_found_in_order() {
        let (mut log, _) = log(1 << 20);
        let now = Instant::now();
        (0..5).for_each(|n| append(&mut log, n, now));
        assert_eq!(log.next(), 5);
        assert_eq!(since(&log, 3), Ok(vec![(3, 3), (4, 4)]));
        assert_eq!(since(&log, 5), Ok(vec![]));
        assert_eq!(since(&log, 6), Err(NotRecovered::UnknownOffset));
    }

    #[test]
    fn what_has_aged_goes_and_is_nobodys_loss() {
        let (mut log, budget) = log(1 << 20);
        let start = Instant::now();
        append(&mut log, 0, start);
        append(&mut log, 1, start + KEEP / 2);
        append(&mut log, 2, start + KEEP + Duration::from_millis(1));
        assert_eq!(since(&log, 0), Ok(vec![(1, 1), (2, 2)]));
        log.expire(start + KEEP * 3);
        assert_eq!(since(&log, 0), Ok(vec![]));
        assert_eq!((log.next(), budget.used()), (3, 0));
    }

    #[test]
    fn what_had_to_make_room_is_missed() {
        let one = {
            let (mut log, budget) = log(1 << 20);
            append(&mut log, 0, Instant::now());
            budget.used()
        };
        let (mut log, budget) = log(3 * one);
        let now = Instant::now();
        (0..5).for_each(|n| append(&mut log, n, now));
        assert_eq!(budget.used(), 3 * one);
        assert_eq!(since(&log, 1), Err(NotRecovered::LogTooShort));
        assert_eq!(since(&log, 2), Ok(vec![(2, 2), (3, 3), (4, 4)]));
        drop(log);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_packet_beyond_the_whole_budget_is_not_kept() {
        let (mut log, budget) = log(10);
        append(&mut log, 0, Instant::now());
        assert_eq!((budget.used(), log.next()), (0, 1));
        assert_eq!(since(&log, 0), Err(NotRecovered::LogTooShort));
        assert_eq!(since(&log, 1), Ok(vec![]));
    }
}
