//! Messages that do not get shorter, again and again through the same pooled context.

#![cfg(feature = "deflate")]

use rand::RngCore;
use sockeye_websocket::deflate::{Compressor, Options, Params};
use sockeye_websocket::{Decoder, Event, Limits, Opcode, Role};

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
    let mut random = vec![0; 60_000];
    for round in 0..50 {
        rand::rng().fill_bytes(&mut random);
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
