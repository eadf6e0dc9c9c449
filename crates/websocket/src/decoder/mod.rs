//! From bytes to messages.

mod header;
mod unfinished;

use std::ops::Range;

use header::{Expected, Header};
use unfinished::{Unfinished, control_event};

use crate::frame::MAX_HEADER;
use crate::{Event, Limits, Opcode, ProtocolError, Role, mask, utf8};

/// The receiving half of a connection: takes the bytes as they were read, gives whole messages.
///
/// It knows no socket and no clock. Between messages it owns no heap memory. After an error or a
/// close frame it is over: whatever is fed then is not looked at.
///
/// ```
/// use sockeye_websocket::{Decoder, Event, Limits, Role, frame};
///
/// let mut bytes = Vec::new();
/// frame::append_masked(&mut bytes, sockeye_websocket::Opcode::Text, b"hello", [1, 2, 3, 4]);
///
/// let mut decoder = Decoder::new(Role::Server, Limits::default());
/// let (first, second) = bytes.split_at_mut(3);
/// assert_eq!(decoder.feed(first).next(), None);
/// assert_eq!(decoder.feed(second).next(), Some(Ok(Event::Text("hello"))));
/// ```
#[derive(Debug)]
pub struct Decoder {
    state: State,
    unfinished: Option<Box<Unfinished>>,
    limits: Limits,
    role: Role,
    over: bool,
}

/// Where in a frame the last feed ended.
#[derive(Clone, Copy, Debug)]
enum State {
    /// In the header: at most 13 of its 14 bytes.
    Header { spill: [u8; 13], len: u8 },
    Payload {
        opcode: Opcode,
        fin: bool,
        key: [u8; 4],
        left: usize,
    },
}

impl State {
    const START: Self = Self::Header {
        spill: [0; 13],
        len: 0,
    };
}

impl Decoder {
    /// A decoder for the bytes after the handshake. `role` is the own one: [`Role::Server`]
    /// reads what a client sends.
    #[must_use]
    pub const fn new(role: Role, limits: Limits) -> Self {
        Self {
            state: State::START,
            unfinished: None,
            limits,
            role,
            over: false,
        }
    }

    /// Takes bytes just read, which are unmasked in place.
    ///
    /// Ask [`Feed::next`] until it gives `None`. A caller that stops before keeps
    /// [`Feed::remaining`] and feeds it again, before anything newer.
    pub fn feed<'d>(&'d mut self, input: &'d mut [u8]) -> Feed<'d> {
        Feed {
            decoder: self,
            input,
            at: 0,
            delivered: None,
        }
    }

    /// How many bytes of heap are held for a message whose end has not arrived.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.unfinished
            .as_ref()
            .map_or(0, |unfinished| unfinished.heap())
    }
}

/// The events in some bytes. Made by [`Decoder::feed`].
#[derive(Debug)]
pub struct Feed<'d> {
    decoder: &'d mut Decoder,
    input: &'d mut [u8],
    /// Where in `input` the next frame, or the rest of one, begins.
    at: usize,
    /// What the last event borrows if it was not whole in `input`; freed with the next step.
    delivered: Option<Box<Unfinished>>,
}

/// A frame that completes an event.
enum Completed {
    /// Its payload is whole in the input.
    InInput(Opcode, Range<usize>),
    /// It is the rest of what is in `delivered`.
    Delivered(Opcode),
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
        self.delivered = None;
        if self.decoder.over {
            return None;
        }
        if let Some((opcode, payload)) = self.short_frame() {
            let event = whole_event(opcode, &self.input[payload]);
            self.decoder.over = event.is_err();
            return Some(event);
        }
        let event = match self.advance() {
            Ok(None) => return None,
            Ok(Some(Completed::InInput(opcode, payload))) => {
                whole_event(opcode, &self.input[payload])
            }
            Ok(Some(Completed::Delivered(opcode))) => match &self.delivered {
                Some(delivered) => delivered.event(opcode),
                None => return None,
            },
            Err(error) => Err(error),
        };
        if matches!(event, Err(_) | Ok(Event::Close(_))) {
            self.decoder.over = true;
            self.decoder.unfinished = None;
        }
        Some(event)
    }

    /// The bytes that were not looked at yet: still masked, and nothing of them is remembered.
    #[must_use]
    pub fn remaining(&self) -> &[u8] {
        &self.input[self.at..]
    }

    /// Consumes the frame that nearly all frames are: a whole message of at most 125 bytes, whole
    /// in the input. Whatever is not that, or not right, goes the long way.
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
        let len = usize::from(second ^ mask_bit);
        if len > 125 || len > decoder.limits.max_message {
            return None;
        }
        let (head, payload) = input.get_mut(..header + len)?.split_at_mut(header);
        if let [_, _, a, b, c, d] = *head {
            mask::apply(payload, [a, b, c, d]);
        }
        let start = self.at + header;
        self.at = start + len;
        Some((opcode, start..self.at))
    }

    /// Consumes frames up to the next one that completes an event.
    fn advance(&mut self) -> Result<Option<Completed>, ProtocolError> {
        loop {
            let (opcode, fin, key, left) = match self.decoder.state {
                State::Payload {
                    opcode,
                    fin,
                    key,
                    left,
                } => (opcode, fin, key, left),
                State::Header { .. } => {
                    let Some(header) = self.header()? else {
                        return Ok(None);
                    };
                    let Header {
                        opcode,
                        fin,
                        len,
                        key,
                    } = header;
                    let alone = opcode.is_control() || (fin && opcode != Opcode::Continuation);
                    if alone && len <= self.input.len() - self.at {
                        let payload = self.at..self.at + len;
                        self.at += len;
                        if self.decoder.role == Role::Server {
                            mask::apply(&mut self.input[payload.clone()], key);
                        }
                        return Ok(Some(Completed::InInput(opcode, payload)));
                    }
                    if len == 0 {
                        let limit = self.decoder.limits.max_empty_fragments;
                        self.decoder
                            .unfinished
                            .get_or_insert_default()
                            .count_empty(limit)?;
                    }
                    (opcode, fin, key, len)
                }
            };

            let took = left.min(self.input.len() - self.at);
            if took == 0 && left > 0 {
                self.decoder.state = State::Payload {
                    opcode,
                    fin,
                    key,
                    left,
                };
                return Ok(None);
            }
            let chunk = &mut self.input[self.at..self.at + took];
            self.at += took;
            if self.decoder.role == Role::Server {
                mask::apply(chunk, key);
            }
            let unfinished = self.decoder.unfinished.get_or_insert_default();
            let whole = fin.then(|| unfinished.open().unwrap_or(0) + left);
            unfinished.push(opcode, chunk, whole)?;
            if took < left {
                let (key, left) = (mask::rotated(key, took), left - took);
                self.decoder.state = State::Payload {
                    opcode,
                    fin,
                    key,
                    left,
                };
                return Ok(None);
            }

            self.decoder.state = State::START;
            if opcode.is_control() && unfinished.open().is_some() {
                self.delivered = Some(Box::new(unfinished.take_control()));
                return Ok(Some(Completed::Delivered(opcode)));
            }
            if fin {
                self.delivered = self.decoder.unfinished.take();
                return Ok(Some(Completed::Delivered(opcode)));
            }
        }
    }

    /// Consumes a header, or what there is of one.
    #[inline]
    fn header(&mut self) -> Result<Option<Header>, ProtocolError> {
        let Decoder {
            state,
            unfinished,
            limits,
            role,
            ..
        } = &mut *self.decoder;
        let State::Header { spill, len } = state else {
            return Ok(None);
        };
        let open = unfinished.as_ref().and_then(|unfinished| unfinished.open());
        let expected = Expected {
            role: *role,
            limits: *limits,
            open,
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
