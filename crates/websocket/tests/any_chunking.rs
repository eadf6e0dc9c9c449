//! However the reads cut a stream, the same events come out.

mod seen;
mod wire;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use seen::{Seen, decode, decode_with, joined};
use sockeye_websocket::{Decoder, Limits, ProtocolError, Role};
use wire::frame_to;

const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// One of everything that is allowed: each length form, characters of each width, fragments with
/// control frames between them, empty frames, and an end.
fn stream(role: Role, end: &[u8]) -> (Vec<u8>, Vec<Seen>) {
    let wide = "a\u{e4}\u{20ac}\u{1f41f}".repeat(40);
    let (head, tail) = wide.as_bytes().split_at(8); // in the middle of the fish
    let frames: &[(u8, &[u8])] = &[
        (0x81, b"short"),
        (0x82, &[0, 255, 128]),
        (0x81, wide.as_bytes()),
        (0x89, b"ping"),
        (0x01, head),
        (0x89, b"between"),
        (0x00, b""),
        (0x8A, &[7; 125]),
        (0x80, tail),
        (0x02, b""),
        (0x80, b"end"),
        (0x81, b""),
        (0x82, &[9; 130]),
        (0x8A, b""),
    ];
    let mut bytes: Vec<u8> = frames
        .iter()
        .flat_map(|(first, payload)| frame_to(role, *first, payload))
        .collect();
    bytes.extend(end);
    let seen = vec![
        Seen::Text("short".to_owned()),
        Seen::Binary(vec![0, 255, 128]),
        Seen::Text(wide.clone()),
        Seen::Ping(b"ping".to_vec()),
        Seen::Ping(b"between".to_vec()),
        Seen::Pong(vec![7; 125]),
        Seen::Text(wide),
        Seen::Binary(b"end".to_vec()),
        Seen::Text(String::new()),
        Seen::Binary(vec![9; 130]),
        Seen::Pong(Vec::new()),
    ];
    (bytes, seen)
}

/// How a stream may end, and what is seen of it.
fn ends(role: Role) -> Vec<(Vec<u8>, Seen)> {
    let close = |payload: &[u8]| frame_to(role, 0x88, payload);
    let after = |mut first: Vec<u8>, second: Vec<u8>| {
        first.extend(second);
        first
    };
    let ignored = frame_to(role, 0x81, b"after the end");
    let open = frame_to(role, 0x01, b"open");
    let message = frame_to(role, 0x81, b"new");
    vec![
        (after(close(b""), ignored.clone()), Seen::Close(None)),
        (
            after(open, message),
            Seen::Error(ProtocolError::ExpectedContinuation),
        ),
        (
            after(close(b"\x03\xe9bye"), ignored),
            Seen::Close(Some((1001, "bye".to_owned()))),
        ),
        (
            close(b"\x03\xee"),
            Seen::Error(ProtocolError::InvalidCloseCode(1006)),
        ),
        (
            close(b"\x03\xe8\xff"),
            Seen::Error(ProtocolError::InvalidCloseReason),
        ),
        (
            frame_to(role, 0x81, b"\xce\xba\xed\xa0\x80"),
            Seen::Error(ProtocolError::InvalidUtf8),
        ),
        (
            frame_to(role, 0x81, b"cut \xf0\x9f\x90"),
            Seen::Error(ProtocolError::InvalidUtf8),
        ),
        (
            frame_to(role, 0xC1, b"rsv1"),
            Seen::Error(ProtocolError::ReservedBits),
        ),
        (
            frame_to(role, 0x80, b"?"),
            Seen::Error(ProtocolError::UnexpectedContinuation),
        ),
        (
            frame_to(role, 0x89, &[0; 126]),
            Seen::Error(ProtocolError::ControlTooLong),
        ),
        (
            frame_to(role, 0x82, &[0; 4001]),
            Seen::Error(ProtocolError::MessageTooBig { limit: 4000 }),
        ),
    ]
}

#[test]
fn every_split_point() {
    let limits = Limits::default().max_message(4000);
    for role in ROLES {
        for (nth, (end, last)) in ends(role).into_iter().enumerate() {
            let (bytes, mut expected) = stream(role, &end);
            expected.push(last);
            assert_eq!(
                decode(role, limits, [&bytes[..]]),
                expected,
                "{role:?} whole"
            );
            // What comes before the end is the same each time.
            let first = if nth == 0 { 0 } else { bytes.len() - end.len() };
            for cut in first..=bytes.len() {
                let (head, tail) = bytes.split_at(cut);
                assert_eq!(
                    decode(role, limits, [head, tail]),
                    expected,
                    "{role:?} cut at {cut}"
                );
            }
            let single = bytes.chunks(1);
            assert_eq!(
                decode(role, limits, single),
                expected,
                "{role:?} byte by byte"
            );
        }
    }
}

/// These bytes in parts of random lengths, also empty ones.
fn random_parts<'a>(rng: &mut StdRng, mut rest: &'a [u8]) -> Vec<&'a [u8]> {
    let largest = *[3, 17, 200, 5_000, 80_000].choose(rng).expect("not empty");
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rng.random_range(0..=largest.min(rest.len())));
        parts.push(part);
        rest = after;
    }
    parts
}

/// The stream with long messages at its end.
fn long_stream(role: Role) -> (Vec<u8>, Vec<Seen>) {
    let end = [
        frame_to(role, 0x82, &vec![0xA5; 70_000]),
        frame_to(role, 0x81, "\u{20ac}".repeat(30_000).as_bytes()),
    ]
    .concat();
    let (bytes, mut expected) = stream(role, &end);
    expected.push(Seen::Binary(vec![0xA5; 70_000]));
    expected.push(Seen::Text("\u{20ac}".repeat(30_000)));
    (bytes, expected)
}

#[test]
fn random_chunks() {
    let mut rng = StdRng::seed_from_u64(6455);
    for role in ROLES {
        let (bytes, expected) = long_stream(role);
        for round in 0..60 {
            let parts = random_parts(&mut rng, &bytes);
            let seen = decode(role, Limits::default(), parts);
            assert!(seen == expected, "{role:?} round {round}");
        }
    }
}

/// A decoder that gives parts.
fn streaming(mut decoder: Decoder) -> Decoder {
    decoder.set_streaming(true);
    decoder
}

#[test]
fn messages_in_parts() {
    let mut rng = StdRng::seed_from_u64(1);
    for role in ROLES {
        let (bytes, expected) = long_stream(role);
        // A message in parts may be of any length.
        let limits = Limits::default().max_message(10);
        let decoder = || streaming(Decoder::new(role, limits));
        for round in 0..60 {
            let parts = random_parts(&mut rng, &bytes);
            let largest = parts.iter().map(|part| part.len()).max().unwrap_or(0);
            let seen = decode_with(decoder(), parts);
            for part in &seen {
                if let Seen::TextPart(..) | Seen::BinaryPart(..) = part {
                    assert!(part.len() <= largest.max(4), "more than was read");
                }
            }
            let controls = |seen: &[Seen]| -> Vec<Seen> {
                let control = |seen: &&Seen| matches!(seen, Seen::Ping(_) | Seen::Pong(_));
                seen.iter().filter(control).cloned().collect()
            };
            assert_eq!(controls(&seen), controls(&expected));
            let messages = joined(seen);
            let mut whole = expected.clone();
            whole.retain(|seen| matches!(seen, Seen::Text(_) | Seen::Binary(_)));
            assert!(messages == whole, "{role:?} round {round}");
        }
    }
}

#[cfg(feature = "deflate")]
mod compressed {
    use sockeye_websocket::Opcode;
    use sockeye_websocket::deflate::{Compressor, Options, Params};

    use super::*;

    /// What the peer of `role` sends: messages of every kind, compressed or not, whole and in
    /// fragments, with control frames between.
    fn stream(role: Role, params: Params) -> (Vec<u8>, Vec<Seen>) {
        let peer = match role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        let mut compressor = Compressor::new(peer, params, &Options::new().threshold(10));
        let wide = "a\u{e4}\u{20ac}\u{1f41f}".repeat(1_200);
        let json = "{\"id\":17,\"text\":\"hello\"}".repeat(20);
        let (mut bytes, mut seen) = (Vec::new(), Vec::new());
        for text in ["short", &json, &wide, "", &json] {
            compressor.append(&mut bytes, Opcode::Text, text.as_bytes());
            seen.push(Seen::Text(text.to_owned()));
            compressor.append(&mut bytes, Opcode::Ping, b"ping");
            seen.push(Seen::Ping(b"ping".to_vec()));
            compressor.append(&mut bytes, Opcode::Binary, &vec![7; text.len() * 3]);
            seen.push(Seen::Binary(vec![7; text.len() * 3]));
            let (head, tail) = text.as_bytes().split_at(text.len() / 2);
            compressor.append_fragment(&mut bytes, Opcode::Text, head, true, false);
            compressor.append(&mut bytes, Opcode::Pong, b"between");
            seen.push(Seen::Pong(b"between".to_vec()));
            compressor.append_fragment(&mut bytes, Opcode::Text, tail, false, true);
            seen.push(Seen::Text(text.to_owned()));
        }
        (bytes, seen)
    }

    fn params(takeover: bool) -> Params {
        Params {
            server_no_context_takeover: !takeover,
            client_no_context_takeover: !takeover,
            ..Params::default()
        }
    }

    #[test]
    fn whole_messages() {
        let mut rng = StdRng::seed_from_u64(7692);
        for role in ROLES {
            for takeover in [false, true] {
                let params = params(takeover);
                let (bytes, expected) = stream(role, params);
                let decoder = || Decoder::new(role, Limits::default()).with_deflate(params);
                assert!(decode_with(decoder(), [&bytes[..]]) == expected);
                assert!(decode_with(decoder(), bytes.chunks(1)) == expected);
                for round in 0..12 {
                    let parts = random_parts(&mut rng, &bytes);
                    let seen = decode_with(decoder(), parts);
                    assert!(seen == expected, "{role:?} {takeover} round {round}");
                }
            }
        }
    }

    #[test]
    fn messages_in_parts() {
        let mut rng = StdRng::seed_from_u64(77);
        for role in ROLES {
            for takeover in [false, true] {
                let params = params(takeover);
                let (bytes, mut expected) = stream(role, params);
                expected.retain(|seen| matches!(seen, Seen::Text(_) | Seen::Binary(_)));
                let limits = Limits::default().max_message(10);
                let decoder = || streaming(Decoder::new(role, limits).with_deflate(params));
                for round in 0..12 {
                    let parts = match round {
                        0 => vec![&bytes[..]],
                        1 => bytes.chunks(1).collect(),
                        _ => random_parts(&mut rng, &bytes),
                    };
                    let seen = decode_with(decoder(), parts);
                    for part in &seen {
                        assert!(part.len() <= 64 * 1024, "{}", part.len());
                    }
                    let messages = joined(seen);
                    assert!(messages == expected, "{role:?} {takeover} round {round}");
                }
            }
        }
    }

    #[test]
    fn stopping_after_each_event() {
        for role in ROLES {
            for parts in [false, true] {
                for takeover in [false, true] {
                    let params = params(takeover);
                    let (mut bytes, mut expected) = stream(role, params);
                    let mut decoder = Decoder::new(role, Limits::default()).with_deflate(params);
                    decoder.set_streaming(parts);
                    let mut seen = Vec::new();
                    // What is not there any more has nothing to give.
                    while !bytes.is_empty() {
                        let mut feed = decoder.feed(&mut bytes);
                        seen.extend(feed.next().map(Seen::from));
                        let left = feed.remaining().to_vec();
                        bytes = left;
                    }
                    if parts {
                        seen = joined(seen);
                        expected.retain(|seen| matches!(seen, Seen::Text(_) | Seen::Binary(_)));
                    }
                    assert!(seen == expected, "{role:?}, in parts {parts}, {takeover}");
                }
            }
        }
    }
}

#[test]
fn stopping_after_each_event() {
    for role in ROLES {
        let (mut bytes, expected) = stream(role, b"");
        let mut decoder = Decoder::new(role, Limits::default());
        let mut seen = Vec::new();
        loop {
            let mut feed = decoder.feed(&mut bytes);
            let Some(found) = feed.next() else { break };
            seen.push(Seen::from(found));
            let left = feed.remaining().to_vec();
            bytes = left;
        }
        assert_eq!(seen, expected, "{role:?}");
        assert_eq!(decoder.buffered(), 0);
    }
}
