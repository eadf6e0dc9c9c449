use std::fmt;

use crate::EncodeError;
use crate::writer::Output;

/// Where a [`Parser`](crate::Parser) of one's own writes a packet to: one message, and any number
/// of binary ones behind it.
pub struct Messages<'e> {
    output: &'e mut Output,
    written: Written,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Written {
    Nothing,
    Text,
    Binary,
    /// A text came behind another message.
    Illegal,
}

impl<'e> Messages<'e> {
    /// To an output that has nothing but the gap in front of a packet.
    pub(crate) fn new(output: &'e mut Output) -> Self {
        Self {
            output,
            written: Written::Nothing,
        }
    }

    /// Adds a text message, which has to be the first one.
    pub fn text(&mut self, text: &str) {
        if self.written != Written::Nothing {
            self.written = Written::Illegal;
            return;
        }
        self.written = Written::Text;
        self.output.text().extend_from_slice(text.as_bytes());
    }

    /// Adds a binary message.
    pub fn binary(&mut self, bytes: &[u8]) {
        if self.written == Written::Nothing {
            self.written = Written::Binary;
            self.output.text().extend_from_slice(bytes);
        } else {
            self.output.parts().1.push(bytes);
        }
    }

    /// Whether the first message is binary.
    pub(crate) fn finish(self) -> Result<bool, EncodeError> {
        match self.written {
            Written::Text => Ok(false),
            Written::Binary => Ok(true),
            Written::Nothing | Written::Illegal => Err(EncodeError::Messages),
        }
    }
}

impl fmt::Debug for Messages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages")
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}
