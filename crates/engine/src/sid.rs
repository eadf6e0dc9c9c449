use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore;

/// Length of an identifier in bytes: 15 random bytes in URL-safe base64.
const LENGTH: usize = 20;

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
        (usize::from(self.0[0]) << 14 ^ usize::from(self.0[1]) << 7 ^ usize::from(self.0[2])) % n
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
    fn a_log_does_not_give_the_session_away() {
        let sid = Sid::random();
        assert!(!format!("{sid:?}").contains(sid.as_str()));
    }
}
