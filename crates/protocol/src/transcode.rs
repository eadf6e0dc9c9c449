//! From one format into another, without a tree of values between them.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value that is still to be read, as a value to be written, once.
pub(crate) struct Transcode<D>(Cell<Option<D>>);

impl<D> Transcode<D> {
    pub(crate) fn new(from: D) -> Self {
        Self(Cell::new(Some(from)))
    }
}

impl<'de, D: Deserializer<'de>> Serialize for Transcode<D> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Some(from) = self.0.take() else {
            return Err(S::Error::custom("read already"));
        };
        from.deserialize_any(Forward(to)).map_err(S::Error::custom)
    }
}

/// Writes what it is shown.
struct Forward<S>(S);

macro_rules! scalars {
    ($($visit:ident $serialize:ident $type:ty,)*) => {$(
        fn $visit<E: serde::de::Error>(self, value: $type) -> Result<S::Ok, E> {
            self.0.$serialize(value).map_err(E::custom)
        }
    )*};
}

impl<'de, S: Serializer> Visitor<'de> for Forward<S> {
    type Value = S::Ok;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    scalars! {
        visit_bool serialize_bool bool,
        visit_i64 serialize_i64 i64,
        visit_i128 serialize_i128 i128,
        visit_u64 serialize_u64 u64,
        visit_u128 serialize_u128 u128,
        visit_f64 serialize_f64 f64,
        visit_str serialize_str &str,
        visit_bytes serialize_bytes &[u8],
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<S::Ok, E> {
        self.0.serialize_unit().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<S::Ok, A::Error> {
        let hint = from.size_hint();
        let mut to = self.0.serialize_seq(hint).map_err(A::Error::custom)?;
        while from.next_element_seed(Element(&mut to))?.is_some() {}
        to.end().map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<S::Ok, A::Error> {
        let mut to = self.0.serialize_map(None).map_err(A::Error::custom)?;
        while from.next_key_seed(MemberKey(&mut to))?.is_some() {
            from.next_value_seed(MemberValue(&mut to))?;
        }
        to.end().map_err(A::Error::custom)
    }
}

macro_rules! parts {
    ($($part:ident $trait:ident $method:ident,)*) => {$(
        struct $part<'a, S>(&'a mut S);

        impl<'de, S: $trait> DeserializeSeed<'de> for $part<'_, S> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
                self.0.$method(&Transcode::new(from)).map_err(D::Error::custom)
            }
        }
    )*};
}

parts! {
    Element SerializeSeq serialize_element,
    MemberKey SerializeMap serialize_key,
    MemberValue SerializeMap serialize_value,
}
