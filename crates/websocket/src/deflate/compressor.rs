use super::deflater::Deflater;
use super::pool::Lent;
use super::{Options, Params};
use crate::frame::{self, First};
use crate::{Opcode, Role};

/// The sending half of permessage-deflate: turns messages into frames, compressed where it pays.
///
/// Without context takeover it owns nothing: the context is the thread's, and only lent while a
/// message is written. With it, a context of about 380 KiB is made with the first message that is
/// compressed.
///
/// ```
/// use sockeye_websocket::deflate::{Compressor, Options, Params};
/// use sockeye_websocket::{Decoder, Event, Limits, Opcode, Role};
///
/// let params = Params::default();
/// let mut compressor = Compressor::new(Role::Server, params, &Options::new());
/// let message = "the same again, ".repeat(100);
/// let mut out = Vec::new();
/// compressor.append(&mut out, Opcode::Text, message.as_bytes());
/// assert!(out.len() < 100);
///
/// let mut decoder = Decoder::new(Role::Client, Limits::default()).with_deflate(params);
/// assert_eq!(decoder.feed(&mut out).next(), Some(Ok(Event::Text(&message))));
/// ```
#[derive(Debug)]
pub struct Compressor {
    /// With context takeover, and while a message is sent in fragments.
    context: Option<Lent<Deflater>>,
    threshold: usize,
    params: Params,
    role: Role,
    level: u8,
    /// The message that is sent in fragments is compressed.
    open: bool,
}

impl Compressor {
    /// For a connection whose handshake agreed on `params`. `role` is the own one. Of `options`
    /// only the level and the threshold count.
    #[must_use]
    pub fn new(role: Role, params: Params, options: &Options) -> Self {
        Self {
            context: None,
            threshold: options.threshold,
            params,
            role,
            level: options.possible().level,
            open: false,
        }
    }

    /// What the handshake agreed on.
    #[must_use]
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// Appends a final frame, masked for a client. It is compressed, with RSV1 set, unless it is a
    /// control frame, shorter than the threshold or would not get shorter (RFC 7692 6.1).
    pub fn append(&mut self, out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
        let worth_it = !opcode.is_control() && payload.len() >= self.threshold && self.can();
        if !worth_it || !self.compress(out, opcode, payload) {
            frame::append_first(out, self.role, First::new(opcode), payload);
        }
    }

    /// Appends a fragment of a message of which more may follow, masked for a client. `opcode` is
    /// that of the message, in each of its fragments (RFC 6455 5.4).
    ///
    /// All of the fragment can be inflated once it arrived. A fragment that is neither the first
    /// nor the last one and empty gives no frame. Between the first and the last fragment of a
    /// message no other message may be appended.
    ///
    /// ```
    /// use sockeye_websocket::deflate::{Compressor, Options, Params};
    /// use sockeye_websocket::{Decoder, Event, Limits, Opcode, Role};
    ///
    /// let params = Params::default();
    /// let mut compressor = Compressor::new(Role::Server, params, &Options::new());
    /// let mut out = Vec::new();
    /// compressor.append_fragment(&mut out, Opcode::Text, b"in ", true, false);
    /// compressor.append_fragment(&mut out, Opcode::Text, b"parts", false, true);
    ///
    /// let mut decoder = Decoder::new(Role::Client, Limits::default()).with_deflate(params);
    /// assert_eq!(decoder.feed(&mut out).next(), Some(Ok(Event::Text("in parts"))));
    /// ```
    pub fn append_fragment(
        &mut self,
        out: &mut Vec<u8>,
        opcode: Opcode,
        fragment: &[u8],
        first: bool,
        last: bool,
    ) {
        if first && last {
            return self.append(out, opcode, fragment);
        }
        if first {
            self.open = self.can();
        }
        if !first && !last && fragment.is_empty() {
            return;
        }
        if !self.open {
            return frame::append_fragment(out, self.role, opcode, fragment, first, last);
        }
        let mut context = self.context();
        // The header is written when its length is known.
        let (start, payload) = leave_room(out, self.role, fragment.len());
        context.piece(out, fragment, last);
        let header = First::fragment(opcode, first, last).compressed(first);
        frame::complete(out, self.role, header, start, payload);
        if !last || self.takeover() {
            self.context = Some(context);
        }
    }

    /// Whether there is a context for the window that was agreed on: not for that of 8 bits. That
    /// is no violation, as any message may be sent plain.
    fn can(&self) -> bool {
        (9..=15).contains(&self.window_bits())
    }

    fn window_bits(&self) -> u8 {
        self.params.written_by(self.role).window_bits
    }

    fn takeover(&self) -> bool {
        self.params.written_by(self.role).takeover
    }

    fn context(&mut self) -> Lent<Deflater> {
        let context = self.context.take();
        context.unwrap_or_else(|| Deflater::lend(self.level, self.window_bits()))
    }

    /// False if the message would not get shorter; then nothing is appended.
    fn compress(&mut self, out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) -> bool {
        let mut context = self.context();
        let shorter = compressed_frame(&mut context, out, self.role, opcode, payload);
        if self.takeover() {
            if !shorter {
                context.reset();
            }
            self.context = Some(context);
        }
        shorter
    }
}

/// Leaves room for the header of a payload of about `payload` bytes. Gives where the frame starts,
/// and its payload.
fn leave_room(out: &mut Vec<u8>, role: Role, payload: usize) -> (usize, usize) {
    let start = out.len();
    let key = match role {
        Role::Client => 4,
        Role::Server => 0,
    };
    out.resize(start + frame::header_len(payload) + key, 0);
    (start, out.len())
}

/// Appends a final, compressed frame if it is shorter than the plain one. If not, `out` is as it
/// was and the context has to be reset.
pub(crate) fn compressed_frame(
    context: &mut Deflater,
    out: &mut Vec<u8>,
    role: Role,
    opcode: Opcode,
    payload: &[u8],
) -> bool {
    let (start, at) = leave_room(out, role, payload.len());
    let shorter = context.message(out, payload);
    if shorter {
        frame::complete(out, role, First::new(opcode).compressed(true), start, at);
    } else {
        out.truncate(start);
    }
    shorter
}
