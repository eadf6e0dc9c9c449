//! What a value writes at its top, found out without writing it.

use serde::ser::{Error as _, Impossible, Serialize, Serializer};
use serde_json::Error;

/// What a value would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Unit,
    /// A string, now at the end of the probe's buffer.
    Text,
    Other,
}

/// A serializer that keeps a string and drops everything else.
///
/// It is no human-readable format, by which [`RawJson`](crate::RawJson) knows it.
#[derive(Debug)]
pub(crate) struct Probe<'b>(pub(crate) &'b mut Vec<u8>);

type Never = Impossible<Shape, Error>;

fn compound() -> Error {
    Error::custom("neither nothing nor a string")
}

macro_rules! others {
    ($($method:ident: $type:ty,)*) => {$(
        fn $method(self, _: $type) -> Result<Shape, Error> {
            Ok(Shape::Other)
        }
    )*};
}

impl Serializer for Probe<'_> {
    type Ok = Shape;
    type Error = Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_unit(self) -> Result<Shape, Error> {
        Ok(Shape::Unit)
    }

    fn serialize_str(self, text: &str) -> Result<Shape, Error> {
        self.0.extend_from_slice(text.as_bytes());
        Ok(Shape::Text)
    }

    others! {
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
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_none(self) -> Result<Shape, Error> {
        Ok(Shape::Other)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Shape, Error> {
        Ok(Shape::Other)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<Shape, Error> {
        Ok(Shape::Other)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<Shape, Error> {
        Ok(Shape::Other)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Shape, Error> {
        Ok(Shape::Other)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Never, Error> {
        Err(compound())
    }

    fn serialize_tuple(self, _: usize) -> Result<Never, Error> {
        Err(compound())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Error> {
        Err(compound())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Error> {
        Err(compound())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Never, Error> {
        Err(compound())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never, Error> {
        Err(compound())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Error> {
        Err(compound())
    }
}
