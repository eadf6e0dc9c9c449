//! An endpoint together with the stream that it speaks over.

use std::future::Future;
use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::answers::Direct;
use super::parts::Parts;
use super::{Error, Negotiated};
use crate::closer::Registration;
use crate::{
    Closed, Config, Endpoint, Failure, Incoming, Kind, Message, MessageRef, Outgoing, Overflow,
    Role, SendError, Settings, read_buffer,
};

/// From how many queued bytes on they are written although more may follow.
const WRITE_FROM: usize = 32 * 1024;

/// How much is read at once for somebody who takes one message at a time.
const LISTENED: usize = 64 * 1024;

/// Who is woken by the two directions of the stream: one task, or two halves.
#[derive(Clone, Copy)]
pub(super) struct Wakers<'w> {
    pub(super) read: &'w Waker,
    pub(super) write: &'w Waker,
}

impl<'w> Wakers<'w> {
    pub(super) fn one(cx: &'w Context<'_>) -> Self {
        let waker = cx.waker();
        Self {
            read: waker,
            write: waker,
        }
    }
}

/// What incoming messages lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Visitor {
    /// To answers: nothing is read while more of them wait than the high mark allows.
    Answers,
    /// To none. Then reading never waits for writing: two peers that both send more than lies on
    /// the way would wait for each other.
    Listens,
}

/// The two ways of an answer: through the queue, or past it.
pub(super) type Answering<'a, 'd, S> = (&'a mut Outgoing, &'a mut Direct<'d, S>);

pub(super) struct Driver<S> {
    pub(super) io: S,
    pub(super) endpoint: Endpoint,
    pub(super) protocol: Option<Box<str>>,
    config: Config,
    /// What was read behind the message that was asked for, and how much of it was used.
    unread: Vec<u8>,
    used: usize,
    pub(super) parts: Parts,
    /// The high mark was met, and the low mark was not since.
    choked: bool,
    unflushed: bool,
    /// The connection has ended, and so has this side of the stream.
    gone: bool,
    reported: bool,
    timer: Option<Pin<Box<Sleep>>>,
    registration: Option<Registration>,
    error: Option<Box<io::Error>>,
}

fn now() -> Instant {
    // tokio's clock, so that tests can pause it
    tokio::time::Instant::now().into_std()
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    pub(super) fn new(io: S, role: Role, negotiated: Negotiated, config: &Config) -> Self {
        let endpoint = Endpoint::new(role, config, now());
        #[cfg(feature = "deflate")]
        let endpoint = match negotiated.deflate {
            Some(params) => {
                let options = config.get().deflate.unwrap_or_default();
                endpoint.with_deflate(params, &options)
            }
            None => endpoint,
        };
        Self {
            io,
            endpoint,
            protocol: negotiated.protocol.map(Into::into),
            config: config.clone(),
            unread: negotiated.early,
            used: 0,
            parts: Parts::default(),
            choked: false,
            unflushed: false,
            gone: false,
            reported: false,
            timer: None,
            registration: None,
            error: None,
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        self.config.get()
    }

    /// Shows incoming messages to `visit` until it breaks or the connection has ended: `None`.
    pub(super) fn poll_visit<B>(
        &mut self,
        wakers: Wakers<'_>,
        visitor: Visitor,
        visit: &mut impl FnMut(Incoming<'_>, &mut Parts, Answering<'_, '_, S>) -> ControlFlow<B>,
    ) -> Poll<Option<B>> {
        self.heed_closer(wakers.read);
        if !self.unread.is_empty() {
            let unread = &mut self.unread[self.used..];
            let mut direct = Direct {
                io: &mut self.io,
                unflushed: &mut self.unflushed,
                waker: wakers.write,
            };
            let parts = &mut self.parts;
            let visit = |incoming: Incoming<'_>, outgoing: &mut Outgoing| {
                visit(incoming, parts, (outgoing, &mut direct))
            };
            let (used, value) = self.endpoint.handle_input(unread, now(), visit);
            self.used += used;
            if self.used == self.unread.len() {
                self.unread = Vec::new();
                self.used = 0;
            }
            if value.is_some() {
                return Poll::Ready(value);
            }
        }
        loop {
            let blocked = self.poll_write(wakers.write).is_pending();
            let full = blocked && self.endpoint.buffered_amount() > self.settings().high_mark;
            if full && visitor == Visitor::Answers {
                match self.settings().overflow {
                    // What is not read now waits in the peer.
                    Overflow::Wait => {
                        ready!(self.poll_timer(wakers.read));
                        continue;
                    }
                    Overflow::Close => self.fail(Failure::SlowPeer),
                }
            }
            if self.endpoint.wants_shutdown() {
                // A stream that fails here shows it when it is read.
                if self.poll_shutdown(wakers.write).is_ready() {
                    self.endpoint.handle_shut_down();
                }
            }
            if self.endpoint.is_ended() {
                self.parts = Parts::default();
                if !std::mem::replace(&mut self.gone, true) {
                    // As far as it goes at once: nobody waits for it.
                    let _ = self.poll_shutdown(wakers.write);
                }
                self.registration = None;
                return Poll::Ready(None);
            }
            let read = read_buffer::with(|buffer| {
                let mut buffer = ReadBuf::new(match visitor {
                    Visitor::Answers => buffer,
                    // What is behind the message that was asked for is copied, and kept.
                    Visitor::Listens => &mut buffer[..LISTENED],
                });
                let mut cx = Context::from_waker(wakers.read);
                ready!(Pin::new(&mut self.io).poll_read(&mut cx, &mut buffer))?;
                let read = buffer.filled_mut();
                if read.is_empty() {
                    return Poll::Ready(Ok(ControlFlow::Break(None)));
                }
                let mut direct = Direct {
                    io: &mut self.io,
                    unflushed: &mut self.unflushed,
                    waker: wakers.write,
                };
                let parts = &mut self.parts;
                let visit = |incoming: Incoming<'_>, outgoing: &mut Outgoing| {
                    visit(incoming, parts, (outgoing, &mut direct))
                };
                let (used, value) = self.endpoint.handle_input(read, now(), visit);
                if value.is_none() {
                    return Poll::Ready(Ok(ControlFlow::Continue(())));
                }
                self.unread.extend_from_slice(&read[used..]);
                Poll::Ready(Ok(ControlFlow::Break(value)))
            });
            match read {
                Poll::Ready(Ok(ControlFlow::Continue(()))) => {}
                Poll::Ready(Ok(ControlFlow::Break(None))) => self.endpoint.handle_eof(),
                Poll::Ready(Ok(ControlFlow::Break(value))) => return Poll::Ready(value),
                Poll::Ready(Err(error)) => {
                    self.note(error);
                    self.endpoint.handle_eof();
                }
                Poll::Pending => ready!(self.poll_timer(wakers.read)),
            }
        }
    }

    /// Shows whole messages to `handler`. Ready with the error it gives up with, or `None` when the
    /// connection has ended.
    pub(super) fn poll_each(
        &mut self,
        wakers: Wakers<'_>,
        handler: &mut impl FnMut(MessageRef<'_>, Answering<'_, '_, S>) -> Result<(), SendError>,
    ) -> Poll<Option<SendError>> {
        let limit = self.settings().limits.max_message;
        let polled = self.poll_visit(
            wakers,
            Visitor::Answers,
            &mut |incoming, parts, answering| {
                let answered = match incoming {
                    Incoming::Message(message) => handler(message, answering),
                    Incoming::Part(part) => match parts.gather(part, limit) {
                        Ok(Some(message)) => handler(message.as_ref(), answering),
                        Ok(None) => Ok(()),
                        Err(error) => return ControlFlow::Break(Err(error)),
                    },
                    Incoming::Pong(_) => Ok(()),
                };
                match answered {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => ControlFlow::Break(Ok(error)),
                }
            },
        );
        match ready!(polled) {
            Some(Ok(error)) => Poll::Ready(Some(error)),
            Some(Err(error)) => {
                self.fail(Failure::Protocol(error));
                self.poll_each(wakers, handler)
            }
            None => Poll::Ready(None),
        }
    }

    /// Drops messages until the connection has ended.
    pub(super) fn poll_end(&mut self, wakers: Wakers<'_>) -> Poll<()> {
        let polled = self.poll_visit(wakers, Visitor::Listens, &mut |incoming, parts, _| {
            if let Incoming::Part(part) = incoming {
                parts.drop_message(&part);
            }
            ControlFlow::<()>::Continue(())
        });
        polled.map(drop)
    }

    /// The next whole message.
    pub(super) fn poll_recv(&mut self, wakers: Wakers<'_>) -> Poll<Option<Result<Message, Error>>> {
        self.endpoint.stream_messages(false);
        let limit = self.settings().limits.max_message;
        let polled =
            self.poll_visit(
                wakers,
                Visitor::Listens,
                &mut |incoming, parts, _| match incoming {
                    Incoming::Message(message) => ControlFlow::Break(Ok(message.to_owned())),
                    Incoming::Part(part) => match parts.gather(part, limit).transpose() {
                        Some(gathered) => ControlFlow::Break(gathered),
                        None => ControlFlow::Continue(()),
                    },
                    Incoming::Pong(_) => ControlFlow::Continue(()),
                },
            );
        match ready!(polled) {
            Some(Ok(message)) => Poll::Ready(Some(Ok(message))),
            Some(Err(error)) => {
                self.fail(Failure::Protocol(error));
                self.poll_recv(wakers)
            }
            None => Poll::Ready(self.report().map(Err)),
        }
    }

    /// The next part of a message, and whether it is the last one.
    pub(super) fn poll_part(
        &mut self,
        wakers: Wakers<'_>,
    ) -> Poll<Option<Result<(Message, bool), Error>>> {
        // A message that came in parts while a whole one was waited for: its end is still to come.
        if let Some(beginning) = self.parts.take() {
            return Poll::Ready(Some(Ok((beginning, false))));
        }
        self.endpoint.stream_messages(true);
        let polled =
            self.poll_visit(
                wakers,
                Visitor::Listens,
                &mut |incoming, parts, _| match incoming {
                    Incoming::Part(part) if parts.skips(&part) => ControlFlow::Continue(()),
                    Incoming::Part(part) => {
                        ControlFlow::Break((MessageRef::from(part.data).to_owned(), part.last))
                    }
                    Incoming::Message(message) => ControlFlow::Break((message.to_owned(), true)),
                    Incoming::Pong(_) => ControlFlow::Continue(()),
                },
            );
        match ready!(polled) {
            Some(part) => Poll::Ready(Some(Ok(part))),
            None => Poll::Ready(self.report().map(Err)),
        }
    }

    /// Why the connection ended; told once.
    pub(super) fn report(&mut self) -> Option<Error> {
        if std::mem::replace(&mut self.reported, true) {
            return None;
        }
        match self.endpoint.failure()? {
            Failure::Lost => Some(match self.error.take() {
                Some(error) => Error::Io(*error),
                None => Error::Failed(Failure::Lost),
            }),
            failure => Some(Error::Failed(failure)),
        }
    }

    /// Ready when a message may be queued.
    pub(super) fn poll_accept(&mut self, wakers: Wakers<'_>) -> Poll<Result<(), SendError>> {
        if self.endpoint.outgoing().is_closing() {
            return Poll::Ready(Err(SendError::Closed));
        }
        let (low, high) = (self.settings().low_mark, self.settings().high_mark);
        let mark = if self.choked { low } else { high };
        if self.endpoint.buffered_amount() > mark {
            self.choked = true;
            let _ = self.poll_write(wakers.write);
            if self.endpoint.buffered_amount() > low {
                return match self.settings().overflow {
                    Overflow::Wait => Poll::Pending,
                    Overflow::Close => {
                        self.fail(Failure::SlowPeer);
                        wakers.read.wake_by_ref();
                        Poll::Ready(Err(SendError::SlowPeer))
                    }
                };
            }
        }
        self.choked = false;
        // Writing may have failed.
        if self.endpoint.outgoing().is_closing() {
            return Poll::Ready(Err(SendError::Closed));
        }
        Poll::Ready(Ok(()))
    }

    /// Queues `message` when there is room, and writes when much is queued.
    pub(super) fn poll_feed(
        &mut self,
        wakers: Wakers<'_>,
        message: &mut Option<Message>,
    ) -> Poll<Result<(), SendError>> {
        if message.is_some() {
            ready!(self.poll_accept(wakers))?;
            if let Some(message) = message.take() {
                self.endpoint.outgoing().send_owned(message)?;
            }
            if self.endpoint.buffered_amount() >= WRITE_FROM {
                let _ = self.poll_write(wakers.write);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Queues a fragment when there is room, and writes when much is queued.
    pub(super) fn poll_fragment(
        &mut self,
        wakers: Wakers<'_>,
        kind: Kind,
        piece: &mut Option<&[u8]>,
        last: bool,
    ) -> Poll<Result<(), SendError>> {
        if piece.is_some() {
            ready!(self.poll_accept(wakers))?;
            if let Some(piece) = piece.take() {
                self.endpoint.outgoing().send_fragment(kind, piece, last)?;
            }
            if self.endpoint.buffered_amount() >= WRITE_FROM {
                let _ = self.poll_write(wakers.write);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when all that was accepted has been written.
    pub(super) fn poll_flush(&mut self, wakers: Wakers<'_>) -> Poll<Result<(), SendError>> {
        ready!(self.poll_write(wakers.write));
        Poll::Ready(match self.endpoint.has_lost_output() {
            true => Err(SendError::Closed),
            false => Ok(()),
        })
    }

    /// Ready when no more bytes wait than the low mark says.
    pub(super) fn poll_drained(&mut self, wakers: Wakers<'_>) -> Poll<Result<(), SendError>> {
        let written = self.poll_write(wakers.write);
        if self.endpoint.has_lost_output() {
            return Poll::Ready(Err(SendError::Closed));
        }
        if written.is_ready() || self.endpoint.buffered_amount() <= self.settings().low_mark {
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    }

    /// Queues at once what may be queued, and writes what the stream takes.
    pub(super) fn try_send(
        &mut self,
        wakers: Wakers<'_>,
        send: impl FnOnce(&mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        match self.poll_accept(wakers) {
            Poll::Ready(accepted) => accepted?,
            Poll::Pending => return Err(SendError::Full),
        }
        send(self.endpoint.outgoing())?;
        let _ = self.poll_write(wakers.write);
        Ok(())
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.endpoint.fail(failure, now());
    }

    pub(super) fn closed(&self) -> Option<&Closed> {
        self.endpoint.closed()
    }

    /// Writes until nothing is queued; errors show when reading.
    fn poll_write(&mut self, waker: &Waker) -> Poll<()> {
        let mut cx = Context::from_waker(waker);
        while self.endpoint.buffered_amount() > 0 {
            let io = Pin::new(&mut self.io);
            let written = self.endpoint.transmit(|slices| match slices {
                [slice] => io.poll_write(&mut cx, slice),
                slices => io.poll_write_vectored(&mut cx, slices),
            });
            match written {
                Poll::Ready(Ok(written)) if written > 0 => {
                    self.endpoint.handle_transmitted(written);
                    self.unflushed = true;
                }
                Poll::Ready(result) => {
                    let error = result.err();
                    self.note(error.unwrap_or_else(|| io::ErrorKind::WriteZero.into()));
                    self.endpoint.handle_write_error(now());
                    return Poll::Ready(());
                }
                Poll::Pending => {
                    self.endpoint.handle_blocked();
                    return Poll::Pending;
                }
            }
        }
        if self.unflushed {
            if let Err(error) = ready!(Pin::new(&mut self.io).poll_flush(&mut cx)) {
                self.note(error);
                self.endpoint.handle_write_error(now());
            }
            self.unflushed = false;
        }
        Poll::Ready(())
    }

    fn poll_shutdown(&mut self, waker: &Waker) -> Poll<()> {
        let mut cx = Context::from_waker(waker);
        Pin::new(&mut self.io).poll_shutdown(&mut cx).map(drop)
    }

    /// Ready when time has changed something.
    fn poll_timer(&mut self, waker: &Waker) -> Poll<()> {
        let Some(at) = self.endpoint.poll_timeout() else {
            self.timer = None;
            return Poll::Pending;
        };
        let at = tokio::time::Instant::from_std(at);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        // Messages only move the deadline away: then the timer fires early, and is set anew.
        if at < timer.deadline() {
            timer.as_mut().reset(at);
        }
        let mut cx = Context::from_waker(waker);
        while timer.as_mut().poll(&mut cx).is_ready() {
            let before = self.endpoint.poll_timeout();
            self.endpoint.handle_timeout(now());
            match self.endpoint.poll_timeout() {
                Some(at) if Some(at) == before => {
                    timer.as_mut().reset(tokio::time::Instant::from_std(at));
                }
                _ => {
                    self.timer = None;
                    return Poll::Ready(());
                }
            }
        }
        Poll::Pending
    }

    /// Closes when all connections of this configuration are to close.
    fn heed_closer(&mut self, waker: &Waker) {
        let Some(closer) = &self.config.get().closer else {
            return;
        };
        if !self.endpoint.is_open() {
            return;
        }
        let registration = self.registration.get_or_insert_with(|| closer.register());
        if let Some((code, reason)) = registration.poll(waker) {
            self.endpoint.close(Some((code, &reason)), now());
        }
    }

    fn note(&mut self, error: io::Error) {
        self.error.get_or_insert_with(|| Box::new(error));
    }
}

impl<S> Driver<S> {
    /// The last fragment of a message will never come.
    pub(super) fn give_message_up(&mut self) {
        if self.endpoint.outgoing().is_message_open() {
            self.endpoint.fail(Failure::MessageGivenUp, now());
        }
    }

    pub(super) fn close(&mut self, close: Option<(u16, &str)>) {
        self.endpoint.close(close, now());
    }
}
