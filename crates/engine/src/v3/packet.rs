//! Single packets of protocol 3.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};

pub use crate::packet::Kind;
use crate::packet::decode_base64;

/// The type of a message where it is a number.
pub(crate) const MESSAGE: u8 = 4;

/// What cannot be read: an unknown type, or a length that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("parser error")]
pub struct Malformed;

/// A received packet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a packet of this protocol has a type and data"
)]
pub struct Packet<'a> {
    /// Its type. Unlike in protocol 4, binary packets have one too.
    pub kind: Kind,
    /// What follows the type.
    pub data: Data<'a>,
}

/// The data of a packet; it borrows from what was read, unless it came in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the protocol has text and binary, and is not developed further"
)]
pub enum Data<'a> {
    /// Text.
    Text(&'a str),
    /// Binary.
    Binary(Cow<'a, [u8]>),
}

impl<'a> Packet<'a> {
    /// Reads a packet of a text frame or of a text payload: its type and text, or `b`, its type and base64.
    ///
    /// # Errors
    ///
    /// If the type is missing or unknown.
    ///
    /// ```
    /// use sockeye_engine::v3::{Data, Kind, Packet};
    ///
    /// let packet = Packet::from_text("b4AQID")?;
    /// assert_eq!(packet.kind, Kind::Message);
    /// assert_eq!(packet.data, Data::Binary(vec![1, 2, 3].into()));
    /// # Ok::<(), sockeye_engine::v3::Malformed>(())
    /// ```
    pub fn from_text(text: &'a str) -> Result<Self, Malformed> {
        let (typed, base64) = match text.strip_prefix('b') {
            Some(typed) => (typed, true),
            None => (text, false),
        };
        let kind = typed
            .bytes()
            .next()
            .and_then(Kind::from_digit)
            .ok_or(Malformed)?;
        let data = &typed[1..];
        Ok(Self {
            kind,
            data: if base64 {
                Data::Binary(Cow::Owned(decode_base64(data)))
            } else {
                Data::Text(data)
            },
        })
    }

    /// Reads a packet of a binary frame or of a binary payload: a byte with its type, and bytes.
    ///
    /// # Errors
    ///
    /// If the type is missing or unknown.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let [kind, data @ ..] = bytes else {
            return Err(Malformed);
        };
        // The type is the number itself here, not its digit.
        let kind = b'0'
            .checked_add(*kind)
            .and_then(Kind::from_digit)
            .ok_or(Malformed)?;
        Ok(Self {
            kind,
            data: Data::Binary(Cow::Borrowed(data)),
        })
    }

    /// The packet of a binary message as text, for transports and clients without binary.
    #[must_use]
    pub fn message_as_text(data: &[u8]) -> String {
        let mut text = String::with_capacity(2 + data.len().div_ceil(3) * 4);
        text.push_str("b4");
        STANDARD.encode_string(data, &mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: Kind, data: &str) -> Result<Packet<'_>, Malformed> {
        Ok(Packet {
            kind,
            data: Data::Text(data),
        })
    }

    fn binary(kind: Kind, data: &[u8]) -> Result<Packet<'_>, Malformed> {
        Ok(Packet {
            kind,
            data: Data::Binary(Cow::Borrowed(data)),
        })
    }

    #[test]
    fn packets_in_text() {
        for (packet, read) in [
            ("0{}", text(Kind::Open, "{}")),
            ("1", text(Kind::Close, "")),
            ("2probe", text(Kind::Ping, "probe")),
            ("3probe", text(Kind::Pong, "probe")),
            ("4€a", text(Kind::Message, "€a")),
            ("4", text(Kind::Message, "")),
            ("5", text(Kind::Upgrade, "")),
            ("6", text(Kind::Noop, "")),
            ("b4AQID", binary(Kind::Message, &[1, 2, 3])),
            ("b4AQI", binary(Kind::Message, &[1, 2])),
            ("b4", binary(Kind::Message, &[])),
            ("b2AQ==", binary(Kind::Ping, &[1])),
            ("", Err(Malformed)),
            ("7", Err(Malformed)),
            ("é", Err(Malformed)),
            ("b", Err(Malformed)),
            ("b7AQ==", Err(Malformed)),
            ("b€", Err(Malformed)),
            ("bb4AQ==", Err(Malformed)),
        ] {
            assert_eq!(Packet::from_text(packet), read, "{packet:?}");
        }
    }

    #[test]
    fn packets_in_bytes() {
        for (packet, read) in [
            (&[4, 1, 2, 3][..], binary(Kind::Message, &[1, 2, 3])),
            (&[4], binary(Kind::Message, &[])),
            (&[0], binary(Kind::Open, &[])),
            (&[6], binary(Kind::Noop, &[])),
            (&[7], Err(Malformed)),
            (&[b'4', 1], Err(Malformed)),
            (&[255], Err(Malformed)),
            (&[208], Err(Malformed)),
            (&[], Err(Malformed)),
        ] {
            assert_eq!(Packet::from_bytes(packet), read, "{packet:?}");
        }
    }

    #[test]
    fn a_binary_message_as_text_is_read_back() {
        for data in [&[][..], &[1], &[1, 2], &[1, 2, 3], &[255; 100]] {
            let packet = Packet::message_as_text(data);
            assert_eq!(
                Packet::from_text(&packet),
                binary(Kind::Message, data),
                "{packet}"
            );
        }
    }
}
