use std::fmt;

use sockeye_engine::CloseReason;

/// Why a socket has left its namespace, in the words of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The client left the namespace (`socket.disconnect()` there).
    ClientNamespaceDisconnect,
    /// This side put the socket out of the namespace.
    ServerNamespaceDisconnect,
    /// This side closed the connection because the client broke the protocol's rules.
    ForcedServerClose,
    /// The client went on sending beyond its rate limit.
    RateLimited,
    /// The connection has ended.
    Connection(CloseReason),
}

impl DisconnectReason {
    /// The reason's name, as the reference's `disconnect` event gives it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientNamespaceDisconnect => "client namespace disconnect",
            Self::ServerNamespaceDisconnect => "server namespace disconnect",
            Self::ForcedServerClose => "forced server close",
            Self::RateLimited => "rate limited",
            Self::Connection(reason) => reason.as_str(),
        }
    }
}

impl DisconnectReason {
    /// Whether its client may come back: those reasons that the reference takes for no fault of the client's
    /// and no wish of anybody's.
    pub(crate) fn is_recoverable(self) -> bool {
        matches!(
            self,
            Self::ForcedServerClose
                | Self::Connection(
                    CloseReason::TransportError(_)
                        | CloseReason::TransportClose
                        | CloseReason::ForcedClose
                        | CloseReason::PingTimeout
                        | CloseReason::ServerShuttingDown
                )
        )
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // parity: 7.3
    #[test]
    fn six_reasons_let_a_client_come_back() {
        use CloseReason as Close;
        use DisconnectReason::Connection;
        for (reason, recoverable) in [
            (Connection(Close::TransportError("any")), true),
            (Connection(Close::TransportClose), true),
            (Connection(Close::ForcedClose), true),
            (Connection(Close::PingTimeout), true),
            (Connection(Close::ServerShuttingDown), true),
            (DisconnectReason::ForcedServerClose, true),
            (Connection(Close::ParseError), false),
            (Connection(Close::SlowConsumer), false),
            (Connection(Close::HandlerTooSlow), false),
            (DisconnectReason::ClientNamespaceDisconnect, false),
            (DisconnectReason::ServerNamespaceDisconnect, false),
            (DisconnectReason::RateLimited, false),
        ] {
            assert_eq!(reason.is_recoverable(), recoverable, "{reason}");
        }
    }
}
