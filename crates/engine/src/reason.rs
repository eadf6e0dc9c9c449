use std::fmt;

/// Why a session ended, in the words of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The transport failed or the client broke its rules; the text says how.
    TransportError(&'static str),
    /// The client closed the transport or sent the close packet.
    TransportClose,
    /// This side closed the session.
    ForcedClose,
    /// The client did not answer a ping in time.
    PingTimeout,
    /// A packet could not be read.
    ParseError,
    /// This side shuts down.
    ServerShuttingDown,
    /// The client does not read what it is sent.
    SlowConsumer,
    /// The application worked off the client's packets too slowly.
    HandlerTooSlow,
}

impl CloseReason {
    /// The reason's name, as the reference's `disconnect` event gives it where it knows it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransportError(_) => "transport error",
            Self::TransportClose => "transport close",
            Self::ForcedClose => "forced close",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ServerShuttingDown => "server shutting down",
            Self::SlowConsumer => "slow consumer",
            Self::HandlerTooSlow => "handler too slow",
        }
    }

    /// What exactly happened, beyond the name.
    #[must_use]
    pub fn description(self) -> Option<&'static str> {
        match self {
            Self::TransportError(description) => Some(description),
            _ => None,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self.description() {
            Some(description) => write!(f, ": {description}"),
            None => Ok(()),
        }
    }
}
