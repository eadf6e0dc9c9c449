//! Text checked as it arrives (RFC 6455 8.1): a frame fails at its first wrong byte and not at
//! its end.

/// That some bytes can never become UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Invalid;

/// The bytes as text, if all of them are.
#[inline]
pub(crate) fn whole(bytes: &[u8]) -> Result<&str, Invalid> {
    // The vector code has a fixed cost that short messages would feel.
    if bytes.len() <= 64 {
        std::str::from_utf8(bytes).map_err(|_| Invalid)
    } else {
        simdutf8::basic::from_utf8(bytes).map_err(|_| Invalid)
    }
}

/// The beginning of a character whose rest has not arrived: at most three bytes.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    bytes: [u8; 4],
    len: u8,
}

impl Cut {
    pub(crate) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Appends a chunk to `text`, which has room for it, and keeps the character that the
    /// chunk's end cuts.
    pub(crate) fn push(&mut self, text: &mut String, mut chunk: &[u8]) -> Result<(), Invalid> {
        if self.len > 0 {
            let (rest, after) = chunk.split_at(self.missing().min(chunk.len()));
            match self.complete(rest)? {
                Some(character) => text.push(character),
                None => return Ok(()),
            }
            chunk = after;
        }
        let (body, end) = chunk.split_at(boundary(chunk)?);
        text.push_str(whole(body)?);
        self.keep(end);
        Ok(())
    }

    /// Keeps the beginning of a character, as [`boundary`] found it.
    pub(crate) fn keep(&mut self, end: &[u8]) {
        self.bytes[..end.len()].copy_from_slice(end);
        self.len = end.len() as u8;
    }

    /// The bytes that came of the character.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len()]
    }

    /// How many bytes the character lacks; none if there is no cut one.
    pub(crate) fn missing(&self) -> usize {
        match self.bytes() {
            [] => 0,
            [first, ..] => width(*first) - self.len(),
        }
    }

    /// Adds at most the bytes that are missing. Gives the character once it is whole.
    pub(crate) fn complete(&mut self, bytes: &[u8]) -> Result<Option<char>, Invalid> {
        let start = self.len();
        let end = start + bytes.len();
        self.bytes[start..end].copy_from_slice(bytes);
        self.len = end as u8;
        match std::str::from_utf8(self.bytes()) {
            Ok(character) => {
                let character = character.chars().next();
                self.len = 0;
                Ok(character)
            }
            Err(error) if error.error_len().is_none() => Ok(None),
            Err(_) => Err(Invalid),
        }
    }
}

/// Where the character begins that the end of `chunk` cuts, else the end.
pub(crate) fn boundary(chunk: &[u8]) -> Result<usize, Invalid> {
    let boundary = last_boundary(chunk);
    match std::str::from_utf8(&chunk[boundary..]) {
        Err(error) if error.error_len().is_some() => Err(Invalid),
        _ => Ok(boundary),
    }
}

/// How many bytes a character has that begins with this one.
fn width(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

/// The same for what may be no text.
fn last_boundary(chunk: &[u8]) -> usize {
    for (back, byte) in (1..=3).zip(chunk.iter().rev()) {
        if matches!(byte, 0x80..=0xBF) {
            continue;
        }
        return if width(*byte) > back {
            chunk.len() - back
        } else {
            chunk.len()
        };
    }
    chunk.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the chunks give together; `None` if a character at the end is cut.
    fn pushed(chunks: &[&[u8]]) -> Result<Option<String>, Invalid> {
        let (mut text, mut cut) = (String::new(), Cut::default());
        for chunk in chunks {
            cut.push(&mut text, chunk)?;
        }
        Ok((cut.len() == 0).then_some(text))
    }

    #[test]
    fn three_chunks_of_each_kind_of_text() {
        for text in [
            "",
            "ascii",
            "\u{7ff}\u{800}",
            "\u{ffff}\u{10000}\u{10ffff}",
            "a\u{e9}\u{20ac}",
        ] {
            let bytes = text.as_bytes();
            for first in 0..=bytes.len() {
                for second in first..=bytes.len() {
                    let chunks = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                    assert_eq!(pushed(&chunks), Ok(Some(text.to_owned())), "{chunks:?}");
                }
            }
        }
    }

    #[test]
    fn agrees_with_the_standard_library_on_every_pair_of_bytes() {
        for first in 0..=255 {
            for second in 0..=255 {
                let bytes = [first, second];
                let expected = match std::str::from_utf8(&bytes) {
                    Ok(text) => Ok(Some(text.to_owned())),
                    Err(error) if error.error_len().is_none() => Ok(None),
                    Err(_) => Err(Invalid),
                };
                assert_eq!(pushed(&[&bytes]), expected, "{bytes:02x?}");
                assert_eq!(
                    pushed(&[&bytes[..1], &bytes[1..]]),
                    expected,
                    "{bytes:02x?} cut"
                );
            }
        }
    }
}
