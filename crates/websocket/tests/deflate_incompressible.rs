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

#[test]
fn random_bytes_go_out_as_they_are_and_leave_the_context_usable() {
    let params = Params {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
    };
    let mut compressor = Compressor::new(Role::Server, params, &Options::default());
    let mut decoder = Decoder::new(Role::Client, Limits::default()).with_deflate(params);
    let mut random_bytes = StdRng::seed_from_u64(1951);
    let mut random = vec![0; 60_000];
    for round in 0..50 {
        random_bytes.fill_bytes(&mut random);
        let text = "compressible ".repeat(1_000);
        let mut wire = Vec::new();
        compressor.append(&mut wire, Opcode::Binary, &random);
        assert_eq!(wire[0], 0x82, "round {round}: not compressed");
        compressor.append(&mut wire, Opcode::Text, text.as_bytes());
        assert!(wire.len() < random.len() + 2_000, "round {round}");
        let mut feed = decoder.feed(&mut wire);
        assert_eq!(feed.next(), Some(Ok(Event::Binary(&random))));
        assert_eq!(feed.next(), Some(Ok(Event::Text(&text))));
    }
}
