//! Packets in and out, without attachments.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockeye_protocol::{
    Args, ArgumentError, DecodeError, Decoder, EncodeError, Encoder, Event, Limits, OwnedArguments,
    Packet, Payload, RawJson,
};

fn decode<T>(text: &str, read: impl FnOnce(Packet<'_>) -> T) -> T {
    let mut decoder = Decoder::new(Limits::default());
    let packet = decoder.text(text).expect("legal").expect("complete");
    read(packet)
}

fn arguments(text: &str) -> OwnedArguments {
    decode(text, |packet| match packet {
        Packet::Event(Event { args, .. }) | Packet::Ack { args, .. } => args.to_owned(),
        other => panic!("{other:?}"),
    })
}

fn event<P: Payload + ?Sized>(payload: &P) -> String {
    let mut encoder = Encoder::new(0);
    let packet = encoder
        .event("/", None, "e", payload)
        .expect("has a JSON form");
    String::from_utf8(packet.message().to_vec()).expect("UTF-8")
}

fn ack<P: Payload + ?Sized>(payload: &P) -> String {
    let mut encoder = Encoder::new(0);
    let packet = encoder.ack("/", 1, payload).expect("has a JSON form");
    String::from_utf8(packet.message().to_vec()).expect("UTF-8")
}

// parity: 2.S1
#[test]
fn parts_of_an_event() {
    decode(r#"2/chat,12["say","hi",{"a":[1]}]"#, |packet| {
        assert_eq!(packet.namespace(), "/chat");
        let Packet::Event(event) = packet else {
            panic!("{packet:?}")
        };
        assert_eq!((event.namespace, event.id), ("/chat", Some(12)));
        assert!(matches!(event.name, Cow::Borrowed("say")));
        assert_eq!(event.args.json(), r#"["hi",{"a":[1]}]"#);
        assert_eq!(event.args.first_raw().as_str(), r#""hi""#);
    });
    decode(r#"2["s\u0061y"]"#, |packet| {
        let Packet::Event(event) = packet else {
            panic!("{packet:?}")
        };
        assert!(matches!(&event.name, Cow::Owned(name) if name == "say"));
        assert_eq!(event.args.json(), "[]");
    });
}

// parity: 2.S7
#[test]
fn parts_of_the_other_packets() {
    decode(r#"0/custom?x=1,{"token":"t"} "#, |packet| match packet {
        Packet::Connect { namespace, auth } => {
            assert_eq!((namespace, auth), ("/custom?x=1", Some(r#"{"token":"t"}"#)));
        }
        other => panic!("{other:?}"),
    });
    decode("1/chat,", |packet| match packet {
        Packet::Disconnect { namespace } => assert_eq!(namespace, "/chat"),
        other => panic!("{other:?}"),
    });
    decode("3/chat,9[1, 2]", |packet| match packet {
        Packet::Ack {
            namespace,
            id,
            args,
        } => {
            assert_eq!((namespace, id), ("/chat", Some(9)));
            assert!(matches!(args.json(), Cow::Borrowed("[1, 2]")));
        }
        other => panic!("{other:?}"),
    });
    decode("31", |packet| match packet {
        Packet::Ack { id, args, .. } => assert!(id == Some(1) && args.is_empty()),
        other => panic!("{other:?}"),
    });
}

#[test]
fn the_first_argument() {
    let args = arguments(r#"2["e", {"a":1} , "more"]"#);
    let args = args.borrow();
    assert_eq!(args.first::<Value>().expect("fits"), json!({ "a": 1 }));
    assert_eq!(args.first_raw().as_str(), r#"{"a":1}"#);
    let error = args.first::<String>().expect_err("refused");
    assert!(!error.is_missing());
    assert!(
        error
            .to_string()
            .starts_with("invalid argument: invalid type: map"),
        "{error}"
    );
}

#[test]
fn a_missing_argument() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(Option<u8>);
    for text in [r#"2["e"]"#, r#"2[ "e" ]"#, "3[]", "3[ ]", "3"] {
        let args = arguments(text);
        let args = args.borrow();
        assert!(args.is_empty());
        assert_eq!(args.json(), "[]");
        assert_eq!(args.first::<Option<u8>>().expect("none"), None);
        assert_eq!(args.first::<Wrapped>().expect("none"), Wrapped(None));
        args.first::<()>().expect("nothing is wanted");
        assert_eq!(args.first::<Value>().expect("null"), Value::Null);
        assert_eq!(args.first_raw().as_str(), "null");
        assert!(args.first::<String>().expect_err("refused").is_missing());
        assert_eq!(
            args.first::<u8>().expect_err("refused").to_string(),
            "missing argument"
        );
        assert_eq!(args.all::<Vec<u8>>().expect("none"), Vec::<u8>::new());
        args.all::<()>().expect("nothing is wanted");
        assert_eq!(args.all::<(Option<u8>,)>().expect("none"), (None,));
        assert!(args.all::<(u8,)>().expect_err("refused").is_missing());
    }
}

#[test]
fn the_whole_list() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        number: u8,
        text: Option<String>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair(u8, String);
    let args = arguments(r#"2["e" , 1 , "x" ]"#);
    let args = args.borrow();
    assert_eq!(args.all::<(u8, String)>().expect("fits"), (1, "x".into()));
    assert_eq!(args.all::<(u8,)>().expect("more is ignored"), (1,));
    assert_eq!(args.all::<Pair>().expect("fits"), Pair(1, "x".into()));
    let named = Named {
        number: 1,
        text: Some("x".into()),
    };
    assert_eq!(args.all::<Named>().expect("fits"), named);
    assert_eq!(
        args.all::<Vec<Value>>().expect("fits"),
        [json!(1), json!("x")]
    );
    assert_eq!(args.all::<Value>().expect("fits"), json!([1, "x"]));
    assert_eq!(args.all::<Option<(u8,)>>().expect("fits"), Some((1,)));
    let padded = args
        .all::<(u8, String, Option<u8>, Option<u8>)>()
        .expect("options");
    assert_eq!(padded, (1, "x".into(), None, None));
    assert!(
        args.all::<(u8, String, u8)>()
            .expect_err("refused")
            .is_missing()
    );
    let error = args.all::<(String,)>().expect_err("refused");
    assert!(matches!(error, ArgumentError::Invalid(_)), "{error}");
    assert!(matches!(
        args.all::<String>(),
        Err(ArgumentError::Invalid(_))
    ));
}

/// A type that asks for a pair, but reads until nothing comes: it is given two, not endless nulls.
#[test]
fn missing_arguments_are_filled_up_to_the_length() {
    struct Greedy(Vec<Option<u8>>);
    impl<'de> Deserialize<'de> for Greedy {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct All;
            impl<'de> serde::de::Visitor<'de> for All {
                type Value = Greedy;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a pair")
                }

                fn visit_seq<A: serde::de::SeqAccess<'de>>(
                    self,
                    mut elements: A,
                ) -> Result<Greedy, A::Error> {
                    let mut list = Vec::new();
                    while let Some(element) = elements.next_element()? {
                        assert!(list.len() < 5, "endless");
                        list.push(element);
                    }
                    Ok(Greedy(list))
                }
            }
            deserializer.deserialize_tuple(2, All)
        }
    }
    for (text, expected) in [
        ("3[]", &[None, None][..]),
        ("3[1]", &[Some(1), None]),
        ("3[1,2]", &[Some(1), Some(2)]),
        ("3[1,2,3]", &[Some(1), Some(2), Some(3)]),
    ] {
        let Greedy(list) = arguments(text).borrow().all().expect("numbers");
        assert_eq!(list, expected, "{text}");
    }
}

#[test]
fn arguments_that_wait() {
    let text = r#"2["e",{"a":[1,2]},3]"#;
    let args = arguments(text);
    assert_eq!(args.weight(), text.len() - 1);
    assert_eq!(args.borrow().json(), r#"[{"a":[1,2]},3]"#);
    assert_eq!(args.borrow().all::<(Value, u8)>().expect("fits").1, 3);
    assert_eq!(
        format!("{args:?}"),
        r#"Arguments([{"a":[1,2]},3], 0 attachments)"#
    );
}

/// What the wire says passes through unread, where JavaScript would respell it.
#[test]
fn raw_json_is_verbatim() {
    let odd = r#"{"a":1,"a":2,"n":-0.0,"big":1e400,"s":"\ud800\/", "_" :{"__proto__":[]}}"#;
    let raw = arguments(&format!(r#"2["e",{odd}]"#)).borrow().first_raw();
    assert_eq!(raw.as_str(), odd);
    assert_eq!(event(&raw), format!(r#"2["e",{odd}]"#));
    assert_eq!(
        event(&Args((1, &raw, Some(&raw)))),
        format!(r#"2["e",1,{odd},{odd}]"#)
    );
    assert_eq!(ack(&raw), format!("31[{odd}]"));
    assert_eq!(ack(&json!([1])), "31[[1]]");
    #[derive(Serialize)]
    struct Message<'a> {
        raw: &'a RawJson,
        null: Option<u8>,
    }
    assert_eq!(
        ack(&Message {
            raw: &raw,
            null: None
        }),
        format!(r#"31[{{"raw":{odd},"null":null}}]"#)
    );
    assert_eq!(
        serde_json::to_string(&[&raw]).expect("JSON"),
        format!("[{odd}]")
    );
    assert_eq!(raw.to_string(), odd);
}

#[test]
fn raw_json_is_checked() {
    assert_eq!(RawJson::new(" [1] ").expect("JSON").into_string(), "[1]");
    for text in ["", "1 2", "{", "nul", "'x'", "[1]]"] {
        assert_eq!(
            RawJson::new(text).expect_err("refused"),
            DecodeError::InvalidPayload,
            "{text}"
        );
    }
    assert_eq!(
        RawJson::new(&"[".repeat(129)).expect_err("refused"),
        DecodeError::TooDeep
    );
    let raw = RawJson::from_value(&("x", 1)).expect("JSON");
    assert_eq!(raw.as_str(), r#"["x",1]"#);
    assert_eq!(
        raw.read::<(String, u8)>().expect("fits"),
        ("x".to_owned(), 1)
    );
    assert!(matches!(raw.read::<u8>(), Err(ArgumentError::Invalid(_))));
}

#[test]
fn how_many_arguments() {
    #[derive(Serialize)]
    struct Unit;
    assert_eq!(event(&()), r#"2["e"]"#);
    assert_eq!(event(&None::<u8>), r#"2["e",null]"#);
    assert_eq!(event(&Value::Null), r#"2["e",null]"#);
    assert_eq!(event(&Unit), r#"2["e",null]"#);
    assert_eq!(event(&[(); 0]), r#"2["e",[]]"#);
    assert_eq!(event("text"), r#"2["e","text"]"#);
    assert_eq!(event(&[1, 2][..]), r#"2["e",[1,2]]"#);
    assert_eq!(event(&Args(())), r#"2["e"]"#);
    assert_eq!(event(&Args([0; 0])), r#"2["e"]"#);
    assert_eq!(event(&Args((1,))), r#"2["e",1]"#);
    assert_eq!(event(&Args(vec![1, 2])), r#"2["e",1,2]"#);
    assert_eq!(event(&Args(((), [1]))), r#"2["e",null,[1]]"#);
    assert_eq!(
        event(&Args(RawJson::new("[ ]").expect("JSON"))),
        r#"2["e"]"#
    );
    assert_eq!(
        event(&Args(RawJson::new("[ 1 ]").expect("JSON"))),
        r#"2["e", 1 ]"#
    );
    assert_eq!(ack(&()), "31[]");
    assert_eq!(ack(&None::<u8>), "31[null]");
    assert_eq!(ack(&7), "31[7]");
    assert_eq!(ack(&Args(())), "31[]");
    assert_eq!(ack(&Args([0; 0])), "31[]");
    assert_eq!(ack(&Args((1, "x"))), r#"31[1,"x"]"#);
}

#[test]
fn what_cannot_be_written() {
    let mut encoder = Encoder::new(3);
    let error = encoder
        .event("/", None, "disconnect", &1)
        .expect_err("refused");
    assert!(matches!(error, EncodeError::ReservedName), "{error}");
    for not_a_list in [json!({ "a": 1 }), json!("a"), json!(1), json!(true)] {
        let error = encoder
            .event("/", None, "e", &Args(&not_a_list))
            .expect_err("refused");
        assert!(matches!(error, EncodeError::NotAList), "{error}");
        let error = encoder
            .ack("/", 1, &Args(&not_a_list))
            .expect_err("refused");
        assert!(matches!(error, EncodeError::NotAList), "{error}");
    }
    let map = std::collections::BTreeMap::from([((1, 2), 3)]);
    let error = encoder.ack("/", 1, &map).expect_err("refused");
    assert!(matches!(error, EncodeError::Json(_)), "{error}");
    let map = std::collections::BTreeMap::from([(RawJson::null(), 3)].map(|(k, v)| (Key(k), v)));
    let error = encoder.ack("/", 1, &map).expect_err("refused");
    assert!(matches!(error, EncodeError::Json(_)), "{error}");
    // A failure leaves nothing behind: neither bytes nor a waiting piece of JSON.
    assert_eq!(
        encoder.ack("/", 1, &Value::Null).expect("JSON").message(),
        b"31[null]"
    );
    assert!(size_of::<EncodeError>() <= 32 && size_of::<ArgumentError>() <= 32);
}

#[derive(PartialEq, Eq, Serialize)]
struct Key(RawJson);

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

// parity: 2.N7
#[test]
fn packets_of_a_server() {
    let mut encoder = Encoder::new(10);
    let text = |packet: Result<sockeye_protocol::Encoded<'_>, EncodeError>| {
        let packet = packet.expect("JSON");
        assert!(packet.start() >= 10);
        assert_eq!(packet.attachment_count(), 0);
        String::from_utf8(packet.message().to_vec()).expect("UTF-8")
    };
    assert_eq!(text(encoder.connect("/", "s\"id")), r#"0{"sid":"s\"id"}"#);
    assert_eq!(text(encoder.connect("/n", "x")), r#"0/n,{"sid":"x"}"#);
    let refusal = encoder.connect_error("/n", "no\n", None);
    assert_eq!(text(refusal), r#"4/n,{"message":"no\n"}"#);
    let data = RawJson::new(r#"{"code":401}"#).expect("JSON");
    let refusal = encoder.connect_error("/", "no", Some(&data));
    assert_eq!(text(refusal), r#"4{"message":"no","data":{"code":401}}"#);
    assert_eq!(text(encoder.disconnect("/")), "1");
    assert_eq!(text(encoder.disconnect("/n")), "1/n,");
    let event = encoder.event("/n", Some(u64::MAX), "a\"b", "c");
    assert_eq!(text(event), r#"2/n,18446744073709551615["a\"b","c"]"#);
}

#[test]
fn headers_fit_in_front() {
    let mut encoder = Encoder::new(4);
    let mut packet = encoder.event("/", None, "e", "x").expect("JSON");
    let start = packet.start();
    packet.buffer()[start - 4..start].copy_from_slice(b"HEAD");
    assert_eq!(&packet.buffer()[start - 4..], br#"HEAD2["e","x"]"#);
    assert_eq!(packet.message(), br#"2["e","x"]"#);
}

#[test]
fn a_huge_packet_is_not_kept() {
    let mut encoder = Encoder::new(0);
    encoder
        .event("/", None, "e", &"x".repeat(1_000_000))
        .expect("JSON");
    encoder.event("/", None, "e", "x").expect("JSON");
    let debug = format!("{encoder:?}");
    let capacity = debug
        .split("capacity: ")
        .nth(1)
        .and_then(|rest| rest.split(',').next());
    let capacity: usize = capacity
        .and_then(|text| text.trim().parse().ok())
        .expect("a number");
    assert!(capacity <= 64 * 1024, "{debug}");
}

// parity: 2.S9
/// `serde_json` takes a short cut with some, unless told not to: here it gave a neighbour of each.
#[test]
fn numbers_are_read_exactly() {
    let numbers = [-2021295054.5714285, 1.5e-300];
    let args = arguments("2[\"e\",-2021295054.5714285,1.5e-300]");
    assert_eq!(args.borrow().all::<[f64; 2]>().expect("numbers"), numbers);
}
