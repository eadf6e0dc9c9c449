//! Writing any value, as JSON of the same content would be written; bytes stay bytes.

use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct,
    SerializeStructVariant, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
    Serializer,
};
use serde_json::Error;

use super::head;
use super::map_key::MapKey;
use crate::probe::{Probe, Shape};
use crate::raw;
use crate::reader::Source;
use crate::transcode::Transcode;

/// The name by which `serde_json` knows its own raw value.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A serializer that writes one value behind what is there.
#[derive(Debug)]
pub(crate) struct Writer<'a>(pub(crate) &'a mut Vec<u8>);

impl<'a> Writer<'a> {
    fn compound(self, kind: Kind, announced: Option<usize>) -> Result<Compound<'a>, Error> {
        let mut compound = Compound {
            start: self.0.len(),
            out: self.0,
            kind,
            head_count: announced.unwrap_or(0),
            count: 0,
        };
        compound.put_head()?;
        Ok(compound)
    }

    /// `{"Name":`, as of a variant that holds something.
    fn variant(&mut self, name: &str) -> Result<(), Error> {
        head::map(self.0, 1)?;
        head::text(self.0, name)
    }

    /// The value that a checked text of JSON says.
    fn json(self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let mut text = Vec::new();
        if !matches!(value.serialize(Probe(&mut text)), Ok(Shape::Text)) {
            return Err(Error::custom("only checked JSON may use its name"));
        }
        let json = std::str::from_utf8(&text).map_err(Error::custom)?;
        let source = Source {
            json,
            placeholders: &[],
            attachments: &[],
        };
        Transcode::new(&mut source.reader(0)).serialize(self)
    }
}

macro_rules! integers {
    ($($method:ident $type:ty => $write:ident,)*) => {$(
        fn $method(self, number: $type) -> Result<(), Error> {
            head::$write(self.0, number.into());
            Ok(())
        }
    )*};
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    // Types that have a text for humans, such as UUIDs and addresses, are known by it in JavaScript.
    fn is_human_readable(&self) -> bool {
        true
    }

    integers! {
        serialize_i8 i8 => signed,
        serialize_i16 i16 => signed,
        serialize_i32 i32 => signed,
        serialize_i64 i64 => signed,
        serialize_u8 u8 => unsigned,
        serialize_u16 u16 => unsigned,
        serialize_u32 u32 => unsigned,
        serialize_u64 u64 => unsigned,
    }

    fn serialize_i128(self, number: i128) -> Result<(), Error> {
        match i64::try_from(number) {
            Ok(number) => self.serialize_i64(number),
            Err(_) => u64::try_from(number)
                .map_err(|_| Error::custom("an integer too large for MessagePack"))
                .and_then(|number| self.serialize_u64(number)),
        }
    }

    fn serialize_u128(self, number: u128) -> Result<(), Error> {
        u64::try_from(number)
            .map_err(|_| Error::custom("an integer too large for MessagePack"))
            .and_then(|number| self.serialize_u64(number))
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.0.push(if value { 0xc3 } else { 0xc2 });
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        if number.is_finite() && number.fract() == 0.0 {
            return self.serialize_f64(number.into());
        }
        self.0.push(0xca);
        self.0.extend(number.to_be_bytes());
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        head::float(self.0, number);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        head::text(self.0, value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        head::text(self.0, text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        head::binary(self.0, bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.push(0xc0);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
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
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if name == raw::TOKEN {
            return self.json(value);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Compound<'a>, Error> {
        self.compound(Kind::List, len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Compound<'a>, Error> {
        self.compound(Kind::List, Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Compound<'a>, Error> {
        self.compound(Kind::List, Some(len))
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'a>, Error> {
        self.variant(variant)?;
        self.compound(Kind::List, Some(len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Compound<'a>, Error> {
        self.compound(Kind::Map, len)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Compound<'a>, Error> {
        let kind = match name {
            RAW_VALUE => Kind::Raw,
            _ => Kind::Map,
        };
        self.compound(kind, Some(len))
    }

    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'a>, Error> {
        self.variant(variant)?;
        self.compound(Kind::Map, Some(len))
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    List,
    Map,
    /// A struct that stands for the JSON in its only field.
    Raw,
}

/// A list or a map that is being written.
#[derive(Debug)]
pub(crate) struct Compound<'a> {
    out: &'a mut Vec<u8>,
    kind: Kind,
    start: usize,
    /// What the head says now.
    head_count: usize,
    count: usize,
}

impl Compound<'_> {
    fn put_head(&mut self) -> Result<(), Error> {
        match self.kind {
            Kind::List => head::list(self.out, self.head_count),
            Kind::Map => head::map(self.out, self.head_count),
            Kind::Raw => Ok(()),
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.count += 1;
        value.serialize(Writer(self.out))
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        if self.kind == Kind::Raw {
            return Writer(self.out).json(value);
        }
        head::text(self.out, name)?;
        self.element(value)
    }

    /// Writes the head again if there came more or fewer than announced.
    fn finish(mut self) -> Result<(), Error> {
        if self.kind == Kind::Raw || self.count == self.head_count {
            return Ok(());
        }
        let end = self.out.len();
        self.put_head()?;
        let old = self.out.len() - end;
        self.out.truncate(end);
        self.head_count = self.count;
        self.put_head()?;
        let head = self.out.split_off(end);
        self.out.splice(self.start..self.start + old, head);
        Ok(())
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident,)*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(MapKey(self.out))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

/// What a key cannot be.
pub(super) type Never = Impossible<(), Error>;
