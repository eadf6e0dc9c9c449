use std::fmt;

/// Why a client that asked to be recovered begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRecovered {
    /// Nobody of that private id is away: it expired, was used already, left on purpose, or was never here.
    UnknownSession,
    /// The offset is not one of this log, so what was missed is not known.
    UnknownOffset,
    /// Packets that it has missed had to make room.
    LogTooShort,
    /// It has missed more than may wait for a client.
    MissedTooMuch,
}

impl fmt::Display for NotRecovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownSession => "no session of that pid: expired, used, left or never here",
            Self::UnknownOffset => "the offset is not one of this server's",
            Self::LogTooShort => "packets that it missed had to make room in the log",
            Self::MissedTooMuch => "it missed more than may wait for a client",
        })
    }
}
