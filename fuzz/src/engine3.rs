//! Payloads of Engine.IO 3: text, binary, and the forms of JSONP.
//!
//! The library's own tests include this file and replay the corpus through it.

use sockeye_engine::v3::{BinaryPayload, Data, Kind, Packet, Part, TextPayload, encode, jsonp};

/// Reads the input as each kind of payload. Reading ends, at the latest with an error; what was read is
/// no larger than what came; written again, it is read as the same.
///
/// # Panics
/// If the library breaks a promise on this input.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    check(TextPayload::new(&text), text.len());
    check(BinaryPayload::new(input), input.len());
    if let Some(payload) = jsonp::payload(&text) {
        check(TextPayload::new(&payload), payload.len());
    }
    script(&text);
}

fn check<'a, E>(payload: impl Iterator<Item = Result<Packet<'a>, E>>, len: usize) {
    let mut packets = Vec::new();
    let mut failed = false;
    let mut size = 0;
    for packet in payload {
        assert!(!failed, "nothing comes after an error");
        match packet {
            Ok(packet) => {
                size += 1 + match &packet.data {
                    Data::Text(text) => text.len(),
                    Data::Binary(bytes) => bytes.len(),
                };
                packets.push(packet);
            }
            Err(_) => failed = true,
        }
    }
    assert!(size <= len, "{size} bytes of {len}");
    again(&packets);
}

/// One packet as it is written.
enum Written {
    Text(String),
    Binary(Vec<u8>),
}

fn again(packets: &[Packet<'_>]) {
    let written: Vec<_> = packets.iter().map(write).collect();
    let parts = written.iter().map(|packet| match packet {
        Written::Text(text) => Part::Text(text),
        Written::Binary(bytes) => Part::Binary(bytes),
    });
    let mut body = Vec::new();
    let binary = encode(&mut body, parts);
    if binary {
        let read: Result<Vec<_>, _> = BinaryPayload::new(&body).collect();
        assert_eq!(read.as_deref(), Ok(packets));
    } else if !packets.is_empty() {
        let body = std::str::from_utf8(&body).expect("a payload in text");
        let read: Result<Vec<_>, _> = TextPayload::new(body).collect();
        assert_eq!(read.as_deref(), Ok(packets));
    }
    for packet in packets {
        if let (Kind::Message, Data::Binary(bytes)) = (packet.kind, &packet.data) {
            let text = Packet::message_as_text(bytes);
            assert_eq!(Packet::from_text(&text).as_ref(), Ok(packet));
        }
    }
}

fn write(packet: &Packet<'_>) -> Written {
    match &packet.data {
        Data::Text(text) => Written::Text(format!("{}{text}", digit(packet.kind))),
        Data::Binary(bytes) => {
            let mut frame = vec![digit(packet.kind)];
            frame.extend_from_slice(bytes);
            Written::Binary(frame)
        }
    }
}

fn digit(kind: Kind) -> u8 {
    match kind {
        Kind::Open => 0,
        Kind::Close => 1,
        Kind::Ping => 2,
        Kind::Pong => 3,
        Kind::Message => 4,
        Kind::Upgrade => 5,
        Kind::Noop => 6,
    }
}

/// Whatever the client sends as index and is sent as payload, the script is one call with one string.
fn script(text: &str) {
    let script = jsonp::script(text, text);
    let (index, rest) = script
        .strip_prefix("___eio[")
        .and_then(|rest| rest.split_once("]("))
        .expect("a call");
    assert!(index.bytes().all(|byte| byte.is_ascii_digit()));
    let argument = rest.strip_suffix(");").expect("a call");
    assert!(!argument.contains(['\n', '\r', '\u{2028}', '\u{2029}']));
    let read: String = serde_json::from_str(argument).expect("a string");
    assert_eq!(read, text);
}
