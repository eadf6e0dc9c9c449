//! Reading JSON in which attachments stand. Strings and numbers are left to `serde_json`.

use bytes::Bytes;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Error;

use crate::list::changed;
use crate::placeholder::Placeholder;
use crate::scan;

/// A checked text, where its placeholders are, and what they stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'de> {
    pub(crate) json: &'de str,
    pub(crate) placeholders: &'de [Placeholder],
    pub(crate) attachments: &'de [Bytes],
}

impl<'de> Source<'de> {
    /// The value at `at`, where attachments may stand.
    pub(crate) fn reader(self, at: usize) -> Reader<'de> {
        Reader { source: self, at }
    }
}

/// A deserializer of one value; afterwards it stands behind it.
#[derive(Debug)]
pub(crate) struct Reader<'de> {
    source: Source<'de>,
    at: usize,
}

impl<'de> Reader<'de> {
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn text(&self) -> &'de [u8] {
        self.source.json.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.text().get(self.at).copied()
    }

    fn placeholder(&self) -> Option<&'de Placeholder> {
        let placeholders = self.source.placeholders;
        let found = placeholders
            .binary_search_by_key(&self.at, |place| place.start)
            .ok()?;
        placeholders.get(found)
    }

    fn attachment(&mut self) -> Option<&'de [u8]> {
        let place = self.placeholder()?;
        self.at = place.end;
        self.source
            .attachments
            .get(place.num)
            .map(|bytes| &bytes[..])
    }

    /// Steps over an opening bracket or a comma, and the blanks behind it.
    fn step(&mut self) {
        self.at = scan::blanks(self.text(), self.at + 1);
    }

    /// Whether another element follows; if so, it is next.
    fn more(&mut self, first: &mut bool, close: u8) -> bool {
        self.at = scan::blanks(self.text(), self.at);
        if self.peek() == Some(close) {
            return false;
        }
        if !std::mem::take(first) {
            self.step();
        }
        true
    }

    fn close(&mut self, mut first: bool, close: u8) -> Result<(), Error> {
        if self.more(&mut first, close) {
            return Err(Error::custom("trailing elements"));
        }
        self.at += 1;
        Ok(())
    }

    fn is_leaf(&self) -> bool {
        !matches!(self.peek(), Some(b'{' | b'['))
    }

    /// The text of a string, a number or a literal.
    fn leaf(&mut self) -> Result<&'de str, Error> {
        let start = self.at;
        self.at = scan::value(self.text(), start, 0).map_err(changed)?;
        Ok(&self.source.json[start..self.at])
    }

    fn key(&mut self) -> Result<&'de str, Error> {
        let start = self.at;
        let end = scan::string(self.text(), start).map_err(changed)?;
        self.at = scan::key(self.text(), start).map_err(changed)?;
        Ok(&self.source.json[start..end])
    }
}

macro_rules! leaves {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            if self.is_leaf() {
                return serde_json::Deserializer::from_str(self.leaf()?).$method(visitor);
            }
            // A text is no attachment, though serde's would take one that is UTF-8.
            if let Some(bytes) = self.attachment() {
                return Err(Error::invalid_type(Unexpected::Bytes(bytes), &visitor));
            }
            self.deserialize_any(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Some(bytes) = self.attachment() {
            return visitor.visit_borrowed_bytes(bytes);
        }
        match self.peek() {
            Some(b'{') => {
                self.step();
                let mut members = Elements {
                    reader: self,
                    first: true,
                };
                let value = visitor.visit_map(&mut members)?;
                let first = members.first;
                self.close(first, b'}')?;
                Ok(value)
            }
            Some(b'[') => {
                self.step();
                let mut elements = Elements {
                    reader: self,
                    first: true,
                };
                let value = visitor.visit_seq(&mut elements)?;
                let first = elements.first;
                self.close(first, b']')?;
                Ok(value)
            }
            _ => serde_json::Deserializer::from_str(self.leaf()?).deserialize_any(visitor),
        }
    }

    leaves! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_unit
                deserialize_identifier
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_leaf() {
            return serde_json::Deserializer::from_str(self.leaf()?).deserialize_bytes(visitor);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() == Some(b'n') {
            self.leaf()?;
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

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.is_leaf() {
            let text = self.leaf()?;
            return serde_json::Deserializer::from_str(text)
                .deserialize_enum(name, variants, visitor);
        }
        if self.peek() == Some(b'[') || self.placeholder().is_some() {
            return self.deserialize_any(visitor);
        }
        self.step();
        if self.peek() == Some(b'}') {
            return Err(Error::custom("an object without a variant's name"));
        }
        let value = visitor.visit_enum(Variant { reader: self })?;
        self.close(false, b'}')?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.at = scan::value(self.text(), self.at, scan::MAX_LEVELS).map_err(changed)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { seq tuple tuple_struct map struct }
}

/// The elements of an array or the members of an object.
struct Elements<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if !self.reader.more(&mut self.first, b']') {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if !self.reader.more(&mut self.first, b'}') {
            return Ok(None);
        }
        let key = self.reader.key()?;
        seed.deserialize(Key(key)).map(Some)
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
        Ok((seed.deserialize(Key(name))?, self))
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

/// A member's name, in its quotes. Maps may have numbers for keys, which JSON writes in quotes.
struct Key<'de>(&'de str);

macro_rules! quoted {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let mut content = serde_json::Deserializer::from_str(&self.0[1..self.0.len() - 1]);
            let value = content.$method(visitor)?;
            content.end()?;
            Ok(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_str(visitor)
    }

    quoted! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
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
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
