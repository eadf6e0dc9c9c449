use sockeye_websocket::deflate::Params;
use sockeye_websocket::{Config, Limits, ProtocolError, Role};

use crate::library::open;
use crate::wire::frame_to;

/// A message of so many bytes, all of them zero, in the fixed code of RFC 1951 3.2.6: one literal,
/// then matches of 258 bytes at distance 1, which take 13 bits each. The end of the block and the
/// four bytes that RFC 7692 7.2.1 takes off are left out too.
fn zeros(length: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0b010, 3); // not the last block; the fixed code
    bits.push(0b0000_1100, 8); // the literal 0: 00110000, from its first bit on
    for _ in 0..length / 258 {
        bits.push(0b1010_0011, 8); // the length 258: 11000101
        bits.push(0, 5); // the distance 1
    }
    bits.push(0, 7); // the end of the block
    bits.push(0, 3); // an empty stored block, whose lengths are taken off
    bits.bytes
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, bits: u32, count: u32) {
        for nth in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = (bits >> nth & 1) as u8;
            *self.bytes.last_mut().expect("a byte") |= bit << (self.used % 8);
            self.used += 1;
        }
    }
}

/// What is sent, frame by frame: first bytes and payloads.
type Row<'a> = (&'a str, &'a [(u8, &'a [u8])]);

#[test]
fn rsv1_where_it_has_no_meaning() {
    let rows: [Row<'_>; 5] = [
        ("on a ping", &[(0xC9, b"ping")]),
        ("on a pong", &[(0xCA, b"pong")]),
        ("on a close frame", &[(0xC8, b"\x03\xe8")]),
        (
            "on a continuation",
            &[
                (0x41, &[0xf2, 0x48, 0xcd]),
                (0xC0, &[0xc9, 0xc9, 0x07, 0x00]),
            ],
        ),
        (
            "on a continuation of a plain message",
            &[(0x01, b"Hel"), (0xC0, b"lo")],
        ),
    ];
    for role in [Role::Client, Role::Server] {
        for (name, frames) in rows {
            let mut library = open(role, &Config::new(), Some(Params::default()));
            for (first, payload) in frames {
                library.peer.write(&frame_to(role, *first, payload));
            }
            assert_eq!(library.peer.close_code(), Some(1002), "{role:?}: {name}");
            assert_eq!(
                library.ended().violation(),
                ProtocolError::ReservedBits,
                "{role:?}: {name}"
            );
        }
    }
}

/// RFC 7692 7.2.3.4, and again: the inflater has to begin anew behind a final block.
#[test]
fn a_final_block_and_a_message_behind_it() {
    let takeover = Params {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..Params::default()
    };
    for role in [Role::Client, Role::Server] {
        for params in [Params::default(), takeover] {
            let mut library = open(role, &Config::new(), Some(params));
            for _ in 0..2 {
                let hello = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
                library.peer.write(&frame_to(role, 0xC1, &hello));
                assert_eq!(
                    library.peer.frame(),
                    Some((0x81, b"Hello".to_vec())),
                    "{role:?}"
                );
            }
            library.peer.write(&frame_to(role, 0x88, b""));
            assert_eq!(library.peer.close_code(), None, "{role:?}");
            assert_eq!(library.ended().closed().code, 1005, "{role:?}");
        }
    }
}

#[test]
fn a_bomb_costs_no_more_than_the_limit() {
    const LIMIT: usize = 2 << 20;
    let config = Config::new().limits(Limits::default().max_message(LIMIT));
    let small = zeros(258 * 8);
    let bomb = zeros(200 << 20);
    assert!(bomb.len() < LIMIT, "its frame is not what is too long");
    for role in [Role::Client, Role::Server] {
        let mut library = open(role, &config, Some(Params::default()));
        // Two that are no bombs: they are read as they were meant, and what the thread allocates
        // once, for all its connections, is there when the second one comes.
        for _ in 0..2 {
            library.peer.write(&frame_to(role, 0xC2, &small));
            let (first, payload) = library.peer.frame().expect("an answer");
            assert_eq!(first & 0x0F, 2, "{role:?}");
            assert!(first & 0x40 != 0 || payload == [0; 258 * 8 + 1], "{role:?}");
        }

        library.peer.write(&frame_to(role, 0xC2, &bomb));
        assert_eq!(library.peer.close_code(), Some(1009), "{role:?}");
        match library.ended() {
            crate::library::Ended::Served { closed, peak, .. } => {
                assert!(
                    peak < LIMIT + (64 << 10),
                    "{role:?}: {peak} bytes for a limit of {LIMIT}"
                );
                let error = closed.expect_err("a violation");
                assert_eq!(
                    error.to_string(),
                    format!("protocol violation: message longer than {LIMIT} bytes")
                );
            }
            other => panic!("{other:?}"),
        }
    }
}
