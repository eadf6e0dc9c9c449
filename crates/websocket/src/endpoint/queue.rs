//! The bytes that wait to be written, in order.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;

use super::MAX_SLICES;

/// From how many bytes on a payload is queued as it is and not copied behind the others.
pub(super) const SHARED_FROM: usize = 16 * 1024;

/// The largest buffer that a thread keeps for the next connection that writes.
const KEPT: usize = 64 * 1024;

thread_local! {
    /// One spare buffer a thread: a connection whose queue is empty owns none.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Frames in order: small ones side by side in `tail`, large ones as segments of their own.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// What is before `tail`. Made when first needed.
    segments: VecDeque<Bytes>,
    tail: Vec<u8>,
    /// How much of the first of all these bytes has been written already.
    written: usize,
    /// All that waits.
    len: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Lets `write` append to the queue.
    #[inline]
    pub(super) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.tail.capacity() == 0 {
            self.tail = SPARE.try_with(Cell::take).unwrap_or_default();
        }
        let before = self.tail.len();
        write(&mut self.tail);
        self.len += self.tail.len() - before;
    }

    /// Appends bytes without copying them, unless they are few.
    pub(super) fn push(&mut self, bytes: Bytes) {
        if bytes.len() < SHARED_FROM {
            return self.append(|tail| tail.extend_from_slice(&bytes));
        }
        if !self.tail.is_empty() {
            let tail = std::mem::take(&mut self.tail);
            self.segments.push_back(tail.into());
        }
        self.len += bytes.len();
        self.segments.push_back(bytes);
    }

    /// What to write next: fills the first [`MAX_SLICES`] of `slices` and says how many it
    /// needed.
    pub(super) fn slices<'q>(&'q self, slices: &mut [IoSlice<'q>]) -> usize {
        let mut skip = self.written;
        let mut count = 0;
        let segments = self.segments.iter().map(|bytes| &bytes[..]);
        for segment in segments.chain([&self.tail[..]]) {
            let segment = &segment[skip..];
            skip = 0;
            if !segment.is_empty() {
                slices[count] = IoSlice::new(segment);
                count += 1;
                if count == MAX_SLICES {
                    break;
                }
            }
        }
        count
    }

    /// Forgets what has been written.
    pub(super) fn advance(&mut self, mut written: usize) {
        debug_assert!(written <= self.len);
        self.len -= written;
        written += self.written;
        while let Some(first) = self.segments.front() {
            if written < first.len() {
                self.written = written;
                return;
            }
            written -= first.len();
            self.segments.pop_front();
        }
        self.written = written;
        if self.len == 0 {
            self.rest();
        } else if written >= KEPT && written >= self.len {
            // A queue that is never empty must not grow by all that passes. No byte is moved more
            // than once for each that was written.
            self.tail.drain(..written);
            self.written = 0;
        }
    }

    /// Drops all that waits.
    pub(super) fn clear(&mut self) {
        self.segments = VecDeque::new();
        self.tail = Vec::new();
        self.written = 0;
        self.len = 0;
    }

    /// Nothing waits: the memory goes back.
    fn rest(&mut self) {
        self.written = 0;
        self.segments = VecDeque::new();
        let mut tail = std::mem::take(&mut self.tail);
        if tail.capacity() <= KEPT {
            tail.clear();
            // A thread that ends has no place left to put it.
            let _ = SPARE.try_with(|spare| spare.set(tail));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(queue: &mut Queue, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while queue.len() > 0 {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let count = queue.slices(&mut slices);
            let flat: Vec<u8> = slices[..count]
                .iter()
                .flat_map(|slice| slice.iter().copied())
                .take(step)
                .collect();
            assert!(!flat.is_empty(), "bytes wait and no slice shows them");
            queue.advance(flat.len());
            out.extend(flat);
        }
        out
    }

    #[test]
    fn bytes_leave_in_order_whatever_a_write_takes() {
        for step in [1, 2, 3, 100, SHARED_FROM, SHARED_FROM + 1, usize::MAX] {
            let mut queue = Queue::default();
            let mut expected = Vec::new();
            for round in 0..20_u8 {
                let small = vec![round; 3];
                queue.append(|tail| tail.extend_from_slice(&small));
                expected.extend(small);
                if round % 3 == 0 {
                    let large = vec![round; SHARED_FROM];
                    queue.push(large.clone().into());
                    expected.extend(large);
                }
                queue.push(vec![round; 2].into());
                expected.extend([round; 2]);
            }
            assert_eq!(queue.len(), expected.len());
            assert!(taken(&mut queue, step) == expected, "step {step}");
            assert_eq!(queue.segments.capacity() + queue.tail.capacity(), 0);
        }
    }

    #[test]
    fn a_queue_that_is_never_empty_stays_small() {
        const STEP: usize = 10_000;
        let mut queue = Queue::default();
        queue.append(|tail| tail.resize(STEP, 0));
        for round in 1..=1000_usize {
            queue.append(|tail| tail.resize(tail.len() + STEP, round as u8));
            queue.advance(STEP);
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            assert_eq!(queue.slices(&mut slices), 1);
            assert_eq!(*slices[0], [round as u8; STEP]);
            let capacity = queue.tail.capacity();
            assert!(capacity <= 4 * KEPT, "{capacity} bytes in round {round}");
        }
        queue.advance(STEP);
        assert_eq!(queue.tail.capacity(), 0);
    }

    #[test]
    fn written_in_part_and_then_more() {
        let mut queue = Queue::default();
        queue.append(|tail| tail.extend_from_slice(b"abcd"));
        queue.advance(3);
        queue.push(vec![b'x'; SHARED_FROM].into());
        queue.append(|tail| tail.extend_from_slice(b"end"));
        assert_eq!(queue.len(), 1 + SHARED_FROM + 3);
        let out = taken(&mut queue, usize::MAX);
        assert_eq!(out[0], b'd');
        assert_eq!(&out[out.len() - 3..], b"end");
    }
}
