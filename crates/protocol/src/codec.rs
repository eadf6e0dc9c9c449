use std::fmt;
use std::sync::Arc;

use crate::{Decoder, Encoder, Limits, Parser};

/// How packets are written and read: what socket.io calls a parser. Both sides need the same.
///
/// ```
/// use sockeye_protocol::{Codec, Limits, Packet};
///
/// let codec = Codec::MessagePack;
/// let mut encoder = codec.encoder(0);
/// let mut packet = encoder.event("/", None, "ready", &true)?;
/// let mut decoder = codec.decoder(Limits::default());
/// let Some(Packet::Event(event)) = decoder.binary(packet.message()).unwrap() else {
///     panic!("an event");
/// };
/// assert_eq!((&*event.name, event.args.first::<bool>().unwrap()), ("ready", true));
/// # Ok::<_, sockeye_protocol::EncodeError>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Codec {
    /// Text, and binary messages for bytes: what every client speaks unless told otherwise.
    #[default]
    Json,
    /// One binary message a packet, as the npm package `socket.io-msgpack-parser` 3 has it.
    ///
    /// A `Date` reads as the text that JSON has for it, or as milliseconds since 1970 where the
    /// type is a number; what is `undefined` is not there; an `ArrayBuffer` is bytes.
    MessagePack,
    /// A parser of one's own.
    Own(Arc<dyn Parser>),
}

impl Codec {
    /// What reads the packets of one connection.
    pub fn decoder(&self, limits: Limits) -> Decoder {
        Decoder::with_codec(self, limits)
    }

    /// What writes packets, `headroom` bytes being left free in front of each.
    pub fn encoder(&self, headroom: usize) -> Encoder {
        let mut encoder = Encoder::new(headroom);
        encoder.speak(self);
        encoder
    }

    /// Whether both are the same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json, Self::Json) | (Self::MessagePack, Self::MessagePack) => true,
            (Self::Own(one), Self::Own(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl<P: Parser> From<P> for Codec {
    fn from(parser: P) -> Self {
        Self::Own(Arc::new(parser))
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json => f.write_str("Json"),
            Self::MessagePack => f.write_str("MessagePack"),
            Self::Own(parser) => parser.fmt(f),
        }
    }
}
