//! The decoder, either role, also with compression and in streaming mode: the events do not depend
//! on how the reads cut the stream, memory follows what came, and nothing comes behind the end.
//!
//! Input: two bytes of settings, how to cut, then the stream.

use sockeye_websocket::deflate::Params;
use sockeye_websocket::{Limits, Role, frame};

use super::reads;
use super::seen::Setup;

pub(crate) fn run(input: &[u8]) {
    let Some((&[flags, extension, seed], stream)) = input.split_first_chunk() else {
        return;
    };
    let limits = Limits::default()
        .max_message([0, 60, 4_000, 1_000_000][usize::from(flags >> 1 & 3)])
        .max_empty_fragments(u32::from(flags >> 3 & 3))
        .max_frame([usize::MAX, 1_000][usize::from(flags >> 5 & 1)]);
    let setup = Setup {
        role: if flags & 1 == 0 {
            Role::Server
        } else {
            Role::Client
        },
        limits,
        deflate: params(extension),
        streaming: flags >> 6 & 1 != 0,
    };

    let whole = setup.decode(&[stream]);
    let cut = setup.decode(&reads::cut(stream, seed));
    assert_eq!(whole, cut, "the reads' borders show: {setup:?}");

    let walked: usize = frame::Frames::new(stream)
        .map(|(_, payload)| payload.len())
        .sum();
    assert!(walked <= stream.len());
}

/// `None` without the first bit.
pub(crate) fn params(bits: u8) -> Option<Params> {
    let window = 9 + (bits >> 3) % 7;
    (bits & 1 != 0).then_some(Params {
        server_no_context_takeover: bits & 2 == 0,
        client_no_context_takeover: bits & 4 == 0,
        server_max_window_bits: window,
        client_max_window_bits: window,
    })
}
