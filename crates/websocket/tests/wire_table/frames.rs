use sockeye_websocket::{Config, ProtocolError, Role};

use crate::library::open;
use crate::wire::frame_to;

/// Header bytes of a frame, with the mask bit and a key if the peer has to mask.
fn header(role: Role, first: u8, length: &[u8]) -> Vec<u8> {
    let mut bytes = [&[first], length].concat();
    if role == Role::Server {
        bytes[1] |= 0x80;
        bytes.extend([0; 4]);
    }
    bytes
}

/// What is sent, the rule that it breaks, and the code that tells.
type Row = (&'static str, Vec<u8>, ProtocolError, u16);

fn rows(role: Role) -> Vec<Row> {
    let other = match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    };
    let wrong_mask = match role {
        Role::Client => ProtocolError::MaskedFrame,
        Role::Server => ProtocolError::UnmaskedFrame,
    };
    let with_payload = |header: Vec<u8>| [&header[..], b"short"].concat();
    let two_to_the_40 = &[127, 0, 0, 1, 0, 0, 0, 0, 0];
    let top_bit = &[127, 0x80, 0, 0, 0, 0, 0, 0, 5];
    vec![
        (
            "masked or not, the wrong way",
            frame_to(other, 0x81, b"hello"),
            wrong_mask,
            1002,
        ),
        (
            "length 5 in 16 bits",
            with_payload(header(role, 0x81, &[126, 0, 5])),
            ProtocolError::NonMinimalLength,
            1002,
        ),
        (
            "length 5 in 64 bits",
            with_payload(header(role, 0x81, &[127, 0, 0, 0, 0, 0, 0, 0, 5])),
            ProtocolError::NonMinimalLength,
            1002,
        ),
        (
            "64-bit length with its top bit",
            header(role, 0x82, top_bit),
            ProtocolError::LengthTopBit,
            1002,
        ),
        (
            "2^40 bytes announced",
            header(role, 0x82, two_to_the_40),
            ProtocolError::MessageTooBig { limit: 1_000_000 },
            1009,
        ),
        (
            "pong of 126 bytes",
            frame_to(role, 0x8A, &[7; 126]),
            ProtocolError::ControlTooLong,
            1002,
        ),
        (
            "RSV1 and no extension",
            frame_to(role, 0xC1, b"hello"),
            ProtocolError::ReservedBits,
            1002,
        ),
        (
            "100,000 empty continuations",
            [
                frame_to(role, 0x01, b""),
                frame_to(role, 0x00, b"").repeat(100_000),
            ]
            .concat(),
            ProtocolError::TooManyEmptyFragments,
            1008,
        ),
    ]
}

#[test]
fn violations_of_framing() {
    for role in [Role::Client, Role::Server] {
        for (name, bytes, error, code) in rows(role) {
            let mut library = open(role, &Config::new(), None);
            // A message before it, so that it is not the first frame that is judged.
            library.peer.write(&frame_to(role, 0x81, b"before"));
            assert_eq!(
                library.peer.frame(),
                Some((0x81, b"before".to_vec())),
                "{role:?}: {name}"
            );
            library.peer.write(&bytes);
            assert_eq!(library.peer.close_code(), Some(code), "{role:?}: {name}");
            assert_eq!(library.ended().violation(), error, "{role:?}: {name}");
        }
    }
}
