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
        while self.len > 0 {
            let Some((first, rest)) = chunk.split_first() else {
                return Ok(());
            };
            chunk = rest;
            self.bytes[self.len()] = *first;
            self.len += 1;
            match std::str::from_utf8(&self.bytes[..self.len()]) {
                Ok(character) => {
                    text.push_str(character);
                    self.len = 0;
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(Invalid),
            }
        }
        let (body, end) = chunk.split_at(last_boundary(chunk));
        text.push_str(whole(body)?);
        if !end.is_empty() {
            match std::str::from_utf8(end) {
                Err(error) if error.error_len().is_none() => {}
                _ => return Err(Invalid),
            }
            self.bytes[..end.len()].copy_from_slice(end);
            self.len = end.len() as u8;
        }
        Ok(())
    }
}

/// Where the character begins that the end of `chunk` cuts, else the end.
fn last_boundary(chunk: &[u8]) -> usize {
    for (back, byte) in (1..=3).zip(chunk.iter().rev()) {
        let needs = match byte {
            0x80..=0xBF => continue,
            0xF0.. => 4,
            0xE0.. => 3,
            0xC0.. => 2,
            _ => 1,
        };
        return if needs > back {
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
