/// How much a peer may make a [`Decoder`](crate::Decoder) hold.
///
/// ```
/// use sockeye_websocket::Limits;
///
/// let limits = Limits::default().max_message(64 * 1024);
/// assert_eq!(limits.max_message, 65_536);
/// assert_eq!(limits.max_empty_fragments, 16);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest message in bytes, its fragments together. Default 1 000 000, which is what
    /// Engine.IO calls `maxHttpBufferSize`.
    pub max_message: usize,
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

    /// Sets how many fragments of one message may be empty.
    #[must_use]
    pub const fn max_empty_fragments(mut self, fragments: u32) -> Self {
        self.max_empty_fragments = fragments;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message: 1_000_000,
            max_empty_fragments: 16,
        }
    }
}
