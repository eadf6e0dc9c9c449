//! Why a run is worth nothing: what the server did that a right one never does.

use std::fmt;
use std::io;
use std::time::Duration;

/// The end of a run without a figure.
#[derive(Debug)]
pub enum Fault {
    /// A message is missing, came twice, came early, or says something else.
    Order {
        /// Index of the connection.
        connection: usize,
        /// The message that was due.
        expected: String,
        /// What came instead.
        got: String,
    },
    /// A connection ended that nobody had closed.
    Closed {
        /// Index of the connection.
        connection: usize,
    },
    /// Something that the protocol does not allow here.
    Protocol {
        /// Index of the connection.
        connection: usize,
        /// What it was.
        what: String,
    },
    /// Nothing came any more although something was owed.
    Stalled {
        /// What was owed.
        owed: String,
    },
    /// A reader that should have been quick was not: others had its core for so long.
    Disturbed {
        /// How long.
        pause: Duration,
        /// What followed.
        fault: Box<Self>,
    },
    /// The operating system refused.
    Io(io::Error),
}

impl Fault {
    /// `got` came where `expected` was due.
    #[must_use]
    pub fn order(connection: usize, expected: &[u8], got: &[u8]) -> Self {
        Self::Order {
            connection,
            expected: excerpt(expected),
            got: excerpt(got),
        }
    }

    /// `bytes` came, which are `what`.
    #[must_use]
    pub fn protocol(connection: usize, what: &str, bytes: &[u8]) -> Self {
        Self::Protocol {
            connection,
            what: format!("{what}: {}", excerpt(bytes)),
        }
    }

    /// One or two words for a table's cell.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Order { .. } => "ORDER",
            Self::Closed { .. } => "CLOSED",
            Self::Protocol { .. } => "PROTOCOL",
            Self::Stalled { .. } => "LOST",
            Self::Disturbed { .. } => "DISTURBED",
            Self::Io(_) => "I/O",
        }
    }
}

fn excerpt(bytes: &[u8]) -> String {
    let end = bytes.len().min(80);
    format!("{:?}", String::from_utf8_lossy(&bytes[..end]))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order {
                connection,
                expected,
                got,
            } => {
                write!(f, "connection {connection}: expected {expected}, got {got}")
            }
            Self::Closed { connection } => {
                write!(f, "connection {connection} was closed by the server")
            }
            Self::Protocol { connection, what } => write!(f, "connection {connection}: {what}"),
            Self::Stalled { owed } => write!(f, "lost or stalled: {owed}"),
            Self::Disturbed { pause, fault } => {
                write!(
                    f,
                    "the generator was kept off its core for {pause:?}, and then: {fault}"
                )
            }
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<nix::Error> for Fault {
    fn from(error: nix::Error) -> Self {
        Self::Io(error.into())
    }
}
