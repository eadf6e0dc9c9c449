//! Connection state recovery: a client that was cut off for a moment comes back as the same socket, and is
//! sent what it has missed.
//!
//! Each namespace has one log of what its sockets were sent, and one lock, the [`Sequencer`], under which a
//! packet gets its place in the log and goes into the queues. So all clients see one order, and what a
//! client has seen of it is told by one number, the offset that each packet carries.

mod log;
mod offset;
mod options;
mod refusal;
mod rooms;
mod sequencer;
mod session;
mod sweep;

pub use options::Recovery;
pub(crate) use {
    log::Budget,
    offset::{HOLE, ends_with_text},
    refusal::NotRecovered,
    sequencer::Sequencer,
    session::{Claimed, Kept},
    sweep::Sweeper,
};

use serde::Deserialize;

use crate::SocketId;

/// What a client that comes back says in its `auth`, beside what the user put there.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) pid: SocketId,
    pub(crate) offset: Option<String>,
}

impl Claim {
    /// Reads it; most clients have none, and what else is there is theirs.
    pub(crate) fn read(auth: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Said {
            pid: Option<String>,
            offset: Option<String>,
        }
        let said: Said = serde_json::from_str(auth).ok()?;
        Some(Self {
            pid: SocketId::parse(&said.pid?)?,
            offset: said.offset,
        })
    }
}
