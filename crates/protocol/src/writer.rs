//! A serializer around `serde_json`'s that takes bytes out and leaves placeholders.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io;
use std::mem::replace;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::ser::Formatter;

use crate::probe::{Probe, Shape};
use crate::raw;

/// The bytes taken out of a value, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Attachments {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Attachments {
    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |end| &self.bytes[replace(&mut start, *end)..*end])
    }

    /// Adds one and gives its number.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> usize {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len());
        self.ends.len() - 1
    }

    /// Forgets everything, and gives back what exceeds `keep` bytes.
    pub(crate) fn shrink(&mut self, keep: usize) {
        self.bytes.clear();
        self.ends.clear();
        self.bytes.shrink_to(keep);
        self.ends.shrink_to(keep / size_of::<usize>());
    }
}

/// What is written: the text, and beside it the bytes. The parts of a serializer share it.
#[derive(Debug, Default)]
pub(crate) struct Output {
    text: RefCell<Vec<u8>>,
    attachments: RefCell<Attachments>,
    /// The next `null` is checked JSON, which has been written already.
    raw_is_next: Cell<bool>,
}

impl Output {
    pub(crate) fn parts(&mut self) -> (&mut Vec<u8>, &mut Attachments) {
        (self.text.get_mut(), self.attachments.get_mut())
    }

    pub(crate) fn text(&mut self) -> &mut Vec<u8> {
        self.text.get_mut()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.text.borrow().capacity()
    }

    /// Writes `value` as JSON behind the text, and its bytes behind the attachments.
    pub(crate) fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), serde_json::Error> {
        self.raw_is_next.set(false);
        let mut json = serde_json::Serializer::with_formatter(Tail(&self.text), Verbatim(self));
        value.serialize(Writer {
            inner: &mut json,
            output: self,
        })
    }
}

/// The text as `serde_json` writes to it.
struct Tail<'a>(&'a RefCell<Vec<u8>>);

impl io::Write for Tail<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compact JSON, but for a `null` that stands for checked JSON.
///
/// `serde_json` takes JSON unread from itself only; this is the way to hand it some.
struct Verbatim<'a>(&'a Output);

impl Formatter for Verbatim<'_> {
    #[inline]
    fn write_null<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.0.raw_is_next.take() {
            return Ok(());
        }
        writer.write_all(b"null")
    }
}

/// A value whose bytes, at any depth, go to the output's attachments.
struct Watched<'a, T: ?Sized> {
    value: &'a T,
    output: &'a Output,
}

impl<T: Serialize + ?Sized> Serialize for Watched<'_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Writer {
            inner,
            output: self.output,
        })
    }
}

/// A serializer, or a part of one, whose values are watched.
struct Writer<'a, S> {
    inner: S,
    output: &'a Output,
}

macro_rules! forward {
    ($($method:ident: $type:ty,)*) => {$(
        fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Writer<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Writer<'a, S::SerializeSeq>;
    type SerializeTuple = Writer<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Writer<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Writer<'a, S::SerializeTupleVariant>;
    type SerializeMap = Writer<'a, S::SerializeMap>;
    type SerializeStruct = Writer<'a, S::SerializeStruct>;
    type SerializeStructVariant = Writer<'a, S::SerializeStructVariant>;

    fn serialize_bytes(self, bytes: &[u8]) -> Result<S::Ok, S::Error> {
        let num = self.output.attachments.borrow_mut().push(bytes);
        let mut placeholder = self.inner.serialize_map(Some(2))?;
        placeholder.serialize_entry("_placeholder", &true)?;
        placeholder.serialize_entry("num", &num)?;
        placeholder.end()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let Self { inner, output } = self;
        if name != raw::TOKEN {
            return inner.serialize_newtype_struct(name, &Watched { value, output });
        }
        // What `serde_json` puts in front of a value is written by now.
        let shape = value.serialize(Probe(&mut output.text.borrow_mut()));
        if !matches!(shape, Ok(Shape::Text)) {
            return Err(S::Error::custom("only RawJson may use its name"));
        }
        output.raw_is_next.set(true);
        inner.serialize_unit()
    }

    forward! {
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
        serialize_str: &str,
        serialize_unit_struct: &'static str,
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Watched {
            value,
            output: self.output,
        })
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = &Watched {
            value,
            output: self.output,
        };
        self.inner
            .serialize_newtype_variant(name, index, variant, value)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        Ok(Writer {
            inner: self.inner.serialize_seq(len)?,
            output: self.output,
        })
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        Ok(Writer {
            inner: self.inner.serialize_tuple(len)?,
            output: self.output,
        })
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        Ok(Writer {
            inner: self.inner.serialize_tuple_struct(name, len)?,
            output: self.output,
        })
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let inner = self
            .inner
            .serialize_tuple_variant(name, index, variant, len)?;
        Ok(Writer {
            inner,
            output: self.output,
        })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        Ok(Writer {
            inner: self.inner.serialize_map(len)?,
            output: self.output,
        })
    }

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        Ok(Writer {
            inner: self.inner.serialize_struct(name, len)?,
            output: self.output,
        })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let inner = self
            .inner
            .serialize_struct_variant(name, index, variant, len)?;
        Ok(Writer {
            inner,
            output: self.output,
        })
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident,)*) => {$(
        impl<S: $trait> $trait for Writer<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.inner.$method(&Watched { value, output: self.output })
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
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
        impl<S: $trait> $trait for Writer<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), S::Error> {
                self.inner.serialize_field(key, &Watched { value, output: self.output })
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
                self.inner.skip_field(key)
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl<S: SerializeMap> SerializeMap for Writer<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.inner.serialize_key(&Watched {
            value: key,
            output: self.output,
        })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.inner.serialize_value(&Watched {
            value,
            output: self.output,
        })
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}
