//! How packets are written into an answer that goes on, and read from a POST beside it.

use http::{HeaderMap, HeaderValue, header};
use sockeye_websocket::{Opcode, frame::Frames};

use super::page::{Embedder, Page};
use crate::{RequestError, packet::binary_as_text};

/// In the first byte of a frame's header: the frame holds the bytes of a binary message.
const BINARY: u8 = 0x80;

/// A length of 16 bits follows.
const LENGTH_16: u8 = 126;

/// A length of 64 bits follows.
const LENGTH_64: u8 = 127;

/// The type of a body in frames.
pub(crate) const OCTETS: &str = "application/octet-stream";

/// The form of an answer that goes on.
#[derive(Debug)]
pub(crate) enum Format {
    /// Frames as Engine.IO has them over WebTransport: a header of 1, 3 or 9 bytes before each packet.
    Frames,
    /// Server-Sent Events: a text packet is the data of one event, a binary message is `b` and base64.
    Events,
    /// A page in a frame: each packet is a script with a string, a binary message in it is `b` and base64.
    Page(Box<Page>),
}

impl Format {
    /// What the request asks for; frames, unless its query names a frame or it accepts Server-Sent Events.
    pub(crate) fn asked(query: &str, headers: &HeaderMap) -> Result<Self, RequestError> {
        if let Some(embedder) = Embedder::of(query)? {
            return Ok(Self::Page(Box::new(Page::new(embedder))));
        }
        let events = headers.get_all(header::ACCEPT).iter().any(|value| {
            let value = value.to_str().unwrap_or_default();
            value
                .split([',', ';'])
                .any(|part| part.trim().eq_ignore_ascii_case("text/event-stream"))
        });
        Ok(if events { Self::Events } else { Self::Frames })
    }

    /// Says in an answer's head what its body is.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        let content_type = match self {
            Self::Frames => OCTETS,
            Self::Events => "text/event-stream",
            Self::Page(page) => {
                page.mark(headers);
                "text/html; charset=utf-8"
            }
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }

    /// What comes before the first packet, if anything does.
    pub(super) fn beginning(&self) -> Option<Vec<u8>> {
        match self {
            Self::Frames | Self::Events => None,
            Self::Page(page) => Some(page.beginning()),
        }
    }

    /// One text packet alone.
    pub(super) fn text(&self, packet: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.append_text(&mut out, packet);
        out
    }

    /// Appends one text packet.
    pub(super) fn append_text(&self, out: &mut Vec<u8>, packet: &[u8]) {
        match self {
            Self::Frames => append_frame(out, 0, packet),
            Self::Events => append_event(out, packet),
            Self::Page(page) => page.append_text(out, packet),
        }
    }

    fn append_binary(&self, out: &mut Vec<u8>, data: &[u8]) {
        match self {
            Self::Frames => append_frame(out, BINARY, data),
            Self::Events | Self::Page(_) => self.append_text(out, binary_as_text(data).as_bytes()),
        }
    }

    /// Appends what was encoded for a WebSocket.
    pub(super) fn append(&self, out: &mut Vec<u8>, frames: &[u8]) {
        for (opcode, payload) in Frames::new(frames) {
            match opcode {
                // Pings and pongs of RFC 6455 have no counterpart here.
                Opcode::Ping | Opcode::Pong => {}
                Opcode::Close => self.append_text(out, b"1"),
                Opcode::Binary => self.append_binary(out, payload),
                _ => self.append_text(out, payload),
            }
        }
    }
}

fn append_frame(out: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    match payload.len() {
        len @ 0..126 => out.push(kind | len as u8),
        len @ 126..0x1_0000 => {
            out.push(kind | LENGTH_16);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(kind | LENGTH_64);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// A line feed in a packet begins another line of data, which the reader puts together again. A carriage return would
/// end a line too and cannot be told from one; JSON has neither.
fn append_event(out: &mut Vec<u8>, packet: &[u8]) {
    for line in packet.split(|byte| matches!(byte, b'\n' | b'\r')) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// One packet of a body in frames.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Framed<'b> {
    Text(&'b str),
    Binary(&'b [u8]),
}

/// A frame that is empty, is cut off, or is no text where it says so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MalformedFrame;

/// The packets of a POST's body in frames, up to the first that is malformed.
#[derive(Debug)]
pub(crate) struct Unframed<'b>(&'b [u8]);

impl<'b> Unframed<'b> {
    pub(crate) fn new(body: &'b [u8]) -> Self {
        Self(body)
    }

    fn read(&mut self) -> Option<Framed<'b>> {
        let (&first, rest) = self.0.split_first()?;
        let (length, rest) = match first & !BINARY {
            LENGTH_16 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from(u16::from_be_bytes(*length)), rest)
            }
            LENGTH_64 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*length), rest)
            }
            length => (u64::from(length), rest),
        };
        let length = usize::try_from(length).ok().filter(|length| *length > 0)?;
        let (payload, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        if first & BINARY != 0 {
            return Some(Framed::Binary(payload));
        }
        let text = std::str::from_utf8(payload).ok()?;
        Some(Framed::Text(text))
    }
}

impl<'b> Iterator for Unframed<'b> {
    type Item = Result<Framed<'b>, MalformedFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let packet = self.read();
        if packet.is_none() {
            self.0 = &[];
        }
        Some(packet.ok_or(MalformedFrame))
    }
}
