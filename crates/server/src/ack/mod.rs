//! Acknowledgements that this side waits for: of one client, and of many.

mod acknowledgement;
mod collector;
mod pending;

use std::time::Duration;

use sockeye_protocol::ArgumentError;

pub use acknowledgement::Acknowledgement;
pub use collector::AckCollector;
pub(crate) use collector::Ticket;
pub(crate) use pending::{Acks, NotAsked};

/// How long acknowledgements are waited for unless told otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Why an acknowledgement did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AckError {
    /// The client took too long.
    #[error("operation has timed out")]
    Timeout,
    /// The socket has left, or left meanwhile.
    #[error("socket has been disconnected")]
    Disconnected,
    /// The event was volatile, and the transport takes nothing now.
    #[error("dropped: the transport takes nothing now")]
    Dropped,
    /// The client owes as many as [`max_pending_acks`](crate::ServerBuilder::max_pending_acks) allows.
    #[error("too many acknowledgements pending")]
    TooManyPending,
    /// The event could not be encoded.
    #[error(transparent)]
    Encode(#[from] sockeye_protocol::EncodeError),
    /// The acknowledgement does not fit the type.
    #[error(transparent)]
    Decode(#[from] ArgumentError),
}

impl AckError {
    /// Whether the client took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Whether the socket has left.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Self::Disconnected)
    }
}
