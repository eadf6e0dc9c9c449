//! From frames back to the packet in them, for those who see what is sent.

use sockeye_engine::Encoded;
use sockeye_protocol::{Codec, DecodeError, Event, Limits, Packet};
use sockeye_websocket::{Opcode, frame::Frames};

/// Reads the event in frames that some server of the cluster has encoded.
///
/// # Errors
///
/// If there is no event in them.
pub(crate) fn read_event<R>(
    codec: &Codec,
    encoded: &Encoded,
    read: impl FnOnce(&Event<'_>) -> R,
) -> Result<R, DecodeError> {
    let mut decoder = codec.decoder(Limits {
        // Whoever encoded it was not bound by what clients may send.
        max_attachments: usize::MAX,
        max_attachment_bytes: usize::MAX,
    });
    let mut frames = Frames::new(encoded.frames()).peekable();
    while let Some((opcode, payload)) = frames.next() {
        let last = frames.peek().is_none();
        let packet = if opcode == Opcode::Binary {
            decoder.binary(payload)?
        } else {
            // The Engine.IO packet type comes first.
            let text = payload.get(1..).unwrap_or_default();
            let text = std::str::from_utf8(text).map_err(|_| DecodeError::InvalidPayload)?;
            decoder.text(text)?
        };
        match packet {
            Some(Packet::Event(event)) if last => return Ok(read(&event)),
            Some(_) => return Err(DecodeError::InvalidPayload),
            None => {}
        }
    }
    Err(DecodeError::InvalidPayload)
}
