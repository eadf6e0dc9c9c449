//! TLS records on a stream: what arrives is decrypted, what leaves is encrypted, in buffers of the
//! thread.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    buffers::{self, at_least},
    session::Session,
};

/// How many bytes at most become records in one call.
pub(super) const SEALED_AT_ONCE: usize = 65_536;

/// How many bytes at most are read in one call.
const READ_AT_ONCE: usize = 65_536;

/// A record with the longest payload, its header and what encryption adds (RFC 5246 6.2.3).
const LONGEST_RECORD: usize = 5 + 16_384 + 2_048;

/// How many bytes that cannot be used yet are kept: a handshake message may span records.
const MAX_PARTIAL: usize = 65_536 + LONGEST_RECORD;

/// A connection over a stream.
pub(super) struct Records<S, C> {
    io: S,
    session: Box<C>,
    /// The beginning of what has not arrived whole.
    partial: Vec<u8>,
    /// Decrypted, but there was no room for it.
    plain: Backlog,
    /// Encrypted, but the stream did not take it.
    sealed: Backlog,
    reading: Reading,
    /// Nothing is written any more.
    closed: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reading {
    Open,
    /// The peer has said that it sends nothing more.
    Ended,
    /// The peer broke the rules, or somebody changed bytes on their way.
    Failed,
}

impl<S, C: Session> Records<S, C> {
    pub(super) fn new(io: S, session: C) -> Self {
        Self {
            io,
            session: Box::new(session),
            partial: Vec::new(),
            plain: Backlog::default(),
            sealed: Backlog::default(),
            reading: Reading::Open,
            closed: false,
        }
    }

    pub(super) fn session(&self) -> &C {
        &self.session
    }

    pub(super) fn io(&self) -> &S {
        &self.io
    }

    /// Gives bytes to TLS, and what comes of them to the reader. Returns how many were used; the
    /// others must come again, with more behind them.
    fn open(&mut self, incoming: &mut [u8], reader: &mut ReadBuf<'_>) -> io::Result<usize> {
        let mut used = 0;
        loop {
            let UnbufferedStatus { discard, state, .. } =
                self.session.process(&mut incoming[used..]);
            let mut discard = discard;
            let mut blocked = false;
            let outcome = match state {
                Ok(ConnectionState::ReadTraffic(mut records)) => loop {
                    match records.next_record() {
                        Some(Ok(record)) => {
                            discard += record.discard;
                            let (fits, rest) = record
                                .payload
                                .split_at(record.payload.len().min(reader.remaining()));
                            reader.put_slice(fits);
                            self.plain.push(rest);
                        }
                        Some(Err(error)) => break Err(error),
                        None => break Ok(()),
                    }
                },
                Ok(ConnectionState::EncodeTlsData(data)) => {
                    encode(data, &mut self.sealed);
                    Ok(())
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    data.done();
                    Ok(())
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.reading = Reading::Ended;
                    Ok(())
                }
                Ok(
                    ConnectionState::BlockedHandshake
                    | ConnectionState::WriteTraffic(_)
                    | ConnectionState::Closed,
                ) => {
                    blocked = true;
                    Ok(())
                }
                Ok(state) => Err(rustls::Error::General(format!(
                    "{state:?} was not asked for"
                ))),
                Err(error) => Err(error),
            };
            used += discard;
            if let Err(error) = outcome {
                self.reading = Reading::Failed;
                self.say_why();
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
            if blocked {
                return Ok(used);
            }
        }
    }

    /// After an error: the alert that tells the peer (RFC 8446 6.2).
    fn say_why(&mut self) {
        // Only as long as there is one: a failed session must see no input again.
        while self.session.common().wants_write() {
            let Ok(ConnectionState::EncodeTlsData(data)) = self.session.process(&mut []).state
            else {
                return;
            };
            encode(data, &mut self.sealed);
        }
    }

    /// Lets TLS do what it can without new bytes.
    fn settle(&mut self) -> io::Result<()> {
        if self.reading == Reading::Failed {
            return Err(failed());
        }
        let mut partial = std::mem::take(&mut self.partial);
        let used = self.open(&mut partial, &mut ReadBuf::new(&mut []))?;
        partial.drain(..used);
        self.partial = partial;
        Ok(())
    }

    /// Has `seal` write records, if TLS is where it can.
    fn seal<R>(
        &mut self,
        seal: impl FnOnce(&mut WriteTraffic<'_, C::Data>) -> Result<R, EncryptError>,
    ) -> io::Result<R> {
        // Otherwise something of TLS' own might be waiting to leave before it.
        self.settle()?;
        match self.session.process(&mut self.partial).state {
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                seal(&mut traffic).map_err(io::Error::other)
            }
            Ok(_) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, C: Session> Records<S, C> {
    /// Ends when both sides may send.
    pub(super) async fn handshake(&mut self) -> io::Result<()> {
        poll_fn(|cx| {
            loop {
                self.settle()?;
                ready!(self.poll_flush(cx))?;
                if !self.session.common().is_handshaking() {
                    return Poll::Ready(Ok(()));
                }
                if self.reading == Reading::Ended {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                ready!(self.poll_receive(cx, &mut ReadBuf::new(&mut [])))?;
            }
        })
        .await
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.plain.is_empty() {
            let bytes = self.plain.bytes();
            let length = bytes.len().min(reader.remaining());
            reader.put_slice(&bytes[..length]);
            self.plain.advance(length);
            return Poll::Ready(Ok(()));
        }
        let before = reader.remaining();
        while before > 0 && reader.remaining() == before {
            match self.reading {
                Reading::Open => ready!(self.poll_receive(cx, reader))?,
                Reading::Ended => break,
                Reading::Failed => return Poll::Ready(Err(failed())),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once from the stream.
    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        buffers::incoming(|buffer| {
            let held = self.partial.len();
            // No more than the reader has room for, or little more.
            let room = reader.remaining().clamp(LONGEST_RECORD, READ_AT_ONCE);
            let buffer = at_least(buffer, held + room);
            let mut fresh = ReadBuf::new(&mut buffer[held..]);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut fresh))?;
            let length = fresh.filled().len();
            if length == 0 {
                let error = "stream ended without the end of tls";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, error)));
            }
            buffer[..held].copy_from_slice(&self.partial);
            let arrived = &mut buffer[..held + length];
            match self.open(arrived, reader) {
                Ok(used) => Poll::Ready(self.keep(&arrived[used..])),
                Err(error) => {
                    // If the alert cannot leave at once, the connection ends without it.
                    let _ = self.poll_flush(cx);
                    Poll::Ready(Err(error))
                }
            }
        })
    }

    fn keep(&mut self, rest: &[u8]) -> io::Result<()> {
        if rest.is_empty() || self.reading == Reading::Ended {
            self.partial = Vec::new();
        } else if rest.len() <= MAX_PARTIAL {
            self.partial.clear();
            self.partial.extend_from_slice(rest);
        } else {
            self.reading = Reading::Failed;
            let error = "tls handshake message too long";
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        Ok(())
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        ready!(self.poll_send(cx))?;
        let bytes = &bytes[..bytes.len().min(SEALED_AT_ONCE)];
        buffers::outgoing(|buffer| {
            let length = self.seal(|traffic| {
                loop {
                    match traffic.encrypt(bytes, buffer) {
                        Err(EncryptError::InsufficientSize(size)) => {
                            at_least(buffer, size.required_size);
                        }
                        sealed => return sealed,
                    }
                }
            })?;
            let mut records = &buffer[..length];
            while self.sealed.is_empty() && !records.is_empty() {
                match Pin::new(&mut self.io).poll_write(cx, records) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(n)) => records = &records[n..],
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => break,
                }
            }
            self.sealed.push(records);
            Poll::Ready(Ok(bytes.len()))
        })
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.closed {
            self.closed = true;
            buffers::outgoing(|buffer| {
                let buffer = at_least(buffer, LONGEST_RECORD);
                // After a failure the peer has an alert instead.
                if let Ok(length) = self.seal(|traffic| traffic.queue_close_notify(buffer)) {
                    self.sealed.push(&buffer[..length]);
                }
            });
        }
        ready!(self.poll_flush(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    /// Writes what the stream did not take before.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.sealed.is_empty() {
            match ready!(Pin::new(&mut self.io).poll_write(cx, self.sealed.bytes()))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => self.sealed.advance(n),
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn failed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "tls has failed before")
}

fn encode<D>(mut data: EncodeTlsData<'_, D>, sealed: &mut Backlog) {
    if let Err(EncodeError::InsufficientSize(size)) = data.encode(&mut []) {
        sealed.push_with(size.required_size, |bytes| {
            data.encode(bytes).expect("it is as long as rustls said");
        });
    }
}

/// Bytes that wait. It owns memory only while there are some.
#[derive(Default)]
struct Backlog {
    bytes: Vec<u8>,
    start: usize,
}

impl Backlog {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn push_with(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) {
        let end = self.bytes.len();
        self.bytes.resize(end + length, 0);
        fill(&mut self.bytes[end..]);
    }

    fn advance(&mut self, length: usize) {
        self.start += length;
        if self.start == self.bytes.len() {
            *self = Self::default();
        }
    }
}
