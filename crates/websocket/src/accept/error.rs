use std::io;

use http::StatusCode;
use thiserror::Error;

use super::Refusal;
use crate::handshake::request_head::HeadError;

/// Why a stream did not become a WebSocket. Where there is a status, the client was told.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The function given to [`Acceptor::intercept`](super::Acceptor::intercept) answered, with
    /// this status.
    #[error("answered with status {0}")]
    Answered(StatusCode),
    /// The client ended the stream before its request was complete.
    #[error("stream ended within the request")]
    Closed,
    /// What came is not the head of a request, or too much of one.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The request asks for no WebSocket, or for one that is not granted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The handshake took longer than
    /// [`handshake_timeout`](crate::Settings::handshake_timeout).
    #[error("handshake took too long")]
    Timeout,
}

impl AcceptError {
    /// The status that the client was told; `None` if it was not there any more.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Answered(status) => Some(*status),
            Self::Head(error) => Some(error.status()),
            Self::Refused(refusal) => Some(refusal.status()),
            Self::Timeout => Some(StatusCode::REQUEST_TIMEOUT),
            Self::Closed | Self::Io(_) => None,
        }
    }

    /// Whether the client was too slow.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }
}
