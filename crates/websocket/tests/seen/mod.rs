//! What a decoder makes of some bytes.
#![allow(dead_code, reason = "each test uses a part of it")]

use sockeye_websocket::{Decoder, Event, Limits, PartData, ProtocolError, Role};

/// An event or error that outlives the bytes it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    /// With whether it was the last one.
    TextPart(String, bool),
    BinaryPart(Vec<u8>, bool),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    Error(ProtocolError),
}

impl From<Result<Event<'_>, ProtocolError>> for Seen {
    fn from(found: Result<Event<'_>, ProtocolError>) -> Self {
        match found {
            Ok(Event::Text(text)) => Self::Text(text.to_owned()),
            Ok(Event::Binary(bytes)) => Self::Binary(bytes.to_vec()),
            Ok(Event::Part(part)) => match part.data {
                PartData::Text(text) => Self::TextPart(text.to_owned(), part.last),
                PartData::Binary(bytes) => Self::BinaryPart(bytes.to_vec(), part.last),
            },
            Ok(Event::Ping(bytes)) => Self::Ping(bytes.to_vec()),
            Ok(Event::Pong(bytes)) => Self::Pong(bytes.to_vec()),
            Ok(Event::Close(close)) => {
                Self::Close(close.map(|close| (close.code, close.reason.to_owned())))
            }
            Err(error) => Self::Error(error),
        }
    }
}

impl Seen {
    /// How many bytes it carries.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) | Self::TextPart(text, _) => text.len(),
            Self::Binary(bytes)
            | Self::BinaryPart(bytes, _)
            | Self::Ping(bytes)
            | Self::Pong(bytes) => bytes.len(),
            Self::Close(_) | Self::Error(_) => 0,
        }
    }
}

/// The messages that parts make together; what else was seen is left out. A message without its
/// end is one that was never seen.
pub(crate) fn joined(seen: Vec<Seen>) -> Vec<Seen> {
    let mut messages = Vec::new();
    let mut open: Option<Seen> = None;
    for seen in seen {
        let last = match (seen, &mut open) {
            (Seen::TextPart(text, last), None) => {
                open = Some(Seen::Text(text));
                last
            }
            (Seen::TextPart(text, last), Some(Seen::Text(before))) => {
                assert!(
                    last || !text.is_empty(),
                    "a part without bytes that is not the last"
                );
                before.push_str(&text);
                last
            }
            (Seen::BinaryPart(bytes, last), None) => {
                open = Some(Seen::Binary(bytes));
                last
            }
            (Seen::BinaryPart(bytes, last), Some(Seen::Binary(before))) => {
                assert!(
                    last || !bytes.is_empty(),
                    "a part without bytes that is not the last"
                );
                before.extend(bytes);
                last
            }
            (Seen::Ping(_) | Seen::Pong(_), _) => false,
            (other, _) => panic!("not a part: {other:?}"),
        };
        if last {
            messages.extend(open.take());
        }
    }
    assert_eq!(open, None, "a message without its end");
    messages
}

/// Feeds the parts one after the other.
pub(crate) fn decode<'a>(
    role: Role,
    limits: Limits,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Seen> {
    decode_with(Decoder::new(role, limits), parts)
}

/// Feeds the parts to this decoder.
pub(crate) fn decode_with<'a>(
    mut decoder: Decoder,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Seen> {
    let mut seen = Vec::new();
    for part in parts {
        let mut part = part.to_vec();
        let mut feed = decoder.feed(&mut part);
        while let Some(found) = feed.next() {
            seen.push(Seen::from(found));
        }
    }
    seen
}
