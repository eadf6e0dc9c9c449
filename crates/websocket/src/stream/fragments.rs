//! Messages that are never held whole.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};

use super::Error;
use super::driver::{Driver, Wakers};
use super::split::Shared;
use crate::{Failure, Kind, Message, MessageRef, SendError};

/// Through what the connection is reached.
pub(super) enum Holder<'a, S> {
    Whole(&'a mut Driver<S>),
    Half(&'a Shared<S>),
}

impl<S> Holder<'_, S> {
    /// A poll of what sends.
    fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        f: impl FnOnce(&mut Driver<S>, Wakers<'_>) -> Poll<R>,
    ) -> Poll<R> {
        match self {
            Self::Whole(driver) => f(driver, Wakers::one(cx)),
            Self::Half(shared) => shared.poll(cx, f),
        }
    }

    /// A poll of what receives.
    fn poll_next<R>(
        &mut self,
        cx: &mut Context<'_>,
        f: impl FnOnce(&mut Driver<S>, Wakers<'_>) -> Poll<Option<Result<R, Error>>>,
    ) -> Poll<Option<Result<R, Error>>> {
        match self {
            Self::Whole(driver) => f(driver, Wakers::one(cx)),
            Self::Half(shared) => shared.poll_next(cx, f),
        }
    }

    fn with<R>(&mut self, f: impl FnOnce(&mut Driver<S>) -> R) -> R {
        match self {
            Self::Whole(driver) => f(driver),
            Self::Half(shared) => shared.with(|driver, _| f(driver)),
        }
    }

    /// A change that the reader's task has to hear of.
    fn change<R>(&mut self, f: impl FnOnce(&mut Driver<S>) -> R) -> R {
        match self {
            Self::Whole(driver) => f(driver),
            Self::Half(shared) => shared.change(f),
        }
    }
}

/// A message that comes in pieces. Made by
/// [`WebSocket::recv_stream`](super::WebSocket::recv_stream) and
/// [`Reader::recv_stream`](super::Reader::recv_stream).
///
/// Dropping it before its end drops the rest of the message.
pub struct MessageReader<'a, S> {
    holder: Holder<'a, S>,
    kind: Kind,
    first: Option<Message>,
    ended: bool,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> MessageReader<'a, S> {
    /// The next message, once its first piece is there.
    pub(super) async fn begin(mut holder: Holder<'a, S>) -> Option<Result<Self, Error>> {
        let part = poll_fn(|cx| holder.poll_next(cx, |driver, wakers| driver.poll_part(wakers)));
        let (first, last) = match part.await? {
            Ok(part) => part,
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(Self {
            holder,
            kind: first.as_ref().kind(),
            first: Some(first),
            ended: last,
        }))
    }

    /// Of which kind the message is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The next piece, which is of the message's kind: text is only cut between characters. `None`
    /// after the last one. Pieces are about as long as what one read brought, and may be empty.
    ///
    /// # Errors
    /// [`Error`] says why the connection ended before the message did.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        if self.ended {
            return None;
        }
        let holder = &mut self.holder;
        let part = poll_fn(|cx| holder.poll_next(cx, |driver, wakers| driver.poll_part(wakers)));
        match part.await {
            Some(Ok((piece, last))) => {
                self.ended = last;
                Some(Ok(piece))
            }
            Some(Err(error)) => {
                self.ended = true;
                Some(Err(error))
            }
            // The peer said goodbye in the middle of it.
            None => {
                self.ended = true;
                Some(Err(Failure::Lost.into()))
            }
        }
    }
}

impl<S> Drop for MessageReader<'_, S> {
    fn drop(&mut self) {
        if !self.ended {
            self.holder.with(|driver| driver.parts.skip_rest());
        }
    }
}

impl<S> fmt::Debug for MessageReader<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageReader")
            .field("kind", &self.kind)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// A message that is sent in pieces, each a fragment (RFC 6455 5.4). Made by
/// [`WebSocket::send_stream`](super::WebSocket::send_stream) and
/// [`Writer::send_stream`](super::Writer::send_stream).
///
/// Dropping it before [`finish`](Self::finish) closes the connection with code 1011, for a half
/// message must not pass for a whole one.
pub struct MessageWriter<'a, S> {
    holder: Holder<'a, S>,
    kind: Kind,
    finished: bool,
}

impl<'a, S> MessageWriter<'a, S> {
    pub(super) fn new(holder: Holder<'a, S>, kind: Kind) -> Self {
        Self {
            holder,
            kind,
            finished: false,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> MessageWriter<'_, S> {
    /// Sends a piece, and returns when no more bytes wait than the marks allow.
    ///
    /// # Errors
    /// [`SendError::MessageOpen`] if the piece is of another kind than the message; else as
    /// [`WebSocket::send`](super::WebSocket::send).
    pub async fn write<'p>(&mut self, piece: impl Into<MessageRef<'p>>) -> Result<(), SendError> {
        let piece = piece.into();
        if piece.kind() != self.kind {
            return Err(SendError::MessageOpen);
        }
        self.put(piece.as_bytes(), false).await
    }

    /// Ends the message, and returns when all has been written to the stream.
    ///
    /// # Errors
    /// As [`WebSocket::send`](super::WebSocket::send).
    pub async fn finish(mut self) -> Result<(), SendError> {
        self.put(b"", true).await?;
        poll_fn(|cx| {
            self.holder
                .poll(cx, |driver, wakers| driver.poll_flush(wakers))
        })
        .await
    }

    async fn put(&mut self, piece: &[u8], last: bool) -> Result<(), SendError> {
        let Self { holder, kind, .. } = self;
        let mut piece = Some(piece);
        poll_fn(|cx| {
            holder.poll(cx, |driver, wakers| {
                driver.poll_fragment(wakers, *kind, &mut piece, last)
            })
        })
        .await?;
        self.finished = last;
        Ok(())
    }
}

impl<S> Drop for MessageWriter<'_, S> {
    fn drop(&mut self) {
        if !self.finished {
            self.holder.change(Driver::give_message_up);
        }
    }
}

impl<S> fmt::Debug for MessageWriter<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageWriter")
            .field("kind", &self.kind)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}
