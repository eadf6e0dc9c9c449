//! Every way to be refused, and what the advisories of this family of servers sent.

use std::time::{Duration, Instant};

use sockeye_protocol::{
    DecodeError, Decoder, Limits, MAX_DEPTH, MAX_NAME_BYTES, MAX_NAMESPACE_BYTES, Packet,
};

fn refused(text: &str) -> DecodeError {
    let mut decoder = Decoder::new(Limits::default());
    match decoder.text(text) {
        Err(error) => error,
        Ok(packet) => panic!("{packet:?}"),
    }
}

#[track_caller]
fn accepted(text: &str) {
    let mut decoder = Decoder::new(Limits::default());
    assert!(decoder.text(text).is_ok(), "{text}");
}

// parity: 2.S8
#[test]
fn each_reason_by_name_and_wording() {
    let long = |n| "x".repeat(n);
    let cases = [
        ("7", DecodeError::UnknownType, "unknown packet type"),
        ("", DecodeError::UnknownType, "unknown packet type"),
        (
            "50-[\"a\"]",
            DecodeError::IllegalAttachments,
            "illegal attachments",
        ),
        (
            "511-[\"a\"]",
            DecodeError::TooManyAttachments,
            "too many attachments",
        ),
        (
            &format!("2/{},", long(255)),
            DecodeError::NamespaceTooLong,
            "namespace too long",
        ),
        (
            &format!("2[\"{}\"]", long(256)),
            DecodeError::NameTooLong,
            "event name too long",
        ),
        (
            "2[\"connect\"]",
            DecodeError::ReservedName,
            "invalid payload: reserved event name",
        ),
        (
            "29007199254740993[\"a\"]",
            DecodeError::InvalidAckId,
            "invalid ack id",
        ),
        ("2[\"a\"", DecodeError::InvalidPayload, "invalid payload"),
        (
            &format!("2[\"a\",{}", "[".repeat(1000)),
            DecodeError::TooDeep,
            "invalid payload: nested too deeply",
        ),
        (
            "4{}",
            DecodeError::ConnectError,
            "connect error from a client",
        ),
    ];
    for (text, error, wording) in cases {
        assert_eq!(refused(text), error, "{text}");
        assert_eq!(error.to_string(), wording);
    }
}

// parity: 2.S3
#[test]
fn text_while_attachments_are_awaited() {
    let mut decoder = Decoder::new(Limits::default());
    assert!(decoder.text("51-[\"a\"]").expect("legal").is_none());
    assert!(decoder.is_waiting());
    let error = decoder.text("2[\"a\"]").expect_err("refused");
    assert_eq!(error, DecodeError::TextDuringAttachments);
    assert_eq!(
        error.to_string(),
        "got plaintext data when reconstructing a packet"
    );
    assert!(!decoder.is_waiting());
}

// parity: 2.S3
#[test]
fn binary_without_a_packet() {
    let mut decoder = Decoder::new(Limits::default());
    let error = decoder.binary(b"x").expect_err("refused");
    assert_eq!(error, DecodeError::UnexpectedBinary);
    assert_eq!(
        error.to_string(),
        "got binary data when not reconstructing a packet"
    );
    assert!(decoder.text("51-[\"a\"]").expect("legal").is_none());
    assert!(decoder.binary(b"x").expect("legal").is_some());
    assert_eq!(
        decoder.binary(b"x").expect_err("refused"),
        DecodeError::UnexpectedBinary
    );
}

#[test]
fn attachments_together_are_limited() {
    let limits = Limits {
        max_attachments: 3,
        max_attachment_bytes: 10,
    };
    let mut decoder = Decoder::new(limits);
    assert!(decoder.text("53-[\"a\"]").expect("legal").is_none());
    assert!(decoder.binary(b"12345").expect("legal").is_none());
    assert!(decoder.binary(b"12345").expect("legal").is_none());
    assert!(decoder.binary(b"").expect("nothing more").is_some());

    assert!(decoder.text("53-[\"a\"]").expect("legal").is_none());
    assert!(decoder.binary(b"12345").expect("legal").is_none());
    let error = decoder.binary(b"123456").expect_err("refused");
    assert_eq!(error, DecodeError::AttachmentsTooLarge);
    assert_eq!(error.to_string(), "attachments too large");
    assert_eq!(
        decoder.binary(b"").expect_err("refused"),
        DecodeError::UnexpectedBinary
    );
}

#[test]
fn limits_of_names_are_exact() {
    let name = "n".repeat(MAX_NAME_BYTES);
    accepted(&format!("2[\"{name}\"]"));
    assert_eq!(
        refused(&format!("2[\"{name}n\"]")),
        DecodeError::NameTooLong
    );
    assert_eq!(
        refused(&format!("2[1{}]", "0".repeat(MAX_NAME_BYTES))),
        DecodeError::NameTooLong
    );
    // Escapes count as what they stand for.
    accepted(&format!("2[\"{}\"]", "\\u006e".repeat(MAX_NAME_BYTES)));
    let namespace = "n".repeat(MAX_NAMESPACE_BYTES - 1);
    accepted(&format!("0/{namespace}"));
    accepted(&format!("0/{namespace},"));
    assert_eq!(
        refused(&format!("0/{namespace}n")),
        DecodeError::NamespaceTooLong
    );
    assert_eq!(
        refused(&format!("0/{namespace}n,")),
        DecodeError::NamespaceTooLong
    );
    // The limit may fall into a character.
    assert_eq!(
        refused(&format!("0/{}", "é".repeat(127) + "é,")),
        DecodeError::NamespaceTooLong
    );
}

#[test]
fn depth_is_exact() {
    let nested = |levels: u32, open: &str, close: &str| {
        open.repeat(levels as usize) + "0" + &close.repeat(levels as usize)
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deepest = nested(MAX_DEPTH - 1, open, close);
        accepted(&format!("2[\"a\",1,{deepest}]"));
        accepted(&format!("3[{deepest}]"));
        let deeper = nested(MAX_DEPTH, open, close);
        assert_eq!(
            refused(&format!("2[\"a\",1,{deeper}]")),
            DecodeError::TooDeep
        );
        assert_eq!(refused(&format!("3[{deeper}]")), DecodeError::TooDeep);
        assert_eq!(
            refused(&format!("51-[\"a\",{deeper}]")),
            DecodeError::TooDeep
        );
        // What is accepted can be read.
        let text = format!("2[\"a\",{deepest}]");
        let mut decoder = Decoder::new(Limits::default());
        let Ok(Some(Packet::Event(event))) = decoder.text(&text) else {
            panic!("an event")
        };
        event
            .args
            .first::<serde_json::Value>()
            .expect("within serde_json's own limit");
    }
    accepted(&format!("0{}", nested(MAX_DEPTH, "{\"a\":", "}")));
    assert_eq!(
        refused(&format!("0{}", nested(MAX_DEPTH + 1, "{\"a\":", "}"))),
        DecodeError::TooDeep
    );
    // Closed again is not nested.
    accepted(&format!("2[\"a\"{}]", ",[[]]".repeat(1000)));
}

/// Nesting that would overflow a stack that recursed.
#[test]
fn a_million_brackets() {
    for open in ["[", "{\"a\":", "[{\"a\":"] {
        let text = format!("2[\"a\",{}", open.repeat(1_000_000));
        assert_eq!(refused(&text), DecodeError::TooDeep);
        assert_eq!(refused(&format!("51-{}", &text[1..])), DecodeError::TooDeep);
    }
}

/// The decoder holds nothing when idle, and lets go of attachments when told.
#[test]
fn an_idle_decoder_is_small() {
    assert!(size_of::<Decoder>() <= 32, "{}", size_of::<Decoder>());
    let mut decoder = Decoder::new(Limits::default());
    assert!(decoder.text("51-[\"a\"]").expect("legal").is_none());
    let Ok(Some(Packet::Event(event))) = decoder.binary(b"x") else {
        panic!("an event")
    };
    let held = event.args.attachments()[0].clone();
    assert!(!held.is_unique());
    decoder.release();
    assert!(held.is_unique());
    // What is not complete stays.
    assert!(decoder.text("51-[\"a\"]").expect("legal").is_none());
    decoder.release();
    assert!(decoder.is_waiting());
}

// ===== advisories =====

/// CVE-2020-36049: fields of ten million characters took time quadratic in their length.
#[test]
fn cve_2020_36049_long_fields_are_linear() {
    let n = 10_000_000;
    let started = Instant::now();
    assert_eq!(refused(&"2".repeat(n)), DecodeError::InvalidAckId);
    assert_eq!(
        refused(&format!("2{}x", " ".repeat(n))),
        DecodeError::InvalidPayload
    );
    assert_eq!(refused(&"5".repeat(n)), DecodeError::IllegalAttachments);
    assert_eq!(
        refused(&format!("5{}-", "1".repeat(n))),
        DecodeError::TooManyAttachments
    );
    assert_eq!(
        refused(&format!("2/{}", "a".repeat(n))),
        DecodeError::NamespaceTooLong
    );
    assert_eq!(
        refused(&format!("2/{},", "é".repeat(n / 2))),
        DecodeError::NamespaceTooLong
    );
    assert_eq!(
        refused(&format!("2[\"{}", "a".repeat(n))),
        DecodeError::InvalidPayload
    );
    assert_eq!(
        refused(&format!("2[{}", "1".repeat(n))),
        DecodeError::NameTooLong
    );
    // Linear is a tenth of a second unoptimised; quadratic is hours.
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
}

/// Placeholders in deep nesting: looking for them again at each level would be quadratic.
#[test]
fn placeholders_in_depth_are_linear() {
    let levels = MAX_DEPTH as usize - 2;
    let filler = format!("\"{}\"", "x".repeat(2_000_000));
    let text = format!(
        "51-[\"a\",{}{filler},{{\"_placeholder\":true,\"num\":0}}{}]",
        "[".repeat(levels),
        "]".repeat(levels)
    );
    let mut decoder = Decoder::new(Limits::default());
    let started = Instant::now();
    assert!(decoder.text(&text).expect("legal").is_none());
    let Ok(Some(Packet::Event(event))) = decoder.binary(b"x") else {
        panic!("an event")
    };
    event.args.first::<serde::de::IgnoredAny>().expect("JSON");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

// parity: 2.S4
/// CVE-2022-2421: a placeholder named a method of the list of attachments.
#[test]
fn cve_2022_2421_placeholder_that_is_no_index() {
    for num in [
        "\"splice\"",
        "\"0\"",
        "null",
        "true",
        "[0]",
        "{}",
        "-1",
        "1",
        "0.5",
        "1e400",
    ] {
        let text = format!("51-[\"e\",{{\"_placeholder\":true,\"num\":{num}}}]");
        assert_eq!(refused(&text), DecodeError::IllegalAttachments, "{num}");
    }
    assert_eq!(
        refused("51-[\"e\",{\"_placeholder\":true}]"),
        DecodeError::IllegalAttachments
    );
    let text = "61-1[[{\"a\":{\"num\":1,\"_placeholder\":true}}]]";
    assert_eq!(refused(text), DecodeError::IllegalAttachments);
}

/// CVE-2023-32695: an event's name was an object.
#[test]
fn cve_2023_32695_name_that_is_no_string() {
    for text in [
        "2[{\"toString\":\"foo\"}]",
        "2[null]",
        "2[[\"a\"]]",
        "51-[{\"_placeholder\":true,\"num\":0}]",
    ] {
        assert_eq!(refused(text), DecodeError::InvalidPayload, "{text}");
    }
}

// parity: 2.S6
/// Names that would have raised the library's own events.
#[test]
fn reserved_names_in_any_spelling() {
    for name in [
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
        "\\u0063onnect",
        "dis\\u0063onnect",
    ] {
        assert_eq!(
            refused(&format!("2[\"{name}\"]")),
            DecodeError::ReservedName,
            "{name}"
        );
        assert_eq!(
            refused(&format!("2[\"{name}\",1]")),
            DecodeError::ReservedName,
            "{name}"
        );
        assert_eq!(
            refused(&format!("51-[\"{name}\"]")),
            DecodeError::ReservedName,
            "{name}"
        );
    }
}

/// CVE-2024-38355: an event called `error`, which is one like any other.
#[test]
fn cve_2024_38355_error_is_an_ordinary_name() {
    let mut decoder = Decoder::new(Limits::default());
    let Ok(Some(Packet::Event(event))) = decoder.text("2[\"error\"]") else {
        panic!("an event")
    };
    assert_eq!(event.name, "error");
    assert!(event.args.is_empty());
}

// parity: 2.S2 3.7
/// CVE-2026-33151 and CVE-2026-48804: a packet of a million attachments, all held until the end.
#[test]
fn cve_2026_33151_announced_attachments_are_limited() {
    assert_eq!(refused("51000000-[\"a\"]"), DecodeError::TooManyAttachments);
    assert_eq!(refused("511-[\"a\"]"), DecodeError::TooManyAttachments);
    assert_eq!(
        refused("518446744073709551617-[\"a\"]"),
        DecodeError::TooManyAttachments
    );
    accepted("510-[\"a\"]");
}

// parity: 2.S2
/// CVE-2026-69185: no attachment announced, so that none was the last.
#[test]
fn cve_2026_69185_no_attachments() {
    for text in ["50-[\"x\"]", "500-[\"x\"]", "5-[\"x\"]", "60-[]"] {
        let mut decoder = Decoder::new(Limits::default());
        assert_eq!(
            decoder.text(text).expect_err("refused"),
            DecodeError::IllegalAttachments,
            "{text}"
        );
        assert!(!decoder.is_waiting());
        assert_eq!(
            decoder.binary(b"x").expect_err("refused"),
            DecodeError::UnexpectedBinary
        );
    }
}
