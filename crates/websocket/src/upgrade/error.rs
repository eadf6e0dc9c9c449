use thiserror::Error;

/// Why a granted request did not become a WebSocket.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// The connection ended before the response was written; or the response was never returned,
    /// or hyper's connection was driven without `with_upgrades()`.
    #[error("connection was not upgraded")]
    Hyper(#[from] hyper::Error),
    /// The response was not written within
    /// [`handshake_timeout`](crate::Settings::handshake_timeout).
    #[error("upgrade took too long")]
    Timeout,
}

impl UpgradeError {
    /// Whether it took too long.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }
}
