//! Messages made before the measurement, in one piece of memory, so that any run of them is one slice.

/// The longest run that [`Ring::run`] gives as one slice.
pub const MAX_RUN: usize = 64;

/// `count` messages, told apart by their index, after which the numbering starts again.
#[derive(Debug)]
pub struct Ring {
    bytes: Vec<u8>,
    starts: Vec<usize>,
    count: usize,
    hole: usize,
}

impl Ring {
    /// Makes the messages `0..count`.
    #[must_use]
    pub fn new(count: usize, message: impl Fn(usize) -> Vec<u8>) -> Self {
        let mut ring = Self {
            bytes: Vec::new(),
            starts: vec![0],
            count,
            hole: 0,
        };
        // The first ones stand again behind the last, so that a run never wraps.
        for index in 0..count + MAX_RUN {
            ring.bytes.extend_from_slice(&message(index % count));
            ring.starts.push(ring.bytes.len());
        }
        ring
    }

    /// So many bytes before the last two of each message may be anything.
    #[must_use]
    pub fn with_hole(self, bytes: usize) -> Self {
        Self {
            hole: bytes,
            ..self
        }
    }

    /// Whether `bytes` begin with `message`, one of these, whatever is in its hole.
    #[must_use]
    pub fn begins(&self, bytes: &[u8], message: &[u8]) -> bool {
        if self.hole == 0 {
            return bytes.starts_with(message);
        }
        let (head, tail) = message.split_at(message.len() - 2);
        let head = &head[..head.len() - self.hole];
        let end = message.len();
        bytes.len() >= end && bytes.starts_with(head) && &bytes[end - 2..end] == tail
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

    #[test]
    fn a_hole_takes_anything_and_the_rest_has_to_be_the_same() {
        let ring = Ring::new(1, |_| br#"["a","__"]"#.to_vec()).with_hole(2);
        let message = ring.message(0);
        for (bytes, begins) in [
            (&br#"["a","xy"]["#[..], true),
            (br#"["b","xy"]"#, false),
            (br#"["a","xyz]"#, false),
            (br#"["a","xy""#, false),
        ] {
            assert_eq!(ring.begins(bytes, message), begins, "{bytes:?}");
        }
    }
}
