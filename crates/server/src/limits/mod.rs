mod table;

use std::{num::NonZeroU32, time::Duration};

use crate::RateLimit;

/// Limits that go together; [`Server::with_profile`](crate::Server::with_profile) begins with one.
///
/// `docs/limits.md` in the repository is [`Profile::table`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// The reference's value where it has one; where it has none, one that no sane client meets.
    #[default]
    Standard,
    /// Tight, for servers that anybody may reach.
    Strict,
    /// The reference's limits. Of those that it does not have, what remains cannot be lifted: the depth of a
    /// packet's data (128), the names of events, namespaces and rooms (255 bytes each), 16 empty fragments of a
    /// message, and what recovery keeps. A request's body may take 300 s, as Node.js has it; a request's head, and
    /// how long it is, are the listener's: [`Serve::head_timeout`](crate::Serve::head_timeout).
    Compat,
}

/// What a [`Profile`] sets. The builder's options of the same names change one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest message or request body that is accepted, in bytes.
    pub max_payload: usize,
    /// The attachments of a packet.
    pub max_attachments: usize,
    /// What may wait for a client that does not read, in bytes.
    pub send_limit: usize,
    /// What may wait for a client before what is volatile is dropped, in bytes.
    pub volatile_limit: usize,
    /// What all queues together may hold, in bytes.
    pub outbox_budget: usize,
    /// The handlers of one socket that may wait for something at a time.
    pub max_pending_handlers: usize,
    /// The bytes of one socket's events that may wait for its handlers.
    pub max_waiting_bytes: usize,
    /// The acknowledgements that a socket may owe.
    pub max_pending_acks: usize,
    /// The namespaces that a client may be in.
    pub max_namespaces: usize,
    /// The rooms that a socket may be in besides its own.
    pub max_rooms: usize,
    /// How many events each socket may send.
    pub rate_limit: Option<RateLimit>,
    /// How long a client may stay without joining a namespace.
    pub connect_timeout: Duration,
    /// How long a change from polling to another transport may take.
    pub upgrade_timeout: Duration,
    /// How long a WebSocket may take no byte while something waits for it.
    pub stall_timeout: Option<Duration>,
    /// How long a request's body may take.
    pub body_timeout: Duration,
    /// How long after the last sign of life a client is pinged.
    pub ping_interval: Duration,
    /// How long a client may take to answer a ping.
    pub ping_timeout: Duration,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Strict, Self::Compat];

    /// What it sets.
    #[must_use]
    pub fn limits(self) -> Limits {
        let standard = Limits {
            max_payload: 1_000_000,
            max_attachments: 10,
            send_limit: 1024 * 1024,
            volatile_limit: 0,
            outbox_budget: 1024 * 1024 * 1024,
            max_pending_handlers: 1024,
            max_waiting_bytes: 1024 * 1024,
            max_pending_acks: 1024,
            max_namespaces: 1000,
            max_rooms: 10_000,
            rate_limit: None,
            connect_timeout: Duration::from_secs(45),
            upgrade_timeout: Duration::from_secs(10),
            stall_timeout: Some(Duration::from_secs(20)),
            body_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
        };
        match self {
            Self::Standard => standard,
            Self::Strict => Limits {
                max_payload: 64 * 1024,
                send_limit: 256 * 1024,
                max_pending_handlers: 64,
                max_waiting_bytes: 256 * 1024,
                max_pending_acks: 256,
                max_namespaces: 32,
                max_rooms: 1000,
                rate_limit: NonZeroU32::new(100).map(RateLimit::per_second),
                connect_timeout: Duration::from_secs(10),
                upgrade_timeout: Duration::from_secs(5),
                ..standard
            },
            Self::Compat => Limits {
                send_limit: usize::MAX,
                outbox_budget: usize::MAX,
                max_pending_handlers: usize::MAX,
                max_waiting_bytes: usize::MAX,
                max_pending_acks: usize::MAX,
                stall_timeout: None,
                body_timeout: Duration::from_secs(300),
                max_namespaces: usize::MAX,
                max_rooms: usize::MAX,
                ..standard
            },
        }
    }
}
