//! Reading checked MessagePack into any type, as JSON of the same content would be read.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Error;

use super::date;
use super::item::{self, Item};
use super::key::Key;
use crate::DecodeError;

/// A deserializer of one value; afterwards it stands behind it.
#[derive(Debug)]
pub(crate) struct Reader<'de> {
    bytes: &'de [u8],
    at: usize,
}

impl<'de> Reader<'de> {
    pub(crate) fn new(bytes: &'de [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Result<Item<'de>, Error> {
        item::item(self.bytes, self.at)
            .map(|(item, _)| item)
            .map_err(changed)
    }

    fn next(&mut self) -> Result<Item<'de>, Error> {
        let (item, at) = item::item(self.bytes, self.at).map_err(changed)?;
        self.at = at;
        Ok(item)
    }

    fn skip(&mut self) -> Result<(), Error> {
        self.at = item::value(self.bytes, self.at, u32::MAX).map_err(changed)?;
        Ok(())
    }

    /// The text of a key.
    fn key(&mut self) -> Result<Key<'de>, Error> {
        let (key, at) = item::key(self.bytes, self.at).map_err(changed)?;
        self.at = at;
        Ok(Key(match key {
            Item::Text(text) => text.into(),
            Item::Signed(number) => number.to_string().into(),
            Item::Unsigned(number) => number.to_string().into(),
            _ => return Err(changed(DecodeError::InvalidPayload)),
        }))
    }

    fn elements(&mut self, left: u32) -> Elements<'_, 'de> {
        Elements { reader: self, left }
    }
}

/// The bytes were checked when they arrived, so this cannot happen.
fn changed(_: DecodeError) -> Error {
    Error::custom("the bytes are no MessagePack any more")
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            if let Item::Date(millis) = self.peek()? {
                self.next()?;
                return visitor.visit_i64(millis);
            }
            self.deserialize_any(visitor)
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            // A text is no binary data, though serde's would take some that is UTF-8.
            if let Item::Bytes(bytes) = self.peek()? {
                return Err(Error::invalid_type(Unexpected::Bytes(bytes), &visitor));
            }
            self.deserialize_any(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.next()? {
            Item::Nil | Item::Undefined => visitor.visit_unit(),
            Item::Bool(value) => visitor.visit_bool(value),
            Item::Unsigned(number) => visitor.visit_u64(number),
            Item::Signed(number) => visitor.visit_i64(number),
            Item::Float(number) => visitor.visit_f64(number),
            Item::Text(text) => visitor.visit_borrowed_str(text),
            Item::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Item::Date(millis) => match date::iso(millis) {
                Some(text) => visitor.visit_string(text),
                None => visitor.visit_unit(),
            },
            Item::Extension(kind, content) => visitor.visit_seq(Extension {
                kind: Some(kind),
                content: Some(content),
            }),
            Item::List(count) => {
                let mut elements = self.elements(count);
                let value = visitor.visit_seq(&mut elements)?;
                elements.close()?;
                Ok(value)
            }
            Item::Map(count) => {
                let mut members = self.elements(count);
                let value = visitor.visit_map(&mut members)?;
                members.skip_undefined()?;
                members.close()?;
                Ok(value)
            }
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Item::Text(text) = self.peek()? {
            self.next()?;
            return visitor.visit_borrowed_bytes(text.as_bytes());
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Item::Nil | Item::Undefined = self.peek()? {
            self.next()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.peek()? {
            Item::Text(text) => {
                self.next()?;
                visitor.visit_enum(BorrowedStrDeserializer::new(text))
            }
            Item::Map(count) => {
                self.next()?;
                let mut members = self.elements(count);
                members.skip_undefined()?;
                if members.left == 0 {
                    return Err(Error::custom("an object without a variant's name"));
                }
                members.left -= 1;
                let value = visitor.visit_enum(Variant {
                    reader: &mut *members.reader,
                })?;
                members.skip_undefined()?;
                members.close()?;
                Ok(value)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bool unit unit_struct seq tuple tuple_struct map struct }
}

/// The elements of a list or the members of a map.
struct Elements<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: u32,
}

impl Elements<'_, '_> {
    fn close(&self) -> Result<(), Error> {
        match self.left {
            0 => Ok(()),
            _ => Err(Error::custom("trailing elements")),
        }
    }

    /// Steps over members without a value, which JSON leaves out.
    fn skip_undefined(&mut self) -> Result<(), Error> {
        while self.left > 0 {
            let Reader { bytes, at } = *self.reader;
            let (_, value) = item::key(bytes, at).map_err(changed)?;
            let (Item::Undefined, end) = item::item(bytes, value).map_err(changed)? else {
                break;
            };
            self.reader.at = end;
            self.left -= 1;
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        // Checked: each of them takes a byte at least.
        Some(self.left as usize)
    }
}

impl<'de> MapAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.skip_undefined()?;
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let key = self.reader.key()?;
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }
}

/// `{"Name":value}`, of which the name is next.
struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        let name = self.reader.key()?;
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        serde::Deserialize::deserialize(self.reader)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.reader.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.reader.deserialize_map(visitor)
    }
}

/// An extension that is none of notepack.io's own: its type and its content, as that gives it.
struct Extension<'de> {
    kind: Option<i8>,
    content: Option<&'de [u8]>,
}

impl<'de> SeqAccess<'de> for Extension<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if let Some(kind) = self.kind.take() {
            return seed.deserialize(kind.into_deserializer()).map(Some);
        }
        let Some(content) = self.content.take() else {
            return Ok(None);
        };
        let content = serde::de::value::BorrowedBytesDeserializer::new(content);
        seed.deserialize(content).map(Some)
    }
}
