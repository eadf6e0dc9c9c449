//! Messages that compression does not make shorter, of any length and one after the other.
#![cfg(feature = "deflate")]

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use sockeye_websocket::deflate::{Compressor, Options, Params};
use sockeye_websocket::{Decoder, Event, Limits, Opcode, Role};

#[test]
fn messages_that_do_not_shrink_leave_the_context_as_new() {
    let mut payload = vec![0; 131_072];
    StdRng::seed_from_u64(1951).fill_bytes(&mut payload);
    for takeover in [false, true] {
        let params = Params {
            server_no_context_takeover: !takeover,
            ..Params::default()
        };
        let mut compressor = Compressor::new(Role::Server, params, &Options::new().threshold(0));
        let mut decoder = Decoder::new(Role::Client, Limits::default()).with_deflate(params);
        for length in [
            100_000, 131_072, 2000, 0, 0, 70_000, 131_072, 131_072, 1500, 131_072,
        ] {
            let payload = &payload[..length];
            let mut out = Vec::new();
            compressor.append(&mut out, Opcode::Binary, payload);
            assert!(
                out.len() <= length + 10,
                "{length} bytes are sent as they are"
            );
            let event = decoder
                .feed(&mut out)
                .next()
                .map(|event| event == Ok(Event::Binary(payload)));
            assert_eq!(event, Some(true), "{length} bytes");
        }
    }
}
