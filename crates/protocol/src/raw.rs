use std::fmt;

use serde::de::DeserializeOwned;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::scan;
use crate::{ArgumentError, DecodeError, EncodeError, MAX_DEPTH};

/// One JSON value as text, checked, and never read on its way through.
///
/// It is written exactly as it was received: spelling of numbers, blanks, duplicate keys and
/// half surrogate pairs included.
///
/// ```
/// use sockeye_protocol::RawJson;
///
/// let raw = RawJson::new(r#" {"price": 1.50} "#)?;
/// assert_eq!(raw.as_str(), r#"{"price": 1.50}"#);
/// assert_eq!(serde_json::to_string(&[&raw]).unwrap(), r#"[{"price": 1.50}]"#);
/// # Ok::<_, sockeye_protocol::DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawJson(Box<str>);

impl RawJson {
    /// Checks a text, whose blanks at both ends are dropped.
    ///
    /// # Errors
    ///
    /// [`DecodeError::InvalidPayload`] if it is not exactly one JSON value,
    /// [`DecodeError::TooDeep`] if that is nested deeper than [`MAX_DEPTH`].
    pub fn new(text: &str) -> Result<Self, DecodeError> {
        let text = text.trim_matches([' ', '\n', '\r', '\t']);
        if scan::value(text.as_bytes(), 0, MAX_DEPTH)? != text.len() {
            return Err(DecodeError::InvalidPayload);
        }
        Ok(Self(text.into()))
    }

    /// Writes a value. Bytes become lists of numbers, since there are no attachments here.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Json`] if the value has no JSON form.
    pub fn from_value<T: Serialize + ?Sized>(value: &T) -> Result<Self, EncodeError> {
        serde_json::to_string(value)
            .map(|text| Self(text.into()))
            .map_err(EncodeError::Json)
    }

    /// `null`.
    pub fn null() -> Self {
        Self("null".into())
    }

    /// A text that was checked already.
    pub(crate) fn checked(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, as a `String`.
    pub fn into_string(self) -> String {
        self.0.into()
    }

    /// Reads the value.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Invalid`] if it does not fit the type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ArgumentError> {
        serde_json::from_str(&self.0).map_err(ArgumentError::Invalid)
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({})", self.0)
    }
}

impl fmt::Display for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name by which this crate's own serializer knows that checked JSON follows.
pub(crate) const TOKEN: &str = "$sockeye::RawJson";

impl Serialize for RawJson {
    /// Verbatim with any serializer of `serde_json`; a string in formats that are not text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(TOKEN, &Text(&self.0))
    }
}

struct Text<'a>(&'a str);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_str(self.0);
        }
        // Only `serde_json` can vouch for a text to itself, and it reads it all again to do so:
        // the encoder of this crate does not come this way.
        let raw: &RawValue = serde_json::from_str(self.0).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}
