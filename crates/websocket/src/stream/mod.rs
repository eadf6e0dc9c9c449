//! A WebSocket over any stream of tokio's.

mod answers;
mod driver;
mod error;
mod fragments;
mod parts;
mod split;
mod traits;

use std::fmt;
use std::future::poll_fn;
use std::io::IoSlice;

use tokio::io::{AsyncRead, AsyncWrite};

pub use answers::Answers;
pub use error::Error;
pub use fragments::{MessageReader, MessageWriter};
pub use split::{Reader, Writer};

use driver::{Driver, Wakers};
use fragments::Holder;

use crate::{Closed, Config, Kind, Message, MessageRef, PreparedMessage, Role, SendError, deflate};

/// What the opening handshake led to, for [`WebSocket::new`].
#[derive(Clone, Debug, Default)]
pub struct Negotiated {
    /// The subprotocol that was chosen.
    pub protocol: Option<String>,
    /// What was agreed of permessage-deflate. Without the feature `deflate` it must be `None`.
    pub deflate: Option<deflate::Params>,
    /// Bytes that were read behind the handshake.
    pub early: Vec<u8>,
}

/// A WebSocket connection, of either role, over a stream.
///
/// Whoever waits in [`recv`](Self::recv) or one of its relatives does all the work: pings are
/// answered and sent, close frames answered, time-outs kept, and what could not be written before
/// is written. A connection that nobody reads stands still. For reading and writing from two
/// tasks see [`split`](Self::split).
///
/// Every method may be cancelled, by dropping its future, without losing anything: a message is
/// either returned or still there; it is either accepted whole, and will be written with the next
/// call of any method, or not at all.
///
/// While nothing happens a connection owns no buffers.
///
/// ```
/// use sockeye_websocket::{Config, Message, Negotiated, Role, WebSocket};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (near, far) = tokio::io::duplex(1024);
/// let mut client = WebSocket::new(near, Role::Client, Negotiated::default(), &Config::new());
/// let mut server = WebSocket::new(far, Role::Server, Negotiated::default(), &Config::new());
///
/// client.send("hello").await?;
/// let message = server.recv().await.ok_or("closed")??;
/// assert_eq!(message, Message::from("hello"));
/// # Ok(())
/// # }
/// ```
pub struct WebSocket<S> {
    driver: Driver<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// A connection over `io` after the opening handshake. Everything behind it in this crate
    /// that opens connections ends here; so does a handshake of your own.
    ///
    /// Reading has to happen in a runtime of tokio's with its timers enabled, unless the
    /// configuration has no time-outs.
    #[must_use]
    pub fn new(io: S, role: Role, negotiated: Negotiated, config: &Config) -> Self {
        Self {
            driver: Driver::new(io, role, negotiated, config),
        }
    }

    /// The next message; `None` once the connection has ended as it should, and after an error.
    ///
    /// # Errors
    /// [`Error`] says, once, why the connection ended otherwise.
    pub async fn recv(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|cx| self.driver.poll_recv(Wakers::one(cx))).await
    }

    /// Shows every message to `handler`, borrowed from what was read, until the connection has
    /// ended. All answers to what came in one read leave in one write: the fastest way to serve.
    ///
    /// While more than [`Settings::high_mark`](crate::Settings::high_mark) bytes of answers wait,
    /// nothing is read.
    ///
    /// ```
    /// use sockeye_websocket::{Closed, Error, WebSocket};
    /// use tokio::net::TcpStream;
    ///
    /// async fn echo(mut websocket: WebSocket<TcpStream>) -> Result<Closed, Error> {
    ///     websocket.for_each(|message, answers| answers.send(message)).await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error`] says why the connection ended otherwise than by a closing handshake, or why
    /// `handler` gave up: the connection is open then.
    pub async fn for_each<F>(&mut self, mut handler: F) -> Result<Closed, Error>
    where
        F: FnMut(MessageRef<'_>, &mut Answers<'_>) -> Result<(), SendError>,
    {
        let driver = &mut self.driver;
        driver.endpoint.stream_messages(false);
        let stopped = poll_fn(|cx| {
            driver.poll_each(Wakers::one(cx), &mut |message, (outgoing, direct)| {
                let mut write = |slices: &[IoSlice<'_>]| direct.write(slices);
                handler(message, &mut Answers::new(outgoing, &mut write))
            })
        })
        .await;
        if let Some(error) = stopped {
            return Err(error.into());
        }
        match driver.report() {
            Some(error) => Err(error),
            None => Ok(driver.closed().cloned().unwrap_or_default()),
        }
    }

    /// The next message piece by piece, as its bytes arrive, however long it is.
    /// [`Limits::max_message`](crate::Limits::max_message) does not count for it, unless it began
    /// while a whole one was waited for.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub async fn recv_stream(&mut self) -> Option<Result<MessageReader<'_, S>, Error>> {
        MessageReader::begin(Holder::Whole(&mut self.driver)).await
    }

    /// Sends a message: it is accepted when no more than
    /// [`Settings::high_mark`](crate::Settings::high_mark) bytes wait, and returns when all has
    /// been written to the stream.
    ///
    /// # Errors
    /// [`SendError::Closed`], also if the stream failed; [`SendError::SlowPeer`].
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), SendError> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Accepts a message as [`send`](Self::send) does, and returns without waiting until it is
    /// written. [`flush`](Self::flush), [`recv`](Self::recv) and all the others write it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), SendError> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.driver.poll_feed(Wakers::one(cx), &mut message)).await
    }

    /// Waits until all that was accepted has been written to the stream.
    ///
    /// # Errors
    /// [`SendError::Closed`] if the stream failed before.
    pub async fn flush(&mut self) -> Result<(), SendError> {
        poll_fn(|cx| self.driver.poll_flush(Wakers::one(cx))).await
    }

    /// Sends a message that was encoded once for many connections. As [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_prepared(&mut self, message: &PreparedMessage) -> Result<(), SendError> {
        poll_fn(|cx| self.driver.poll_accept(Wakers::one(cx))).await?;
        self.driver.endpoint.outgoing().send_prepared(message)?;
        self.flush().await
    }

    /// Begins a message that is sent piece by piece, as fragments, however long it gets.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_stream(&mut self, kind: Kind) -> Result<MessageWriter<'_, S>, SendError> {
        poll_fn(|cx| self.driver.poll_accept(Wakers::one(cx))).await?;
        Ok(MessageWriter::new(Holder::Whole(&mut self.driver), kind))
    }

    /// Sends a ping with at most 125 bytes.
    ///
    /// # Errors
    /// As [`send`](Self::send), or [`SendError::ControlTooLong`].
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.driver.endpoint.outgoing().ping(payload)?;
        self.flush().await
    }

    /// Closes the connection and waits until it has ended, at most for
    /// [`Settings::close_timeout`](crate::Settings::close_timeout). Messages that still come are
    /// dropped; to get them, use [`start_close`](Self::start_close) and [`recv`](Self::recv).
    ///
    /// # Errors
    /// [`Error`] says why it ended otherwise than by a closing handshake, unless
    /// [`recv`](Self::recv) has told.
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<Closed, Error> {
        self.start_close(code, reason);
        poll_fn(|cx| self.driver.poll_end(Wakers::one(cx))).await;
        match self.driver.report() {
            Some(error) => Err(error),
            None => Ok(self.closed().cloned().unwrap_or_default()),
        }
    }

    /// Begins to close: the close frame is the last thing sent. Only what is called next writes
    /// it. A code that may not be sent, such as 1005 or 1006, makes a frame without code.
    pub fn start_close(&mut self, code: u16, reason: &str) {
        self.driver.close(Some((code, reason)));
    }

    /// Waits until no more than [`Settings::low_mark`](crate::Settings::low_mark) bytes wait.
    ///
    /// # Errors
    /// [`SendError::Closed`] if the stream failed before.
    pub async fn drained(&mut self) -> Result<(), SendError> {
        poll_fn(|cx| self.driver.poll_drained(Wakers::one(cx))).await
    }

    /// Two halves for two tasks, which never wait for each other: while the [`Reader`] is read,
    /// pongs and close frames leave, whatever the [`Writer`] does.
    pub fn split(self) -> (Writer<S>, Reader<S>) {
        split::split(self.driver)
    }
}

impl<S> WebSocket<S> {
    /// How many bytes were accepted and not yet written to the stream, headers included.
    pub fn buffered_amount(&self) -> usize {
        self.driver.endpoint.buffered_amount()
    }

    /// The subprotocol that was chosen in the handshake.
    pub fn protocol(&self) -> Option<&str> {
        self.driver.protocol.as_deref()
    }

    /// How the connection ended, once it has.
    pub fn closed(&self) -> Option<&Closed> {
        self.driver.endpoint.closed()
    }

    /// The stream below.
    pub fn get_ref(&self) -> &S {
        &self.driver.io
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("protocol", &self.protocol())
            .field("buffered_amount", &self.buffered_amount())
            .field("closed", &self.closed())
            .finish_non_exhaustive()
    }
}
