use std::fmt;

use crate::json::JsonDecoder;
use crate::message_pack::MessagePackDecoder;
use crate::{Codec, DecodeError, Packet, ReadPackets};

/// The longest namespace that is taken, in bytes.
pub const MAX_NAMESPACE_BYTES: usize = 255;

/// The longest name of an event that is taken, in bytes.
pub const MAX_NAME_BYTES: usize = 255;

/// How deep a packet's data may be nested. An event's list of arguments is the first level.
pub const MAX_DEPTH: u32 = 128;

/// What one packet may bring along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number of attachments.
    pub max_attachments: usize,
    /// The bytes of all attachments of one packet together.
    pub max_attachment_bytes: usize,
}

impl Default for Limits {
    /// 10 attachments, as in the reference, of 10 MB together.
    fn default() -> Self {
        Self {
            max_attachments: 10,
            max_attachment_bytes: 10_000_000,
        }
    }
}

/// Reads the packets of one connection.
///
/// A text message goes to [`text`](Self::text), a binary one to [`binary`](Self::binary), in the
/// order of their arrival. After an error the connection is lost: which packet the next message
/// belongs to is unknown.
///
/// ```
/// use sockeye_protocol::{Decoder, Limits, Packet};
///
/// let mut decoder = Decoder::new(Limits::default());
/// let text = r#"51-7["upload",{"_placeholder":true,"num":0}]"#;
/// assert!(decoder.text(text)?.is_none());
/// let Some(Packet::Event(event)) = decoder.binary(b"abc")? else { panic!("an event") };
/// assert_eq!((event.namespace, event.id, &*event.name), ("/", Some(7), "upload"));
/// assert_eq!(event.args.first::<bytes::Bytes>().unwrap(), "abc");
/// # Ok::<_, sockeye_protocol::DecodeError>(())
/// ```
pub struct Decoder(Form);

/// By whose rules the messages are packets.
enum Form {
    Json(JsonDecoder),
    MessagePack(MessagePackDecoder),
    Own(Box<dyn ReadPackets>),
}

impl Decoder {
    /// A decoder of JSON that awaits a packet; [`Codec::decoder`] makes others.
    pub fn new(limits: Limits) -> Self {
        Self(Form::Json(JsonDecoder::new(limits)))
    }

    pub(crate) fn with_codec(codec: &Codec, limits: Limits) -> Self {
        Self(match codec {
            Codec::Json => Form::Json(JsonDecoder::new(limits)),
            Codec::MessagePack => Form::MessagePack(MessagePackDecoder::default()),
            Codec::Own(parser) => Form::Own(parser.decoder(limits)),
        })
    }

    /// Reads a text message; `None` means that the packet is complete with its attachments only.
    ///
    /// # Errors
    ///
    /// Any [`DecodeError`] but those of attachments' bytes; see there.
    #[inline]
    pub fn text<'a>(&'a mut self, text: &'a str) -> Result<Option<Packet<'a>>, DecodeError> {
        match &mut self.0 {
            Form::Json(json) => json.text(text),
            Form::MessagePack(_) => Err(DecodeError::UnexpectedText),
            Form::Own(own) => own.text(text),
        }
    }

    /// Takes a binary message, and gives the packet that it is or completes.
    ///
    /// The packet's bytes are held until the next call, or [`release`](Self::release).
    ///
    /// # Errors
    ///
    /// [`DecodeError::UnexpectedBinary`] if no attachment is awaited,
    /// [`DecodeError::AttachmentsTooLarge`] if it is one too much. In MessagePack whatever is
    /// wrong with the packet.
    pub fn binary<'a>(&'a mut self, data: &'a [u8]) -> Result<Option<Packet<'a>>, DecodeError> {
        match &mut self.0 {
            Form::Json(json) => json.binary(data),
            Form::MessagePack(message_pack) => message_pack.binary(data).map(Some),
            Form::Own(own) => own.binary(data),
        }
    }

    /// Whether attachments of a packet are still to come. One's own parser does not tell.
    pub fn is_waiting(&self) -> bool {
        match &self.0 {
            Form::Json(json) => json.is_waiting(),
            Form::MessagePack(_) | Form::Own(_) => false,
        }
    }

    /// Lets go of the last packet's attachments, once it has been handled.
    ///
    /// The next packet does so too, but an idle connection should not hold megabytes until then.
    pub fn release(&mut self) {
        match &mut self.0 {
            Form::Json(json) => json.release(),
            Form::MessagePack(message_pack) => message_pack.release(),
            Form::Own(own) => own.release(),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("is_waiting", &self.is_waiting())
            .finish_non_exhaustive()
    }
}
