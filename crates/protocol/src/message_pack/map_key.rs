use std::fmt::Display;

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Error;

use super::head;
use super::writer::Never;

/// Writes the key of a map: a text, whatever Rust has there, as in JSON.
pub(super) struct MapKey<'a>(pub(super) &'a mut Vec<u8>);

impl MapKey<'_> {
    fn display(self, key: impl Display) -> Result<(), Error> {
        head::text(self.0, &key.to_string())
    }
}

fn refused() -> Error {
    Error::custom("key must be a string")
}

macro_rules! displayed {
    ($($method:ident: $type:ty,)*) => {$(
        fn $method(self, key: $type) -> Result<(), Error> {
            self.display(key)
        }
    )*};
}

impl Serializer for MapKey<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    displayed! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_char: char,
    }

    fn serialize_str(self, key: &str) -> Result<(), Error> {
        head::text(self.0, key)
    }

    fn serialize_f32(self, key: f32) -> Result<(), Error> {
        if key.is_finite() {
            self.display(key)
        } else {
            Err(refused())
        }
    }

    fn serialize_f64(self, key: f64) -> Result<(), Error> {
        if key.is_finite() {
            self.display(key)
        } else {
            Err(refused())
        }
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(refused())
    }

    fn serialize_none(self) -> Result<(), Error> {
        Err(refused())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<(), Error> {
        key.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Err(refused())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Err(refused())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> Result<(), Error> {
        key.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(refused())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Never, Error> {
        Err(refused())
    }

    fn serialize_tuple(self, _: usize) -> Result<Never, Error> {
        Err(refused())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Error> {
        Err(refused())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Error> {
        Err(refused())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Never, Error> {
        Err(refused())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never, Error> {
        Err(refused())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Error> {
        Err(refused())
    }
}
