use crate::utf8::Cut;
use crate::{Event, Opcode, ProtocolError, close};

/// What a connection keeps of frames whose end has not arrived. It exists only while there are
/// some, and grows with the bytes that came, never with the length that a header announces.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    message: Message,
    /// The part of a control frame that came, which may be in the middle of a message.
    control: Vec<u8>,
    empty_fragments: u32,
}

#[derive(Debug, Default)]
enum Message {
    #[default]
    None,
    /// A `String`, so that text which was checked when it came need not be checked again.
    Text(String, Cut),
    Binary(Vec<u8>),
}

impl Unfinished {
    /// The bytes of the open message, if one is open.
    pub(super) fn open(&self) -> Option<usize> {
        match &self.message {
            Message::None => None,
            Message::Text(text, cut) => Some(text.len() + cut.len()),
            Message::Binary(bytes) => Some(bytes.len()),
        }
    }

    pub(super) fn heap(&self) -> usize {
        let message = match &self.message {
            Message::None => 0,
            Message::Text(text, _) => text.capacity(),
            Message::Binary(bytes) => bytes.capacity(),
        };
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

    /// Appends what came of a frame's payload. `expected` is how many bytes the message has to
    /// have after this and the rest of its last frame, if this is the last frame.
    pub(super) fn push(
        &mut self,
        opcode: Opcode,
        chunk: &[u8],
        expected: Option<usize>,
    ) -> Result<(), ProtocolError> {
        match opcode {
            Opcode::Text if self.open().is_none() => {
                self.message = Message::Text(String::new(), Cut::default());
            }
            Opcode::Binary if self.open().is_none() => {
                self.message = Message::Binary(Vec::new());
            }
            // A further part of the first frame, or a further frame.
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {}
            Opcode::Close | Opcode::Ping | Opcode::Pong => {
                self.control.extend_from_slice(chunk);
                return Ok(());
            }
        }
        let needed = self.open().unwrap_or(0) + chunk.len();
        // At most twice what came; less where the end is known to be nearer.
        let roomy = expected.unwrap_or(usize::MAX).min(needed.saturating_mul(2));
        match &mut self.message {
            Message::Text(text, cut) => {
                if text.capacity() < needed {
                    text.reserve_exact(roomy.max(needed) - text.len());
                }
                cut.push(text, chunk)
                    .map_err(|_| ProtocolError::InvalidUtf8)
            }
            Message::Binary(bytes) => {
                if bytes.capacity() < needed {
                    bytes.reserve_exact(roomy.max(needed) - bytes.len());
                }
                bytes.extend_from_slice(chunk);
                Ok(())
            }
            // A continuation is refused at its header unless a message is open.
            Message::None => Err(ProtocolError::UnexpectedContinuation),
        }
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
            return control_event(opcode, &self.control);
        }
        match &self.message {
            // RFC 6455 8.1: a message ends with a whole character.
            Message::Text(_, cut) if cut.len() > 0 => Err(ProtocolError::InvalidUtf8),
            Message::Text(text, _) => Ok(Event::Text(text)),
            Message::Binary(bytes) => Ok(Event::Binary(bytes)),
            Message::None => Err(ProtocolError::UnexpectedContinuation),
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
