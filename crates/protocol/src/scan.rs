//! A check of JSON text (RFC 8259) that builds nothing, allocates nothing and does not recurse.

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Syntax,
    TooDeep,
}

/// The nesting that fits the scanner's memory: one bit a level.
pub(crate) const MAX_LEVELS: u32 = u128::BITS;

/// The position behind the blanks that start at `at`.
#[inline]
pub(crate) fn blanks(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}

/// The position behind the value that starts at `at`, which may be nested `levels` deep.
pub(crate) fn value(text: &[u8], mut at: usize, levels: u32) -> Result<usize, Fault> {
    debug_assert!(levels <= MAX_LEVELS, "one bit a level");
    // What the value stands in, and in a bit for each level further out whether it is an object.
    let mut object = false;
    let mut outer = 0_u128;
    let mut level = 0_u32;
    loop {
        match text.get(at) {
            Some(b'"') => at = string(text, at)?,
            Some(b'-' | b'0'..=b'9') => at = number(text, at)?,
            Some(open @ (b'{' | b'[')) => {
                if level == levels {
                    return Err(Fault::TooDeep);
                }
                let opened = *open == b'{';
                at = blanks(text, at + 1);
                if text.get(at) == Some(&(if opened { b'}' } else { b']' })) {
                    at += 1;
                } else {
                    if opened {
                        at = key(text, at)?;
                    }
                    outer = outer << 1 | u128::from(object);
                    object = opened;
                    level += 1;
                    continue;
                }
            }
            Some(b't') => at = literal(text, at, b"true")?,
            Some(b'f') => at = literal(text, at, b"false")?,
            Some(b'n') => at = literal(text, at, b"null")?,
            _ => return Err(Fault::Syntax),
        }
        loop {
            let Some(inner) = level.checked_sub(1) else {
                return Ok(at);
            };
            at = blanks(text, at);
            match text.get(at) {
                Some(b',') => {
                    at = blanks(text, at + 1);
                    if object {
                        at = key(text, at)?;
                    }
                    break;
                }
                Some(b'}') if object => at += 1,
                Some(b']') if !object => at += 1,
                _ => return Err(Fault::Syntax),
            }
            level = inner;
            object = outer & 1 == 1;
            outer >>= 1;
        }
    }
}

/// The position of the value that belongs to the key at `at`.
pub(crate) fn key(text: &[u8], at: usize) -> Result<usize, Fault> {
    let at = blanks(text, string(text, at)?);
    if text.get(at) != Some(&b':') {
        return Err(Fault::Syntax);
    }
    Ok(blanks(text, at + 1))
}

/// The position behind the string whose opening quote is at `at`.
///
/// An escaped surrogate need not have its other half: JavaScript reads and writes such strings.
pub(crate) fn string(text: &[u8], at: usize) -> Result<usize, Fault> {
    if text.get(at) != Some(&b'"') {
        return Err(Fault::Syntax);
    }
    let mut at = at + 1;
    loop {
        at = plain(text, at);
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => match text.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                Some(b'u') => {
                    let digits = text.get(at + 2..at + 6).ok_or(Fault::Syntax)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return Err(Fault::Syntax);
                    }
                    at += 6;
                }
                _ => return Err(Fault::Syntax),
            },
            _ => return Err(Fault::Syntax),
        }
    }
}

/// The position of the next quote, backslash or control character, eight bytes a step.
#[inline]
pub(crate) fn plain(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    while let Some(Ok(chunk)) = text.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let chunk = u64::from_le_bytes(chunk);
        let quote = chunk ^ (ONES * b'"' as u64);
        let backslash = chunk ^ (ONES * b'\\' as u64);
        // A borrow can only raise false alarms above a true one, and the lowest is what counts.
        let found = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (chunk.wrapping_sub(ONES * 0x20) & !chunk);
        let found = found & HIGH;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(byte) = text.get(at) {
        if matches!(byte, b'"' | b'\\' | 0..0x20) {
            break;
        }
        at += 1;
    }
    at
}

/// The position behind the number that starts at `at`.
pub(crate) fn number(text: &[u8], mut at: usize) -> Result<usize, Fault> {
    if text.get(at) == Some(&b'-') {
        at += 1;
    }
    at = match text.get(at) {
        Some(b'0') => at + 1,
        _ => digits(text, at)?,
    };
    if text.get(at) == Some(&b'.') {
        at = digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = text.get(at) {
            at += 1;
        }
        at = digits(text, at)?;
    }
    Ok(at)
}

fn digits(text: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    while let Some(b'0'..=b'9') = text.get(at) {
        at += 1;
    }
    if at == start {
        Err(Fault::Syntax)
    } else {
        Ok(at)
    }
}

fn literal(text: &[u8], at: usize, word: &[u8]) -> Result<usize, Fault> {
    let end = at + word.len();
    if text.get(at..end) == Some(word) {
        Ok(end)
    } else {
        Err(Fault::Syntax)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    /// The verdict of `serde_json`, which ignores a value without building it.
    fn reference(text: &str) -> bool {
        serde_json::from_str::<IgnoredAny>(text).is_ok()
    }

    fn ours(text: &str) -> bool {
        let bytes = text.as_bytes();
        let start = blanks(bytes, 0);
        value(bytes, start, MAX_LEVELS).is_ok_and(|end| blanks(bytes, end) == bytes.len())
    }

    const SEEDS: &[&str] = &[
        r#"{"id":12,"name":"some name","list":[1,-2.5,3e+7,0.1E-2,true,false,null],"o":{"":{}}}"#,
        r#"["a\"b\\c\/\b\f\n\r\t\u00e9\ud83e\udd80\ud800", "long text without any escape in it"]"#,
        " [ [ ] , { } , [ [ [ 0 ] ] ] , { \"k\" : \"v\" } ] ",
        "\"é\u{2028}\u{1f980} and seven more characters\"",
        "-0.0e-0",
    ];

    #[test]
    fn agrees_with_serde_json_on_every_prefix() {
        for seed in SEEDS {
            assert!(reference(seed), "{seed}");
            for (end, _) in seed.char_indices().chain([(seed.len(), ' ')]) {
                assert_eq!(
                    ours(&seed[..end]),
                    reference(&seed[..end]),
                    "{}",
                    &seed[..end]
                );
            }
        }
    }

    #[test]
    fn agrees_with_serde_json_on_mutations() {
        const PIECES: &[&str] = &[
            "\"", "\\", "\\u", "\\ud8", "{", "}", "[", "]", ",", ":", " ", "\n", "\t", "\u{b}",
            "\0", "\u{1f}", "\u{7f}", "\u{80}", "é", "-", "+", ".", "e", "E", "0", "1", "9", "00",
            "true", "nul", "x", "\"a\":", "[]", "{}", "1.", "\u{feff}", "\u{a0}", "",
        ];
        // A fixed sequence (xorshift), so that a failure can be repeated.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = |limit: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % limit as u64) as usize
        };
        let mut legal = 0;
        for round in 0..200_000 {
            let seed = SEEDS[round % SEEDS.len()];
            let bounds: Vec<_> = seed
                .char_indices()
                .map(|(at, _)| at)
                .chain([seed.len()])
                .collect();
            let mut text = seed.to_owned();
            let start = below(bounds.len());
            let end = (start + below(3)).min(bounds.len() - 1);
            text.replace_range(bounds[start]..bounds[end], PIECES[below(PIECES.len())]);
            let expected = reference(&text);
            assert_eq!(ours(&text), expected, "{text}");
            legal += usize::from(expected);
        }
        assert!(
            legal > 10_000,
            "too few legal texts to mean something: {legal}"
        );
    }

    #[test]
    fn each_byte_ends_a_string_or_does_not() {
        // At each place of the eight that one step looks at.
        for pad in 0..17 {
            for byte in 0..=0x7f_u8 {
                let text = format!("\"{}{}{}\"", "x".repeat(pad), byte as char, "y".repeat(9));
                assert_eq!(ours(&text), reference(&text), "{text:?}");
            }
            let text = format!("\"{}\u{100}\u{7ff}\u{ffff}\"", "x".repeat(pad));
            assert!(ours(&text), "{text}");
        }
    }

    #[test]
    fn values_end_where_they_end() {
        for (text, end) in [
            ("1,2", 1),
            ("\"a\"b", 3),
            ("[1]]", 3),
            ("{} ", 2),
            ("null1", 4),
        ] {
            assert_eq!(value(text.as_bytes(), 0, 1), Ok(end), "{text}");
        }
    }

    #[test]
    fn levels_are_counted() {
        assert_eq!(value(b"1", 0, 0), Ok(1));
        assert_eq!(value(b"[]", 0, 0), Err(Fault::TooDeep));
        assert_eq!(value(b"[{}]", 0, 1), Err(Fault::TooDeep));
        assert_eq!(value(b"[{},[],{}]", 0, 2), Ok(10));
        // Each level remembers its own kind.
        assert_eq!(value(b"[{\"a\":[{\"b\":[]}]}]", 0, MAX_LEVELS), Ok(18));
        assert_eq!(value(b"[{\"a\":[}]]", 0, MAX_LEVELS), Err(Fault::Syntax));
        let full = "[{\"a\":".repeat(64) + "1" + &"}]".repeat(64);
        assert_eq!(value(full.as_bytes(), 0, MAX_LEVELS), Ok(full.len()));
    }
}
