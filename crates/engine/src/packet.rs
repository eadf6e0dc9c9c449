//! Engine.IO packets, and their joining into the payloads of HTTP long-polling (protocol 4).

use std::borrow::Cow;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use sockeye_websocket::{Opcode, frame::Frames};

/// Separates the packets of a polling payload.
const SEPARATOR: u8 = 0x1e;

/// The type of a packet: its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the protocols have had these seven from the beginning"
)]
pub enum Kind {
    /// Begins a session.
    Open,
    /// Ends it.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
    /// Carries data of the application.
    Message,
    /// Ends the trial of a transport: it takes over.
    Upgrade,
    /// Says nothing, so that a request gets its answer.
    Noop,
}

impl Kind {
    /// The type with this digit.
    pub(crate) fn from_digit(digit: u8) -> Option<Self> {
        Some(match digit {
            b'0' => Self::Open,
            b'1' => Self::Close,
            b'2' => Self::Ping,
            b'3' => Self::Pong,
            b'4' => Self::Message,
            b'5' => Self::Upgrade,
            b'6' => Self::Noop,
            _ => return None,
        })
    }
}

/// What a packet says, if it is a message in text: nearly all are.
#[inline]
pub(crate) fn message(packet: &str) -> Option<&str> {
    packet.strip_prefix('4')
}

/// A received packet; its data borrows from what was read, unless it came in base64.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    Text(Kind, &'a str),
    Binary(Cow<'a, [u8]>),
}

/// An unknown packet type or an empty packet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("parser error")]
pub(crate) struct MalformedPacket;

impl<'a> Packet<'a> {
    /// Reads one packet of a text frame or of a polling payload.
    pub(crate) fn decode(text: &'a str) -> Result<Self, MalformedPacket> {
        let first = *text.as_bytes().first().ok_or(MalformedPacket)?;
        if first == b'b' {
            return Ok(Self::Binary(Cow::Owned(decode_base64(&text[1..]))));
        }
        let kind = Kind::from_digit(first).ok_or(MalformedPacket)?;
        Ok(Self::Text(kind, &text[1..]))
    }
}

/// The packets of a POST's body, in order.
pub(crate) fn split_payload(body: &str) -> impl Iterator<Item = &str> {
    body.split(char::from(SEPARATOR))
}

/// Writes frames that were encoded for a WebSocket as the body of a polling answer.
pub(crate) fn append_payload(body: &mut Vec<u8>, frames: &[u8]) {
    for (opcode, payload) in Frames::new(frames) {
        // Pings and pongs of RFC 6455 have no counterpart in a payload.
        if matches!(opcode, Opcode::Ping | Opcode::Pong) {
            continue;
        }
        if !body.is_empty() {
            body.push(SEPARATOR);
        }
        match opcode {
            Opcode::Binary => {
                body.push(b'b');
                let start = body.len();
                body.resize(start + payload.len().div_ceil(3) * 4, 0);
                let written = STANDARD.encode_slice(payload, &mut body[start..]);
                debug_assert_eq!(written, Ok(body.len() - start));
            }
            Opcode::Close => body.push(b'1'),
            _ => body.extend_from_slice(payload),
        }
    }
}

/// The packet of a binary message as text.
pub(crate) fn binary_as_text(data: &[u8]) -> String {
    let mut text = String::with_capacity(1 + data.len().div_ceil(3) * 4);
    text.push('b');
    STANDARD.encode_string(data, &mut text);
    text
}

/// Decodes as JavaScript's `Buffer` does: either alphabet, padding optional, other characters skipped.
pub(crate) fn decode_base64(text: &str) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text).unwrap_or_else(|_| {
        let mut clean: Vec<u8> = text
            .bytes()
            .take_while(|b| *b != b'=')
            .filter_map(|b| match b {
                b'-' => Some(b'+'),
                b'_' => Some(b'/'),
                b'+' | b'/' => Some(b),
                b if b.is_ascii_alphanumeric() => Some(b),
                _ => None,
            })
            .collect();
        if clean.len() % 4 == 1 {
            clean.pop();
        }
        LENIENT.decode(clean).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use sockeye_websocket::frame;

    use super::*;

    #[test]
    fn packets_of_every_type() {
        for (text, kind) in [
            ("0", Kind::Open),
            ("1", Kind::Close),
            ("2probe", Kind::Ping),
            ("3", Kind::Pong),
            ("4hello", Kind::Message),
            ("5", Kind::Upgrade),
            ("6", Kind::Noop),
        ] {
            assert_eq!(Packet::decode(text), Ok(Packet::Text(kind, &text[1..])));
        }
    }

    #[test]
    fn unknown_and_empty_packets_are_malformed() {
        for text in ["", "7", "a", "é", "\u{1e}"] {
            assert_eq!(Packet::decode(text), Err(MalformedPacket), "{text:?}");
        }
    }

    #[test]
    fn base64_is_read_as_leniently_as_the_reference_does() {
        for (text, bytes) in [
            ("AQID", &[1, 2, 3][..]),
            ("AQI=", &[1, 2]),
            ("AQI", &[1, 2]),
            ("-_-_", &[0xfb, 0xff, 0xbf]),
            ("A Q\nI D", &[1, 2, 3]),
            ("", &[]),
        ] {
            let packet = format!("b{text}");
            assert_eq!(
                Packet::decode(&packet),
                Ok(Packet::Binary(Cow::Borrowed(bytes))),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_payload_is_read_up_to_its_first_malformed_packet() {
        let packets: Vec<_> = split_payload("4a\u{1e}4b\u{1e}")
            .map(Packet::decode)
            .collect();
        assert_eq!(
            packets,
            [
                Ok(Packet::Text(Kind::Message, "a")),
                Ok(Packet::Text(Kind::Message, "b")),
                Err(MalformedPacket)
            ]
        );
    }

    #[test]
    fn frames_become_a_payload() {
        let mut frames = Vec::new();
        frame::append(&mut frames, Opcode::Text, "4h€".as_bytes());
        frame::append(&mut frames, Opcode::Binary, &[1, 2, 3, 4]);
        frame::append(&mut frames, Opcode::Pong, b"x");
        frame::append(&mut frames, Opcode::Close, b"");
        let mut body = Vec::new();
        append_payload(&mut body, &frames);
        assert_eq!(
            String::from_utf8(body).as_deref(),
            Ok("4h€\u{1e}bAQIDBA==\u{1e}1")
        );
    }
}
