//! Packets in MessagePack.
//!
//! The library's own tests include this file and replay the corpus through it.

use serde::de::IgnoredAny;
use serde_json::Value;
use sockeye_protocol::{
    Args, Arguments, Codec, DecodeError, Decoder, Limits, MAX_NAME_BYTES, MAX_NAMESPACE_BYTES,
    OwnedArguments, Packet, is_reserved,
};

/// Reads the input as a packet. What is let in can be read as any type and is bounded; written
/// again, and as JSON too, it says the same.
///
/// # Panics
/// If the library breaks a promise on this input.
pub(crate) fn run(input: &[u8]) {
    let mut decoder = Codec::MessagePack.decoder(Limits::default());
    match decoder.binary(input) {
        Ok(Some(packet)) => {
            assert!(packet.namespace().len() <= MAX_NAMESPACE_BYTES);
            check(&packet);
        }
        Ok(None) => panic!("a packet is one message"),
        Err(error) => assert!(!matches!(
            error,
            DecodeError::UnexpectedBinary | DecodeError::IllegalAttachments
        )),
    }
    decoder.release();
    list(input);
}

fn check(packet: &Packet<'_>) {
    match packet {
        Packet::Connect { auth, .. } => {
            let json = auth.unwrap_or("{}");
            assert!(json.starts_with('{'), "{json}");
            let _: IgnoredAny = serde_json::from_str(json).expect("JSON");
        }
        Packet::Event(event) => {
            assert!(event.name.len() <= MAX_NAME_BYTES && !is_reserved(&event.name));
            let mut encoder = Codec::MessagePack.encoder(14);
            let again = encoder
                .event(event.namespace, event.id, &event.name, &Args(event.args))
                .expect("what was read can be written");
            let mut decoder = Codec::MessagePack.decoder(Limits::default());
            let Ok(Some(Packet::Event(read))) = decoder.binary(again.message()) else {
                panic!("what was written can be read")
            };
            assert_eq!(read.namespace, event.namespace);
            assert_eq!((read.id, &read.name), (event.id, &event.name));
            same(&event.args, &read.args);
        }
        Packet::Ack { args, .. } => same(args, args),
        _ => {}
    }
}

fn same(args: &Arguments<'_>, again: &Arguments<'_>) {
    args.all::<Vec<IgnoredAny>>()
        .expect("anything can be ignored");
    assert_eq!(args.is_empty(), again.is_empty());
    let json = args.json();
    assert_eq!(numbers(&json), numbers(&again.json()));
    let mut text = Decoder::new(Limits::default());
    let packet = format!("3{json}");
    let Ok(Some(Packet::Ack { args: told, .. })) = text.text(&packet) else {
        panic!("{packet}: no answer in JSON")
    };
    assert_eq!(told.json(), json);
    if let Ok(values) = told.all::<Vec<Value>>() {
        let first: Option<Value> = args.first_raw().read().ok();
        if !args.is_empty() {
            assert_eq!(first.as_ref(), values.first(), "{json}");
        }
    }
}

/// The list with every number as JavaScript has it: a whole one is the same as integer and as float.
/// None if it is nested as deep as `serde_json` itself reads none.
fn numbers(json: &str) -> Option<Value> {
    fn floats(value: Value) -> Value {
        match value {
            Value::Number(number) => Value::from(number.as_f64()),
            Value::Array(list) => list.into_iter().map(floats).collect(),
            Value::Object(map) => map
                .into_iter()
                .map(|(key, value)| (key, floats(value)))
                .collect(),
            _ => value,
        }
    }
    serde_json::from_str(json).ok().map(floats)
}

/// The same bytes as a list that a parser of one's own hands over.
fn list(input: &[u8]) {
    if let Ok(list) = OwnedArguments::from_message_pack(input) {
        assert!(list.weight() <= input.len());
        same(&list.borrow(), &list.borrow());
    }
}
