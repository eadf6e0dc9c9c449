use std::borrow::Cow;

use crate::{Arguments, DecodeError, MAX_NAME_BYTES};

/// A packet, borrowed from the message that it came in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Packet<'a> {
    /// A client asks to join a namespace, or a server lets it in.
    Connect {
        /// The namespace's name as sent, with its query if it has one: `/custom?x=1`.
        namespace: &'a str,
        /// The client's credentials, or what the server tells, `{"sid":"…"}`: the text of a JSON
        /// object. What came as MessagePack is written as JSON here, bytes as lists of numbers.
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
    /// A server keeps the peer out of a namespace. No decoder of a server gives it.
    ConnectError {
        /// The namespace's name.
        namespace: &'a str,
        /// Why: the text of a JSON object with a `message`, and maybe `data`.
        error: &'a str,
    },
}

impl Packet<'_> {
    /// The namespace that the packet belongs to.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Connect { namespace, .. }
            | Self::Disconnect { namespace }
            | Self::EmptyEvent { namespace }
            | Self::ConnectError { namespace, .. }
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

impl<'a> Event<'a> {
    /// An event, as a [`Parser`](crate::Parser) of one's own makes it.
    ///
    /// # Errors
    ///
    /// [`DecodeError::ReservedName`] and [`DecodeError::NameTooLong`]: what every parser has to
    /// refuse.
    pub fn new(
        namespace: &'a str,
        id: Option<u64>,
        name: impl Into<Cow<'a, str>>,
        args: Arguments<'a>,
    ) -> Result<Self, DecodeError> {
        let name = name.into();
        check_name(&name)?;
        Ok(Self {
            namespace,
            id,
            name,
            args,
        })
    }
}

/// What the name of an event that comes in must not be.
#[inline]
pub(crate) fn check_name(name: &str) -> Result<(), DecodeError> {
    if name.len() > MAX_NAME_BYTES {
        return Err(DecodeError::NameTooLong);
    }
    if is_reserved(name) {
        return Err(DecodeError::ReservedName);
    }
    Ok(())
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
