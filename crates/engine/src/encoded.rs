use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use sockeye_websocket::{
    Opcode,
    frame::{self, MAX_SERVER_HEADER},
};

use crate::outbox::Budget;

/// Bytes to leave free in front of a message for the packet type and the frame's header.
pub const HEADROOM: usize = MAX_SERVER_HEADER + 1;

/// The longest payload whose length fits the header's second byte (RFC 6455 5.2).
const LONGEST_SHORT: usize = 125;

/// The first byte of an unfragmented text message.
const TEXT: u8 = 0x81;

/// Completes a text message in place: writes the packet type and the frame's header in front of it.
///
/// The message is `buffer[start..]`; at least [`HEADROOM`] bytes before it are free. Returns the whole
/// frame, ready for [`Connection::send`](crate::Connection::send) or [`Encoded::new`].
///
/// # Panics
///
/// If `start` leaves less than [`HEADROOM`] bytes.
///
/// ```
/// let mut buffer = [0u8; sockeye_engine::HEADROOM + 2];
/// buffer[sockeye_engine::HEADROOM..].copy_from_slice(b"hi");
/// assert_eq!(sockeye_engine::text_frame(&mut buffer, sockeye_engine::HEADROOM), b"\x81\x034hi");
/// ```
#[inline]
pub fn text_frame(buffer: &mut [u8], start: usize) -> &[u8] {
    assert!(start >= HEADROOM, "room for packet type and header");
    let payload = start - 1;
    buffer[payload] = b'4';
    let len = buffer.len() - payload;
    let start = if len <= LONGEST_SHORT {
        // A header copied from elsewhere would have to be complete there first: that takes longer.
        buffer[payload - 2] = TEXT;
        buffer[payload - 1] = len as u8;
        payload - 2
    } else {
        frame::put_header_before(buffer, payload, Opcode::Text)
    };
    &buffer[start..]
}

/// Appends the frame of a binary message.
pub fn append_binary_frame(frames: &mut Vec<u8>, data: &[u8]) {
    frame::append(frames, Opcode::Binary, data);
}

/// Packets encoded once, frame headers included, and shared by every connection that sends them.
///
/// The bytes are WebSocket frames; long-polling writes them in its own form when a request is answered.
/// All of them leave together or not at all: a packet is never parted from its attachments.
#[derive(Clone)]
pub struct Encoded(Arc<Inner>);

struct Inner {
    frames: Box<[u8]>,
    packets: usize,
    /// The account that the frames are on, since the first queue took them.
    budget: OnceLock<Arc<Budget>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(budget) = self.budget.get() {
            budget.sub(self.frames.len());
        }
    }
}

impl Encoded {
    /// Shares `frames`, complete frames of a server that hold `packets` packets.
    #[must_use]
    pub fn new(frames: impl Into<Box<[u8]>>, packets: usize) -> Self {
        Self(Arc::new(Inner {
            frames: frames.into(),
            packets,
            budget: OnceLock::new(),
        }))
    }

    /// Puts the frames on the account, once for all queues. Returns whether that passes the budget.
    #[inline]
    pub(crate) fn charge(&self, budget: &Arc<Budget>) -> bool {
        let mut passed = false;
        self.0.budget.get_or_init(|| {
            passed = budget.add(self.0.frames.len());
            Arc::clone(budget)
        });
        passed
    }

    /// The bytes, divided among all who hold them.
    pub(crate) fn share(&self) -> usize {
        self.0.frames.len() / Arc::strong_count(&self.0)
    }

    /// Whether both are the same, not only alike.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The frames as they go over a WebSocket.
    #[must_use]
    pub fn frames(&self) -> &[u8] {
        &self.0.frames
    }

    /// How many packets the frames hold.
    #[must_use]
    pub fn packets(&self) -> usize {
        self.0.packets
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded")
            .field("bytes", &self.frames().len())
            .field("packets", &self.packets())
            .finish()
    }
}
