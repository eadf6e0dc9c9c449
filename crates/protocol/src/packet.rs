use std::borrow::Cow;

use crate::Arguments;

/// A packet as it came from the peer, borrowed from its text.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Packet<'a> {
    /// The peer asks to join a namespace.
    Connect {
        /// The namespace's name as sent, with its query if it has one: `/custom?x=1`.
        namespace: &'a str,
        /// The credentials: the text of a JSON object.
        auth: Option<&'a str>,
    },
    /// The peer leaves a namespace.
    Disconnect {
        /// The namespace's name.
        namespace: &'a str,
    },
    /// The peer sends an event.
    Event(Event<'a>),
    /// An EVENT packet without data. It is legal and means nothing.
    EmptyEvent {
        /// The namespace's name.
        namespace: &'a str,
    },
    /// The peer answers an event.
    Ack {
        /// The namespace's name.
        namespace: &'a str,
        /// The id of the event; an answer without one is legal and belongs to nobody.
        id: Option<u64>,
        /// The answer.
        args: Arguments<'a>,
    },
}

impl Packet<'_> {
    /// The namespace that the packet belongs to.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Connect { namespace, .. }
            | Self::Disconnect { namespace }
            | Self::EmptyEvent { namespace }
            | Self::Ack { namespace, .. } => namespace,
            Self::Event(event) => event.namespace,
        }
    }
}

/// An event: a name and a list of arguments.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The namespace's name.
    pub namespace: &'a str,
    /// The id to answer with, if the peer awaits an answer.
    pub id: Option<u64>,
    /// The event's name. A number is a legal name too: its text stands here as it was sent.
    pub name: Cow<'a, str>,
    /// What came with it.
    pub args: Arguments<'a>,
}

/// Whether an event may not be called `name`, because the library gives the name a meaning.
///
/// ```
/// assert!(sockeye_protocol::is_reserved("disconnect"));
/// assert!(!sockeye_protocol::is_reserved("message"));
/// ```
#[inline]
pub fn is_reserved(name: &str) -> bool {
    // The names that have a meaning of their own and that neither side may send.
    matches!(
        name,
        "connect"
            | "connect_error"
            | "disconnect"
            | "disconnecting"
            | "newListener"
            | "removeListener"
    )
}
