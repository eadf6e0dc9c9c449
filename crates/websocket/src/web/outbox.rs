//! How much of what was sent has left.

/// A batch of messages that has been encoded and is being written.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Bytes of messages in it.
    payload: u64,
    /// Bytes that it makes on the wire, with headers, and maybe compressed.
    encoded: u64,
    /// Bytes of messages that have been released.
    released: u64,
}

impl Batch {
    pub(super) fn new(payload: u64, encoded: usize) -> Self {
        Self {
            payload,
            encoded: encoded as u64,
            released: 0,
        }
    }

    /// How many bytes of messages have left since the last call, when so many encoded bytes wait:
    /// in proportion, since headers and compression are not counted.
    pub(super) fn progress(&mut self, waiting: usize) -> u64 {
        if self.encoded == 0 {
            return 0;
        }
        // Pongs may have joined.
        let written = u128::from(self.encoded.saturating_sub(waiting as u64));
        let share = u128::from(self.payload) * written / u128::from(self.encoded);
        let total = u64::try_from(share)
            .unwrap_or(self.payload)
            .max(self.released);
        let now = total - self.released;
        self.released = total;
        now
    }

    /// All has left.
    pub(super) fn finish(&mut self) -> u64 {
        let Self {
            payload, released, ..
        } = std::mem::take(self);
        payload - released
    }
}

#[cfg(test)]
mod tests {
    use super::Batch;

    #[test]
    fn what_has_left_is_released_once() {
        let mut batch = Batch::new(1000, 100);
        assert_eq!(batch.progress(100), 0);
        assert_eq!(batch.progress(60), 400);
        // A pong joined.
        assert_eq!(batch.progress(70), 0);
        assert_eq!(batch.progress(50), 100);
        assert_eq!(batch.finish(), 500);
        assert_eq!(batch.finish(), 0);
        assert_eq!(batch.progress(0), 0);
    }

    #[test]
    fn headers_are_not_counted() {
        // An empty message is a header alone.
        let mut batch = Batch::new(0, 6);
        assert_eq!(batch.progress(3), 0);
        assert_eq!(batch.finish(), 0);
        let mut batch = Batch::new(10, 16);
        assert_eq!(batch.progress(8) + batch.progress(1) + batch.finish(), 10);
    }
}
