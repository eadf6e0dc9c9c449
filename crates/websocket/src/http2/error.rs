use thiserror::Error;

use crate::handshake::client::{RequestError, ResponseError};

/// Why there is no connection over HTTP/2, or no WebSocket in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Http2Error {
    /// The connection has ended, or the server is going to end it and takes no more streams
    /// (GOAWAY, RFC 9113 6.8): connect again.
    #[error("connection takes no more streams")]
    Closed,
    /// The peer's SETTINGS do not allow extended CONNECT (RFC 8441 3): it has to be asked over
    /// HTTP/1.1.
    #[error("extended CONNECT is not enabled")]
    ExtendedConnectDisabled,
    /// The connection or the stream failed; a stream that was reset is told here too.
    #[error(transparent)]
    Hyper(hyper::Error),
    /// The request cannot be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The server refused, or broke a rule in its answer.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// It took longer than [`handshake_timeout`](crate::Settings::handshake_timeout).
    #[error("handshake took too long")]
    Timeout,
}

impl Http2Error {
    /// Whether it took too long.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Whether another WebSocket needs another connection.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

impl From<hyper::Error> for Http2Error {
    fn from(error: hyper::Error) -> Self {
        if error.is_closed() || error.is_canceled() {
            return Self::Closed;
        }
        Self::Hyper(error)
    }
}
