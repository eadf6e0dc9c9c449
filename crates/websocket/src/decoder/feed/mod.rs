#[cfg(feature = "deflate")]
mod compressed;
mod parts;

use std::ops::Range;

use super::header::{Expected, Header};
#[cfg(feature = "deflate")]
use super::inflating::Inflating;
use super::unfinished::{Message, Unfinished, control_event};
use super::{Decoder, Frame, State};
use crate::frame::MAX_HEADER;
use crate::{Event, Opcode, Part, PartData, ProtocolError, Role, mask, utf8};

/// The events in some bytes. Made by [`Decoder::feed`].
#[derive(Debug)]
pub struct Feed<'d> {
    decoder: &'d mut Decoder,
    input: &'d mut [u8],
    /// Where in `input` the next frame, or the rest of one, begins.
    at: usize,
    delivered: Delivered,
}

/// What the last event borrows if it is not in the input; freed with the next step.
#[derive(Debug)]
enum Delivered {
    Nothing,
    /// A message or control frame that came in several reads or frames.
    Unfinished(Box<Unfinished>),
    /// A message that fitted into the chunk of what inflated it.
    #[cfg(feature = "deflate")]
    Inflating(Inflating),
    /// A character that was cut.
    Character([u8; 4]),
}

/// What completes an event.
enum Found {
    /// A frame whose payload is whole in the input.
    Frame(Opcode, Range<usize>),
    /// What is in `delivered`.
    Delivered(Opcode),
    /// A part of a message. Of text all is seen to be UTF-8 that is not in the input.
    Part {
        text: bool,
        source: Source,
        last: bool,
    },
}

/// Where a part of a message is.
enum Source {
    Input(Range<usize>),
    /// In `delivered`, with this length.
    Character(usize),
    /// In the chunk of what inflates: in `delivered` if it is the last part, else the decoder's.
    #[cfg(feature = "deflate")]
    Chunk,
}

/// What a step came to.
enum Step {
    /// Nothing yet, and all is ready for the next step.
    Again,
    /// Nothing before more bytes come.
    Wait,
    Found(Found),
}

impl<'d> Feed<'d> {
    pub(super) const fn new(decoder: &'d mut Decoder, input: &'d mut [u8]) -> Self {
        Self {
            decoder,
            input,
            at: 0,
            delivered: Delivered::Nothing,
        }
    }
}

impl Feed<'_> {
    /// The next event, or `None` when the bytes hold no further whole one.
    ///
    /// After an error or a [`Event::Close`] it gives `None` for ever.
    ///
    /// # Errors
    /// [`ProtocolError`] says which rule the peer broke. The connection cannot go on.
    #[expect(clippy::should_implement_trait, reason = "an `Iterator` cannot lend")]
    #[inline]
    pub fn next(&mut self) -> Option<Result<Event<'_>, ProtocolError>> {
        self.delivered = Delivered::Nothing;
        if self.decoder.over {
            return None;
        }
        if let Some((opcode, payload)) = self.short_frame() {
            let event = whole_event(opcode, &self.input[payload]);
            self.decoder.over = event.is_err();
            return Some(event);
        }
        // Nearly every feed ends so.
        if self.at == self.input.len() && matches!(self.decoder.state, State::Header { .. }) {
            return None;
        }
        self.long_way()
    }

    /// The bytes that were not looked at yet: still masked, and nothing of them is remembered.
    #[must_use]
    pub fn remaining(&self) -> &[u8] {
        &self.input[self.at..]
    }

    /// Consumes the frame that nearly all frames are: a whole message of less than 64 KiB, whole in
    /// the input. Whatever is not that, or not right, goes the long way.
    #[inline]
    fn short_frame(&mut self) -> Option<(Opcode, Range<usize>)> {
        let decoder = &*self.decoder;
        if !matches!(decoder.state, State::Header { len: 0, .. }) || decoder.unfinished.is_some() {
            return None;
        }
        let (mask_bit, header) = match decoder.role {
            Role::Client => (0, 2),
            Role::Server => (0x80, 6),
        };
        let input = &mut self.input[self.at..];
        let &[first, second] = input.first_chunk()?;
        let opcode = match first {
            0x81 => Opcode::Text,
            0x82 => Opcode::Binary,
            _ => return None,
        };
        let short = second ^ mask_bit;
        let (len, header) = if short < decoder.short {
            (usize::from(short), header)
        } else if short == 126 && decoder.short == 126 {
            let len = u16::from_be_bytes(*input.get(2..)?.first_chunk()?);
            let most = decoder.limits.max_message.min(decoder.limits.max_frame);
            if len < 126 || usize::from(len) > most {
                return None;
            }
            (usize::from(len), header + 2)
        } else {
            return None;
        };
        let (head, payload) = input.get_mut(..header + len)?.split_at_mut(header);
        if mask_bit != 0
            && let [.., a, b, c, d] = *head
        {
            mask::apply(payload, [a, b, c, d]);
        }
        let start = self.at + header;
        self.at = start + len;
        Some((opcode, start..self.at))
    }

    fn long_way(&mut self) -> Option<Result<Event<'_>, ProtocolError>> {
        let event = match self.advance() {
            Ok(None) => return None,
            Ok(Some(Found::Frame(opcode, payload))) => whole_event(opcode, &self.input[payload]),
            Ok(Some(Found::Delivered(opcode))) => match &self.delivered {
                Delivered::Unfinished(unfinished) => unfinished.event(opcode),
                #[cfg(feature = "deflate")]
                Delivered::Inflating(inflating) => whole_event(opcode, inflating.chunk()),
                _ => return None,
            },
            Ok(Some(Found::Part { text, source, last })) => {
                let bytes = match (source, &self.delivered) {
                    (Source::Input(range), _) => &self.input[range],
                    (Source::Character(len), Delivered::Character(bytes)) => &bytes[..len],
                    #[cfg(feature = "deflate")]
                    (Source::Chunk, Delivered::Unfinished(unfinished)) => {
                        unfinished.inflating.as_ref()?.part()
                    }
                    #[cfg(feature = "deflate")]
                    (Source::Chunk, _) => {
                        let unfinished = self.decoder.unfinished.as_ref()?;
                        let part = unfinished.inflating.as_ref()?.part();
                        // It was judged already, so there is no error to end for.
                        return Some(part_event(text, part, last));
                    }
                    _ => return None,
                };
                part_event(text, bytes, last)
            }
            Err(error) => Err(error),
        };
        if matches!(event, Err(_) | Ok(Event::Close(_))) {
            self.decoder.over = true;
            self.decoder.unfinished = None;
            #[cfg(feature = "deflate")]
            {
                self.decoder.history = None;
            }
        }
        Some(event)
    }

    /// Consumes frames up to the next one that completes an event.
    fn advance(&mut self) -> Result<Option<Found>, ProtocolError> {
        loop {
            let frame = match self.decoder.state {
                State::Payload(frame) => frame,
                State::Header { .. } => {
                    let Some(header) = self.header()? else {
                        return Ok(None);
                    };
                    let Header {
                        opcode, fin, len, ..
                    } = header;
                    let whole = len <= self.input.len() - self.at;
                    let alone = opcode.is_control() || (fin && opcode != Opcode::Continuation);
                    if alone && whole && !header.compressed {
                        let payload = self.at..self.at + len;
                        self.at += len;
                        if self.decoder.role == Role::Server {
                            mask::apply(&mut self.input[payload.clone()], header.key);
                        }
                        if self.decoder.streaming && !opcode.is_control() {
                            return Ok(Some(Found::Part {
                                text: opcode == Opcode::Text,
                                source: Source::Input(payload),
                                last: true,
                            }));
                        }
                        return Ok(Some(Found::Frame(opcode, payload)));
                    }
                    let frame = self.begin(header);
                    #[cfg(feature = "deflate")]
                    if alone && whole && !frame.parts {
                        return self.inflated_whole(frame).map(Some);
                    }
                    if frame.left == 0 && !alone {
                        let limit = self.decoder.limits.max_empty_fragments;
                        self.decoder
                            .unfinished
                            .get_or_insert_default()
                            .count_empty(limit)?;
                    }
                    frame
                }
            };

            let step = if frame.opcode.is_control() {
                self.control(frame)
            } else if frame.compressed {
                self.compressed(frame)?
            } else if frame.parts {
                self.plain_part(frame)?
            } else {
                self.plain(frame)?
            };
            match step {
                Step::Again => {}
                Step::Wait => return Ok(None),
                Step::Found(found) => return Ok(Some(found)),
            }
        }
    }

    /// Takes a header as the beginning of a frame.
    #[inline]
    fn begin(&mut self, header: Header) -> Frame {
        let (mut compressed, mut parts) = (header.compressed, self.decoder.streaming);
        if let Some(unfinished) = &mut self.decoder.unfinished
            && header.opcode == Opcode::Continuation
        {
            compressed = unfinished.is_compressed();
            parts = unfinished.in_parts();
            #[cfg(feature = "deflate")]
            if let Some(inflating) = &mut unfinished.inflating {
                inflating.expect(header.len);
            }
        }
        Frame {
            opcode: header.opcode,
            fin: header.fin,
            compressed,
            parts: parts && !header.opcode.is_control(),
            key: header.key,
            left: header.len,
        }
    }

    /// Takes what there is of a frame's payload, but not more than `most` bytes, and unmasks it.
    #[inline]
    fn take(&mut self, frame: &mut Frame, most: usize) -> Range<usize> {
        let took = frame.left.min(self.input.len() - self.at).min(most);
        let payload = self.at..self.at + took;
        self.at += took;
        frame.left -= took;
        if self.decoder.role == Role::Server {
            mask::apply(&mut self.input[payload.clone()], frame.key);
            frame.key = mask::rotated(frame.key, took);
        }
        payload
    }

    /// Whether nothing of what a frame still has is in the input.
    fn starved(&self, frame: &Frame) -> bool {
        frame.left > 0 && self.at == self.input.len()
    }

    /// Collects a control frame that is not whole in the input.
    fn control(&mut self, mut frame: Frame) -> Step {
        let payload = self.take(&mut frame, usize::MAX);
        self.decoder.state = State::after(frame);
        if payload.is_empty() && frame.left > 0 {
            return Step::Wait;
        }
        let unfinished = self.decoder.unfinished.get_or_insert_default();
        unfinished.control.extend_from_slice(&self.input[payload]);
        if frame.left > 0 {
            return Step::Wait;
        }
        if unfinished.is_open() {
            self.delivered = Delivered::Unfinished(Box::new(unfinished.take_control()));
        } else if let Some(unfinished) = self.decoder.unfinished.take() {
            self.delivered = Delivered::Unfinished(unfinished);
        }
        Step::Found(Found::Delivered(frame.opcode))
    }

    /// Collects a message that is not compressed.
    fn plain(&mut self, mut frame: Frame) -> Result<Step, ProtocolError> {
        let payload = self.take(&mut frame, usize::MAX);
        self.decoder.state = State::after(frame);
        if payload.is_empty() && frame.left > 0 {
            return Ok(Step::Wait);
        }
        let unfinished = self.decoder.unfinished.get_or_insert_default();
        if !unfinished.is_open() {
            unfinished.message = Message::begin(frame.opcode, false);
        }
        let most = if frame.fin {
            unfinished.message.len() + payload.len() + frame.left
        } else {
            usize::MAX
        };
        unfinished.message.push(&self.input[payload], most)?;
        if frame.left > 0 {
            return Ok(Step::Wait);
        }
        Ok(self.ended(frame))
    }

    /// A frame was read to its end, and so was the message if this was its last.
    fn ended(&mut self, frame: Frame) -> Step {
        if frame.fin
            && let Some(unfinished) = self.decoder.unfinished.take()
        {
            self.delivered = Delivered::Unfinished(unfinished);
            return Step::Found(Found::Delivered(frame.opcode));
        }
        Step::Again
    }

    #[cfg(not(feature = "deflate"))]
    fn compressed(&mut self, _: Frame) -> Result<Step, ProtocolError> {
        // A header that says so is refused.
        Err(ProtocolError::ReservedBits)
    }

    /// Consumes a header, or what there is of one.
    #[inline]
    fn header(&mut self) -> Result<Option<Header>, ProtocolError> {
        let deflate = self.decoder.inflates();
        let Decoder {
            state,
            unfinished,
            limits,
            role,
            streaming,
            ..
        } = &mut *self.decoder;
        let State::Header { spill, len } = state else {
            return Ok(None);
        };
        let expected = Expected {
            role: *role,
            limits: *limits,
            open: unfinished
                .as_ref()
                .and_then(|unfinished| unfinished.room(limits)),
            parts: *streaming,
            deflate,
        };
        let input = &self.input[self.at..];

        if *len == 0
            && let Some((header, length)) = Header::parse(input, expected)?
        {
            self.at += length;
            return Ok(Some(header));
        }
        let spilled = usize::from(*len);
        let mut bytes = [0; MAX_HEADER];
        let took = input.len().min(MAX_HEADER - spilled);
        bytes[..spilled].copy_from_slice(&spill[..spilled]);
        bytes[spilled..spilled + took].copy_from_slice(&input[..took]);
        let so_far = &bytes[..spilled + took];
        match Header::parse(so_far, expected)? {
            Some((header, length)) => {
                self.at += length - spilled;
                *state = State::START;
                Ok(Some(header))
            }
            None => {
                // Never 14 bytes: those are always a whole header.
                spill[..so_far.len()].copy_from_slice(so_far);
                *len = so_far.len() as u8;
                self.at += took;
                Ok(None)
            }
        }
    }
}

/// What a frame says that lies whole in the input.
#[inline]
fn whole_event(opcode: Opcode, payload: &[u8]) -> Result<Event<'_>, ProtocolError> {
    match opcode {
        Opcode::Text => match utf8::whole(payload) {
            Ok(text) => Ok(Event::Text(text)),
            Err(utf8::Invalid) => Err(ProtocolError::InvalidUtf8),
        },
        Opcode::Binary => Ok(Event::Binary(payload)),
        _ => control_event(opcode, payload),
    }
}

fn part_event(text: bool, bytes: &[u8], last: bool) -> Result<Event<'_>, ProtocolError> {
    let data = if text {
        PartData::Text(utf8::whole(bytes).map_err(|_| ProtocolError::InvalidUtf8)?)
    } else {
        PartData::Binary(bytes)
    };
    Ok(Event::Part(Part { data, last }))
}
