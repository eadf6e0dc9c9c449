//! Messages that are inflated while they are read (RFC 7692 7.2.2).

use super::{Delivered, Feed, Found, Frame, Inflating, Message, State, Step, Unfinished};
use crate::ProtocolError;
use crate::deflate::Progress;

impl Feed<'_> {
    /// Inflates what there is of a message.
    pub(super) fn compressed(&mut self, mut frame: Frame) -> Result<Step, ProtocolError> {
        if frame.parts {
            return self.inflated_part(frame);
        }
        if self.starved(&frame) {
            self.decoder.state = State::after(frame);
            return Ok(Step::Wait);
        }
        self.open_compressed(&frame);
        let payload = self.take(&mut frame, usize::MAX);
        self.decoder.state = State::after(frame);
        let limit = self.decoder.limits.max_message;
        let last = frame.fin && frame.left == 0;
        let unfinished = self.decoder.unfinished.get_or_insert_default();
        let Unfinished {
            message, inflating, ..
        } = &mut **unfinished;
        if let Some(inflating) = inflating {
            inflating.inflate(message, &self.input[payload], None, last, limit)?;
        }
        if frame.left > 0 {
            return Ok(Step::Wait);
        }
        if last {
            self.remember();
        }
        Ok(self.ended(frame))
    }

    /// Begins a compressed message with its first byte, unless it is begun.
    pub(super) fn open_compressed(&mut self, frame: &Frame) {
        let unfinished = self.decoder.unfinished.get_or_insert_default();
        if !unfinished.is_open()
            && let Some(direction) = self.decoder.inflate
        {
            let history = self.decoder.history.take();
            let mut inflating = Inflating::new(direction, history, frame.parts);
            inflating.expect(frame.left);
            unfinished.inflating = Some(inflating);
            unfinished.message = Message::begin(frame.opcode, frame.parts);
        }
    }

    /// Keeps what the next message may refer to, at the end of one that is in the decoder.
    pub(super) fn remember(&mut self) {
        if let Some(unfinished) = &mut self.decoder.unfinished
            && let Some(direction) = self.decoder.inflate
            && direction.takeover
            && let Some(inflating) = &mut unfinished.inflating
        {
            self.decoder.history = inflating.take_history();
        }
    }

    /// Inflates a message that is whole in the input: it is not copied if it is short then.
    pub(super) fn inflated_whole(&mut self, mut frame: Frame) -> Result<Found, ProtocolError> {
        let Some(direction) = self.decoder.inflate else {
            return Err(ProtocolError::ReservedBits);
        };
        let payload = self.take(&mut frame, usize::MAX);
        let mut input = &self.input[payload];
        let mut inflating = Inflating::new(direction, self.decoder.history.take(), false);
        let limit = self.decoder.limits.max_message;
        let progress = inflating.first(&mut input);
        if progress == Progress::Complete && inflating.chunk().len() <= limit {
            if direction.takeover {
                self.decoder.history = inflating.take_history();
            }
            self.delivered = Delivered::Inflating(inflating);
            return Ok(Found::Delivered(frame.opcode));
        }
        let mut message = Message::begin(frame.opcode, false);
        inflating.inflate(&mut message, input, Some(progress), true, limit)?;
        if direction.takeover {
            self.decoder.history = inflating.take_history();
        }
        self.delivered = Delivered::Unfinished(Box::new(Unfinished::whole(message)));
        Ok(Found::Delivered(frame.opcode))
    }
}
