//! What a peer must not do, each with the error and the close code that it gets.

mod seen;
mod wire;

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use seen::{Seen, decode, decode_with};
use sockeye_websocket::{Close, Decoder, Event, Limits, ProtocolError, Role, frame};
use wire::frame_to;

/// The error that ends this stream, after whatever came before it.
fn error(role: Role, limits: Limits, bytes: &[u8]) -> ProtocolError {
    match decode(role, limits, [bytes]).pop() {
        Some(Seen::Error(error)) => error,
        other => panic!("{other:?} for {bytes:02x?}"),
    }
}

/// A rule broken by a client: the bytes, the error, the close code.
type Broken<'a> = (&'a [u8], ProtocolError, u16);

#[test]
fn headers() {
    let cases: &[Broken<'_>] = &[
        (&[0xC1], ProtocolError::ReservedBits, 1002),
        (&[0xA1], ProtocolError::ReservedBits, 1002),
        (&[0x91], ProtocolError::ReservedBits, 1002),
        // RSV1 on a ping, and on a continuation
        (&[0xC9], ProtocolError::ReservedBits, 1002),
        (
            &[0x01, 0x80, 0, 0, 0, 0, 0xC0],
            ProtocolError::ReservedBits,
            1002,
        ),
        (&[0x83], ProtocolError::UnknownOpcode(3), 1002),
        (&[0x87], ProtocolError::UnknownOpcode(7), 1002),
        (&[0x8B], ProtocolError::UnknownOpcode(11), 1002),
        (&[0x8F], ProtocolError::UnknownOpcode(15), 1002),
        (&[0x08], ProtocolError::FragmentedControl, 1002),
        (&[0x09], ProtocolError::FragmentedControl, 1002),
        (&[0x0A], ProtocolError::FragmentedControl, 1002),
        (&[0x00], ProtocolError::UnexpectedContinuation, 1002),
        (&[0x80], ProtocolError::UnexpectedContinuation, 1002),
        (
            &[0x01, 0x81, 0, 0, 0, 0, b'a', 0x81],
            ProtocolError::ExpectedContinuation,
            1002,
        ),
        (
            &[0x02, 0x80, 0, 0, 0, 0, 0x02],
            ProtocolError::ExpectedContinuation,
            1002,
        ),
        (&[0x81, 0x05], ProtocolError::UnmaskedFrame, 1002),
        (&[0x88, 0x00], ProtocolError::UnmaskedFrame, 1002),
        // a pong of 126 bytes
        (&[0x8A, 0xFE], ProtocolError::ControlTooLong, 1002),
        (&[0x88, 0xFF], ProtocolError::ControlTooLong, 1002),
        // 5, 125 and 65 535 in more bytes than they need
        (&[0x82, 0xFE, 0, 5], ProtocolError::NonMinimalLength, 1002),
        (&[0x82, 0xFE, 0, 125], ProtocolError::NonMinimalLength, 1002),
        (
            &[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0, 5],
            ProtocolError::NonMinimalLength,
            1002,
        ),
        (
            &[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 255, 255],
            ProtocolError::NonMinimalLength,
            1002,
        ),
        (
            &[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 5],
            ProtocolError::LengthTopBit,
            1002,
        ),
        (
            &[0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255],
            ProtocolError::LengthTopBit,
            1002,
        ),
        (
            &[0x82, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0],
            ProtocolError::MessageTooBig { limit: 1_000_000 },
            1009,
        ),
    ];
    for (bytes, expected, code) in cases {
        let found = error(Role::Server, Limits::default(), bytes);
        assert_eq!(found, *expected, "{bytes:02x?}");
        assert_eq!(found.close_code(), *code, "{bytes:02x?}");
    }
    // All but the last byte says nothing wrong yet.
    for (bytes, ..) in cases {
        let early = decode(Role::Server, Limits::default(), [&bytes[..bytes.len() - 1]]);
        assert_eq!(early, [], "{bytes:02x?}");
    }
}

#[test]
fn a_message_inside_a_message() {
    for role in [Role::Client, Role::Server] {
        for (open, second) in [(0x01, 0x81), (0x02, 0x82), (0x02, 0x01)] {
            let bytes = [
                frame_to(role, open, b"open"),
                frame_to(role, second, b"new"),
            ]
            .concat();
            let found = error(role, Limits::default(), &bytes);
            assert_eq!(
                found,
                ProtocolError::ExpectedContinuation,
                "{open:x} {second:x}"
            );
        }
    }
}

#[test]
fn a_server_that_masks() {
    let found = error(Role::Client, Limits::default(), &[0x81, 0x80]);
    assert_eq!(found, ProtocolError::MaskedFrame);
    assert_eq!(found.close_code(), 1002);
}

#[test]
fn close_frames() {
    let refused: &[Broken<'_>] = &[
        (b"\x03", ProtocolError::CloseLengthOne, 1002),
        (
            &999u16.to_be_bytes(),
            ProtocolError::InvalidCloseCode(999),
            1002,
        ),
        (
            &1004u16.to_be_bytes(),
            ProtocolError::InvalidCloseCode(1004),
            1002,
        ),
        (
            &1005u16.to_be_bytes(),
            ProtocolError::InvalidCloseCode(1005),
            1002,
        ),
        (
            &1006u16.to_be_bytes(),
            ProtocolError::InvalidCloseCode(1006),
            1002,
        ),
        (
            &1015u16.to_be_bytes(),
            ProtocolError::InvalidCloseCode(1015),
            1002,
        ),
        (
            &2999u16.to_be_bytes(),
            ProtocolError::InvalidCloseCode(2999),
            1002,
        ),
        (
            &5000u16.to_be_bytes(),
            ProtocolError::InvalidCloseCode(5000),
            1002,
        ),
        (
            b"\x03\xe8\xed\xa0\x80",
            ProtocolError::InvalidCloseReason,
            1007,
        ),
    ];
    for role in [Role::Client, Role::Server] {
        for (payload, expected, code) in refused {
            let found = error(role, Limits::default(), &frame_to(role, 0x88, payload));
            assert_eq!(found, *expected, "{payload:02x?}");
            assert_eq!(found.close_code(), *code, "{payload:02x?}");
        }
        for code in [1000, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4999] {
            let frame = frame_to(role, 0x88, &u16::to_be_bytes(code));
            let seen = decode(role, Limits::default(), [&frame[..]]);
            assert_eq!(seen, [Seen::Close(Some((code, String::new())))]);
        }
    }
}

#[test]
fn text_fails_at_its_first_wrong_byte() {
    // (what came before the wrong byte, the wrong byte); the frame announces more than both
    let cases: &[(&[u8], u8)] = &[
        (b"plain ", 0x80),
        (b"plain ", 0xC0),
        (b"\xce\xba\xcf\xb1\xf4", 0x90),
        (b"\xed", 0xA0),
        (b"\xe0", 0x9F),
        (b"\xf0", 0x8F),
        (b"\xe2\x82", 0x20),
        (b"", 0xFF),
    ];
    for role in [Role::Client, Role::Server] {
        for (before, wrong) in cases {
            let payload = [before, &[*wrong][..], &[b'x'; 200]].concat();
            let frame = frame_to(role, 0x81, &payload);
            let sent = frame.len() - 200;
            let fine = decode(role, Limits::default(), [&frame[..sent - 1]]);
            assert_eq!(fine, [], "{before:02x?}");
            for cut in 0..=sent {
                let seen = decode(role, Limits::default(), [&frame[..cut], &frame[cut..sent]]);
                let invalid = Seen::Error(ProtocolError::InvalidUtf8);
                assert_eq!(seen, [invalid], "{before:02x?} {wrong:02x} cut at {cut}");
            }
        }
    }
    assert_eq!(ProtocolError::InvalidUtf8.close_code(), 1007);
}

#[test]
fn text_that_ends_inside_a_character() {
    let whole = frame_to(Role::Server, 0x81, b"\xe2\x82");
    let fragments = [
        frame_to(Role::Server, 0x01, b"\xe2\x82"),
        frame_to(Role::Server, 0x80, b""),
    ]
    .concat();
    for bytes in [whole, fragments] {
        let found = error(Role::Server, Limits::default(), &bytes);
        assert_eq!(found, ProtocolError::InvalidUtf8);
    }
}

#[test]
fn messages_over_the_limit() {
    let limits = Limits::default().max_message(10);
    let too_big = ProtocolError::MessageTooBig { limit: 10 };
    assert_eq!(too_big.close_code(), 1009);
    for role in [Role::Client, Role::Server] {
        let frame = |first, payload: &[u8]| frame_to(role, first, payload);
        let exact = [frame(0x02, &[1; 6]), frame(0x80, &[1; 4])].concat();
        assert_eq!(
            decode(role, limits, [&exact[..]]),
            [Seen::Binary(vec![1; 10])]
        );
        assert_eq!(error(role, limits, &frame(0x81, &[b'a'; 11])[..2]), too_big);
        assert_eq!(error(role, limits, &frame(0x81, &[b'a'; 11])), too_big);
        let sum = [frame(0x02, &[1; 6]), frame(0x80, &[1; 5])[..2].to_vec()].concat();
        assert_eq!(error(role, limits, &sum), too_big);
        // A cut character counts with the bytes that came of it.
        let cut = [
            frame(0x01, b"12345678\xe2\x82"),
            frame(0x80, b"\xac")[..2].to_vec(),
        ]
        .concat();
        assert_eq!(error(role, limits, &cut), too_big);
        // Control frames are not part of a message.
        let control = frame(0x89, &[1; 125]);
        assert_eq!(
            decode(role, limits, [&control[..]]),
            [Seen::Ping(vec![1; 125])]
        );
    }
}

#[test]
fn frames_over_the_limit() {
    let limits = Limits::default().max_frame(130);
    let too_big = ProtocolError::FrameTooBig { limit: 130 };
    assert_eq!(too_big.close_code(), 1009);
    for role in [Role::Client, Role::Server] {
        let frame = |first, payload: &[u8]| frame_to(role, first, payload);
        let exact = [frame(0x02, &[1; 130]), frame(0x80, &[1; 130])].concat();
        assert_eq!(
            decode(role, limits, [&exact[..]]),
            [Seen::Binary(vec![1; 260])]
        );
        assert_eq!(error(role, limits, &frame(0x82, &[1; 131])[..4]), too_big);
        let second = [frame(0x02, &[1; 9]), frame(0x80, &[1; 131])].concat();
        assert_eq!(error(role, limits, &second), too_big);
        // also where the short way is taken
        let limits = Limits::default().max_frame(10);
        let fine = frame(0x81, &[b'a'; 10]);
        assert_eq!(
            decode(role, limits, [&fine[..]]),
            [Seen::Text("a".repeat(10))]
        );
        let over = frame(0x81, &[b'a'; 11]);
        let too_big = ProtocolError::FrameTooBig { limit: 10 };
        assert_eq!(error(role, limits, &over), too_big);
        // Control frames have a limit of their own.
        let ping = frame(0x89, &[1; 125]);
        assert_eq!(
            decode(role, limits, [&ping[..]]),
            [Seen::Ping(vec![1; 125])]
        );
    }
}

/// What a decoder that gives parts makes of some reads.
fn parts(role: Role, limits: Limits, reads: &[&[u8]]) -> Vec<Seen> {
    let mut decoder = Decoder::new(role, limits);
    decoder.set_streaming(true);
    decode_with(decoder, reads.iter().copied())
}

#[test]
fn text_in_parts_fails_at_its_first_wrong_byte() {
    let invalid = || Seen::Error(ProtocolError::InvalidUtf8);
    let part = |text: &str, last| Seen::TextPart(text.to_owned(), last);
    for role in [Role::Client, Role::Server] {
        let head = if role == Role::Server { 6 } else { 2 };
        let read = |payload: &[u8], cuts: &[usize]| {
            let bytes = frame_to(role, 0x81, payload);
            let (mut reads, mut from) = (Vec::new(), 0);
            for cut in cuts {
                reads.push(&bytes[from..head + cut]);
                from = head + cut;
            }
            reads.push(&bytes[from..]);
            parts(role, Limits::default(), &reads)
        };
        let fish = "ab\u{1f41f}cd".as_bytes();
        // A character that was cut comes alone.
        assert_eq!(read(fish, &[]), [part("ab\u{1f41f}cd", true)]);
        let expected = [
            part("ab", false),
            part("\u{1f41f}", false),
            part("cd", true),
        ];
        assert_eq!(read(fish, &[3]), expected);
        assert_eq!(read(fish, &[3, 4, 5]), expected);
        assert_eq!(
            read(&fish[..6], &[5]),
            [part("ab", false), part("\u{1f41f}", true)]
        );
        assert_eq!(read(b"ab\xffcd", &[]), [invalid()]);
        assert_eq!(read(b"ab\xffcd", &[2]), [part("ab", false), invalid()]);
        // in the rest of a character, before the message is whole
        let bytes = frame_to(role, 0x01, b"ab\xe2\x28");
        let reads = [&bytes[..head + 3], &bytes[head + 3..]];
        let seen = parts(role, Limits::default(), &reads);
        assert_eq!(seen, [part("ab", false), invalid()]);
        let seen = parts(
            role,
            Limits::default(),
            &[&frame_to(role, 0x01, b"ab\xed\xa0")],
        );
        assert_eq!(seen, [invalid()]);
        // a message that ends inside a character, in its only frame or with an empty one
        assert_eq!(read(b"ab\xe2\x82", &[]), [invalid()]);
        let bytes = [frame_to(role, 0x01, b"ab\xe2"), frame_to(role, 0x80, b"")].concat();
        let seen = parts(role, Limits::default(), &[&bytes]);
        assert_eq!(seen, [part("ab", false), invalid()]);
        assert_eq!(read(b"\xe2\x82", &[1]), [invalid()]);
    }
}

#[test]
fn limits_of_messages_in_parts() {
    let limits = Limits::default()
        .max_message(5)
        .max_frame(10)
        .max_empty_fragments(1);
    for role in [Role::Client, Role::Server] {
        let frame = |first, payload: &[u8]| frame_to(role, first, payload);
        let part = |len, last| Seen::BinaryPart(vec![1; len], last);
        let long = [
            frame(0x02, &[1; 10]),
            frame(0x00, &[1; 10]),
            frame(0x80, &[]),
        ]
        .concat();
        let seen = parts(role, limits, &[&long]);
        assert_eq!(seen, [part(10, false), part(10, false), part(0, true)]);
        let seen = parts(role, limits, &[&frame(0x82, &[1; 11])]);
        let too_big = ProtocolError::FrameTooBig { limit: 10 };
        assert_eq!(seen, [Seen::Error(too_big)]);
        let empty = [frame(0x02, &[1; 3]), frame(0x00, &[]), frame(0x00, &[])].concat();
        let seen = parts(role, limits, &[&empty]);
        let too_many = ProtocolError::TooManyEmptyFragments;
        assert_eq!(seen, [part(3, false), Seen::Error(too_many)]);
        let seen = parts(role, limits, &[&frame(0x81, b"")]);
        assert_eq!(seen, [Seen::TextPart(String::new(), true)]);
    }
}

#[test]
fn parts_from_the_next_message_on() {
    let role = Role::Server;
    let mut decoder = Decoder::new(role, Limits::default());
    let mut read = |streaming, bytes: &[u8]| {
        decoder.set_streaming(streaming);
        let mut bytes = bytes.to_vec();
        let mut feed = decoder.feed(&mut bytes);
        let seen = feed.next().map(Seen::from);
        assert_eq!(feed.next(), None);
        seen
    };
    assert_eq!(read(false, &frame_to(role, 0x02, b"whole, ")), None);
    let whole = Seen::Binary(b"whole, as begun".to_vec());
    assert_eq!(read(true, &frame_to(role, 0x80, b"as begun")), Some(whole));
    let part = |bytes: &[u8], last| Some(Seen::BinaryPart(bytes.to_vec(), last));
    assert_eq!(
        read(true, &frame_to(role, 0x02, b"in ")),
        part(b"in ", false)
    );
    assert_eq!(
        read(false, &frame_to(role, 0x80, b"parts")),
        part(b"parts", true)
    );
    let whole = Seen::Binary(b"whole".to_vec());
    assert_eq!(read(false, &frame_to(role, 0x82, b"whole")), Some(whole));
    // A header that came counts as begun.
    let frame = frame_to(role, 0x82, b"in parts");
    assert_eq!(read(true, &frame[..6]), None);
    assert_eq!(read(false, &frame[6..]), part(b"in parts", true));
}

#[test]
fn a_limit_that_is_no_limit() {
    let limits = Limits::default().max_message(usize::MAX);
    let mut decoder = Decoder::new(Role::Server, limits);
    let mut huge = [
        0x82, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 1, 2, 3,
    ];
    assert_eq!(decoder.feed(&mut huge).next(), None);
    assert!(
        decoder.buffered() < 200,
        "{} bytes held for 3",
        decoder.buffered()
    );
}

#[test]
fn empty_fragments() {
    let start = frame_to(Role::Server, 0x01, b"x");
    let empty = frame_to(Role::Server, 0x00, b"");
    let end = frame_to(Role::Server, 0x80, b"y");
    let ping = frame_to(Role::Server, 0x89, b"");

    let allowed = [
        start.clone(),
        empty.repeat(16),
        ping.repeat(50),
        end.clone(),
    ]
    .concat();
    let seen = decode(Role::Server, Limits::default(), [&allowed[..]]);
    assert_eq!(seen.last(), Some(&Seen::Text("xy".to_owned())));
    // The count begins again with each message.
    let twice = [allowed.clone(), allowed].concat();
    let seen = decode(Role::Server, Limits::default(), [&twice[..]]);
    assert_eq!(seen.last(), Some(&Seen::Text("xy".to_owned())));

    let flood = [start, empty.repeat(100_000), end].concat();
    let found = error(Role::Server, Limits::default(), &flood);
    assert_eq!(found, ProtocolError::TooManyEmptyFragments);
    assert_eq!(found.close_code(), 1008);
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    let mut flood = flood;
    let mut feed = decoder.feed(&mut flood);
    assert_eq!(feed.next(), Some(Err(ProtocolError::TooManyEmptyFragments)));
    assert!(feed.remaining().len() > 99_000 * 6, "stopped at the 17th");
}

#[test]
fn nothing_comes_after_the_end() {
    let after = frame_to(Role::Server, 0x81, b"after");
    let close = frame_to(Role::Server, 0x88, b"\x03\xe8");
    let open = frame_to(Role::Server, 0x02, &[1; 100]);
    let ends = [
        (
            close,
            Ok(Event::Close(Some(Close {
                code: 1000,
                reason: "",
            }))),
        ),
        (vec![0xFF], Err(ProtocolError::ReservedBits)),
    ];
    for (end, expected) in ends {
        let mut decoder = Decoder::new(Role::Server, Limits::default());
        let mut bytes = [open.clone(), end, after.clone()].concat();
        let mut feed = decoder.feed(&mut bytes);
        assert_eq!(feed.next(), Some(expected));
        assert_eq!(feed.next(), None);
        assert_eq!(feed.next(), None);
        assert_eq!(decoder.buffered(), 0, "the open message is dropped");
        let mut bytes = after.clone();
        let mut feed = decoder.feed(&mut bytes);
        assert_eq!(feed.next(), None);
        assert_eq!(feed.remaining(), after);
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut rng = StdRng::seed_from_u64(1011);
    for round in 0..20_000 {
        let role = if round % 2 == 0 {
            Role::Client
        } else {
            Role::Server
        };
        let mut bytes = vec![0; rng.random_range(0..80)];
        rng.fill_bytes(&mut bytes);
        // Most first bytes would fail at once: let some frames through.
        if let [first, second, ..] = &mut bytes[..] {
            *first &= 0x8B;
            *second = (*second & 0x1F) | if role == Role::Server { 0x80 } else { 0 };
        }
        let cut = rng.random_range(0..=bytes.len());
        let (head, tail) = bytes.split_at(cut);
        let whole = decode(role, Limits::default(), [&bytes[..]]);
        assert_eq!(
            decode(role, Limits::default(), [head, tail]),
            whole,
            "{bytes:02x?}"
        );
        let walked = frame::Frames::new(&bytes)
            .map(|(_, payload)| payload.len())
            .sum::<usize>();
        assert!(walked <= bytes.len());
    }
}
