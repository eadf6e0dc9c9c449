//! What becomes of a message that comes in parts although a whole one is waited for: parts were
//! asked for when it began, and then the future was dropped, or its reader.

use crate::{Kind, Message, MessageRef, Part, ProtocolError};

/// The message that is open, as far as it was not handed out.
#[derive(Default)]
pub(super) struct Parts {
    gathered: Option<Box<Gathered>>,
    skipping: bool,
}

struct Gathered {
    kind: Kind,
    bytes: Vec<u8>,
}

impl Parts {
    /// Adds a part; gives the message if it was the last one.
    ///
    /// # Errors
    /// [`ProtocolError::MessageTooBig`] when there are more than `limit` bytes.
    pub(super) fn gather(
        &mut self,
        part: Part<'_>,
        limit: usize,
    ) -> Result<Option<Message>, ProtocolError> {
        if self.skips(&part) {
            return Ok(None);
        }
        let piece = MessageRef::from(part.data);
        let mut gathered = self.gathered.take().unwrap_or_else(|| {
            let (kind, bytes) = (piece.kind(), Vec::new());
            Box::new(Gathered { kind, bytes })
        });
        if gathered.bytes.len() + piece.as_bytes().len() > limit {
            return Err(ProtocolError::MessageTooBig { limit });
        }
        gathered.bytes.extend_from_slice(piece.as_bytes());
        if part.last {
            return Ok(Some(gathered.message()));
        }
        self.gathered = Some(gathered);
        Ok(None)
    }

    /// What was gathered: the beginning of the message that is open.
    pub(super) fn take(&mut self) -> Option<Message> {
        self.gathered.take().map(|gathered| gathered.message())
    }

    /// The other parts of the message that is open are not wanted.
    pub(super) fn skip_rest(&mut self) {
        self.skipping = true;
    }

    /// Whether the part is one that is not wanted.
    pub(super) fn skips(&mut self, part: &Part<'_>) -> bool {
        let skips = self.skipping;
        self.skipping = skips && !part.last;
        skips
    }

    /// Drops the message that `part` belongs to.
    pub(super) fn drop_message(&mut self, part: &Part<'_>) {
        self.gathered = None;
        self.skipping = !part.last;
    }
}

impl Gathered {
    fn message(self) -> Message {
        match self.kind {
            Kind::Binary => self.bytes.into(),
            // Each part was text.
            Kind::Text => String::from_utf8(self.bytes).unwrap_or_default().into(),
        }
    }
}
