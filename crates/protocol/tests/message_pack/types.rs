//! Any type of serde comes out as it went in, as with JSON.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use sockeye_protocol::{Args, ArgumentError, EncodeError, OwnedArguments, RawJson};

use super::{bytes, encoder, sent};

#[track_caller]
fn round<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) {
    let back: T = sent(&value).borrow().first().expect("fits");
    assert_eq!(back, value);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner {
    data: Bytes,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u32,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i8, i8),
    Blob { data: Bytes },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    File { data: Bytes },
    Text { text: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Bytes(Inner),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(u16);

fn inner() -> Inner {
    Inner {
        data: Bytes::from_static(&[0, 255, 3]),
        note: None,
    }
}

#[test]
fn scalars() {
    round(true);
    round(u64::MAX);
    round(i64::MIN);
    round(f64::MAX);
    round(0.1_f32);
    round('é');
    round(String::from("寿限無"));
    round(Some(5_u8));
    round(Unit);
    round(Wrapped(9));
    round(i128::from(u64::MAX));
    let negative: f64 = sent(&-0.0).borrow().first().expect("fits");
    assert!(negative == 0.0 && negative.is_sign_negative());
    let nan: f64 = sent(&f64::NAN).borrow().first().expect("fits");
    assert!(nan.is_nan());
    assert_eq!(sent(&f64::NAN).borrow().first_raw().as_str(), "null");
}

/// JavaScript has one kind of number; what is whole takes less room as an integer.
#[test]
fn whole_floats_are_integers() {
    let float = |number: f64| bytes(encoder().event("/", None, "e", &number));
    let integer = |number: i64| bytes(encoder().event("/", None, "e", &number));
    for number in [0, 3, -1, 70_000, -(1 << 40), 1 << 53] {
        assert_eq!(float(number as f64), integer(number), "{number}");
    }
    assert_eq!(bytes(encoder().event("/", None, "e", &3.0_f32)), integer(3));
    assert_eq!(float(1e300).len(), float(0.5).len());
}

#[test]
fn types_with_a_text_for_humans_keep_it() {
    let address: IpAddr = [127, 0, 0, 1].into();
    round(address);
    let text: String = sent(&address).borrow().first().expect("a text");
    assert_eq!(text, "127.0.0.1");
}

#[test]
fn structs_enums_and_maps() {
    round(inner());
    round(Flat {
        id: 1,
        inner: inner(),
        rest: BTreeMap::from([("a".to_owned(), json!([1, null]))]),
    });
    round(vec![Shape::Point, Shape::Circle(0.5), Shape::Line(-1, 1)]);
    round(Shape::Blob {
        data: Bytes::from_static(b"x"),
    });
    round(Tagged::File {
        data: Bytes::from_static(&[200]),
    });
    round(Tagged::Text { text: "t".into() });
    round(Untagged::Number(-3));
    round(Untagged::Bytes(inner()));
    round((1_u8, "two".to_owned(), [3_i16, 4]));
    round(HashMap::from([(7_u32, inner())]));
    round(HashMap::from([(true, 1_u8)]));
    round(BTreeMap::from([('x', 1_u8), ('y', 2)]));
    round(vec![vec![0_u16; 20]; 70]);
}

#[test]
fn lengths_that_are_not_known_or_not_true() {
    struct Lazy(usize);
    impl Serialize for Lazy {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            for number in 0..self.0 {
                list.serialize_element(&number)?;
            }
            list.end()
        }
    }
    struct Liar;
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(70_000))?;
            map.serialize_entry("a", &Lazy(3))?;
            map.end()
        }
    }
    for length in [0, 15, 16, 70_000] {
        let numbers: Vec<usize> = sent(&Lazy(length)).borrow().first().expect("numbers");
        assert_eq!(numbers, (0..length).collect::<Vec<_>>());
        let lazy = bytes(encoder().event("/", None, "e", &Lazy(length)));
        assert_eq!(lazy, bytes(encoder().event("/", None, "e", &numbers)));
    }
    let map: HashMap<String, Vec<u8>> = sent(&Liar).borrow().first().expect("a map");
    assert_eq!(map["a"], [0, 1, 2]);
}

#[test]
fn several_arguments() {
    let list = sent(&Args((1, "two", inner())));
    let (one, two, data, none): (u8, String, Inner, Option<u8>) =
        list.borrow().all().expect("fits");
    assert_eq!((one, &*two, data, none), (1, "two", inner(), None));
    let missing = list.borrow().all::<(u8, String, Inner, u8)>();
    assert!(
        matches!(missing, Err(ArgumentError::Missing)),
        "{missing:?}"
    );
    let wrong = list.borrow().all::<(u8, u8)>();
    assert!(matches!(wrong, Err(ArgumentError::Invalid(_))), "{wrong:?}");
    assert_eq!(list.borrow().all::<(u8,)>().expect("fits"), (1,));
    let none = sent(&());
    assert!(none.borrow().is_empty());
    assert!(
        none.borrow()
            .first::<u8>()
            .is_err_and(|error| error.is_missing())
    );
    assert_eq!(none.borrow().first::<Option<u8>>().expect("none"), None);
    assert_eq!(none.borrow().json(), "[]");
    assert!(sent(&Args(())).borrow().is_empty());
    assert_eq!(list.weight(), 1 + 4 + 17);
}

#[test]
fn a_text_is_no_binary_data() {
    let list = sent(&Bytes::from_static(b"text"));
    let text = list.borrow().first::<String>();
    let Err(ArgumentError::Invalid(error)) = text else {
        panic!("{text:?}")
    };
    assert_eq!(
        error.to_string(),
        "invalid type: byte array, expected a string"
    );
    // As with JSON, the other way round works.
    let bytes: Bytes = sent("text").borrow().first().expect("bytes");
    assert_eq!(bytes, "text");
}

#[test]
fn checked_json_is_written_as_what_it_says() {
    let raw = RawJson::new(r#"{"a":[1,2.5,null],"b":"x"}"#).expect("JSON");
    let value: Value = sent(&raw).borrow().first().expect("a value");
    assert_eq!(value, json!({ "a": [1, 2.5, null], "b": "x" }));
    let raw: &serde_json::value::RawValue = serde_json::from_str(r#"[1, "x"]"#).expect("JSON");
    let value: Value = sent(raw).borrow().first().expect("a value");
    assert_eq!(value, json!([1, "x"]));
    let deep = format!("{}1{}", "[".repeat(127), "]".repeat(127));
    let raw = RawJson::new(&deep).expect("JSON");
    assert_eq!(sent(&raw).borrow().first_raw().as_str(), deep);
}

#[test]
fn what_has_no_form_is_an_error_and_leaves_nothing() {
    let mut encoder = encoder();
    let refused = encoder.event("/", None, "e", &Args("x")).map(drop);
    assert!(matches!(refused, Err(EncodeError::NotAList)), "{refused:?}");
    let refused = encoder.event("/", None, "e", &u128::MAX).map(drop);
    let Err(error @ EncodeError::Json(_)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(
        error.to_string(),
        "cannot be written: an integer too large for MessagePack"
    );
    let refused = encoder.ack("/", 1, &HashMap::from([((), 1)])).map(drop);
    let Err(error @ EncodeError::Json(_)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(error.to_string(), "cannot be written: key must be a string");
    let refused = encoder.event("/", None, "disconnect", &1).map(drop);
    assert!(
        matches!(refused, Err(EncodeError::ReservedName)),
        "{refused:?}"
    );
    let after = bytes(encoder.event("/", None, "e", &1));
    assert_eq!(after, bytes(super::encoder().event("/", None, "e", &1)));
}

#[test]
fn arguments_are_written_in_any_format() {
    let list = sent(&Args((inner(), 1.5)));
    let again = OwnedArguments::new(&Args(list.borrow())).expect("a list");
    let (back, half): (Inner, f64) = again.borrow().all().expect("fits");
    assert_eq!((back, half), (inner(), 1.5));
    let json = serde_json::to_string(&list.borrow()).expect("JSON");
    assert_eq!(json, r#"[{"data":[0,255,3],"note":null},1.5]"#);
    assert_eq!(
        format!("{:?}", list),
        format!("Arguments({json}, 0 attachments)")
    );
}

#[test]
fn another_extension_is_its_type_and_its_content() {
    let message = super::unhex("83a47479706502a36e7370a12fa46461746192a165d6ff01020304");
    let (kind, content): (i8, Bytes) =
        super::arguments(&message, |args| args.first()).expect("a pair");
    assert_eq!((kind, &*content), (-1, &[1, 2, 3, 4][..]));
}
