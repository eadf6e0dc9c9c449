/// How much a peer may make a [`Decoder`](crate::Decoder) hold.
///
/// ```
/// use sockeye_websocket::Limits;
///
/// let limits = Limits::default().max_message(64 * 1024).max_frame(16 * 1024);
/// assert_eq!(limits.max_message, 65_536);
/// assert_eq!(limits.max_frame, 16_384);
/// assert_eq!(limits.max_empty_fragments, 16);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest message in bytes, its fragments together. Default 1 000 000, which is what
    /// Engine.IO calls `maxHttpBufferSize`.
    ///
    /// Of a compressed message this is the length after inflating, checked while its bytes come
    /// out; what is read for it is at most twice as long and 64 KiB. It says nothing about
    /// messages that are handed out in parts.
    pub max_message: usize,
    /// The longest frame in bytes, compressed ones as they are on the wire. It also counts for
    /// messages that are handed out in parts. Default [`usize::MAX`]: only `max_message` counts.
    pub max_frame: usize,
    /// How many fragments of one message may be empty. Default 16. Fragments with bytes in
    /// them need no limit of their own: `max_message` counts them.
    pub max_empty_fragments: u32,
}

impl Limits {
    /// Sets the longest message in bytes.
    #[must_use]
    pub const fn max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }

    /// Sets the longest frame in bytes.
    #[must_use]
    pub const fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = bytes;
        self
    }

    /// Sets how many fragments of one message may be empty.
    #[must_use]
    pub const fn max_empty_fragments(mut self, fragments: u32) -> Self {
        self.max_empty_fragments = fragments;
        self
    }

    /// How much is read for one compressed message. A message that shrinks is far below; blocks
    /// that give no bytes, of which there could be any number, are what it stops.
    pub(crate) const fn max_compressed(&self) -> usize {
        self.max_message.saturating_mul(2).saturating_add(64 * 1024)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message: 1_000_000,
            max_frame: usize::MAX,
            max_empty_fragments: 16,
        }
    }
}
