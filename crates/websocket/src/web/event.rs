use thiserror::Error;

use super::WebSocket;
use crate::client::ConnectError;
use crate::{Failure, Message, Text};

/// The connection is open.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenEvent {
    /// Whose connection.
    pub target: WebSocket,
}

/// A message came.
#[derive(Debug)]
#[non_exhaustive]
pub struct MessageEvent {
    /// The message.
    pub data: Message,
    /// The origin of the URL, such as `wss://example.com`.
    pub origin: Text,
    /// To whom it came.
    pub target: WebSocket,
}

/// The connection failed, or could not be opened. A [`CloseEvent`] follows.
#[derive(Debug)]
#[non_exhaustive]
pub struct ErrorEvent {
    /// Why.
    pub cause: ErrorCause,
    /// Whose connection.
    pub target: WebSocket,
}

/// The connection has ended; nothing follows.
#[derive(Debug)]
#[non_exhaustive]
pub struct CloseEvent {
    /// The code that the server sent; 1005 if it sent none, 1006 if there was no closing
    /// handshake.
    pub code: u16,
    /// The reason that the server sent.
    pub reason: String,
    /// Whether there was a closing handshake.
    pub was_clean: bool,
    /// Whose connection.
    pub target: WebSocket,
}

/// Why a connection failed. One that merely broke off, before or after
/// [`close`](WebSocket::close), did not fail: it has a close event with code 1006 and no error
/// event, as in browsers.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ErrorCause {
    /// [`close`](WebSocket::close) was called before the connection was open.
    #[error("closed before the connection was open")]
    Aborted,
    /// The connection could not be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server broke the protocol, or was silent for too long.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// A message was sent while more than [`Settings::high_mark`](crate::Settings::high_mark)
    /// bytes waited.
    #[error("more than {limit} bytes wait to be sent")]
    Full {
        /// The limit in bytes.
        limit: usize,
    },
    /// The server chose none of the subprotocols.
    #[error("the server speaks none of the subprotocols")]
    NoProtocol,
}

/// The four kinds of events.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EventKind {
    /// [`OpenEvent`]
    Open,
    /// [`MessageEvent`]
    Message,
    /// [`ErrorEvent`]
    Error,
    /// [`CloseEvent`]
    Close,
}
