use std::collections::HashMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use sockeye_protocol::{Args, DecodeError, Packet, RawJson};

use super::{arguments, bytes, decoder, encoder, hex, refused, unhex};

#[derive(Deserialize)]
struct Vectors {
    values: Vec<(String, String)>,
    server: Vec<(String, String)>,
    client: Vec<(String, String)>,
    verdicts: Vec<(String, String, String)>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors.json")).expect("written by vectors.mjs")
}

fn client(name: &str) -> Vec<u8> {
    let packets: HashMap<_, _> = vectors().client.into_iter().collect();
    unhex(&packets[name])
}

#[test]
fn every_value_has_the_same_bytes_both_ways() {
    let values = vectors().values;
    assert!(values.len() > 80, "{}", values.len());
    for (json, theirs) in values {
        let raw = RawJson::new(&json).expect("JSON");
        let ours = bytes(encoder().event("/", None, "e", &raw));
        assert_eq!(hex(&ours), theirs, "{json}");
        let value: Value = raw.read().expect("a value");
        arguments(&ours, |args| {
            assert_eq!(args.first::<Value>().expect("a value"), as_numbers(&value));
            let text = args.first_raw();
            assert_eq!(text.read::<Value>().expect("a value"), as_numbers(&value));
        });
    }
}

/// JavaScript has one kind of number; so `0.0` and `0` are the same there.
fn as_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            if float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0 {
                json!(float as i64)
            } else {
                value.clone()
            }
        }
        Value::Array(list) => list.iter().map(as_numbers).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), as_numbers(value)))
            .collect(),
        _ => value.clone(),
    }
}

// parity: 2.N9
#[test]
fn packets_of_a_server_are_byte_for_byte_the_same() {
    let theirs: HashMap<_, _> = vectors().server.into_iter().collect();
    let mut encoder = encoder();
    let check = |name: &str, ours: Vec<u8>| assert_eq!(hex(&ours), theirs[name], "{name}");
    #[derive(serde::Serialize)]
    struct File {
        name: &'static str,
        data: Bytes,
    }
    let file = File {
        name: "a",
        data: Bytes::from_static(b"abc"),
    };
    check(
        "connect",
        bytes(encoder.connect("/chat", "J9n2NLQ9cS28WI0mAAAA")),
    );
    check("disconnect", bytes(encoder.disconnect("/")));
    let hi = Args(("hi", 1));
    check("event", bytes(encoder.event("/", None, "say", &hi)));
    check("empty", bytes(encoder.event("/", None, "ready", &())));
    let half = json!({ "n": 1.5 });
    let asking = bytes(encoder.event("/chat", Some(300), "ask", &half));
    check("asking", asking);
    check("binary", bytes(encoder.event("/", None, "file", &file)));
    let answer = Args(("ok", Bytes::from(vec![7; 300])));
    check("ack", bytes(encoder.ack("/", 7, &answer)));
    check("none", bytes(encoder.ack("/", 0, &())));
    let refusal = bytes(encoder.connect_error("/no", "Invalid namespace", None));
    check("refusal", refusal);
    let code = RawJson::new(r#"{"code":401}"#).expect("JSON");
    let reasoned = bytes(encoder.connect_error("/", "no", Some(&code)));
    check("reasoned", reasoned);
}

#[test]
fn an_event_of_a_client() {
    let message = client("event");
    let mut decoder = decoder();
    let Ok(Some(Packet::Event(event))) = decoder.binary(&message) else {
        panic!("an event")
    };
    assert_eq!((event.namespace, event.id), ("/", Some(0)));
    assert_eq!((&*event.name, &*event.args.json()), ("e", r#"[{"n":1}]"#));
    assert!(!event.args.is_empty());
}

#[test]
fn what_is_undefined_is_not_there() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Given {
        #[serde(default = "default_a")]
        a: String,
        b: u8,
    }
    fn default_a() -> String {
        "default".to_owned()
    }
    arguments(&client("undefined"), |args| {
        let (given, none): (Given, Option<u8>) = args.all().expect("fits");
        let expected = Given {
            a: default_a(),
            b: 1,
        };
        assert_eq!((given, none), (expected, None));
        assert_eq!(args.json(), r#"[{"b":1},null]"#);
    });
}

#[test]
fn a_date_is_a_text_or_a_number() {
    arguments(&client("date"), |args| {
        let (text, millis): (String, i64) = args.all().expect("fits");
        assert_eq!((&*text, millis), ("2000-02-29T00:00:00.123Z", -1));
        let (millis, text): (f64, Value) = args.all().expect("fits");
        assert_eq!(millis, 951_782_400_123.0);
        assert_eq!(text, json!("1969-12-31T23:59:59.999Z"));
        assert_eq!(args.first::<u64>().expect("fits"), 951_782_400_123);
    });
}

#[test]
fn array_buffers_and_buffers_are_bytes() {
    let of = |name: &str| arguments(&client(name), |args| args.first::<Bytes>().expect("bytes"));
    assert_eq!(of("arraybuffer"), &[1, 2, 3][..]);
    assert_eq!(of("longarraybuffer"), &[9; 300][..]);
    let view = arguments(&client("view"), |args| {
        args.first::<HashMap<String, Bytes>>().expect("bytes")
    });
    assert_eq!(view["v"], &[4, 5][..]);
    let list = arguments(&client("buffer"), |args| {
        args.first::<Vec<serde_bytes::ByteBuf>>().expect("bytes")
    });
    assert_eq!(list, [b"hi"]);
}

#[test]
fn credentials_are_json() {
    let message = client("connect");
    let mut decoder = decoder();
    let Ok(Some(Packet::Connect { namespace, auth })) = decoder.binary(&message) else {
        panic!("a connect packet")
    };
    assert_eq!(namespace, "/n");
    assert_eq!(
        auth,
        Some(r#"{"token":"x","bytes":[1,2],"at":"1970-01-01T00:00:00.000Z"}"#)
    );
    let message = client("anonymous");
    let packet = decoder.binary(&message);
    assert!(
        matches!(
            packet,
            Ok(Some(Packet::Connect {
                namespace: "/",
                auth: None
            }))
        ),
        "{packet:?}"
    );
}

#[test]
fn an_answer_of_a_client() {
    let message = client("ack");
    let mut decoder = decoder();
    let Ok(Some(Packet::Ack { id, args, .. })) = decoder.binary(&message) else {
        panic!("an answer")
    };
    let (empty, data): (Value, Bytes) = args.all().expect("fits");
    assert_eq!((id, empty, &*data), (Some(3), json!({}), &b"b"[..]));
}

/// Where the verdicts differ, on purpose.
const DIFFERENCES: [(&str, DecodeError); 10] = [
    // Nobody could handle it, or the library alone may use the name.
    ("an event without a name", DecodeError::InvalidPayload),
    ("a name that is null", DecodeError::InvalidPayload),
    ("a name that is a map", DecodeError::InvalidPayload),
    ("a reserved name", DecodeError::ReservedName),
    // Nobody could be answered.
    ("an id below zero", DecodeError::InvalidAckId),
    ("an id above 2^53", DecodeError::InvalidAckId),
    // Only a server sends it; the reference closes the connection a step later.
    ("a refusal from a client", DecodeError::ConnectError),
    // No Rust string could hold it.
    ("text that is no UTF-8", DecodeError::InvalidPayload),
    // JavaScript makes texts of them: `null` and the empty one.
    ("a key that is null", DecodeError::InvalidPayload),
    ("a key that is a list", DecodeError::InvalidPayload),
];

// parity: 2.N9
#[test]
fn every_verdict() {
    let verdicts = vectors().verdicts;
    for (name, message, theirs) in &verdicts {
        let message = unhex(message);
        let different = DIFFERENCES.iter().find(|(known, _)| known == name);
        let expected = match (different, theirs.as_str()) {
            (Some((_, error)), "accepted") => Err(*error),
            (None, "accepted") => Ok(()),
            (None, "invalid packet type") if message.len() > 8 => Err(DecodeError::UnknownType),
            (None, "invalid namespace") => Err(DecodeError::InvalidNamespace),
            (None, "invalid packet id") => Err(DecodeError::InvalidAckId),
            (None, _) => Err(DecodeError::InvalidPayload),
            (Some(_), theirs) => panic!("{name}: no difference, {theirs}"),
        };
        let ours = decoder().binary(&message).map(|_| ());
        assert_eq!(ours, expected, "{name}: {theirs}");
    }
    for (name, _) in DIFFERENCES {
        assert!(
            verdicts.iter().any(|(known, ..)| known == name),
            "no case named {name}"
        );
    }
    assert_eq!(refused(&[0x91, 0x01]), DecodeError::InvalidPayload);
}
