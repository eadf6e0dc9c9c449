//! Messages that are handed out as their bytes arrive.

use super::{Delivered, Feed, Found, Frame, Message, Source, State, Step};
use crate::{ProtocolError, utf8};

#[cfg(feature = "deflate")]
use super::Unfinished;
#[cfg(feature = "deflate")]
use crate::deflate::Progress;
#[cfg(feature = "deflate")]
use crate::{Role, mask};

/// How much is unmasked at once of what is inflated: what is not read of it, because enough came
/// out, is masked again.
#[cfg(feature = "deflate")]
const BITE: usize = 1024;

impl Feed<'_> {
    /// Hands out what there is of a message that is not compressed.
    pub(super) fn plain_part(&mut self, mut frame: Frame) -> Result<Step, ProtocolError> {
        if self.starved(&frame) {
            self.decoder.state = State::after(frame);
            return Ok(Step::Wait);
        }
        let unfinished = self.decoder.unfinished.get_or_insert_default();
        if !unfinished.is_open() {
            unfinished.message = Message::begin(frame.opcode, true);
        }
        let missing = match &unfinished.message {
            Message::TextParts(cut) => cut.missing(),
            _ => 0,
        };
        let payload = self.take(&mut frame, if missing > 0 { missing } else { usize::MAX });
        self.decoder.state = State::after(frame);
        let last = frame.fin && frame.left == 0;

        let mut source = Source::Input(payload.clone());
        let mut text = false;
        if let Some(unfinished) = &mut self.decoder.unfinished
            && let Message::TextParts(cut) = &mut unfinished.message
        {
            text = true;
            let bytes = &self.input[payload.clone()];
            let invalid = |utf8::Invalid| ProtocolError::InvalidUtf8;
            if missing == 0 {
                let end = utf8::boundary(bytes).map_err(invalid)?;
                cut.keep(&bytes[end..]);
                source = Source::Input(payload.start..payload.start + end);
            } else if let Some(character) = cut.complete(bytes).map_err(invalid)? {
                let mut bytes = [0; 4];
                source = Source::Character(character.encode_utf8(&mut bytes).len());
                self.delivered = Delivered::Character(bytes);
            } else {
                source = Source::Input(0..0);
            }
            // RFC 6455 8.1: a message ends with a whole character.
            if last && cut.len() > 0 {
                return Err(ProtocolError::InvalidUtf8);
            }
        }
        if last {
            self.decoder.unfinished = None;
        } else if matches!(&source, Source::Input(range) if range.is_empty()) {
            return Ok(Step::Again);
        }
        Ok(Step::Found(Found::Part { text, source, last }))
    }

    /// Hands out what comes of a compressed message, a chunk at a time.
    #[cfg(feature = "deflate")]
    pub(super) fn inflated_part(&mut self, mut frame: Frame) -> Result<Step, ProtocolError> {
        let begun = self
            .decoder
            .unfinished
            .as_ref()
            .is_some_and(|unfinished| unfinished.is_open());
        if !begun && self.starved(&frame) {
            self.decoder.state = State::after(frame);
            return Ok(Step::Wait);
        }
        self.open_compressed(&frame);
        self.clear_part();
        loop {
            let key = frame.key;
            let bite = self.take(&mut frame, BITE);
            let Some(unfinished) = &mut self.decoder.unfinished else {
                return Ok(Step::Wait);
            };
            let Unfinished {
                message, inflating, ..
            } = &mut **unfinished;
            let Some(inflating) = inflating else {
                return Ok(Step::Wait);
            };
            let mut rest = &self.input[bite.clone()];
            if inflating.is_ahead() {
                let Some((_, after)) = rest.split_first() else {
                    return Ok(Step::Wait);
                };
                rest = after;
            }
            let mut progress = inflating.inflate_part(&mut rest)?;
            if progress == Progress::Hungry && frame.left == 0 && frame.fin {
                progress = inflating.finish_part();
            }
            // What came out so far has to be taken before more can: as long as more may come, at
            // least a byte counts as not read, so that a caller which stops has one to feed again.
            let ahead = progress == Progress::Full && rest.is_empty() && !bite.is_empty();
            inflating.set_ahead(ahead);
            let unread = if ahead { 1 } else { rest.len() };
            if unread > 0 {
                self.at -= unread;
                frame.left += unread;
                frame.key = mask::rotated(key, bite.len() - unread);
                if self.decoder.role == Role::Server {
                    mask::apply(&mut self.input[self.at..self.at + unread], frame.key);
                }
            }
            if progress == Progress::Hungry && frame.left > 0 && self.at < self.input.len() {
                continue;
            }
            self.decoder.state = State::after(frame);

            let last = progress == Progress::Complete;
            let chunk = inflating.chunk();
            let text = matches!(message, Message::TextParts(_));
            let mut end = chunk.len();
            if text {
                let invalid = |utf8::Invalid| ProtocolError::InvalidUtf8;
                end = utf8::boundary(chunk).map_err(invalid)?;
                utf8::whole(&chunk[..end]).map_err(invalid)?;
                // RFC 6455 8.1: a message ends with a whole character.
                if last && end < chunk.len() {
                    return Err(ProtocolError::InvalidUtf8);
                }
            }
            // What is wrong before it counts, however the message was cut.
            if progress == Progress::Corrupt {
                return Err(ProtocolError::InvalidDeflate);
            }
            if end == 0 && !last {
                // A frame that is to be read further, or the next one.
                return Ok(if frame.left > 0 {
                    Step::Wait
                } else {
                    Step::Again
                });
            }
            inflating.hand_out(end);
            if last {
                self.remember();
                if let Some(unfinished) = self.decoder.unfinished.take() {
                    self.delivered = Delivered::Unfinished(unfinished);
                }
            }
            return Ok(Step::Found(Found::Part {
                text,
                source: Source::Chunk,
                last,
            }));
        }
    }

    /// Frees what the last part borrowed.
    #[cfg(feature = "deflate")]
    fn clear_part(&mut self) {
        if let Some(unfinished) = &mut self.decoder.unfinished
            && let Some(inflating) = &mut unfinished.inflating
        {
            inflating.clear_part();
        }
    }
}
