//! What stands in MessagePack: <https://github.com/msgpack/msgpack/blob/master/spec.md>, with the
//! extensions by which notepack.io writes what only JavaScript has.

use crate::DecodeError;

/// One value, or the head of one that holds others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    Nil,
    /// Extension 0 of one byte: what a member or an argument is that was not given.
    Undefined,
    Bool(bool),
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    Float(f64),
    Text(&'a str),
    /// Binary data, or extension 0 with a length of its own: an `ArrayBuffer`.
    Bytes(&'a [u8]),
    /// Extension 0 of eight bytes: milliseconds since 1970.
    Date(i64),
    Extension(i8, &'a [u8]),
    /// So many values follow.
    List(u32),
    /// So many keys with their values follow.
    Map(u32),
}

/// Reads bytes in order; what is not there is a fault.
#[derive(Debug)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let rest = self
            .bytes
            .get(self.at..)
            .ok_or(DecodeError::InvalidPayload)?;
        let taken = rest.get(..length).ok_or(DecodeError::InvalidPayload)?;
        self.at += length;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.take(N)?
            .try_into()
            .map_err(|_| DecodeError::InvalidPayload)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    fn two(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline]
    fn four(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    fn text(&mut self, length: usize) -> Result<Item<'a>, DecodeError> {
        std::str::from_utf8(self.take(length)?)
            .map(Item::Text)
            .map_err(|_| DecodeError::InvalidPayload)
    }

    fn binary(&mut self, length: usize) -> Result<Item<'a>, DecodeError> {
        self.take(length).map(Item::Bytes)
    }

    /// An extension whose length stands in front of it.
    fn extension(&mut self, length: usize) -> Result<Item<'a>, DecodeError> {
        let kind = self.byte()?.cast_signed();
        let content = self.take(length)?;
        Ok(match kind {
            0 => Item::Bytes(content),
            _ => Item::Extension(kind, content),
        })
    }

    /// An extension whose length its first byte says.
    fn fixed_extension(&mut self, length: usize) -> Result<Item<'a>, DecodeError> {
        let kind = self.byte()?.cast_signed();
        let content = self.take(length)?;
        Ok(match (kind, content) {
            (0, [_]) => Item::Undefined,
            (0, [a, b, c, d, e, f, g, h]) => {
                Item::Date(i64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]))
            }
            _ => Item::Extension(kind, content),
        })
    }

    fn signed(number: i64) -> Item<'a> {
        u64::try_from(number).map_or(Item::Signed(number), Item::Unsigned)
    }

    fn read(&mut self) -> Result<Item<'a>, DecodeError> {
        Ok(match self.byte()? {
            number @ ..=0x7f => Item::Unsigned(number.into()),
            head @ 0x80..=0x8f => Item::Map(u32::from(head & 0x0f)),
            head @ 0x90..=0x9f => Item::List(u32::from(head & 0x0f)),
            head @ 0xa0..=0xbf => self.text(usize::from(head & 0x1f))?,
            0xc0 => Item::Nil,
            // The specification promises that nothing begins like this.
            0xc1 => return Err(DecodeError::InvalidPayload),
            0xc2 => Item::Bool(false),
            0xc3 => Item::Bool(true),
            0xc4 => {
                let length = self.byte()?.into();
                self.binary(length)?
            }
            0xc5 => {
                let length = self.two()?.into();
                self.binary(length)?
            }
            0xc6 => {
                let length = self.four()? as usize;
                self.binary(length)?
            }
            0xc7 => {
                let length = self.byte()?.into();
                self.extension(length)?
            }
            0xc8 => {
                let length = self.two()?.into();
                self.extension(length)?
            }
            0xc9 => {
                let length = self.four()? as usize;
                self.extension(length)?
            }
            0xca => Item::Float(f32::from_be_bytes(self.array()?).into()),
            0xcb => Item::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Item::Unsigned(self.byte()?.into()),
            0xcd => Item::Unsigned(self.two()?.into()),
            0xce => Item::Unsigned(self.four()?.into()),
            0xcf => Item::Unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => Self::signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => Self::signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => Self::signed(i32::from_be_bytes(self.array()?).into()),
            0xd3 => Self::signed(i64::from_be_bytes(self.array()?)),
            head @ 0xd4..=0xd8 => self.fixed_extension(1 << (head - 0xd4))?,
            0xd9 => {
                let length = self.byte()?.into();
                self.text(length)?
            }
            0xda => {
                let length = self.two()?.into();
                self.text(length)?
            }
            0xdb => {
                let length = self.four()? as usize;
                self.text(length)?
            }
            0xdc => Item::List(self.two()?.into()),
            0xdd => Item::List(self.four()?),
            0xde => Item::Map(self.two()?.into()),
            0xdf => Item::Map(self.four()?),
            number @ 0xe0.. => Item::Signed(number.cast_signed().into()),
        })
    }
}

/// The value at `at`, and where what follows it begins: behind the head of a list or a map.
#[inline]
pub(super) fn item(bytes: &[u8], at: usize) -> Result<(Item<'_>, usize), DecodeError> {
    let mut cursor = Cursor { bytes, at };
    let item = cursor.read()?;
    Ok((item, cursor.at))
}

/// Checks the value at `at`, of at most `levels` lists and maps inside each other, and gives its
/// end. Recursion ends with the levels, and nothing is allocated by what the heads announce.
///
/// Bytes are a level and other extensions are two: written as JSON they are lists.
pub(super) fn value(bytes: &[u8], at: usize, levels: u32) -> Result<usize, DecodeError> {
    let (head, mut at) = item(bytes, at)?;
    let (count, keys) = match head {
        Item::List(count) => (count, false),
        Item::Map(count) => (count, true),
        Item::Bytes(_) if levels < 1 => return Err(DecodeError::TooDeep),
        Item::Extension(..) if levels < 2 => return Err(DecodeError::TooDeep),
        _ => return Ok(at),
    };
    let levels = levels.checked_sub(1).ok_or(DecodeError::TooDeep)?;
    for _ in 0..count {
        if keys {
            at = key(bytes, at)?.1;
        }
        at = value(bytes, at, levels)?;
    }
    Ok(at)
}

/// A key and its end. JavaScript makes a text of whatever stands there; here it is one, or an
/// integer.
pub(super) fn key(bytes: &[u8], at: usize) -> Result<(Item<'_>, usize), DecodeError> {
    match item(bytes, at)? {
        (key @ (Item::Text(_) | Item::Unsigned(_) | Item::Signed(_)), at) => Ok((key, at)),
        _ => Err(DecodeError::InvalidPayload),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_head() {
        let cases: [(&[u8], Item<'_>); 40] = [
            (&[0x00], Item::Unsigned(0)),
            (&[0x7f], Item::Unsigned(127)),
            (&[0x83], Item::Map(3)),
            (&[0x9f], Item::List(15)),
            (&[0xa2, b'o', b'k'], Item::Text("ok")),
            (&[0xc0], Item::Nil),
            (&[0xc2], Item::Bool(false)),
            (&[0xc3], Item::Bool(true)),
            (&[0xc4, 1, 7], Item::Bytes(&[7])),
            (&[0xc5, 0, 1, 7], Item::Bytes(&[7])),
            (&[0xc6, 0, 0, 0, 1, 7], Item::Bytes(&[7])),
            (&[0xc7, 1, 0, 7], Item::Bytes(&[7])),
            (&[0xc7, 1, 5, 7], Item::Extension(5, &[7])),
            (&[0xc8, 0, 1, 0, 7], Item::Bytes(&[7])),
            (&[0xc9, 0, 0, 0, 1, 0xff, 7], Item::Extension(-1, &[7])),
            (&[0xca, 0x3f, 0xc0, 0, 0], Item::Float(1.5)),
            (&[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], Item::Float(1.5)),
            (&[0xcc, 0xff], Item::Unsigned(255)),
            (&[0xcd, 1, 0], Item::Unsigned(256)),
            (&[0xce, 0, 1, 0, 0], Item::Unsigned(65_536)),
            (
                &[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Item::Unsigned(u64::MAX),
            ),
            (&[0xd0, 0x80], Item::Signed(-128)),
            (&[0xd0, 0x01], Item::Unsigned(1)),
            (&[0xd1, 0x80, 0], Item::Signed(-32_768)),
            (&[0xd2, 0x80, 0, 0, 0], Item::Signed(i32::MIN.into())),
            (&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], Item::Signed(i64::MIN)),
            (&[0xd4, 0, 0], Item::Undefined),
            (&[0xd4, 1, 9], Item::Extension(1, &[9])),
            (&[0xd5, 0, 8, 9], Item::Extension(0, &[8, 9])),
            (&[0xd6, 2, 1, 2, 3, 4], Item::Extension(2, &[1, 2, 3, 4])),
            (&[0xd7, 0, 0, 0, 0, 0, 0, 0, 1, 0], Item::Date(256)),
            (
                &[0xd7, 3, 1, 2, 3, 4, 5, 6, 7, 8],
                Item::Extension(3, &[1, 2, 3, 4, 5, 6, 7, 8]),
            ),
            (&[0xd9, 1, b'x'], Item::Text("x")),
            (&[0xda, 0, 1, b'x'], Item::Text("x")),
            (&[0xdb, 0, 0, 0, 1, b'x'], Item::Text("x")),
            (&[0xdc, 1, 0], Item::List(256)),
            (&[0xdd, 0xff, 0xff, 0xff, 0xff], Item::List(u32::MAX)),
            (&[0xde, 1, 0], Item::Map(256)),
            (&[0xdf, 0, 0, 0, 2], Item::Map(2)),
            (&[0xe0], Item::Signed(-32)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(item(bytes, 0), Ok((expected, bytes.len())), "{bytes:x?}");
            for cut in 0..bytes.len() {
                let refused = item(&bytes[..cut], 0);
                assert_eq!(
                    refused,
                    Err(DecodeError::InvalidPayload),
                    "{bytes:x?} cut at {cut}"
                );
            }
        }
        assert_eq!(item(&[0xc1], 0), Err(DecodeError::InvalidPayload));
        assert_eq!(
            item(&[0xa1, 0xff], 0),
            Err(DecodeError::InvalidPayload),
            "no UTF-8"
        );
    }

    #[test]
    fn depth_and_keys_are_checked() {
        let nested = |levels: usize| [vec![0x91; levels], vec![0xc0]].concat();
        assert_eq!(value(&nested(3), 0, 3), Ok(4));
        assert_eq!(value(&nested(4), 0, 3), Err(DecodeError::TooDeep));
        assert_eq!(value(&[0x81, 0x01, 0x02], 0, 1), Ok(3));
        assert_eq!(value(&[0x91, 0xc4, 0], 0, 2), Ok(3));
        assert_eq!(value(&[0x91, 0xc4, 0], 0, 1), Err(DecodeError::TooDeep));
        assert_eq!(value(&[0xd4, 1, 0], 0, 2), Ok(3));
        assert_eq!(value(&[0xd4, 1, 0], 0, 1), Err(DecodeError::TooDeep));
        for key in [
            &[0xc0][..],
            &[0x90],
            &[0xc3],
            &[0xc4, 0],
            &[0xca, 0, 0, 0, 0],
        ] {
            let map = [&[0x81], key, &[0x02]].concat();
            assert_eq!(
                value(&map, 0, 9),
                Err(DecodeError::InvalidPayload),
                "{map:x?}"
            );
        }
    }
}
