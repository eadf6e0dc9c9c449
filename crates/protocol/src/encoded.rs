use std::fmt;

use crate::writer::Attachments;

/// A packet in its encoder's buffer.
pub struct Encoded<'e> {
    pub(crate) buffer: &'e mut [u8],
    pub(crate) attachments: &'e Attachments,
    pub(crate) start: usize,
    pub(crate) binary: bool,
}

impl Encoded<'_> {
    /// Everything: room for headers up to [`start`](Self::start), then the first message.
    pub fn buffer(&mut self) -> &mut [u8] {
        self.buffer
    }

    /// Where the first message starts; not below the encoder's headroom.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The packet's first message: UTF-8, unless it [is binary](Self::is_binary).
    pub fn message(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Whether the first message is binary; as JSON it never is.
    #[inline]
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// The binary messages that follow the first one, in this order.
    pub fn attachments(&self) -> impl Iterator<Item = &[u8]> {
        self.attachments.iter()
    }

    /// How many binary messages follow.
    pub fn attachment_count(&self) -> usize {
        self.attachments.count()
    }
}

impl fmt::Debug for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.message());
        write!(
            f,
            "Encoded({text}, {} attachments)",
            self.attachment_count()
        )
    }
}
