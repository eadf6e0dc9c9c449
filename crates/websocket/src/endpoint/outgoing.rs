//! The sending half: encodes messages into the queue, and knows whether it still may.

use std::io::IoSlice;

use bytes::Bytes;

#[cfg(feature = "tokio")]
use super::MAX_SLICES;
use super::queue::{Queue, SHARED_FROM};
#[cfg(feature = "deflate")]
use crate::deflate::Compressor;
use crate::{Kind, Message, MessageRef, Opcode, PreparedMessage, Role, SendError, frame};

/// What this side sends: messages, pings and the close frame, encoded into one queue.
///
/// A handler that was given one answers through it; all answers to what one read brought leave in
/// one write.
#[derive(Debug)]
pub struct Outgoing {
    queue: Queue,
    #[cfg(feature = "deflate")]
    compressor: Option<Box<Compressor>>,
    /// The latest ping that waits to be answered, while the stream refuses bytes.
    pong: Option<Box<[u8]>>,
    role: Role,
    closing: bool,
    /// The stream refused bytes at the last attempt.
    blocked: bool,
    /// The kind of the message of which fragments were sent, but not the last.
    open: Option<Kind>,
}

impl Outgoing {
    pub(super) fn new(role: Role) -> Self {
        Self {
            queue: Queue::default(),
            #[cfg(feature = "deflate")]
            compressor: None,
            pong: None,
            role,
            closing: false,
            blocked: false,
            open: None,
        }
    }

    #[cfg(feature = "deflate")]
    pub(super) fn compress(&mut self, compressor: Compressor) {
        self.compressor = Some(Box::new(compressor));
    }

    /// Queues a message, compressed if that was agreed.
    ///
    /// # Errors
    /// [`SendError::Closed`] once this side has said that it closes;
    /// [`SendError::MessageOpen`] before the last fragment of a message sent in fragments.
    #[inline]
    pub fn send(&mut self, message: MessageRef<'_>) -> Result<(), SendError> {
        self.check()?;
        let (opcode, payload) = match message {
            MessageRef::Text(text) => (Opcode::Text, text.as_bytes()),
            MessageRef::Binary(bytes) => (Opcode::Binary, bytes),
        };
        self.put(opcode, payload);
        Ok(())
    }

    /// Queues a text message. As [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    #[inline]
    pub fn text(&mut self, text: &str) -> Result<(), SendError> {
        self.send(MessageRef::Text(text))
    }

    /// Queues a binary message. As [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    #[inline]
    pub fn binary(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.send(MessageRef::Binary(bytes))
    }

    /// Queues an owned message: a large one that needs neither mask nor compression is not copied.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_owned(&mut self, message: Message) -> Result<(), SendError> {
        let large = message.as_bytes().len() >= SHARED_FROM;
        if !large || self.role == Role::Client || self.compresses() {
            return self.send(message.as_ref());
        }
        self.check()?;
        let opcode = match message {
            Message::Text(_) => Opcode::Text,
            Message::Binary(_) => Opcode::Binary,
        };
        let payload = message.into_bytes();
        self.pong_before();
        self.queue
            .append(|out| frame::append_header(out, opcode, payload.len()));
        self.queue.push(payload);
        Ok(())
    }

    /// Whether a payload of this length could go to the stream from where it is.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn may_pass(&self, len: usize) -> bool {
        len >= SHARED_FROM && self.role == Role::Server && !self.blocked && !self.compresses()
    }

    /// Lets `write` take what is queued and the message behind it, and queues what it leaves.
    #[cfg(feature = "tokio")]
    pub(crate) fn pass(
        &mut self,
        message: MessageRef<'_>,
        write: &mut dyn FnMut(&[IoSlice<'_>]) -> usize,
    ) -> Result<(), SendError> {
        self.check()?;
        let (opcode, payload) = match message {
            MessageRef::Text(text) => (Opcode::Text, text.as_bytes()),
            MessageRef::Binary(bytes) => (Opcode::Binary, bytes),
        };
        self.queue
            .append(|out| frame::append_header(out, opcode, payload.len()));
        let queued = self.queue.len();
        let mut slices = [IoSlice::new(&[]); MAX_SLICES + 1];
        let count = self.queue.slices(&mut slices);
        let shown: usize = slices[..count].iter().map(|slice| slice.len()).sum();
        let mut written = 0;
        // Many segments before it: those have to leave first.
        if shown == queued {
            slices[count] = IoSlice::new(payload);
            written = write(&slices[..=count]);
        }
        self.queue.advance(written.min(queued));
        let rest = &payload[written.saturating_sub(queued)..];
        if !rest.is_empty() {
            self.queue.append(|out| out.extend_from_slice(rest));
        }
        Ok(())
    }

    /// Queues a message that was encoded once for many connections. A client, which has to mask
    /// with a key of its own, encodes it again.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &PreparedMessage) -> Result<(), SendError> {
        if self.role == Role::Client {
            return self.send(message.message());
        }
        self.check()?;
        self.pong_before();
        self.queue.push(self.twin(message));
        Ok(())
    }

    #[cfg(feature = "deflate")]
    fn twin(&self, message: &PreparedMessage) -> Bytes {
        let params = self
            .compressor
            .as_ref()
            .map(|compressor| compressor.params());
        message.frame(params).clone()
    }

    #[cfg(not(feature = "deflate"))]
    fn twin(&self, message: &PreparedMessage) -> Bytes {
        message.frame(None).clone()
    }

    /// Queues a fragment of a message (RFC 6455 5.4); the first one says of which kind it is.
    /// Pings, pongs and the close frame may leave between fragments, other messages may not.
    ///
    /// The caller sees to it that the fragments of a text message are UTF-8 when put together.
    ///
    /// # Errors
    /// As [`send`](Self::send), or [`SendError::MessageOpen`] if `kind` is not that of the message
    /// that is open.
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fragment: &[u8],
        last: bool,
    ) -> Result<(), SendError> {
        if self.closing {
            return Err(SendError::Closed);
        }
        if self.open.is_some_and(|open| open != kind) {
            return Err(SendError::MessageOpen);
        }
        self.pong_before();
        let first = self.open.is_none();
        let opcode = match kind {
            Kind::Text => Opcode::Text,
            Kind::Binary => Opcode::Binary,
        };
        let role = self.role;
        #[cfg(feature = "deflate")]
        if let Some(compressor) = &mut self.compressor {
            self.queue
                .append(|out| compressor.append_fragment(out, opcode, fragment, first, last));
            self.open = (!last).then_some(kind);
            return Ok(());
        }
        self.queue
            .append(|out| frame::append_fragment(out, role, opcode, fragment, first, last));
        self.open = (!last).then_some(kind);
        Ok(())
    }

    /// Queues a ping with at most 125 bytes, which the peer answers with a pong (RFC 6455 5.5.2).
    ///
    /// # Errors
    /// [`SendError::Closed`], or [`SendError::ControlTooLong`].
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        if self.closing {
            return Err(SendError::Closed);
        }
        if payload.len() > 125 {
            return Err(SendError::ControlTooLong);
        }
        self.control(Opcode::Ping, payload);
        Ok(())
    }

    /// How many bytes were accepted and are not written.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.queue.len()
    }

    /// Whether this side has said that it sends nothing more.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Whether a message that was begun in fragments waits for its last one.
    #[must_use]
    pub fn is_message_open(&self) -> bool {
        self.open.is_some()
    }

    #[inline]
    fn check(&self) -> Result<(), SendError> {
        if self.closing {
            return Err(SendError::Closed);
        }
        if self.open.is_some() {
            return Err(SendError::MessageOpen);
        }
        Ok(())
    }

    #[cfg(feature = "deflate")]
    fn compresses(&self) -> bool {
        self.compressor.is_some()
    }

    #[cfg(not(feature = "deflate"))]
    fn compresses(&self) -> bool {
        false
    }

    #[inline]
    fn put(&mut self, opcode: Opcode, payload: &[u8]) {
        self.pong_before();
        #[cfg(feature = "deflate")]
        if let Some(compressor) = &mut self.compressor {
            return self
                .queue
                .append(|out| compressor.append(out, opcode, payload));
        }
        self.control(opcode, payload);
    }

    /// Appends a whole frame as it is.
    #[inline]
    fn control(&mut self, opcode: Opcode, payload: &[u8]) {
        let role = self.role;
        self.queue.append(|out| match role {
            Role::Server => frame::append(out, opcode, payload),
            Role::Client => frame::append_masked(out, opcode, payload, frame::mask_key()),
        });
    }

    /// Answers a ping; only the latest one while the stream refuses bytes (RFC 6455 5.5.3).
    pub(super) fn pong(&mut self, payload: &[u8]) {
        if self.closing {
        } else if self.blocked {
            self.pong = Some(payload.into());
        } else {
            self.control(Opcode::Pong, payload);
        }
    }

    /// Queues the pong that waits: a sender whose queue is never empty must not hold it up. There
    /// are no more of them than frames of one's own.
    #[inline]
    fn pong_before(&mut self) {
        if let Some(pong) = self.pong.take() {
            self.control(Opcode::Pong, &pong);
        }
    }

    /// Queues the close frame, after which nothing follows. False if there was one already.
    pub(super) fn close(&mut self, close: Option<(u16, &str)>) -> bool {
        if self.closing {
            return false;
        }
        self.closing = true;
        self.pong = None;
        let role = self.role;
        self.queue
            .append(|out| frame::append_close(out, role, close));
        true
    }

    /// Nothing can be written any more.
    pub(super) fn abandon(&mut self) {
        self.closing = true;
        self.pong = None;
        self.queue.clear();
    }

    pub(super) fn slices<'q>(&'q self, slices: &mut [IoSlice<'q>]) -> usize {
        self.queue.slices(slices)
    }

    /// Says how many bytes the stream took.
    pub(super) fn written(&mut self, bytes: usize) {
        self.queue.advance(bytes);
        if self.queue.len() == 0 {
            self.blocked = false;
            self.pong_before();
        }
    }

    /// Says that the stream takes no more for now.
    pub(super) fn refused(&mut self) {
        self.blocked = true;
    }
}
