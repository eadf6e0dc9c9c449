//! What a client takes: by its version of the protocol, and by whether binary reaches it.

use std::borrow::Cow;

use sockeye_websocket::{
    Opcode,
    frame::{self, Frames},
};

use crate::{packet, v3};

/// The version of the Engine.IO protocol that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// Version 3, the one of Socket.IO 1 and 2.
    V3,
    /// Version 4, the one of Socket.IO 3 and 4.
    V4,
}

/// The form in which a connection's packets leave. Queued frames have it already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    V4,
    /// Binary as text, for clients that asked for `b64=1`.
    V4Base64,
    V3,
    V3Base64,
}

impl Form {
    pub(crate) fn new(protocol: Protocol, base64: bool) -> Self {
        match (protocol, base64) {
            (Protocol::V4, false) => Self::V4,
            (Protocol::V4, true) => Self::V4Base64,
            (Protocol::V3, false) => Self::V3,
            (Protocol::V3, true) => Self::V3Base64,
        }
    }

    #[inline]
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::V4 | Self::V4Base64 => Protocol::V4,
            Self::V3 | Self::V3Base64 => Protocol::V3,
        }
    }

    /// Writes frames that were made for protocol 4 in this form. Text is the same in all of them.
    pub(crate) fn rewrite(self, frames: &[u8]) -> Cow<'_, [u8]> {
        let mut binary = Frames::new(frames).filter(|(opcode, _)| *opcode == Opcode::Binary);
        if self == Self::V4 || binary.next().is_none() {
            return Cow::Borrowed(frames);
        }
        let mut out = Vec::with_capacity(frames.len() * 2);
        for (opcode, payload) in Frames::new(frames) {
            match (opcode, self) {
                (Opcode::Binary, Self::V4Base64) => {
                    let text = packet::binary_as_text(payload);
                    frame::append(&mut out, Opcode::Text, text.as_bytes());
                }
                (Opcode::Binary, Self::V3Base64) => {
                    let text = v3::Packet::message_as_text(payload);
                    frame::append(&mut out, Opcode::Text, text.as_bytes());
                }
                (Opcode::Binary, Self::V3) => {
                    let typed = [&[v3::MESSAGE], payload].concat();
                    frame::append(&mut out, Opcode::Binary, &typed);
                }
                _ => frame::append(&mut out, opcode, payload),
            }
        }
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(packets: &[(Opcode, &[u8])]) -> Vec<u8> {
        let mut frames = Vec::new();
        for (opcode, payload) in packets {
            frame::append(&mut frames, *opcode, payload);
        }
        frames
    }

    #[test]
    fn binary_is_written_as_the_client_takes_it() {
        let text = (Opcode::Text, &b"451-[0]"[..]);
        let pong = (Opcode::Pong, &b"x"[..]);
        let sent = frames(&[text, (Opcode::Binary, &[1, 2, 3]), pong]);
        for (form, binary) in [
            (Form::V4, (Opcode::Binary, &[1, 2, 3][..])),
            (Form::V4Base64, (Opcode::Text, b"bAQID")),
            (Form::V3, (Opcode::Binary, &[4, 1, 2, 3])),
            (Form::V3Base64, (Opcode::Text, b"b4AQID")),
        ] {
            assert_eq!(
                *form.rewrite(&sent),
                frames(&[text, binary, pong]),
                "{form:?}"
            );
        }
    }

    #[test]
    fn text_is_not_copied() {
        let sent = frames(&[(Opcode::Text, b"42[]"), (Opcode::Close, b"")]);
        for form in [Form::V4, Form::V4Base64, Form::V3, Form::V3Base64] {
            assert!(matches!(form.rewrite(&sent), Cow::Borrowed(_)), "{form:?}");
        }
    }
}
