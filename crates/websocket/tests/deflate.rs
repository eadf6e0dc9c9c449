//! Compressed messages as they are read (RFC 7692 6 and 7.2): what is accepted, and what each
//! violation gets.
#![cfg(feature = "deflate")]

mod seen;
mod wire;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use seen::{Seen, decode_with};
use sockeye_websocket::deflate::Params;
use sockeye_websocket::{Decoder, Limits, ProtocolError, Role};
use wire::frame_to;
use zlib_rs::{Deflate, DeflateFlush, Status};

const ROLES: [Role; 2] = [Role::Client, Role::Server];

fn takeover() -> Params {
    Params {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..Params::default()
    }
}

fn decoder(role: Role, params: Params, limits: Limits) -> Decoder {
    Decoder::new(role, limits).with_deflate(params)
}

/// What the frames give, whole, cut in two at many places and byte by byte: always the same.
fn decode(role: Role, params: Params, limits: Limits, frames: &[(u8, &[u8])]) -> Vec<Seen> {
    let bytes: Vec<u8> = frames
        .iter()
        .flat_map(|(first, payload)| frame_to(role, *first, payload))
        .collect();
    let whole = decode_with(decoder(role, params, limits), [&bytes[..]]);
    let step = (bytes.len() / 50).max(1);
    for cut in (0..bytes.len()).step_by(step) {
        let (head, tail) = bytes.split_at(cut);
        let seen = decode_with(decoder(role, params, limits), [head, tail]);
        assert!(seen == whole, "{role:?} cut at {cut}");
    }
    let single = decode_with(decoder(role, params, limits), bytes.chunks(1));
    assert!(single == whole, "{role:?} byte by byte");
    whole
}

/// A message compressed without its tail, by a context that may know others.
fn deflated(context: &mut Deflate, message: &[u8]) -> Vec<u8> {
    let mut out = vec![0; message.len() + message.len() / 8 + 100];
    let before = context.total_out();
    let status = context.compress(message, &mut out, DeflateFlush::SyncFlush);
    assert_eq!(status, Ok(Status::Ok));
    out.truncate((context.total_out() - before) as usize);
    assert_eq!(out.split_off(out.len() - 4), [0, 0, 0xFF, 0xFF]);
    out
}

/// A message or a piece of one whose last block is marked as such.
fn finished(message: &[u8], dictionary: &[u8]) -> Vec<u8> {
    let mut context = Deflate::new(9, false, 15);
    if !dictionary.is_empty() {
        context.set_dictionary(dictionary).expect("a dictionary");
    }
    let mut out = vec![0; message.len() + message.len() / 8 + 100];
    let status = context.compress(message, &mut out, DeflateFlush::Finish);
    assert_eq!(status, Ok(Status::StreamEnd));
    out.truncate(context.total_out() as usize);
    out
}

fn text(text: &str) -> Seen {
    Seen::Text(text.to_owned())
}

#[test]
fn the_examples_of_the_rfc() {
    let hello = [text("Hello")];
    let cases: &[&[(u8, &[u8])]] = &[
        // 7.2.3.1: a message, whole and in two fragments
        &[(0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00")],
        &[(0x41, b"\xf2\x48\xcd"), (0x80, b"\xc9\xc9\x07\x00")],
        // 7.2.3.3: a block without compression
        &[(0xC1, b"\x00\x05\x00\xfa\xffHello\x00")],
        // 7.2.3.4: a last block
        &[(0xC1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")],
        // 7.2.3.5: two blocks
        &[(
            0xC1,
            b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
        )],
    ];
    for role in ROLES {
        for frames in cases {
            for params in [Params::default(), takeover()] {
                assert_eq!(decode(role, params, Limits::default(), frames), hello);
            }
        }
        // 7.2.3.2: the second message refers to the first
        let frames: &[(u8, &[u8])] = &[
            (0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"),
            (0xC1, b"\xf2\x00\x11\x00\x00"),
        ];
        let seen = decode(role, takeover(), Limits::default(), frames);
        assert_eq!(seen, [text("Hello"), text("Hello")]);
        let seen = decode(role, Params::default(), Limits::default(), frames);
        assert_eq!(
            seen,
            [text("Hello"), Seen::Error(ProtocolError::InvalidDeflate)]
        );
        // 7.2.3.6: an empty message, and no bytes at all
        for empty in [&b"\x00"[..], b""] {
            let seen = decode(role, takeover(), Limits::default(), &[(0xC1, empty)]);
            assert_eq!(seen, [text("")]);
        }
    }
}

#[test]
fn messages_of_every_kind() {
    let long = "a\u{e4}\u{20ac}\u{1f41f} and so on, ".repeat(1_000);
    let noise: Vec<u8> = (0..12_000u32)
        .map(|i| (i.wrapping_mul(0x9E37_79B1) >> 13) as u8)
        .collect();
    for role in ROLES {
        for params in [Params::default(), takeover()] {
            let mut context = Deflate::new(6, false, 15);
            let mut frames = Vec::new();
            for (first, message) in [
                (0xC1, long.as_bytes()),
                (0xC2, &noise),
                (0xC1, b"short"),
                (0xC2, &[0; 8_192]),
                (0xC2, &[0; 8_193]),
                (0xC1, long.as_bytes()),
            ] {
                if params.server_no_context_takeover {
                    context.reset();
                }
                frames.push((first, deflated(&mut context, message)));
                // plain between compressed
                frames.push((0x81, b"plain".to_vec()));
                frames.push((0x89, b"ping".to_vec()));
            }
            let frames: Vec<_> = frames
                .iter()
                .map(|(first, bytes)| (*first, &bytes[..]))
                .collect();
            let seen = decode(role, params, Limits::default(), &frames);
            let messages: Vec<_> = seen.into_iter().step_by(3).collect();
            let expected = [
                text(&long),
                Seen::Binary(noise.clone()),
                text("short"),
                Seen::Binary(vec![0; 8_192]),
                Seen::Binary(vec![0; 8_193]),
                text(&long),
            ];
            assert!(messages == expected, "{role:?} {params:?}");
        }
    }
}

#[test]
fn last_blocks_and_what_follows_them() {
    let first = "one and two and three and ".repeat(20);
    let second = "two and three and four and ".repeat(20);
    let joined = || text(&(first.clone() + &second));
    let alone = [
        finished(first.as_bytes(), b""),
        finished(second.as_bytes(), b""),
    ];
    let referring = finished(second.as_bytes(), first.as_bytes());
    assert!(referring.len() < alone[1].len(), "it does refer");
    // The empty block behind, which is sent without its tail, or without anything.
    for end in [&b"\x00"[..], b""] {
        let message = |blocks: &[&[u8]]| [blocks.concat(), end.to_vec()].concat();
        let both = [message(&[&alone[0]]), message(&[&alone[1]])];
        let twice = message(&[&alone[0], &alone[1]]);
        let apart = message(&[&alone[0], b"\x00\x00\x00\xff\xff", &alone[1]]);
        let back = message(&[&alone[0], &referring]);
        for role in ROLES {
            let decode = |params, payloads: &[&[u8]]| {
                let frames: Vec<_> = payloads.iter().map(|bytes| (0xC1, *bytes)).collect();
                decode(role, params, Limits::default(), &frames)
            };
            for params in [Params::default(), takeover()] {
                let seen = decode(params, &[&both[0], &both[1]]);
                assert_eq!(seen, [text(&first), text(&second)]);
                // What follows in the same message may refer to what is before the last block.
                for payload in [&twice, &apart, &back] {
                    assert_eq!(decode(params, &[payload]), [joined()]);
                }
            }
            // With context takeover it may refer to the message before.
            let far = [&both[0][..], &message(&[&referring])];
            let seen = decode(takeover(), &far);
            assert_eq!(seen, [text(&first), text(&second)]);
            let seen = decode(Params::default(), &far);
            let invalid = || Seen::Error(ProtocolError::InvalidDeflate);
            assert_eq!(seen, [text(&first), invalid()]);
        }
    }
}

#[test]
fn too_many_last_blocks() {
    // A last block without bytes takes two.
    let empty = [0x03, 0x00];
    let frames = |blocks: usize| empty.repeat(blocks);
    for role in ROLES {
        for params in [Params::default(), takeover()] {
            let fine = frames(60);
            let seen = decode(role, params, Limits::default(), &[(0xC1, &fine)]);
            assert_eq!(seen, [text("")]);
            let flood = frames(100);
            let seen = decode(role, params, Limits::default(), &[(0xC1, &flood)]);
            assert_eq!(seen, [Seen::Error(ProtocolError::TooManyFinalBlocks)]);
        }
    }
    assert_eq!(ProtocolError::TooManyFinalBlocks.close_code(), 1008);
    // Those that a sender makes are not too many.
    let piece = "what a sender would mark as its last block, each time a little different: ";
    let pieces: Vec<_> = (0..500)
        .map(|i| format!("{piece}{i} {}", i * 7919))
        .collect();
    let payload: Vec<u8> = pieces
        .iter()
        .flat_map(|piece| finished(piece.as_bytes(), b""))
        .collect();
    let seen = decode(
        Role::Server,
        Params::default(),
        Limits::default(),
        &[(0xC1, &payload)],
    );
    assert_eq!(seen, [text(&pieces.concat())]);
}

#[test]
fn the_bit_belongs_to_first_frames_of_messages() {
    let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
    let reserved = || Seen::Error(ProtocolError::ReservedBits);
    for role in ROLES {
        let with =
            |frames: &[(u8, &[u8])]| decode(role, Params::default(), Limits::default(), frames);
        for control in [0xC8, 0xC9, 0xCA] {
            assert_eq!(with(&[(control, b"")]), [reserved()], "{control:x}");
            // also inside a message that is compressed
            let seen = with(&[(0x41, &hello[..3]), (control, b"")]);
            assert_eq!(seen, [reserved()], "{control:x}");
        }
        for first in [0x41, 0x01] {
            let seen = with(&[(first, &[][..]), (0xC0, hello)]);
            assert_eq!(seen, [reserved()], "on a continuation after {first:x}");
        }
        for other in [0xA1, 0x91, 0xE1, 0xD2] {
            assert_eq!(with(&[(other, hello)]), [reserved()], "{other:x}");
        }
        let unknown = with(&[(0xC3, hello)]);
        assert_eq!(unknown, [reserved()]);
        let seen = with(&[(0x41, &hello[..3]), (0xC1, hello)]);
        assert_eq!(seen, [Seen::Error(ProtocolError::ExpectedContinuation)]);
        // nothing of it without the extension
        let bytes = frame_to(role, 0xC1, hello);
        let seen = decode_with(Decoder::new(role, Limits::default()), [&bytes[..]]);
        assert_eq!(seen, [reserved()]);
    }
}

#[test]
fn what_is_not_deflate() {
    let message =
        "anything that is long enough to have a table of its own: 0123456789 xyz".repeat(9);
    let whole = deflated(&mut Deflate::new(9, false, 15), message.as_bytes());
    let mut far = Deflate::new(9, false, 15);
    far.set_dictionary(message.as_bytes())
        .expect("a dictionary");
    let far = deflated(&mut far, message.as_bytes());
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a block of an unknown type", vec![0x06]),
        (
            "wrong length of a stored block",
            vec![0x00, 0x05, 0x00, 0xFF, 0xFF],
        ),
        (
            "a stored block that is cut",
            vec![0x00, 0x90, 0x00, 0x6F, 0xFF, 1, 2, 3],
        ),
        ("a distance before the beginning", far),
        ("cut in its last block", whole[..whole.len() - 9].to_vec()),
        ("cut in its table", whole[..20].to_vec()),
        (
            "bytes behind a last block",
            [finished(b"end", b""), vec![0xFF; 8]].concat(),
        ),
    ];
    for role in ROLES {
        for params in [Params::default(), takeover()] {
            for (what, payload) in &cases {
                let seen = decode(role, params, Limits::default(), &[(0xC2, payload)]);
                let expected = [Seen::Error(ProtocolError::InvalidDeflate)];
                assert_eq!(seen, expected, "{what}");
            }
        }
    }
    assert_eq!(ProtocolError::InvalidDeflate.close_code(), 1007);
}

#[test]
fn damaged_messages_are_the_same_however_cut() {
    let mut rng = StdRng::seed_from_u64(1951);
    let json = "{\"id\":17,\"text\":\"hello, \u{20ac}\"},".repeat(12);
    let limits = Limits::default().max_message(2_000);
    let mut failed = 0;
    for round in 0..400 {
        let level = rng.random_range(0..=9);
        let message: String = json.chars().take(rng.random_range(0..300)).collect();
        let mut payload = match round % 3 {
            0 => finished(message.as_bytes(), b""),
            _ => deflated(&mut Deflate::new(level, false, 15), message.as_bytes()),
        };
        for _ in 0..rng.random_range(0..3) {
            let at = rng.random_range(0..payload.len());
            payload[at] ^= 1 << rng.random_range(0..8);
        }
        let (role, params) = (
            ROLES[round % 2],
            [Params::default(), takeover()][round / 2 % 2],
        );
        let first = 0xC1 + (round / 4 % 2) as u8;
        let frames = [
            (first, &payload[..]),
            (0xC2, b"\xf2\x48\xcd\xc9\xc9\x07\x00"),
        ];
        // The helper compares them.
        let seen = decode(role, params, limits, &frames);
        failed += usize::from(matches!(seen.last(), Some(Seen::Error(_))));
    }
    assert!((100..350).contains(&failed), "{failed}");
}

#[test]
fn text_is_checked_as_it_comes_out() {
    let invalid = || Seen::Error(ProtocolError::InvalidUtf8);
    for role in ROLES {
        for (what, message) in [
            ("short", &b"wrong \xff"[..]),
            ("cut at the end", b"\xe2\x82"),
            ("surrogate", b"\xed\xa0\x80"),
        ] {
            let payload = deflated(&mut Deflate::new(6, false, 15), message);
            let seen = decode(
                role,
                Params::default(),
                Limits::default(),
                &[(0xC1, &payload)],
            );
            assert_eq!(seen, [invalid()], "{what}");
        }
        // A character across two fragments, and across two chunks.
        let mut context = Deflate::new(6, false, 15);
        let mut head = deflated(&mut context, b"\xe2");
        head.extend([0, 0, 0xFF, 0xFF]);
        let tail = deflated(&mut context, b"\x82\xac");
        let frames = [(0x41, &head[..]), (0x80, &tail[..])];
        assert_eq!(
            decode(role, Params::default(), Limits::default(), &frames),
            [text("\u{20ac}")]
        );
        for shift in 0..4 {
            let message = "x".repeat(shift) + &"\u{1f41f}".repeat(5_000);
            let payload = deflated(&mut Deflate::new(6, false, 15), message.as_bytes());
            let seen = decode(
                role,
                Params::default(),
                Limits::default(),
                &[(0xC1, &payload)],
            );
            assert!(seen == [text(&message)], "{shift}");
        }
        // It fails before the message is whole: nothing but the first fragment is needed.
        let mut head = deflated(&mut Deflate::new(6, false, 15), b"early \xc0");
        head.extend([0, 0, 0xFF, 0xFF]);
        let seen = decode(role, Params::default(), Limits::default(), &[(0x41, &head)]);
        assert_eq!(seen, [invalid()]);
    }
}

#[test]
fn the_limit_counts_what_comes_out() {
    let too_big = |limit| Seen::Error(ProtocolError::MessageTooBig { limit });
    for role in ROLES {
        for limit in [0, 1, 1_000, 8_191, 8_192, 8_193, 100_000] {
            let limits = Limits::default().max_message(limit);
            for params in [Params::default(), takeover()] {
                let exact = deflated(&mut Deflate::new(6, false, 15), &vec![b'x'; limit]);
                let seen = decode(role, params, limits, &[(0xC2, &exact)]);
                assert!(seen == [Seen::Binary(vec![b'x'; limit])], "{limit}");
                let over = deflated(&mut Deflate::new(6, false, 15), &vec![b'x'; limit + 1]);
                for first in [0xC1, 0xC2] {
                    let seen = decode(role, params, limits, &[(first, &over)]);
                    assert_eq!(seen, [too_big(limit)]);
                }
                // in two fragments, each of them short enough
                let mut context = Deflate::new(6, false, 15);
                let mut head = deflated(&mut context, &vec![b'x'; limit / 2]);
                head.extend([0, 0, 0xFF, 0xFF]);
                let tail = deflated(&mut context, &vec![b'x'; limit / 2 + 2]);
                let seen = decode(role, params, limits, &[(0x42, &head), (0x80, &tail)]);
                assert_eq!(seen, [too_big(limit)]);
            }
        }
        // What is wrong before the limit counts, and what is behind it does not.
        let limits = Limits::default().max_message(20_000);
        for (wrong_at, expected) in [
            (19_999, Seen::Error(ProtocolError::InvalidUtf8)),
            (20_000, too_big(20_000)),
        ] {
            let mut message = vec![b'a'; 30_000];
            message[wrong_at] = 0xFF;
            let payload = deflated(&mut Deflate::new(6, false, 15), &message);
            assert_eq!(
                decode(role, Params::default(), limits, &[(0xC1, &payload)]),
                [expected]
            );
        }
        let mut corrupt = deflated(&mut Deflate::new(6, false, 15), &vec![b'a'; 30_000]);
        corrupt.extend([0, 0, 0xFF, 0xFF, 0x06]);
        let seen = decode(role, Params::default(), limits, &[(0xC1, &corrupt)]);
        assert_eq!(seen, [too_big(20_000)]);
    }
}

#[test]
fn compressed_bytes_are_bounded_too() {
    let limits = Limits::default().max_message(1_000);
    let most = 2 * 1_000 + 64 * 1024;
    let too_big = || Seen::Error(ProtocolError::MessageTooBig { limit: 1_000 });
    // Stored blocks without bytes: they could go on for ever.
    let empty = [0x00, 0x00, 0x00, 0xFF, 0xFF];
    let block = empty.repeat(4_000);
    for role in ROLES {
        let deflate = || decoder(role, Params::default(), limits);
        let mut bytes = frame_to(role, 0x41, &block);
        for _ in 0..2 {
            bytes.extend(frame_to(role, 0x00, &block));
        }
        assert_eq!(decode_with(deflate(), [&bytes[..]]), [], "60 000 bytes");
        bytes.extend(&frame_to(role, 0x00, &block)[..4]);
        assert_eq!(
            decode_with(deflate(), [&bytes[..]]),
            [too_big()],
            "80 000 bytes"
        );
        // as soon as a header says so
        let announced = frame_to(role, 0xC1, &vec![0; most + 1]);
        assert_eq!(decode_with(deflate(), [&announced[..10]]), [too_big()]);
        let announced = frame_to(role, 0xC1, &vec![0; most]);
        assert_eq!(decode_with(deflate(), [&announced[..10]]), []);
    }
}

#[test]
fn frames_over_their_limit() {
    let limits = Limits::default().max_frame(100);
    let too_big = || Seen::Error(ProtocolError::FrameTooBig { limit: 100 });
    let noise: Vec<u8> = (0..200u32)
        .map(|i| (i.wrapping_mul(0x9E37_79B1) >> 13) as u8)
        .collect();
    let payload = deflated(&mut Deflate::new(6, false, 15), &noise);
    for role in ROLES {
        assert_eq!(
            decode(role, Params::default(), limits, &[(0xC2, &payload)]),
            [too_big()]
        );
        let frames = [
            (0x42, &payload[..100]),
            (0x00, &payload[100..200]),
            (0x80, &payload[200..]),
        ];
        let seen = decode(role, Params::default(), limits, &frames);
        assert_eq!(seen, [Seen::Binary(noise.clone())]);
        // What comes out of a frame may be longer.
        let payload = deflated(&mut Deflate::new(6, false, 15), &[b'x'; 5_000]);
        let seen = decode(role, Params::default(), limits, &[(0xC2, &payload)]);
        assert_eq!(seen, [Seen::Binary(vec![b'x'; 5_000])]);
    }
}

#[test]
fn windows_of_each_length() {
    for bits in 9..=15 {
        let mut params = takeover();
        params.client_max_window_bits = bits;
        params.server_max_window_bits = bits;
        let mut context = Deflate::new(6, false, bits);
        let messages: Vec<String> = (0..40)
            .map(|i| format!("message {i}: ") + &"what was said before ".repeat(i * 4))
            .collect();
        let payloads: Vec<_> = messages
            .iter()
            .map(|message| deflated(&mut context, message.as_bytes()))
            .collect();
        let frames: Vec<_> = payloads.iter().map(|bytes| (0xC1, &bytes[..])).collect();
        let expected: Vec<_> = messages.iter().map(|message| text(message)).collect();
        for role in ROLES {
            let seen = decode(role, params, Limits::default(), &frames);
            assert!(seen == expected, "{bits} bits");
        }
    }
}
