//! Attachments through every way that serde has of nesting a value, in both directions.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};
use sockeye_protocol::{Args, ArgumentError, Decoder, Encoder, Limits, Packet};

const HOLE: &str = r#"{"_placeholder":true,"num":0}"#;

/// Sends `value` as an event; its JSON must be `json`. What arrives must be the same again,
/// also when it comes in an answer and has waited in a queue.
#[track_caller]
fn round_trip<T>(value: &T, json: &str, attachments: &[&[u8]])
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let mut encoder = Encoder::new(0);
    let packet = encoder
        .event("/", None, "e", value)
        .expect("has a JSON form");
    let text = String::from_utf8(packet.message().to_vec()).expect("UTF-8");
    assert_eq!(text, format!(r#"5{}-["e",{json}]"#, attachments.len()));
    assert_eq!(packet.attachments().collect::<Vec<_>>(), attachments);
    assert_eq!(packet.attachment_count(), attachments.len());
    assert_eq!(
        &receive::<T>(&text, attachments).expect("reads back"),
        value
    );

    let packet = encoder.ack("/", 3, value).expect("has a JSON form");
    let text = String::from_utf8(packet.message().to_vec()).expect("UTF-8");
    assert_eq!(text, format!("6{}-3[{json}]", attachments.len()));
    assert_eq!(
        &receive::<T>(&text, attachments).expect("reads back"),
        value
    );
}

/// Reads the first argument three times: by itself, in the list, and after a wait.
fn receive<T>(text: &str, attachments: &[&[u8]]) -> Result<T, ArgumentError>
where
    T: DeserializeOwned + PartialEq + Debug,
{
    let mut decoder = Decoder::new(Limits::default());
    assert!(decoder.text(text).expect("legal").is_none());
    let (last, others) = attachments.split_last().expect("one at least");
    for bytes in others {
        assert!(decoder.binary(bytes).expect("legal").is_none());
    }
    let args = match decoder.binary(last).expect("legal") {
        Some(Packet::Event(event)) => event.args,
        Some(Packet::Ack { args, .. }) => args,
        other => panic!("{other:?}"),
    };
    let first: T = args.first()?;
    let (listed,): (T,) = args.all()?;
    let waited: T = args.to_owned().borrow().first()?;
    assert_eq!(first, listed);
    assert_eq!(first, waited);
    Ok(first)
}

// parity: 2.S10
#[test]
fn bytes_of_every_crate() {
    round_trip(&Bytes::from_static(b"abc"), HOLE, &[b"abc"]);
    round_trip(&ByteBuf::from(*b"abc"), HOLE, &[b"abc"]);
    round_trip(&ByteArray::new(*b"abc"), HOLE, &[b"abc"]);
    round_trip(&Bytes::new(), HOLE, &[b""]);
}

#[test]
fn with_attribute() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Parts {
        #[serde(with = "serde_bytes")]
        list: Vec<u8>,
        #[serde(with = "serde_bytes")]
        option: Option<Vec<u8>>,
        #[serde(with = "serde_bytes")]
        array: [u8; 2],
        none: Option<Bytes>,
    }
    round_trip(
        &Parts {
            list: vec![1],
            option: Some(vec![2]),
            array: [3, 4],
            none: None,
        },
        r#"{"list":{"_placeholder":true,"num":0},"option":{"_placeholder":true,"num":1},"array":{"_placeholder":true,"num":2},"none":null}"#,
        &[&[1], &[2], &[3, 4]],
    );
}

#[test]
fn slices_are_written() {
    let mut encoder = Encoder::new(0);
    let packet = encoder
        .event("/", None, "e", serde_bytes::Bytes::new(b"xyz"))
        .expect("JSON");
    assert_eq!(packet.message(), format!(r#"51-["e",{HOLE}]"#).as_bytes());
    assert_eq!(packet.attachments().collect::<Vec<_>>(), [b"xyz"]);
}

// parity: 2.S10
#[test]
fn depth_options_and_lists() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Deep {
        a: Vec<Option<Box<(u8, Bytes)>>>,
    }
    round_trip(
        &Deep {
            a: vec![None, Some(Box::new((7, Bytes::from_static(b"x"))))],
        },
        r#"{"a":[null,[7,{"_placeholder":true,"num":0}]]}"#,
        &[b"x"],
    );
}

#[test]
fn maps_with_text_and_number_keys() {
    round_trip(
        &BTreeMap::from([("a\"b".to_owned(), Bytes::from_static(b"1"))]),
        r#"{"a\"b":{"_placeholder":true,"num":0}}"#,
        &[b"1"],
    );
    round_trip(
        &BTreeMap::from([
            (-1_i64, Bytes::from_static(b"1")),
            (20, Bytes::from_static(b"2")),
        ]),
        r#"{"-1":{"_placeholder":true,"num":0},"20":{"_placeholder":true,"num":1}}"#,
        &[b"1", b"2"],
    );
    round_trip(
        &BTreeMap::from([(true, Bytes::from_static(b"1"))]),
        r#"{"true":{"_placeholder":true,"num":0}}"#,
        &[b"1"],
    );
}

#[test]
fn flatten() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Inner {
        data: Bytes,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Outer {
        id: u32,
        #[serde(flatten)]
        inner: Inner,
        #[serde(flatten)]
        others: BTreeMap<String, ByteBuf>,
    }
    round_trip(
        &Outer {
            id: 1,
            inner: Inner {
                data: Bytes::from_static(b"x"),
            },
            others: BTreeMap::from([("more".to_owned(), ByteBuf::from(*b"y"))]),
        },
        r#"{"id":1,"data":{"_placeholder":true,"num":0},"more":{"_placeholder":true,"num":1}}"#,
        &[b"x", b"y"],
    );
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Untagged {
    Number(u32),
    Flag(bool),
    Data(Bytes),
    Object { data: ByteBuf },
}

#[test]
fn untagged() {
    round_trip(&Untagged::Data(Bytes::from_static(b"x")), HOLE, &[b"x"]);
    round_trip(
        &Untagged::Object {
            data: ByteBuf::from(*b"x"),
        },
        r#"{"data":{"_placeholder":true,"num":0}}"#,
        &[b"x"],
    );
    round_trip(
        &vec![
            Untagged::Number(1),
            Untagged::Flag(true),
            Untagged::Data(Bytes::new()),
        ],
        r#"[1,true,{"_placeholder":true,"num":0}]"#,
        &[b""],
    );
}

#[test]
fn internally_tagged() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Body {
        data: Bytes,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(tag = "type")]
    enum Internal {
        Struct { data: Bytes },
        Newtype(Body),
    }
    round_trip(
        &Internal::Struct {
            data: Bytes::from_static(b"x"),
        },
        r#"{"type":"Struct","data":{"_placeholder":true,"num":0}}"#,
        &[b"x"],
    );
    round_trip(
        &Internal::Newtype(Body {
            data: Bytes::from_static(b"x"),
        }),
        r#"{"type":"Newtype","data":{"_placeholder":true,"num":0}}"#,
        &[b"x"],
    );
    // The tag need not come first.
    let text = format!(r#"51-["e",{{"data":{HOLE},"type":"Struct"}}]"#);
    let value: Internal = receive(&text, &[b"x"]).expect("reads");
    assert_eq!(
        value,
        Internal::Struct {
            data: Bytes::from_static(b"x")
        }
    );
}

#[test]
fn adjacently_tagged() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Data(Bytes),
        Pair(u8, Bytes),
        Struct { data: Bytes },
    }
    let data = Bytes::from_static(b"x");
    let json = format!(r#"{{"t":"Data","c":{HOLE}}}"#);
    round_trip(&Adjacent::Data(data.clone()), &json, &[b"x"]);
    let json = format!(r#"{{"t":"Pair","c":[1,{HOLE}]}}"#);
    round_trip(&Adjacent::Pair(1, data.clone()), &json, &[b"x"]);
    let json = format!(r#"{{"t":"Struct","c":{{"data":{HOLE}}}}}"#);
    round_trip(&Adjacent::Struct { data: data.clone() }, &json, &[b"x"]);
    let text = format!(r#"51-["e",{{"c":{HOLE},"t":"Data"}}]"#);
    assert_eq!(
        receive::<Adjacent>(&text, &[b"x"]).expect("reads"),
        Adjacent::Data(data)
    );
}

#[test]
fn externally_tagged() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum External {
        Unit,
        Newtype(Bytes),
        Tuple(Bytes, u8),
        Struct { data: Option<Bytes> },
    }
    let data = Bytes::from_static(b"x");
    round_trip(
        &vec![
            External::Unit,
            External::Newtype(data.clone()),
            External::Tuple(data.clone(), 1),
            External::Struct { data: Some(data) },
        ],
        r#"["Unit",{"Newtype":{"_placeholder":true,"num":0}},{"Tuple":[{"_placeholder":true,"num":1},1]},{"Struct":{"data":{"_placeholder":true,"num":2}}}]"#,
        &[b"x", b"x", b"x"],
    );
    let error = receive::<External>(&format!(r#"51-["e",{HOLE}]"#), &[b"x"]).expect_err("refused");
    assert!(matches!(error, ArgumentError::Invalid(_)), "{error}");
    let error =
        receive::<External>(&format!(r#"51-["e",{{}},{HOLE}]"#), &[b"x"]).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "invalid argument: an object without a variant's name"
    );
}

#[test]
fn newtype_and_tuple_structs() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Newtype(Bytes);
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Tuple(Newtype, Bytes, ());
    let data = Bytes::from_static(b"x");
    round_trip(&Newtype(data.clone()), HOLE, &[b"x"]);
    round_trip(
        &Tuple(Newtype(data.clone()), data, ()),
        r#"[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},null]"#,
        &[b"x", b"x"],
    );
}

#[test]
fn other_values_beside_an_attachment() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct All {
        bytes: Bytes,
        truth: bool,
        small: i8,
        large: i128,
        larger: u128,
        float: f64,
        letter: char,
        text: String,
        unit: (),
        list: Vec<u8>,
        empty: BTreeMap<u8, u8>,
        value: serde_json::Value,
    }
    round_trip(
        &All {
            bytes: Bytes::from_static(b"x"),
            truth: true,
            small: -1,
            large: i128::MIN,
            larger: u128::MAX,
            float: 1.5,
            letter: 'ß',
            text: "a\"\n\u{1F980}".to_owned(),
            unit: (),
            list: vec![1, 2],
            empty: BTreeMap::new(),
            value: serde_json::json!({ "a": [null, { "b": 1 }] }),
        },
        "{\"bytes\":{\"_placeholder\":true,\"num\":0},\"truth\":true,\"small\":-1,\
         \"large\":-170141183460469231731687303715884105728,\
         \"larger\":340282366920938463463374607431768211455,\"float\":1.5,\"letter\":\"ß\",\
         \"text\":\"a\\\"\\n\u{1F980}\",\"unit\":null,\"list\":[1,2],\"empty\":{},\
         \"value\":{\"a\":[null,{\"b\":1}]}}",
        &[b"x"],
    );
}

#[test]
fn several_arguments() {
    let mut encoder = Encoder::new(0);
    let data = Bytes::from_static(b"x");
    let packet = encoder
        .event("/n", Some(5), "e", &Args((1, &data, "s")))
        .expect("JSON");
    let text = String::from_utf8(packet.message().to_vec()).expect("UTF-8");
    assert_eq!(text, format!(r#"51-/n,5["e",1,{HOLE},"s"]"#));
    let mut decoder = Decoder::new(Limits::default());
    assert!(decoder.text(&text).expect("legal").is_none());
    let Ok(Some(Packet::Event(event))) = decoder.binary(b"x") else {
        panic!("an event")
    };
    let all: (u8, Bytes, String, Option<u8>) = event.args.all().expect("fits");
    assert_eq!(all, (1, data, "s".to_owned(), None));
    assert_eq!(event.args.json(), format!(r#"[1,{HOLE},"s"]"#));
    assert_eq!(event.args.attachments(), [Bytes::from_static(b"x")]);
    assert_eq!(
        event.args.to_owned().weight(),
        r#"["e",1,,"s"]"#.len() + HOLE.len() + 1
    );
}

#[test]
fn spellings_of_a_placeholder() {
    for place in [
        r#"{"_placeholder":true,"num":0}"#,
        r#"{"num":0,"_placeholder":true}"#,
        r#" { "num" : 0 , "_placeholder" : true } "#,
        r#"{"_placeholder":true,"num":0,"more":[1,{"a":"}"}]}"#,
        r#"{"more":{"_placeholder":true,"num":7},"_placeholder":true,"num":0}"#,
        r#"{"_placeholder":true,"num":0,"more":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]}"#,
        r#"{"\u005fplaceholder":true,"n\u0075m":0}"#,
        r#"{"_placeholder":false,"num":7,"_placeholder":true,"num":0}"#,
        r#"{"_placeholder":true,"num":0.0}"#,
    ] {
        let text = format!(r#"51-["e",{place}]"#);
        assert_eq!(
            receive::<Bytes>(&text, &[b"x"]).expect(place),
            "x",
            "{place}"
        );
        let nested = format!(r#"51-["e",{{"a":[{place}]}}]"#);
        let value: BTreeMap<String, Vec<Untagged>> = receive(&nested, &[b"x"]).expect(place);
        assert_eq!(
            value["a"],
            [Untagged::Data(Bytes::from_static(b"x"))],
            "{place}"
        );
    }
}

// parity: 2.S4
#[test]
fn an_attachment_may_be_meant_twice_or_never() {
    let text = format!(r#"52-["e",[{HOLE},{HOLE}]]"#);
    let value: Vec<Bytes> = receive(&text, &[b"x", b"unused"]).expect("reads");
    assert_eq!(value, ["x", "x"]);
}

#[test]
fn objects_that_only_look_alike_are_objects() {
    for (object, len) in [
        (r#"{"_placeholder":false,"num":0}"#, 2),
        (r#"{"_placeholder":1,"num":0}"#, 2),
        (r#"{"_placeholder":true,"num":0,"_placeholder":null}"#, 2),
        (r#"{"placeholder":true,"num":0}"#, 2),
    ] {
        let text = format!(r#"51-["e",[{object}],{HOLE}]"#);
        let value: Vec<BTreeMap<String, serde_json::Value>> =
            receive(&text, &[b"x"]).expect(object);
        assert_eq!(value[0].len(), len, "{object}");
    }
}

// parity: 2.S4
#[test]
fn a_plain_event_keeps_its_placeholders() {
    let text = format!(r#"2["e",{HOLE}]"#);
    let mut decoder = Decoder::new(Limits::default());
    let Ok(Some(Packet::Event(event))) = decoder.text(&text) else {
        panic!("an event")
    };
    let value: serde_json::Value = event.args.first().expect("an object");
    assert_eq!(value, serde_json::json!({ "_placeholder": true, "num": 0 }));
    assert!(event.args.attachments().is_empty());
}

#[test]
fn a_value_that_does_not_fit_says_so() {
    let text = format!(r#"51-["e",[1,2],{HOLE}]"#);
    let error = receive::<(u8,)>(&text, &[b"x"]).expect_err("refused");
    assert_eq!(error.to_string(), "invalid argument: trailing elements");
    let error = receive::<(u8, u8, u8)>(&text, &[b"x"]).expect_err("refused");
    assert!(error.to_string().contains("invalid length 2"), "{error}");
    let text = format!(r#"51-["e",{HOLE}]"#);
    let error = receive::<String>(&text, &[b"text"]).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "invalid argument: invalid type: byte array, expected a string"
    );
    let error = receive::<serde_json::Value>(&text, &[b"x"]).expect_err("refused");
    assert!(error.to_string().contains("byte array"), "{error}");
}
