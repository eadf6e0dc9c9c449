//! Every verdict beside the reference's.

mod table;

use sockeye_protocol::{Decoder, Limits, Packet};
use table::PACKETS;

/// What the decoder makes of a text and `binaries` messages behind it, in the words of the table.
fn verdict(text: &str, binaries: usize) -> String {
    let mut decoder = Decoder::new(Limits::default());
    let mut result = decoder
        .text(text)
        .map(|packet| packet.map(|packet| describe(&packet)));
    for index in 0..binaries {
        let Ok(complete) = result else { break };
        result = decoder
            .binary(&[index as u8])
            .map(|packet| packet.map(|packet| describe(&packet)).or(complete));
    }
    match result {
        Ok(Some(packet)) => packet,
        Ok(None) => "waits".to_owned(),
        Err(error) => format!("refused: {error}"),
    }
}

fn describe(packet: &Packet<'_>) -> String {
    let nsp = packet.namespace();
    let count = |args: &sockeye_protocol::Arguments<'_>| {
        let list: Vec<serde::de::IgnoredAny> = args.all().expect("any JSON can be ignored");
        list.len()
    };
    let id = |id: &Option<u64>| id.map_or_else(String::new, |id| format!(" #{id}"));
    match packet {
        Packet::Connect { auth: None, .. } => format!("connect {nsp}"),
        Packet::Connect { auth: Some(_), .. } => format!("connect {nsp} auth"),
        Packet::Disconnect { .. } => format!("disconnect {nsp}"),
        Packet::Event(event) => {
            let name = serde_json::to_string(&event.name).expect("a string");
            format!("event {nsp}{} {name} {}", id(&event.id), count(&event.args))
        }
        Packet::Ack { id: ack, args, .. } => format!("ack {nsp}{} {}", id(ack), count(args)),
        Packet::EmptyEvent { .. } => format!("event {nsp} empty"),
        _ => "unknown to this test".to_owned(),
    }
}

// parity: 2.S1 2.S2 2.S4 2.S6 2.S7 2.S8
#[test]
fn verdicts_are_those_of_the_reference() {
    for (text, binaries, expected) in PACKETS {
        let mut actual = verdict(text, *binaries);
        if actual.starts_with("refused") {
            actual.truncate("refused".len());
        }
        let mut expected = (*expected).to_owned();
        // An empty event belongs to nobody, so its id is not told.
        if expected.ends_with(" empty") {
            let id = expected
                .find(" #")
                .unwrap_or(expected.len() - " empty".len());
            expected.replace_range(id..expected.len() - " empty".len(), "");
        }
        assert_eq!(actual, expected, "{text:?} with {binaries}");
    }
}

/// Where the reference's verdict depends on what JavaScript makes of odd numbers, or where only a
/// server that reads strictly is safe: text, binaries, the reference's verdict, ours.
const DIFFERENCES: &[(&str, usize, &str, &str)] = &[
    (
        "4",
        0,
        "connect error /",
        r#"refused: connect error from a client"#,
    ),
    (
        r#"4"x""#,
        0,
        "connect error /",
        r#"refused: connect error from a client"#,
    ),
    (
        "4{}",
        0,
        "connect error /",
        r#"refused: connect error from a client"#,
    ),
    (
        "41",
        0,
        "connect error /",
        r#"refused: connect error from a client"#,
    ),
    ("", 0, "connect /", r#"refused: unknown packet type"#),
    (" ", 0, "connect /", r#"refused: unknown packet type"#),
    ("\u{9}2", 0, "connect /", r#"refused: unknown packet type"#),
    (
        r#"5 1-["a"]"#,
        1,
        r#"event / "a" 0"#,
        r#"refused: illegal attachments"#,
    ),
    (
        r#"51e0-["a"]"#,
        1,
        r#"event / "a" 0"#,
        r#"refused: illegal attachments"#,
    ),
    (
        r#"50x1-["a"]"#,
        1,
        r#"event / "a" 0"#,
        r#"refused: illegal attachments"#,
    ),
    (
        r#"5+1-["a"]"#,
        1,
        r#"event / "a" 0"#,
        r#"refused: illegal attachments"#,
    ),
    (
        r#"51.0-["a"]"#,
        1,
        r#"event / "a" 0"#,
        r#"refused: illegal attachments"#,
    ),
    (
        r#"2 1 2["a"]"#,
        0,
        r#"event / #NaN "a" 0"#,
        r#"refused: invalid ack id"#,
    ),
    (
        r#"29007199254740993["a"]"#,
        0,
        r#"event / #9007199254740992 "a" 0"#,
        r#"refused: invalid ack id"#,
    ),
    (
        r#"2123456789012345678901234567890["a"]"#,
        0,
        r#"event / #1.2345678901234568e+29 "a" 0"#,
        r#"refused: invalid ack id"#,
    ),
    (
        r#"2["\ud800"]"#,
        0,
        r#"event / "\ud800" 0"#,
        r#"refused: invalid payload"#,
    ),
    ("2[1.0]", 0, r#"event / "1" 0"#, r#"event / "1.0" 0"#),
    ("2[1e3]", 0, r#"event / "1000" 0"#, r#"event / "1e3" 0"#),
    ("2[-0]", 0, r#"event / "0" 0"#, r#"event / "-0" 0"#),
    (
        r#"51-["a",{"_placeholder":true,"num":0.5}]"#,
        1,
        r#"event / "a" 1"#,
        r#"refused: illegal attachments"#,
    ),
];

// parity: 2.S5 2.S9
#[test]
fn differences_are_the_known_ones() {
    for (text, binaries, reference, expected) in DIFFERENCES {
        assert_ne!(reference, expected, "{text:?} is no difference");
        assert_eq!(
            verdict(text, *binaries),
            *expected,
            "{text:?} with {binaries}"
        );
    }
}
