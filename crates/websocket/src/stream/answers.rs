//! What a handler answers through, in the middle of the bytes that were read.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::AsyncWrite;

use crate::{Message, MessageRef, Outgoing, PreparedMessage, SendError};

/// Sends what the handler of [`WebSocket::for_each`](super::WebSocket::for_each) has to say.
///
/// All that is sent before the handler has seen the end of what was read leaves in one write,
/// but for large messages: those are written from where they are, without a copy.
pub struct Answers<'a> {
    outgoing: &'a mut Outgoing,
    direct: &'a mut dyn FnMut(&[IoSlice<'_>]) -> usize,
}

impl<'a> Answers<'a> {
    pub(super) fn new(
        outgoing: &'a mut Outgoing,
        direct: &'a mut dyn FnMut(&[IoSlice<'_>]) -> usize,
    ) -> Self {
        Self { outgoing, direct }
    }

    /// Sends a message, compressed if that was agreed.
    ///
    /// # Errors
    /// [`SendError::Closed`] once this side has said that it closes.
    #[inline]
    pub fn send(&mut self, message: MessageRef<'_>) -> Result<(), SendError> {
        if self.outgoing.may_pass(message.as_bytes().len()) {
            return self.outgoing.pass(message, &mut *self.direct);
        }
        self.outgoing.send(message)
    }

    /// Sends a text message. As [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    #[inline]
    pub fn text(&mut self, text: &str) -> Result<(), SendError> {
        self.send(MessageRef::Text(text))
    }

    /// Sends a binary message. As [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    #[inline]
    pub fn binary(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.send(MessageRef::Binary(bytes))
    }

    /// Sends an owned message. As [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_owned(&mut self, message: Message) -> Result<(), SendError> {
        self.outgoing.send_owned(message)
    }

    /// Sends a message that was encoded once for many connections. As [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &PreparedMessage) -> Result<(), SendError> {
        self.outgoing.send_prepared(message)
    }

    /// How many bytes of answers wait to be written.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.outgoing.buffered_amount()
    }
}

impl std::fmt::Debug for Answers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers")
            .field("buffered_amount", &self.buffered_amount())
            .finish_non_exhaustive()
    }
}

/// The stream itself, for writes that go past the queue.
pub(super) struct Direct<'d, S> {
    pub(super) io: &'d mut S,
    pub(super) unflushed: &'d mut bool,
    pub(super) waker: &'d Waker,
}

impl<S: AsyncWrite + Unpin> Direct<'_, S> {
    /// How many bytes the stream took. A failure is none: it shows again when the queue is
    /// written.
    pub(super) fn write(&mut self, slices: &[IoSlice<'_>]) -> usize {
        let mut cx = Context::from_waker(self.waker);
        match Pin::new(&mut *self.io).poll_write_vectored(&mut cx, slices) {
            Poll::Ready(Ok(written)) => {
                *self.unflushed = true;
                written
            }
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        }
    }
}
