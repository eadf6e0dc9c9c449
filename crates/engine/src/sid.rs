use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore;

/// Length of an identifier in bytes: 15 random bytes in URL-safe base64.
const LENGTH: usize = 20;

/// How much of it may be chosen: 14 characters, 84 random bits, stay.
const LONGEST_PREFIX: usize = 6;

/// An unguessable identifier of 20 URL-safe characters.
///
/// It names a transport session on the wire (`sid` of the handshake), and, drawn separately, whatever
/// else must not be guessed. All of its 120 bits come from a cryptographically secure generator.
///
/// ```
/// use sockeye_engine::Sid;
///
/// let sid = Sid::random();
/// assert_eq!(sid.as_str().len(), 20);
/// assert_eq!(Sid::parse(sid.as_str()), Some(sid));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid([u8; LENGTH]);

impl Sid {
    /// Draws a new identifier.
    #[must_use]
    pub fn random() -> Self {
        let mut random = [0; LENGTH / 4 * 3];
        rand::rng().fill_bytes(&mut random);
        let mut text = [0; LENGTH];
        URL_SAFE_NO_PAD
            .encode_slice(random, &mut text)
            .expect("15 bytes are 20 characters of base64");
        Self(text)
    }

    /// Draws an identifier that begins with `prefix`, for balancers that find a session's server by it.
    ///
    /// `None` unless the prefix has at most 6 letters, digits, `-` and `_`: what is left of the identifier, 84
    /// bits at least, has to stay unguessable.
    ///
    /// ```
    /// use sockeye_engine::Sid;
    ///
    /// let sid = Sid::with_prefix("eu1-").expect("four characters");
    /// assert!(sid.as_str().starts_with("eu1-"));
    /// assert_eq!(Sid::with_prefix("frankfurt"), None);
    /// ```
    #[must_use]
    pub fn with_prefix(prefix: &str) -> Option<Self> {
        let random = Self::random();
        let rest = random.as_str().get(prefix.len()..)?;
        let sid = (prefix.len() <= LONGEST_PREFIX).then(|| format!("{prefix}{rest}"))?;
        Self::parse(&sid)
    }

    /// Reads an identifier from the wire; `None` if it cannot be one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            .then_some(Self(bytes))
    }

    /// The identifier as it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("made of ASCII characters alone")
    }

    /// A number below `n`, evenly spread over the identifiers: which of `n` shards holds it.
    #[must_use]
    pub fn spread(&self, n: usize) -> usize {
        // Any part of it may be the same in all identifiers of an application that chooses them.
        let hash = self.0.iter().fold(0u32, |hash, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        });
        (hash >> 8) as usize % n
    }
}

impl AsRef<str> for Sid {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Sid {
    /// Writes the first characters only: a whole identifier in a log would let its reader take the session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", &self.as_str()[..6])
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_differ_and_parse() {
        let all: std::collections::HashSet<_> = (0..1000).map(|_| Sid::random()).collect();
        assert_eq!(all.len(), 1000);
        assert!(all.iter().all(|sid| Sid::parse(sid.as_str()) == Some(*sid)));
    }

    #[test]
    fn what_cannot_be_an_identifier_is_refused() {
        for text in [
            "",
            "short",
            "twenty characters!!!",
            "abcdefghijabcdefghijk",
            "é345678901234567890",
        ] {
            assert_eq!(Sid::parse(text), None, "{text}");
        }
    }

    #[test]
    fn identifiers_are_spread_evenly_whatever_their_beginning() {
        for prefix in ["", "eu1-", "abcdef"] {
            let mut counts = [0; 7];
            for _ in 0..7_000 {
                let sid = Sid::with_prefix(prefix).expect("a short prefix");
                counts[sid.spread(7)] += 1;
            }
            assert!(counts.iter().all(|n| (800..1200).contains(n)), "{counts:?}");
        }
    }

    #[test]
    fn a_prefix_is_short_and_url_safe() {
        for prefix in ["abcdefg", "a b", "é", "/", "abcdefghijabcdefghijk"] {
            assert_eq!(Sid::with_prefix(prefix), None, "{prefix}");
        }
    }

    #[test]
    fn a_log_does_not_give_the_session_away() {
        let sid = Sid::random();
        assert!(!format!("{sid:?}").contains(sid.as_str()));
    }
}
