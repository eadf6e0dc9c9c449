/// How packets are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Flags {
    /// They are dropped if the transport takes nothing now.
    pub volatile: bool,
    /// They are not worth compressing, or must not be.
    pub uncompressed: bool,
}

impl Flags {
    /// No flag: sent in any case, and compressed where that was agreed on.
    pub const NONE: Self = Self {
        volatile: false,
        uncompressed: false,
    };

    /// Dropped if the transport takes nothing now.
    pub const VOLATILE: Self = Self {
        volatile: true,
        ..Self::NONE
    };

    /// The same, volatile or not.
    #[must_use]
    pub const fn volatile(mut self, volatile: bool) -> Self {
        self.volatile = volatile;
        self
    }

    /// The same, to be compressed where that was agreed on, or never.
    #[must_use]
    pub const fn compress(mut self, compress: bool) -> Self {
        self.uncompressed = !compress;
        self
    }
}
