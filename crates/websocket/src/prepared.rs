use std::sync::Arc;
#[cfg(feature = "deflate")]
use std::sync::OnceLock;

use bytes::Bytes;

use crate::deflate::{Options, Params};
use crate::{Message, MessageRef, Opcode, frame};

#[cfg(feature = "deflate")]
use crate::Role;
#[cfg(feature = "deflate")]
use crate::deflate::{Deflater, compressed_frame};

/// A message that a server encodes once for all connections that get it, its frame included; and
/// that is compressed once a length of window, when the first connection asks that agreed on it.
/// Cheap to clone.
///
/// ```
/// use sockeye_websocket::PreparedMessage;
/// use sockeye_websocket::deflate::Params;
///
/// let message = PreparedMessage::text("hello");
/// assert_eq!(&message.frame(None)[..], b"\x81\x05hello");
/// // Too short to be worth it:
/// assert_eq!(message.frame(Some(&Params::default())), message.frame(None));
///
/// let long = PreparedMessage::text("hello ".repeat(1_000));
/// assert!(long.frame(Some(&Params::default())).len() < 100);
/// ```
#[derive(Clone, Debug)]
pub struct PreparedMessage(Arc<Prepared>);

#[derive(Debug)]
struct Prepared {
    message: Message,
    plain: Bytes,
    #[cfg(feature = "deflate")]
    options: Options,
    /// By the bits of the window, from 9 on. `None` is one that did not get shorter.
    #[cfg(feature = "deflate")]
    compressed: [OnceLock<Option<Bytes>>; 7],
}

impl PreparedMessage {
    /// Encodes a message, to be compressed with the default level from the default threshold on.
    #[must_use]
    pub fn new(message: impl Into<Message>) -> Self {
        Self::with_options(message, &Options::new())
    }

    /// Encodes a text message; as [`new`](Self::new).
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(text.into())
    }

    /// Encodes a binary message; as [`new`](Self::new).
    #[must_use]
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::new(bytes.into())
    }

    /// Encodes a message. Of `options` only the level and the threshold count.
    ///
    /// ```
    /// use sockeye_websocket::PreparedMessage;
    /// use sockeye_websocket::deflate::{Options, Params};
    ///
    /// let never = Options::new().threshold(usize::MAX);
    /// let message = PreparedMessage::with_options("hello ".repeat(1_000), &never);
    /// assert_eq!(message.frame(Some(&Params::default())), message.frame(None));
    /// ```
    #[must_use]
    #[cfg_attr(
        not(feature = "deflate"),
        expect(unused_variables, reason = "stays plain")
    )]
    pub fn with_options(message: impl Into<Message>, options: &Options) -> Self {
        let message = message.into();
        let mut plain = Vec::new();
        frame::append(&mut plain, opcode(&message), message.as_bytes());
        Self(Arc::new(Prepared {
            message,
            plain: plain.into(),
            #[cfg(feature = "deflate")]
            options: options.possible(),
            #[cfg(feature = "deflate")]
            compressed: Default::default(),
        }))
    }

    /// The message, for a connection that cannot use the frame: a client has to mask it.
    #[must_use]
    pub fn message(&self) -> MessageRef<'_> {
        self.0.message.as_ref()
    }

    /// The frame for a connection of a server that agreed on these parameters, if it did.
    ///
    /// A connection with context takeover gets the plain frame: each of them would need the
    /// message compressed on its own. RFC 7692 6.1 leaves it to the sender which messages to
    /// compress.
    #[must_use]
    pub fn frame(&self, params: Option<&Params>) -> &Bytes {
        match params {
            Some(params) if params.server_no_context_takeover => {
                self.compressed(params.server_max_window_bits)
            }
            _ => &self.0.plain,
        }
    }

    #[cfg(not(feature = "deflate"))]
    fn compressed(&self, _: u8) -> &Bytes {
        &self.0.plain
    }

    #[cfg(feature = "deflate")]
    fn compressed(&self, window_bits: u8) -> &Bytes {
        let prepared = &*self.0;
        let payload = prepared.message.as_bytes();
        if payload.len() < prepared.options.threshold {
            return &prepared.plain;
        }
        // There is no context for a window of 8 bits.
        let slot = usize::from(window_bits)
            .checked_sub(9)
            .and_then(|slot| prepared.compressed.get(slot));
        let frame = slot.and_then(|slot| {
            let frame = slot.get_or_init(|| {
                let mut context = Deflater::lend(prepared.options.level, window_bits);
                let mut out = Vec::new();
                let opcode = opcode(&prepared.message);
                compressed_frame(&mut context, &mut out, Role::Server, opcode, payload)
                    // It may wait in many queues: no more than its length is kept.
                    .then(|| Bytes::copy_from_slice(&out))
            });
            frame.as_ref()
        });
        frame.unwrap_or(&prepared.plain)
    }
}

fn opcode(message: &Message) -> Opcode {
    match message {
        Message::Text(_) => Opcode::Text,
        Message::Binary(_) => Opcode::Binary,
    }
}
