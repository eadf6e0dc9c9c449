//! Messages made before the measurement, in one piece of memory, so that any run of them is one slice.

/// The longest run that [`Ring::run`] gives as one slice.
pub const MAX_RUN: usize = 64;

/// `count` messages, told apart by their index, after which the numbering starts again.
#[derive(Debug)]
pub struct Ring {
    bytes: Vec<u8>,
    starts: Vec<usize>,
    count: usize,
}

impl Ring {
    /// Makes the messages `0..count`.
    #[must_use]
    pub fn new(count: usize, message: impl Fn(usize) -> Vec<u8>) -> Self {
        let mut ring = Self {
            bytes: Vec::new(),
            starts: vec![0],
            count,
        };
        // The first ones stand again behind the last, so that a run never wraps.
        for index in 0..count + MAX_RUN {
            ring.bytes.extend_from_slice(&message(index % count));
            ring.starts.push(ring.bytes.len());
        }
        ring
    }

    /// Number of different messages.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Message number `index`, counted modulo [`count`](Self::count).
    #[must_use]
    pub fn message(&self, index: u64) -> &[u8] {
        self.run(index, 1)
    }

    /// `len` consecutive messages from number `index` on.
    ///
    /// # Panics
    /// If `len` is greater than [`MAX_RUN`].
    #[must_use]
    pub fn run(&self, index: u64, len: usize) -> &[u8] {
        assert!(len <= MAX_RUN, "a run of {len} messages");
        let first = (index % self.count as u64) as usize;
        &self.bytes[self.starts[first]..self.starts[first + len]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_behind_the_last_message() {
        let ring = Ring::new(3, |index| index.to_string().into_bytes());
        assert_eq!(ring.run(2, 4), b"2012");
        assert_eq!(ring.message(7), b"1");
    }
}
