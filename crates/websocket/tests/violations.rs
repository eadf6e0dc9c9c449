//! Each rule that a peer may break: the variant, the close code that tells the peer, and the
//! counter. And each other end, with its counter.

mod wire;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use sockeye_websocket::{Config, Endpoint, Failure, Limits, ProtocolError, Role};
use wire::frame_to;

/// What is wrong, the bytes, the rule that they break, its counter and the close code.
type Row = (Role, Vec<u8>, ProtocolError, &'static str, u16);

const LIMIT: usize = 1000;
const FRAME_LIMIT: usize = 700;

fn limits() -> Limits {
    Limits::default()
        .max_message(LIMIT)
        .max_frame(FRAME_LIMIT)
        .max_empty_fragments(2)
}

fn rows() -> Vec<Row> {
    use ProtocolError as E;
    let server = |first, payload: &[u8]| frame_to(Role::Server, first, payload);
    let header = |bytes: &[u8]| [bytes, &[0; 4]].concat();
    let rows = [
        (
            server(0x88, b"\x03\xee"),
            E::InvalidCloseCode(1006),
            "invalid_close_code",
            1002,
        ),
        (
            server(0x88, b"\x03\xe8\xff"),
            E::InvalidCloseReason,
            "invalid_close_reason",
            1007,
        ),
        (
            server(0x88, b"\x03"),
            E::CloseLengthOne,
            "close_length_one",
            1002,
        ),
        (
            server(0x89, &[0; 126]),
            E::ControlTooLong,
            "control_too_long",
            1002,
        ),
        (
            [server(0x01, b"a"), server(0x81, b"b")].concat(),
            E::ExpectedContinuation,
            "expected_continuation",
            1002,
        ),
        (
            server(0x82, &[0; FRAME_LIMIT + 1]),
            E::FrameTooBig { limit: FRAME_LIMIT },
            "frame_too_big",
            1009,
        ),
        (
            server(0x09, b"?"),
            E::FragmentedControl,
            "fragmented_control",
            1002,
        ),
        (server(0x81, b"\xff"), E::InvalidUtf8, "invalid_utf8", 1007),
        (
            header(&[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 5]),
            E::LengthTopBit,
            "length_top_bit",
            1002,
        ),
        (
            [
                server(0x02, &[0; FRAME_LIMIT]),
                server(0x80, &[0; FRAME_LIMIT]),
            ]
            .concat(),
            E::MessageTooBig { limit: LIMIT },
            "message_too_big",
            1009,
        ),
        (
            header(&[0x82, 0xfe, 0, 5]),
            E::NonMinimalLength,
            "non_minimal_length",
            1002,
        ),
        (server(0xa1, b"a"), E::ReservedBits, "reserved_bits", 1002),
        (
            [server(0x01, b""), server(0x00, b"").repeat(3)].concat(),
            E::TooManyEmptyFragments,
            "too_many_empty_fragments",
            1008,
        ),
        (
            server(0x80, b"a"),
            E::UnexpectedContinuation,
            "unexpected_continuation",
            1002,
        ),
        (
            server(0x83, b""),
            E::UnknownOpcode(3),
            "unknown_opcode",
            1002,
        ),
        (
            frame_to(Role::Client, 0x81, b"a"),
            E::UnmaskedFrame,
            "unmasked_frame",
            1002,
        ),
    ];
    let masked = (
        Role::Client,
        server(0x81, b"a"),
        E::MaskedFrame,
        "masked_frame",
        1002,
    );
    let mut rows: Vec<Row> = rows
        .into_iter()
        .map(|(bytes, error, name, code)| (Role::Server, bytes, error, name, code))
        .collect();
    rows.push(masked);
    #[cfg(feature = "deflate")]
    rows.extend([
        // A block of the type that there is not (RFC 1951 3.2.3).
        (
            Role::Server,
            server(0xc1, &[7]),
            E::InvalidDeflate,
            "invalid_deflate",
            1007,
        ),
        // Two bytes are a last block without content.
        (
            Role::Server,
            server(0xc1, &[3, 0].repeat(200)),
            E::TooManyFinalBlocks,
            "too_many_final_blocks",
            1008,
        ),
    ]);
    rows
}

fn endpoint(role: Role, config: &Config, now: Instant) -> Endpoint {
    let endpoint = Endpoint::new(role, config, now);
    #[cfg(feature = "deflate")]
    let endpoint = endpoint.with_deflate(Default::default(), &Default::default());
    endpoint
}

/// The code of the close frame that waits to be written, alone.
fn close_code(endpoint: &Endpoint) -> u16 {
    let mut written = Vec::new();
    endpoint.transmit(|slices| {
        for slice in slices {
            written.extend_from_slice(slice);
        }
    });
    assert_eq!(written[0], 0x88, "{written:x?}");
    let payload = if written[1] & 0x80 == 0 {
        [written[2], written[3]]
    } else {
        // Masked, by a client.
        [written[6] ^ written[2], written[7] ^ written[3]]
    };
    u16::from_be_bytes(payload)
}

fn counted(config: &Config) -> Vec<(&'static str, u64)> {
    let stats = config.stats();
    stats.iter().filter(|(_, count)| *count > 0).collect()
}

#[test]
fn each_violation_has_a_variant_a_close_code_and_a_counter() {
    for (role, mut bytes, error, name, code) in rows() {
        let config = Config::new().limits(limits());
        let mut endpoint = endpoint(role, &config, Instant::now());
        let ignore = |_: sockeye_websocket::Incoming<'_>, _: &mut sockeye_websocket::Outgoing| {
            ControlFlow::<()>::Continue(())
        };
        endpoint.handle_input(&mut bytes, Instant::now(), ignore);
        assert_eq!(endpoint.failure(), Some(Failure::Protocol(error)), "{name}");
        assert_eq!((error.name(), error.close_code()), (name, code));
        assert_eq!(close_code(&endpoint), code, "{name}");
        assert_eq!(counted(&config), [(name, 1)]);
    }
}

/// No rule is left out: their counters are the first ones.
#[test]
#[cfg(feature = "deflate")]
fn the_rows_are_all_violations() {
    let mut named: Vec<_> = rows().into_iter().map(|row| row.3).collect();
    named.sort_unstable();
    let stats = Config::new().stats();
    let names = stats.iter().map(|(name, _)| name);
    let mut all: Vec<_> = names.take_while(|name| *name != "lost").collect();
    all.sort_unstable();
    assert_eq!(named, all);
    assert_eq!(all.len(), 19);
}

#[test]
fn a_stream_that_ends_is_counted_as_lost() {
    let config = Config::new();
    let mut endpoint = endpoint(Role::Client, &config, Instant::now());
    endpoint.handle_eof();
    assert_eq!(endpoint.failure(), Some(Failure::Lost));
    assert_eq!(counted(&config), [("lost", 1)]);
    assert_eq!(Failure::Lost.name(), "lost");
}

#[test]
fn silence_is_counted_as_idle() {
    let config = Config::new().idle_timeout(Some(Duration::from_secs(3)));
    let begin = Instant::now();
    let mut endpoint = endpoint(Role::Server, &config, begin);
    endpoint.handle_timeout(begin + Duration::from_secs(3));
    assert_eq!(endpoint.failure(), Some(Failure::Idle));
    assert_eq!(close_code(&endpoint), 1001);
    assert_eq!(counted(&config), [("idle", 1)]);
}

#[test]
fn a_close_frame_without_an_answer_is_counted() {
    let config = Config::new().close_timeout(Duration::from_secs(2));
    let begin = Instant::now();
    let mut endpoint = endpoint(Role::Server, &config, begin);
    endpoint.close(Some((1000, "")), begin);
    endpoint.handle_timeout(begin + Duration::from_secs(2));
    assert_eq!(endpoint.failure(), Some(Failure::CloseTimeout));
    assert_eq!(counted(&config), [("close_timeout", 1)]);
}
