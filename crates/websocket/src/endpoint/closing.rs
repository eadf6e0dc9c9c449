//! How a connection ends (RFC 6455 7).

use crate::{Close, ProtocolError};

/// How a connection ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Closed {
    /// The code that the peer sent; 1005 if its close frame had none, and 1006 if there was no
    /// close frame (RFC 6455 7.1.5).
    pub code: u16,
    /// The reason that the peer sent.
    pub reason: String,
    /// Both sides sent a close frame (RFC 6455 7.1.4).
    pub was_clean: bool,
}

impl Default for Closed {
    fn default() -> Self {
        Self::abnormal()
    }
}

impl Closed {
    /// No close frame came.
    pub(super) const fn abnormal() -> Self {
        Self {
            code: 1006,
            reason: String::new(),
            was_clean: false,
        }
    }

    pub(super) fn by_peer(close: Option<Close<'_>>) -> Self {
        let (code, reason) = close.map_or((1005, ""), |close| (close.code, close.reason));
        Self {
            code,
            reason: reason.to_owned(),
            was_clean: true,
        }
    }
}

/// Why a connection ended otherwise than by the closing handshake.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The peer broke the protocol.
    #[error("protocol violation: {0}")]
    Protocol(#[from] ProtocolError),
    /// The stream ended, or failed, without a close frame.
    #[error("connection lost without a close frame")]
    Lost,
    /// Nothing came for [`Settings::idle_timeout`](crate::Settings::idle_timeout).
    #[error("nothing came from the peer within the idle time-out")]
    Idle,
    /// The peer did not answer the close frame in
    /// [`Settings::close_timeout`](crate::Settings::close_timeout).
    #[error("close frame was not answered in time")]
    CloseTimeout,
    /// The peer read too slowly, with [`Overflow::Close`](crate::Overflow::Close).
    #[error("peer reads too slowly")]
    SlowPeer,
    /// A message that was begun in fragments was given up.
    #[error("message was given up before its last fragment")]
    MessageGivenUp,
}

impl Failure {
    /// What the peer is told, if it can be told.
    #[must_use]
    pub const fn close_code(&self) -> Option<u16> {
        match self {
            Self::Protocol(error) => Some(error.close_code()),
            Self::Idle => Some(1001),
            Self::SlowPeer => Some(1008),
            Self::MessageGivenUp => Some(1011),
            Self::Lost | Self::CloseTimeout => None,
        }
    }

    /// What the peer is told in words: never more than the kind of the failure.
    pub(super) const fn close_reason(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::SlowPeer => "slow consumer",
            _ => "",
        }
    }
}

/// Where the connection stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    Open,
    /// Our close frame is on its way; the peer's is awaited, and messages still come.
    CloseSent,
    /// Nothing more is said in either direction: what is queued leaves, then the stream ends.
    Ending,
    Ended,
}
