#[cfg(feature = "tls")]
use sockeye_websocket::tls::Acceptor;

/// What a connection speaks below HTTP.
#[derive(Debug, Clone)]
pub(super) enum Accepting {
    Plain,
    #[cfg(feature = "tls")]
    Tls(Acceptor),
}

impl Accepting {
    pub(super) fn is_tls(&self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// Refuses what could be negotiated and not served.
    pub(super) fn check(&self) -> Result<(), crate::ConfigError> {
        #[cfg(feature = "tls")]
        if let Self::Tls(acceptor) = self {
            let offered = acceptor.alpn_protocols();
            if let Some(other) = offered.iter().find(|name| *name != b"http/1.1") {
                return Err(crate::ConfigError::Alpn(other.escape_ascii().to_string()));
            }
        }
        Ok(())
    }
}
