//! What a decoder makes of some bytes.

use sockeye_websocket::{Decoder, Event, Limits, ProtocolError, Role};

/// An event or error that outlives the bytes it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
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
            Ok(Event::Ping(bytes)) => Self::Ping(bytes.to_vec()),
            Ok(Event::Pong(bytes)) => Self::Pong(bytes.to_vec()),
            Ok(Event::Close(close)) => {
                Self::Close(close.map(|close| (close.code, close.reason.to_owned())))
            }
            Err(error) => Self::Error(error),
        }
    }
}

/// Feeds the parts one after the other.
pub(crate) fn decode<'a>(
    role: Role,
    limits: Limits,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Seen> {
    let mut decoder = Decoder::new(role, limits);
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
