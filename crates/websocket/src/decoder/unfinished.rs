use crate::utf8::Cut;
use crate::{Event, Limits, Opcode, ProtocolError, close};

#[cfg(feature = "deflate")]
use super::inflating::Inflating;

/// What a connection keeps of frames whose end has not arrived. It exists only while there are
/// some, and grows with the bytes that came, never with the length that a header announces.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    pub(super) message: Message,
    /// If the message is compressed.
    #[cfg(feature = "deflate")]
    pub(super) inflating: Option<Inflating>,
    /// The part of a control frame that came, which may be in the middle of a message.
    pub(super) control: Vec<u8>,
    empty_fragments: u32,
}

#[derive(Debug, Default)]
pub(super) enum Message {
    #[default]
    None,
    /// A `String`, so that text which was checked when it came need not be checked again.
    Text(String, Cut),
    Binary(Vec<u8>),
    /// Handed out in parts.
    TextParts(Cut),
    BinaryParts,
}

impl Message {
    /// An empty one; `opcode` is that of its first frame.
    pub(super) fn begin(opcode: Opcode, parts: bool) -> Self {
        match (opcode, parts) {
            (Opcode::Text, false) => Self::Text(String::new(), Cut::default()),
            (Opcode::Text, true) => Self::TextParts(Cut::default()),
            (_, false) => Self::Binary(Vec::new()),
            (_, true) => Self::BinaryParts,
        }
    }

    /// How many bytes it has, cut characters included.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text, cut) => text.len() + cut.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::None | Self::TextParts(_) | Self::BinaryParts => 0,
        }
    }

    /// The bytes, in two parts.
    #[cfg(feature = "deflate")]
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        match self {
            Self::Text(text, cut) => [text.as_bytes(), cut.bytes()],
            Self::Binary(bytes) => [bytes, &[]],
            Self::None | Self::TextParts(_) | Self::BinaryParts => [&[], &[]],
        }
    }

    /// Appends a chunk. `most` is how many bytes the message can have.
    pub(super) fn push(&mut self, chunk: &[u8], most: usize) -> Result<(), ProtocolError> {
        let needed = self.len() + chunk.len();
        // At most twice what came; less where the end is known to be nearer.
        let roomy = needed.saturating_mul(2).min(most).max(needed);
        match self {
            Self::Text(text, cut) => {
                if text.capacity() < needed {
                    text.reserve_exact(roomy - text.len());
                }
                cut.push(text, chunk)
                    .map_err(|_| ProtocolError::InvalidUtf8)
            }
            Self::Binary(bytes) => {
                if bytes.capacity() < needed {
                    bytes.reserve_exact(roomy - bytes.len());
                }
                bytes.extend_from_slice(chunk);
                Ok(())
            }
            // A continuation is refused at its header unless a message is open.
            Self::None | Self::TextParts(_) | Self::BinaryParts => {
                Err(ProtocolError::UnexpectedContinuation)
            }
        }
    }

    pub(super) fn event(&self) -> Result<Event<'_>, ProtocolError> {
        match self {
            // RFC 6455 8.1: a message ends with a whole character.
            Self::Text(_, cut) if cut.len() > 0 => Err(ProtocolError::InvalidUtf8),
            Self::Text(text, _) => Ok(Event::Text(text)),
            Self::Binary(bytes) => Ok(Event::Binary(bytes)),
            Self::None | Self::TextParts(_) | Self::BinaryParts => {
                Err(ProtocolError::UnexpectedContinuation)
            }
        }
    }
}

impl Unfinished {
    /// What is left of a message once it is whole.
    #[cfg(feature = "deflate")]
    pub(super) fn whole(message: Message) -> Self {
        Self {
            message,
            ..Self::default()
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !matches!(self.message, Message::None)
    }

    /// Whether the message that is open is handed out in parts.
    pub(super) fn in_parts(&self) -> bool {
        matches!(self.message, Message::TextParts(_) | Message::BinaryParts)
    }

    #[cfg(feature = "deflate")]
    pub(super) fn is_compressed(&self) -> bool {
        self.inflating.is_some()
    }

    #[cfg(not(feature = "deflate"))]
    pub(super) fn is_compressed(&self) -> bool {
        false
    }

    /// How many bytes may still come of the open message, if one is open.
    pub(super) fn room(&self, limits: &Limits) -> Option<usize> {
        if self.in_parts() {
            return Some(usize::MAX);
        }
        #[cfg(feature = "deflate")]
        if let Some(inflating) = &self.inflating {
            return Some(limits.max_compressed().saturating_sub(inflating.came()));
        }
        let room = limits.max_message.saturating_sub(self.message.len());
        self.is_open().then_some(room)
    }

    pub(super) fn heap(&self) -> usize {
        let message = match &self.message {
            Message::Text(text, _) => text.capacity(),
            Message::Binary(bytes) => bytes.capacity(),
            Message::None | Message::TextParts(_) | Message::BinaryParts => 0,
        };
        #[cfg(feature = "deflate")]
        let message = message + self.inflating.as_ref().map_or(0, Inflating::heap);
        size_of::<Self>() + message + self.control.capacity()
    }

    /// Counts a fragment without bytes.
    pub(super) fn count_empty(&mut self, limit: u32) -> Result<(), ProtocolError> {
        self.empty_fragments += 1;
        if self.empty_fragments > limit {
            return Err(ProtocolError::TooManyEmptyFragments);
        }
        Ok(())
    }

    /// Takes the control frame out, leaving the message in place.
    pub(super) fn take_control(&mut self) -> Self {
        Self {
            control: std::mem::take(&mut self.control),
            ..Self::default()
        }
    }

    /// What was finished by the frame with this opcode.
    pub(super) fn event(&self, opcode: Opcode) -> Result<Event<'_>, ProtocolError> {
        if opcode.is_control() {
            control_event(opcode, &self.control)
        } else {
            self.message.event()
        }
    }
}

pub(super) fn control_event(opcode: Opcode, payload: &[u8]) -> Result<Event<'_>, ProtocolError> {
    match opcode {
        Opcode::Ping => Ok(Event::Ping(payload)),
        Opcode::Pong => Ok(Event::Pong(payload)),
        _ => close::parse(payload).map(Event::Close),
    }
}
