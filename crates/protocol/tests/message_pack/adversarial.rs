use std::time::{Duration, Instant};

use serde_json::Value;
use sockeye_protocol::{
    Codec, DecodeError, Limits, MAX_DEPTH, MAX_NAME_BYTES, MAX_NAMESPACE_BYTES, OwnedArguments,
};

use super::{arguments, bytes, decoder, encoder, refused};

/// An event `e` whose only argument is `value`.
fn event_of(value: &[u8]) -> Vec<u8> {
    let mut message = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1e".to_vec();
    message.extend_from_slice(value);
    message
}

fn named(name: &str) -> Vec<u8> {
    let mut message = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xda".to_vec();
    message.extend(u16::try_from(name.len()).expect("short").to_be_bytes());
    message.extend_from_slice(name.as_bytes());
    message
}

fn in_namespace(name: &str) -> Vec<u8> {
    let mut message = b"\x82\xa4type\x01\xa3nsp\xda".to_vec();
    message.extend(u16::try_from(name.len()).expect("short").to_be_bytes());
    message.extend_from_slice(name.as_bytes());
    message
}

#[test]
fn limits_of_names_are_exact() {
    let long = |length| "x".repeat(length);
    assert!(decoder().binary(&named(&long(MAX_NAME_BYTES))).is_ok());
    let name = named(&long(MAX_NAME_BYTES + 1));
    assert_eq!(refused(&name), DecodeError::NameTooLong);
    let namespace = in_namespace(&long(MAX_NAMESPACE_BYTES));
    assert!(decoder().binary(&namespace).is_ok());
    let namespace = in_namespace(&long(MAX_NAMESPACE_BYTES + 1));
    assert_eq!(refused(&namespace), DecodeError::NamespaceTooLong);
}

#[test]
fn depth_is_exact() {
    let nested = |levels: u32, open: &[u8]| {
        event_of(&[open.repeat(levels as usize), b"\xc0".to_vec()].concat())
    };
    for open in [&b"\x91"[..], b"\x81\xa1a"] {
        // The list of arguments is the first level.
        let deepest = nested(MAX_DEPTH - 1, open);
        arguments(&deepest, |args| {
            assert!(args.first_raw().as_str().len() > 2 * MAX_DEPTH as usize - 2);
            assert!(args.first::<serde::de::IgnoredAny>().is_ok());
        });
        assert_eq!(refused(&nested(MAX_DEPTH, open)), DecodeError::TooDeep);
        assert_eq!(refused(&nested(1_000_000, open)), DecodeError::TooDeep);
    }
}

/// MessagePack CVE-2026-48109 and its like: what a head announces is not allocated, nor awaited.
#[test]
fn cve_2026_48109_announced_counts_cost_nothing() {
    let started = Instant::now();
    for head in [0xdb, 0xc6, 0xdd, 0xdf] {
        let value = [head, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(refused(&event_of(&value)), DecodeError::InvalidPayload);
        // Inside each other, as deep as it goes.
        let nested = [vec![0x91; 100], value.to_vec()].concat();
        assert_eq!(refused(&event_of(&nested)), DecodeError::InvalidPayload);
    }
    let ext = [0xc9, 0xff, 0xff, 0xff, 0xff, 0x00];
    assert_eq!(refused(&event_of(&ext)), DecodeError::InvalidPayload);
    assert!(started.elapsed() < Duration::from_secs(1));
}

/// The work is linear in the bytes: a million elements, and a million members.
#[test]
fn a_million_elements() {
    let started = Instant::now();
    let list = [&[0xdd, 0, 0x0f, 0x42, 0x40][..], &[0x90; 1_000_000]].concat();
    arguments(&event_of(&list), |args| {
        let lists: Vec<()> = args
            .first::<Vec<[u8; 0]>>()
            .expect("lists")
            .iter()
            .map(|_| ())
            .collect();
        assert_eq!(lists.len(), 1_000_000);
    });
    let map = [&[0xdf, 0, 0x0f, 0x42, 0x40][..], &[0x01; 2_000_000]].concat();
    arguments(&event_of(&map), |args| {
        assert_eq!(
            args.first::<Value>().expect("a map"),
            serde_json::json!({ "1": 1 })
        );
    });
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn every_cut_and_every_changed_byte_is_judged() {
    let value =
        serde_json::json!({ "a": [1, -200, 1.5, "text", null, true], "b": { "c": 70_000 } });
    let message = bytes(encoder().event("/chat", Some(5), "say", &value));
    for cut in 0..message.len() {
        assert_eq!(
            refused(&message[..cut]),
            DecodeError::InvalidPayload,
            "{cut}"
        );
    }
    for at in 0..message.len() {
        for byte in 0..=255 {
            let mut changed = message.clone();
            changed[at] = byte;
            let mut decoder = decoder();
            if let Ok(Some(packet)) = decoder.binary(&changed) {
                // What was let in can be read.
                let _ = format!("{packet:?}");
            }
            decoder.release();
        }
    }
}

#[test]
fn text_is_no_packet() {
    let refused = decoder().text("2[\"a\"]").map(|_| ());
    assert_eq!(refused, Err(DecodeError::UnexpectedText));
    assert_eq!(
        DecodeError::UnexpectedText.to_string(),
        "got text, but packets are binary"
    );
    let message = bytes(encoder().event("/", None, "e", &1));
    let refused = Codec::Json
        .decoder(Limits::default())
        .binary(&message)
        .map(|_| ());
    assert_eq!(refused, Err(DecodeError::UnexpectedBinary));
}

#[test]
fn lists_from_elsewhere_are_checked() {
    let list = |bytes: &[u8]| OwnedArguments::from_message_pack(bytes).map(|list| list.weight());
    assert_eq!(list(b"\x92\x01\xa1x"), Ok(3));
    assert_eq!(list(b"\x90"), Ok(0));
    assert_eq!(list(b"\x91"), Err(DecodeError::InvalidPayload));
    assert_eq!(list(b"\x90\x90"), Err(DecodeError::InvalidPayload));
    assert_eq!(list(b"\x80"), Err(DecodeError::InvalidPayload));
    assert_eq!(list(b""), Err(DecodeError::InvalidPayload));
    assert_eq!(list(&[0x91; 129]), Err(DecodeError::TooDeep));
}
