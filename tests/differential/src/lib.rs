//! The same bytes for `sockeye-websocket` and `tokio-tungstenite`: what each makes of them, and
//! where they may differ.

mod differences;
mod ours;
mod theirs;
mod wire;

pub use differences::{DIFFERENCES, Difference};
pub use ours::ours;
pub use sockeye_websocket::Role;
pub use theirs::{theirs, written_by_them};
pub use wire::{Generator, MAX_MESSAGE, filled, frame};

/// What an implementation made of a stream.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    /// The messages, pings and pongs.
    pub messages: Vec<Message>,
    /// What came after them.
    pub end: End,
}

/// What is told to the application.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "RFC 6455 documents them")]
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

/// How a stream ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum End {
    /// More bytes are awaited.
    #[default]
    Open,
    /// By a close frame with this code and reason.
    Close(Option<(u16, String)>),
    /// By a violation that this code answers.
    Violation(u16),
}
