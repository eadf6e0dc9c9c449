//! Compression from both sides. Read: any bytes as a compressed message, in fragments of any
//! length, are inflated to the same or fail in the same way. Written: what our side compresses
//! comes out as it was, also with the messages before it as context.
//!
//! Input: two bytes of settings, how to cut, then the bytes.

use sockeye_websocket::deflate::{Compressor, Options};
use sockeye_websocket::{Limits, Opcode, Role};

use super::frames::params;
use super::reads;
use super::seen::{Seen, Setup};

pub(crate) fn run(input: &[u8]) {
    let Some((&[flags, extension, seed], bytes)) = input.split_first_chunk() else {
        return;
    };
    if flags & 1 == 0 {
        read(flags, extension | 1, seed, bytes);
    } else {
        written(flags, extension | 1, seed, bytes);
    }
}

/// The message twice, so that the second one has the first one for context.
fn read(flags: u8, extension: u8, seed: u8, compressed: &[u8]) {
    let setup = Setup {
        role: Role::Client,
        limits: Limits::default()
            .max_message([500, 100_000][usize::from(flags >> 2 & 1)])
            .max_empty_fragments(u32::MAX),
        deflate: params(extension),
        streaming: flags >> 3 & 1 != 0,
    };
    let opcode = if flags & 2 == 0 {
        Opcode::Binary
    } else {
        Opcode::Text
    };
    let whole = message(opcode, &[compressed]);
    let fragments = message(opcode, &reads::cut(compressed, seed));

    let expected = setup.decode(&[&whole, &whole]);
    assert_eq!(
        setup.decode(&[&fragments, &fragments]),
        expected,
        "the frames' borders show"
    );
    let stream = [whole, fragments].concat();
    assert_eq!(
        setup.decode(&reads::cut(&stream, seed)),
        expected,
        "the reads' borders show"
    );
}

/// The frames of a compressed message, as a server sends them.
fn message(opcode: Opcode, fragments: &[&[u8]]) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut first = 0x40 | opcode.bits();
    let fragments = if fragments.is_empty() {
        &[&[][..]]
    } else {
        fragments
    };
    for (nth, fragment) in fragments.iter().enumerate() {
        let fin = if nth + 1 == fragments.len() { 0x80 } else { 0 };
        stream.push(fin | first);
        match fragment.len() {
            len @ 0..=125 => stream.push(len as u8),
            len @ 126..=0xFFFF => {
                stream.push(126);
                stream.extend((len as u16).to_be_bytes());
            }
            len => {
                stream.push(127);
                stream.extend((len as u64).to_be_bytes());
            }
        }
        stream.extend(*fragment);
        first = 0;
    }
    stream
}

fn written(flags: u8, extension: u8, seed: u8, bytes: &[u8]) {
    let params = params(extension).expect("compression is on");
    let writer = if flags & 2 == 0 {
        Role::Client
    } else {
        Role::Server
    };
    let options = Options::new()
        .threshold(usize::from(flags >> 2 & 7))
        .level(flags >> 5);
    let mut compressor = Compressor::new(writer, params, &options);
    let mut stream = Vec::new();
    let mut expected = Vec::new();
    for payload in reads::cut(bytes, seed) {
        compressor.append(&mut stream, Opcode::Binary, payload);
        expected.push(Seen::Binary(payload.to_vec()));
    }
    let reader = Setup {
        role: if writer == Role::Client {
            Role::Server
        } else {
            Role::Client
        },
        limits: Limits::default(),
        deflate: Some(params),
        streaming: false,
    };
    assert_eq!(reader.decode(&reads::cut(&stream, seed)), expected);
}
