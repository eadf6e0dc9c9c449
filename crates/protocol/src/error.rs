use thiserror::Error;

/// Why a packet was refused.
///
/// At a connection each of them ends the session, as the reference does it: with `forced close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The first character is none of the digits 0 to 6, or the text is empty.
    #[error("unknown packet type")]
    UnknownType,
    /// The number of attachments is missing, zero or no decimal number, or a placeholder points
    /// to none of the attachments.
    #[error("illegal attachments")]
    IllegalAttachments,
    /// More attachments are announced than [`Limits::max_attachments`](crate::Limits).
    #[error("too many attachments")]
    TooManyAttachments,
    /// The attachments of one packet add up to more than
    /// [`Limits::max_attachment_bytes`](crate::Limits).
    #[error("attachments too large")]
    AttachmentsTooLarge,
    /// The namespace is longer than [`MAX_NAMESPACE_BYTES`](crate::MAX_NAMESPACE_BYTES).
    #[error("namespace too long")]
    NamespaceTooLong,
    /// The namespace of a packet in MessagePack is missing, or no string.
    #[error("invalid namespace")]
    InvalidNamespace,
    /// The name of the event is longer than [`MAX_NAME_BYTES`](crate::MAX_NAME_BYTES).
    #[error("event name too long")]
    NameTooLong,
    /// The event's name is one that only the library itself may use.
    #[error("invalid payload: reserved event name")]
    ReservedName,
    /// The ack id is above 2^53, or has a blank between its digits.
    ///
    /// JavaScript would round such an id, or make it `NaN`; no caller could be found by it.
    #[error("invalid ack id")]
    InvalidAckId,
    /// The data is no JSON or no MessagePack, or not of the kind that this type of packet carries.
    #[error("invalid payload")]
    InvalidPayload,
    /// The data is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    #[error("invalid payload: nested too deeply")]
    TooDeep,
    /// A CONNECT_ERROR packet, which only a server sends.
    #[error("connect error from a client")]
    ConnectError,
    /// A text packet came while attachments were awaited.
    #[error("got plaintext data when reconstructing a packet")]
    TextDuringAttachments,
    /// An attachment came that no packet announced.
    #[error("got binary data when not reconstructing a packet")]
    UnexpectedBinary,
    /// A text message came, where packets are binary messages.
    #[error("got text, but packets are binary")]
    UnexpectedText,
    /// A [`Parser`](crate::Parser) of one's own refused the message, and says why.
    #[error("{0}")]
    Refused(&'static str),
}

/// Why an argument could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// The peer sent fewer arguments than the type needs.
    #[error("missing argument")]
    Missing,
    /// The argument does not fit the type.
    #[error("invalid argument: {0}")]
    Invalid(#[source] serde_json::Error),
}

impl ArgumentError {
    /// Whether the peer left the argument out.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// Why a packet could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The value has no form in JSON, or MessagePack if that is spoken, or its `Serialize` failed.
    #[error("cannot be written: {0}")]
    Json(#[source] serde_json::Error),
    /// What [`Args`](crate::Args) holds is no tuple, array or list.
    #[error("arguments are not a list")]
    NotAList,
    /// The event's name is one that only the library itself may use; the peer would end the
    /// connection.
    #[error("reserved event name")]
    ReservedName,
    /// A [`Parser`](crate::Parser) of one's own wrote no message, or a text behind the first one.
    #[error("a packet is one message, and any number of binary ones behind it")]
    Messages,
    /// A [`Parser`](crate::Parser) of one's own cannot write this packet, and says why.
    #[error("{0}")]
    Refused(&'static str),
}
