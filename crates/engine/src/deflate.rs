//! permessage-deflate (RFC 7692) of what a WebSocket sends.
//!
//! Messages are compressed where they are queued, each without what came before it: a connection keeps no
//! memory for it, and a broadcast is compressed once for all that agreed on the same window.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicU8, Ordering},
};

use sockeye_websocket::{
    Opcode, Role,
    deflate::{Compressor, Options, Params},
    frame::Frames,
};

/// The window that a connection agreed on, in bits; none before it has a WebSocket.
#[derive(Debug, Default)]
pub(crate) struct Window(AtomicU8);

impl Window {
    /// The WebSocket that agreed has taken over. What was queued for another transport stays as it is.
    pub(crate) fn agree(&self, params: Option<&Params>) {
        let bits = params.map_or(0, |params| params.server_max_window_bits);
        self.0.store(bits, Ordering::Release);
    }

    /// Zero if messages are not compressed.
    #[inline]
    pub(crate) fn bits(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }
}

/// Compresses the messages among the frames that are long enough.
pub(crate) fn compress<'f>(frames: Cow<'f, [u8]>, bits: u8, options: &Options) -> Cow<'f, [u8]> {
    let is_long = |(opcode, payload): (Opcode, &[u8])| {
        !opcode.is_control() && payload.len() >= options.threshold
    };
    if bits == 0 || !Frames::new(&frames).any(is_long) {
        return frames;
    }
    let params = Params {
        server_max_window_bits: bits,
        ..Params::default()
    };
    let mut compressor = Compressor::new(Role::Server, params, options);
    let mut out = Vec::new();
    for (opcode, payload) in Frames::new(&frames) {
        compressor.append(&mut out, opcode, payload);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use sockeye_websocket::frame;

    use super::*;

    #[test]
    fn only_long_messages_are_compressed() {
        let long = "sockeye ".repeat(200);
        let mut frames = Vec::new();
        frame::append(&mut frames, Opcode::Text, b"451-[0]");
        frame::append(&mut frames, Opcode::Binary, long.as_bytes());
        let short = frames[..9].to_vec();
        let options = Options::new();
        let compressed = compress(Cow::Borrowed(&frames), 15, &options);
        assert_eq!(compressed[..9], short);
        // FIN, RSV1 and the opcode of binary (RFC 7692 6).
        assert_eq!(compressed[9], 0xc2);
        assert!(compressed.len() < 60, "{}", compressed.len());
        for (frames, bits) in [(&short, 15), (&frames, 0)] {
            let same = compress(Cow::Borrowed(frames), bits, &options);
            assert!(matches!(same, Cow::Borrowed(_)), "{bits}");
        }
    }
}
