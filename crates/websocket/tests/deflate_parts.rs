//! Compressed messages that are handed out in parts.
#![cfg(feature = "deflate")]

mod seen;
mod wire;

use seen::{Seen, decode_with};
use sockeye_websocket::deflate::{Compressor, Options, Params};
use sockeye_websocket::{Decoder, Event, Limits, Opcode, PartData, ProtocolError, Role};
use wire::frame_to;

const ROLES: [Role; 2] = [Role::Client, Role::Server];

fn decoder(role: Role, limits: Limits) -> Decoder {
    let mut decoder = Decoder::new(role, limits).with_deflate(Params::default());
    decoder.set_streaming(true);
    decoder
}

/// A message compressed without its tail.
fn deflated(message: &[u8]) -> Vec<u8> {
    let options = Options::new().threshold(0);
    let mut compressor = Compressor::new(Role::Server, Params::default(), &options);
    let mut frame = Vec::new();
    compressor.append_fragment(&mut frame, Opcode::Binary, message, true, false);
    compressor.append_fragment(&mut frame, Opcode::Binary, b"", false, true);
    let mut payload = Vec::new();
    let mut rest = &frame[..];
    while let [_, short, after @ ..] = rest {
        let (len, after) = match short {
            126 => (u16::from_be_bytes([after[0], after[1]]).into(), &after[2..]),
            127 => (
                u64::from_be_bytes(*after.first_chunk().expect("a length")) as usize,
                &after[8..],
            ),
            len => (usize::from(*len), after),
        };
        payload.extend(&after[..len]);
        rest = &after[len..];
    }
    payload
}

#[test]
fn a_bomb_comes_in_small_parts() {
    let zeros = vec![0; 20_000_000];
    let payload = deflated(&zeros);
    assert!(payload.len() < 200_000);
    for role in ROLES {
        let mut bytes = frame_to(role, 0xC2, &payload);
        let mut decoder = decoder(role, Limits::default());
        let mut feed = decoder.feed(&mut bytes);
        let (mut came, mut last) = (0, false);
        while let Some(event) = feed.next() {
            let Ok(Event::Part(part)) = event else {
                panic!("{event:?}");
            };
            assert!(!last);
            let PartData::Binary(bytes) = part.data else {
                panic!("{part:?}");
            };
            assert!(bytes.len() <= 64 * 1024);
            came += bytes.len();
            last = part.last;
        }
        assert!(last);
        assert_eq!(came, zeros.len());
        assert_eq!(decoder.buffered(), 0);
    }
}

#[test]
fn what_is_not_inflated_stays_as_it_was_read() {
    let payload = deflated(&vec![0; 1_000_000]);
    for role in ROLES {
        let bytes = frame_to(role, 0xC2, &payload);
        let mut read = bytes.clone();
        let mut decoder = decoder(role, Limits::default());
        let mut feed = decoder.feed(&mut read);
        assert!(matches!(feed.next(), Some(Ok(Event::Part(_)))));
        let left = feed.remaining();
        assert!(left.len() > payload.len() / 2, "it was not read ahead");
        assert_eq!(left, &bytes[bytes.len() - left.len()..]);
    }
}

#[test]
fn what_is_to_come_has_a_byte_to_be_fed() {
    // Lengths around a chunk: what the last byte of the frame gives is in one part, or in two.
    for len in (8_190..8_300).chain(16_380..16_500).chain(24_570..25_700) {
        let role = ROLES[len % 2];
        let mut bytes = frame_to(role, 0xC2, &deflated(&vec![0; len]));
        let mut decoder = decoder(role, Limits::default());
        let (mut came, mut ended) = (0, false);
        // A caller that stops after each event.
        while !bytes.is_empty() {
            let mut feed = decoder.feed(&mut bytes);
            if let Some(event) = feed.next() {
                assert!(!ended, "{len}");
                let Seen::BinaryPart(part, last) = Seen::from(event) else {
                    panic!("not a part");
                };
                came += part.len();
                ended = last;
            }
            let left = feed.remaining().to_vec();
            bytes = left;
        }
        assert!(ended && came == len, "{came} of {len}");
    }
}

#[test]
fn small_messages_are_one_part() {
    for role in ROLES {
        for text in ["", "short", &"x".repeat(8_000), &"\u{1f41f}".repeat(1_000)] {
            let bytes = frame_to(role, 0xC1, &deflated(text.as_bytes()));
            let seen = decode_with(decoder(role, Limits::default()), [&bytes[..]]);
            assert_eq!(seen, [Seen::TextPart(text.to_owned(), true)]);
        }
        let empty = frame_to(role, 0xC1, b"");
        let seen = decode_with(decoder(role, Limits::default()), [&empty[..]]);
        assert_eq!(seen, [Seen::TextPart(String::new(), true)]);
    }
}

#[test]
fn violations() {
    let cases: [(&str, Vec<u8>, ProtocolError); 6] = [
        ("not deflate", vec![0x06], ProtocolError::InvalidDeflate),
        (
            "cut",
            deflated(&b"0123456789 and so on".repeat(9))[..12].to_vec(),
            ProtocolError::InvalidDeflate,
        ),
        (
            "too many last blocks",
            [0x03, 0x00].repeat(200),
            ProtocolError::TooManyFinalBlocks,
        ),
        ("not text", deflated(b"ab\xff"), ProtocolError::InvalidUtf8),
        (
            "half a character",
            deflated(b"ab\xe2\x82"),
            ProtocolError::InvalidUtf8,
        ),
        (
            "not text, later",
            deflated(&[&[b'a'; 20_000][..], b"\xc0"].concat()),
            ProtocolError::InvalidUtf8,
        ),
    ];
    for role in ROLES {
        for (what, payload, expected) in &cases {
            let bytes = frame_to(role, 0xC1, payload);
            for reads in [vec![&bytes[..]], bytes.chunks(1).collect()] {
                let seen = decode_with(decoder(role, Limits::default()), reads);
                assert_eq!(seen.last(), Some(&Seen::Error(*expected)), "{what}");
                for before in &seen[..seen.len() - 1] {
                    assert!(matches!(before, Seen::TextPart(_, false)), "{what}");
                }
            }
        }
        let limits = Limits::default().max_frame(10);
        let bytes = frame_to(role, 0xC1, &[0; 11]);
        let seen = decode_with(decoder(role, limits), [&bytes[..]]);
        let too_big = ProtocolError::FrameTooBig { limit: 10 };
        assert_eq!(seen, [Seen::Error(too_big)]);
    }
}

#[test]
fn last_blocks_refer_to_parts_that_are_gone() {
    // RFC 7692 7.2.3.4, then a block that refers to what came before it (7.2.3.2)
    let payload = b"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00";
    for role in ROLES {
        let bytes = frame_to(role, 0xC1, payload);
        let seen = seen::joined(decode_with(
            decoder(role, Limits::default()),
            bytes.chunks(1),
        ));
        assert_eq!(seen, [Seen::Text("HelloHello".to_owned())]);
    }
}
