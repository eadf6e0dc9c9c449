//! From a value to frames: encoded once, in a buffer that each thread keeps.

use std::{cell::Cell, sync::Arc};

use sockeye_engine::{Encoded, Flags, HEADROOM, Sent, append_binary_frame, text_frame};
use sockeye_protocol::{Codec, EncodeError, Encoder};

use crate::{
    Payload,
    application::Connection,
    recovery::{HOLE, ends_with_text},
};

thread_local! {
    static ENCODER: Cell<Option<Box<Encoder>>> = const { Cell::new(None) };
}

/// Lends this thread's encoder; a `Serialize` that emits in its turn gets another one.
fn with_encoder<R>(f: impl FnOnce(&mut Encoder) -> R) -> R {
    let mut encoder = ENCODER
        .take()
        .unwrap_or_else(|| Box::new(Encoder::new(HEADROOM)));
    let result = f(&mut encoder);
    ENCODER.set(Some(encoder));
    result
}

/// Encodes a packet and calls `send` with its frames and their number.
pub(crate) fn with_frames<R>(
    codec: &Codec,
    encode: impl FnOnce(&mut Encoder) -> Result<sockeye_protocol::Encoded<'_>, EncodeError>,
    send: impl FnOnce(&[u8], usize) -> R,
) -> Result<R, EncodeError> {
    with_encoder(|encoder| {
        encoder.speak(codec);
        let mut packet = encode(encoder)?;
        let start = packet.start();
        let attachments = packet.attachment_count();
        let mut frames = if packet.is_binary() {
            let mut frames = Vec::with_capacity(HEADROOM + packet.message().len());
            append_binary_frame(&mut frames, packet.message());
            frames
        } else if attachments == 0 {
            return Ok(send(text_frame(packet.buffer(), start), 1));
        } else {
            text_frame(packet.buffer(), start).to_vec()
        };
        for attachment in packet.attachments() {
            append_binary_frame(&mut frames, attachment);
        }
        Ok(send(&frames, 1 + attachments))
    })
}

/// Encodes a packet for many connections.
pub(crate) fn shared(
    codec: &Codec,
    encode: impl FnOnce(&mut Encoder) -> Result<sockeye_protocol::Encoded<'_>, EncodeError>,
) -> Result<Encoded, EncodeError> {
    with_frames(codec, encode, |frames, packets| {
        Encoded::new(frames, packets)
    })
}

/// Encodes a packet for one connection, and queues it there.
pub(crate) fn send(
    connection: &Arc<Connection>,
    flags: Flags,
    encode: impl FnOnce(&mut Encoder) -> Result<sockeye_protocol::Encoded<'_>, EncodeError>,
) -> Result<Sent, EncodeError> {
    let codec = connection.engine().application().codec();
    with_frames(codec, encode, |frames, packets| {
        connection.send(frames, packets, flags)
    })
}

/// Encodes an event that has room for an offset behind its arguments.
///
/// A volatile one, which is not logged, has it only where the client would take its last argument for one.
pub(crate) fn recoverable(
    codec: &Codec,
    namespace: &str,
    event: &str,
    payload: &impl Payload,
    volatile: bool,
) -> Result<Encoded, EncodeError> {
    if volatile {
        let packet = shared(codec, |encoder| {
            encoder.event(namespace, None, event, payload)
        })?;
        if !ends_with_text(codec, &packet) {
            return Ok(packet);
        }
    }
    shared(codec, |encoder| {
        encoder.event_with_offset(namespace, event, payload, HOLE)
    })
}
