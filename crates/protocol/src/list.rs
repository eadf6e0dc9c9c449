//! Reading a list of arguments, and arguments that are not there.

use std::cell::Cell;

use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;

use crate::ArgumentError;
use crate::arguments::Form;
use crate::message_pack;
use crate::scan;

/// A list of arguments, as a deserializer.
#[derive(Debug)]
pub(crate) struct List<'de> {
    form: Form<'de>,
    missing: Cell<bool>,
}

impl<'de> List<'de> {
    pub(crate) fn new(form: Form<'de>) -> Self {
        Self {
            form,
            missing: Cell::new(false),
        }
    }

    pub(crate) fn explain(&self, error: Error) -> ArgumentError {
        if self.missing.get() {
            ArgumentError::Missing
        } else {
            ArgumentError::Invalid(error)
        }
    }

    fn elements(&self, wanted: usize) -> Elements<'_, 'de> {
        let (at, left) = match self.form {
            Form::Json { first, .. } => (first.0, 0),
            Form::MessagePack { count, .. } => (0, count),
        };
        Elements {
            list: self,
            at,
            left,
            wanted,
        }
    }

    fn visit<V: Visitor<'de>>(&self, wanted: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(&mut self.elements(wanted))
    }
}

impl<'de> Deserializer<'de> for &List<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(0, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.visit(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.visit(len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.visit(fields.len(), visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf seq map enum identifier ignored_any
    }
}

struct Elements<'l, 'de> {
    list: &'l List<'de>,
    at: usize,
    /// How many elements are still there, in MessagePack.
    left: u32,
    /// How many elements the type still has places for, if it says so.
    wanted: usize,
}

impl<'de> Elements<'_, 'de> {
    /// The next element, if there is one.
    #[inline]
    fn next<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Result<T::Value, T>, Error> {
        match self.list.form {
            Form::Json { source, .. } => {
                let text = source.json.as_bytes();
                if text.get(self.at) == Some(&b']') {
                    return Ok(Err(seed));
                }
                let (value, end) = if source.placeholders.is_empty() {
                    let end = scan::value(text, self.at, scan::MAX_LEVELS).map_err(changed)?;
                    let span = &source.json[self.at..end];
                    let mut value = serde_json::Deserializer::from_str(span);
                    (seed.deserialize(&mut value)?, end)
                } else {
                    let mut reader = source.reader(self.at);
                    (seed.deserialize(&mut reader)?, reader.position())
                };
                self.at = scan::blanks(text, end);
                if text.get(self.at) == Some(&b',') {
                    self.at = scan::blanks(text, self.at + 1);
                }
                Ok(Ok(value))
            }
            Form::MessagePack { bytes, .. } => {
                if self.left == 0 {
                    return Ok(Err(seed));
                }
                let mut reader = message_pack::Reader::new(bytes, self.at);
                let value = seed.deserialize(&mut reader)?;
                self.at = reader.position();
                self.left -= 1;
                Ok(Ok(value))
            }
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let seed = match self.next(seed)? {
            Ok(value) => {
                self.wanted = self.wanted.saturating_sub(1);
                return Ok(Some(value));
            }
            Err(seed) => seed,
        };
        if self.wanted == 0 {
            return Ok(None);
        }
        self.wanted -= 1;
        match seed.deserialize(Missing) {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                self.list.missing.set(true);
                Err(error)
            }
        }
    }
}

/// The text was checked when it arrived, so this cannot happen.
pub(crate) fn changed(_: scan::Fault) -> Error {
    Error::custom("the text is no JSON any more")
}

/// An argument that the peer left out: `None`, `()` or null.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
