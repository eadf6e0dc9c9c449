//! Messages as they are written with permessage-deflate, and that the other end reads them.
#![cfg(feature = "deflate")]

mod seen;

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use seen::{Seen, decode_with};
use sockeye_websocket::deflate::{Compressor, Options, Params};
use sockeye_websocket::{Decoder, Limits, Opcode, PreparedMessage, Role};

const ROLES: [Role; 2] = [Role::Client, Role::Server];

const fn other(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}

fn params(takeover: bool, bits: u8) -> Params {
    Params {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: bits,
        client_max_window_bits: bits,
    }
}

/// What the peer of `role` reads.
fn read(role: Role, params: Params, bytes: &[u8]) -> Vec<Seen> {
    let decoder = Decoder::new(other(role), Limits::default()).with_deflate(params);
    decode_with(decoder, [bytes])
}

fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    StdRng::seed_from_u64(7692).fill_bytes(&mut bytes);
    bytes
}

#[test]
fn what_is_compressed() {
    let similar = b"0123456789".repeat(1_000);
    for role in ROLES {
        for takeover in [false, true] {
            let params = params(takeover, 15);
            let cases: &[(Opcode, &[u8], u8)] = &[
                (Opcode::Binary, &similar[..1_023], 0x82),
                (Opcode::Binary, &similar[..1_024], 0xC2),
                (Opcode::Text, &similar, 0xC1),
                // not shorter
                (Opcode::Binary, &noise(5_000), 0x82),
                (Opcode::Binary, &[], 0x82),
                // RFC 7692 6.1: never
                (Opcode::Ping, b"ping", 0x89),
                (Opcode::Close, b"\x03\xe8", 0x88),
            ];
            let mut compressor = Compressor::new(role, params, &Options::new());
            for (opcode, payload, first) in cases {
                let mut out = vec![0xEE; 3];
                compressor.append(&mut out, *opcode, payload);
                assert_eq!(out[..3], [0xEE; 3], "nothing before is touched");
                assert_eq!(out[3], *first, "{role:?} {opcode:?} {}", payload.len());
                assert_eq!(out[4] & 0x80 != 0, role == Role::Client, "masked");
                let expected = match opcode {
                    Opcode::Text => Seen::Text(String::from_utf8(payload.to_vec()).expect("text")),
                    Opcode::Binary => Seen::Binary(payload.to_vec()),
                    Opcode::Ping => Seen::Ping(payload.to_vec()),
                    _ => Seen::Close(Some((1000, String::new()))),
                };
                let decoder = Decoder::new(other(role), Limits::default()).with_deflate(params);
                // Each compressed one is the first of its connection but for the context.
                if !takeover || *first & 0x40 == 0 {
                    assert_eq!(decode_with(decoder, [&out[3..]]), [expected]);
                }
            }
        }
    }
}

#[test]
fn control_frames_are_plain_below_any_threshold() {
    let options = Options::new().threshold(0);
    let mut compressor = Compressor::new(Role::Server, Params::default(), &options);
    let mut out = Vec::new();
    compressor.append(&mut out, Opcode::Pong, &[b'a'; 125]);
    assert_eq!(out[..2], [0x8A, 125]);
}

#[test]
fn connections_of_many_messages() {
    let mut rng = StdRng::seed_from_u64(1);
    let noise = noise(3_000);
    for role in ROLES {
        for takeover in [false, true] {
            for bits in [9, 15] {
                for level in [1, 9] {
                    let params = params(takeover, bits);
                    let options = Options::new().threshold(20).level(level);
                    let mut compressor = Compressor::new(role, params, &options);
                    let (mut bytes, mut expected, mut plain) = (Vec::new(), Vec::new(), 0);
                    for i in 0..40 {
                        let mut message = match i % 4 {
                            0 => noise[..rng.random_range(0..3_000)].to_vec(),
                            1 => format!("message {i} ").repeat(i).into_bytes(),
                            2 => vec![b'x'; rng.random_range(0..70_000)],
                            _ => b"{\"id\":1,\"text\":\"hello\",\"user\":\"alice\"}".to_vec(),
                        };
                        message.extend(i.to_string().bytes());
                        plain += message.len();
                        if i % 5 == 0 {
                            // in pieces
                            let third = message.len() / 3;
                            let kind = Opcode::Binary;
                            compressor.append_fragment(
                                &mut bytes,
                                kind,
                                &message[..third],
                                true,
                                false,
                            );
                            compressor.append(&mut bytes, Opcode::Ping, b"between");
                            expected.push(Seen::Ping(b"between".to_vec()));
                            compressor.append_fragment(&mut bytes, kind, b"", false, false);
                            compressor.append_fragment(
                                &mut bytes,
                                kind,
                                &message[third..],
                                false,
                                false,
                            );
                            compressor.append_fragment(&mut bytes, kind, b"", false, true);
                        } else {
                            compressor.append(&mut bytes, Opcode::Binary, &message);
                        }
                        expected.push(Seen::Binary(message));
                    }
                    assert!(bytes.len() < plain / 2, "{} of {plain}", bytes.len());
                    let seen = read(role, params, &bytes);
                    assert!(seen == expected, "{role:?} {params:?} level {level}");
                }
            }
        }
    }
}

#[test]
fn takeover_refers_to_messages_before() {
    let message = noise(2_000);
    for role in ROLES {
        for takeover in [false, true] {
            let options = Options::new().threshold(1);
            let mut compressor = Compressor::new(role, params(takeover, 15), &options);
            let (mut first, mut second) = (Vec::new(), Vec::new());
            let doubled = message.repeat(2);
            compressor.append(&mut first, Opcode::Binary, &doubled);
            compressor.append(&mut second, Opcode::Binary, &doubled);
            assert!(first.len() < 2_200);
            if takeover {
                assert!(second.len() < 100, "{}", second.len());
            } else {
                // masked with another key
                assert_eq!(second.len(), first.len());
            }
            let seen = read(role, params(takeover, 15), &[first, second].concat());
            assert!(seen == [Seen::Binary(doubled.clone()), Seen::Binary(doubled)]);
        }
    }
}

#[test]
fn a_message_that_did_not_shrink_is_forgotten() {
    let options = Options::new().threshold(1);
    let noise = noise(4_000);
    let params = params(true, 15);
    let mut compressor = Compressor::new(Role::Server, params, &options);
    let mut bytes = Vec::new();
    let messages = [
        &b"a message to begin with".repeat(9)[..],
        &noise,
        &noise.repeat(2),
        b"a message to begin with",
    ];
    for message in messages {
        compressor.append(&mut bytes, Opcode::Binary, message);
    }
    let expected = messages.map(|message| Seen::Binary(message.to_vec()));
    assert!(read(Role::Server, params, &bytes) == expected);
}

#[test]
fn fragments() {
    for role in ROLES {
        for takeover in [false, true] {
            let params = params(takeover, 15);
            let mut compressor = Compressor::new(role, params, &Options::new());
            let mut starts = Vec::new();
            let mut bytes = Vec::new();
            let mut append = |fragment: &[u8], first, last| {
                let start = bytes.len();
                compressor.append_fragment(&mut bytes, Opcode::Text, fragment, first, last);
                starts.push(bytes.get(start).copied());
            };
            append(b"", true, false);
            append(b"one, ", false, false);
            append(b"", false, false);
            append(b"two, ", false, false);
            append(b"three", false, true);
            // A message in one fragment is one below the threshold.
            append(b"four", true, true);
            append(b"five", true, false);
            append(b"", false, true);
            let expected = [
                Some(0x41),
                Some(0x00),
                None,
                Some(0x00),
                Some(0x80),
                Some(0x81),
                Some(0x41),
                Some(0x80),
            ];
            assert_eq!(starts, expected);
            let expected = ["one, two, three", "four", "five"];
            let expected = expected.map(|text| Seen::Text(text.to_owned()));
            assert_eq!(read(role, params, &bytes), expected);
        }
    }
}

#[test]
fn a_fragment_can_be_read_when_it_came() {
    let params = params(false, 15);
    let mut compressor = Compressor::new(Role::Server, params, &Options::new());
    let mut decoder = Decoder::new(Role::Client, Limits::default()).with_deflate(params);
    decoder.set_streaming(true);
    for (nth, word) in ["one", "two", "three"].into_iter().enumerate() {
        let mut bytes = Vec::new();
        compressor.append_fragment(&mut bytes, Opcode::Text, word.as_bytes(), nth == 0, false);
        let mut feed = decoder.feed(&mut bytes);
        let seen = feed.next().map(Seen::from);
        assert_eq!(seen, Some(Seen::TextPart(word.to_owned(), false)));
        assert_eq!(feed.next(), None);
    }
}

#[test]
fn a_window_that_is_too_short_for_the_context() {
    for role in ROLES {
        let params = params(true, 8);
        let options = Options::new().threshold(0);
        let mut compressor = Compressor::new(role, params, &options);
        assert_eq!(*compressor.params(), params);
        let mut bytes = Vec::new();
        compressor.append(&mut bytes, Opcode::Text, &[b'x'; 5_000]);
        compressor.append_fragment(&mut bytes, Opcode::Text, b"in ", true, false);
        compressor.append_fragment(&mut bytes, Opcode::Text, b"parts", false, true);
        // What is not compressed needs no extension to be read.
        let seen = decode_with(Decoder::new(other(role), Limits::default()), [&bytes[..]]);
        let expected = [
            Seen::Text("x".repeat(5_000)),
            Seen::Text("in parts".to_owned()),
        ];
        assert_eq!(seen, expected);
    }
}

#[test]
fn prepared_messages() {
    let text = "{\"event\":\"price\",\"value\":17}".repeat(100);
    let message = PreparedMessage::text(text.clone());
    let plain = message.frame(None);
    assert_eq!(plain[0], 0x81);
    // With context takeover on the server's side each connection is another: plain.
    assert_eq!(
        message.frame(Some(&params(true, 15))).as_ptr(),
        plain.as_ptr()
    );
    let mut client_only = params(true, 15);
    client_only.server_no_context_takeover = true;
    for bits in 9..=15 {
        let params = params(false, bits);
        let compressed = message.frame(Some(&params));
        assert_eq!(compressed[0], 0xC1);
        assert!(
            compressed.len() < plain.len() / 4,
            "{bits} bits: {}",
            compressed.len()
        );
        // It is made once, for all copies, and shared.
        let again = message.clone();
        assert_eq!(again.frame(Some(&params)).as_ptr(), compressed.as_ptr());
        let seen = read(Role::Server, params, compressed);
        assert_eq!(seen, [Seen::Text(text.clone())]);
    }
    let same = message.frame(Some(&params(false, 15))).as_ptr();
    assert_eq!(message.frame(Some(&client_only)).as_ptr(), same);
    for bits in [0, 8, 16, 255] {
        let frame = message.frame(Some(&params(false, bits)));
        assert_eq!(frame.as_ptr(), plain.as_ptr(), "{bits}");
    }
    let noise = PreparedMessage::binary(noise(5_000));
    assert_eq!(noise.frame(Some(&Params::default())), noise.frame(None));
    let short = PreparedMessage::text("x".repeat(1_023));
    assert_eq!(short.frame(Some(&Params::default())), short.frame(None));
    let options = Options::new().threshold(1_023);
    let short = PreparedMessage::with_options("x".repeat(1_023), &options);
    assert_eq!(short.frame(Some(&Params::default()))[0], 0xC1);
}
