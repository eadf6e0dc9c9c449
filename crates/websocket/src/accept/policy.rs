use std::sync::Arc;

use super::Origins;
use crate::Config;

/// What a server grants: which subprotocols, to pages of which origins, with which [`Config`].
/// Cheap to clone.
///
/// ```
/// use sockeye_websocket::accept::{Origins, Policy};
/// use sockeye_websocket::{Config, deflate};
///
/// let policy = Policy::new()
///     .protocols(["chat.v2", "chat.v1"])
///     .origins(Origins::same())
///     .config(Config::new().deflate(Some(deflate::Options::default())));
/// # let _ = policy;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub(crate) protocols: Arc<[String]>,
    pub(crate) origins: Origins,
    pub(crate) config: Config,
}

impl Policy {
    /// No subprotocol, any origin, the default [`Config`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Which subprotocols the server speaks. The first one of the client's offer that is among
    /// them is chosen; a client that offered others only is told none, whereupon browsers fail
    /// the connection and other clients may go on.
    #[must_use]
    pub fn protocols<I>(mut self, protocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.protocols = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// From which pages a WebSocket may be opened.
    #[must_use]
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    /// How the connections behave, what is granted of permessage-deflate, and how long a handshake
    /// may take.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }
}
