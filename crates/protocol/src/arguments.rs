use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::list::{List, Missing};
use crate::placeholder::Placeholder;
use crate::{ArgumentError, RawJson};

/// The arguments of an event, or an answer: a JSON list that is read when asked for.
///
/// ```
/// use sockeye_protocol::{Decoder, Limits, Packet};
///
/// let mut decoder = Decoder::new(Limits::default());
/// let Ok(Some(Packet::Event(event))) = decoder.text(r#"2["move",{"x":1},"fast"]"#) else {
///     panic!("an event");
/// };
/// let (to, how, by): (std::collections::HashMap<String, u8>, String, Option<String>) =
///     event.args.all()?;
/// assert_eq!((to["x"], how.as_str(), by), (1, "fast", None));
/// # Ok::<_, sockeye_protocol::ArgumentError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    /// The whole list as sent, checked; an event's name is its first element.
    json: &'a str,
    /// Where the first argument starts and ends; both at the closing bracket if there is none.
    first: (usize, usize),
    placeholders: &'a [Placeholder],
    attachments: &'a [Bytes],
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(json: &'a str, first: (usize, usize)) -> Self {
        Self {
            json,
            first,
            placeholders: &[],
            attachments: &[],
        }
    }

    pub(crate) fn none() -> Self {
        Self::new("[]", (1, 1))
    }

    pub(crate) fn with_attachments(
        self,
        placeholders: &'a [Placeholder],
        attachments: &'a [Bytes],
    ) -> Self {
        Self {
            placeholders,
            attachments,
            ..self
        }
    }

    /// Whether there is no argument.
    pub fn is_empty(&self) -> bool {
        self.first.0 == self.first.1
    }

    /// Reads the first argument; those behind it are ignored.
    ///
    /// A missing one reads as `None` or `()`.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Missing`] if there is none and the type needs one,
    /// [`ArgumentError::Invalid`] if it does not fit the type.
    pub fn first<T: DeserializeOwned>(&self) -> Result<T, ArgumentError> {
        if self.is_empty() {
            return T::deserialize(Missing).map_err(|_| ArgumentError::Missing);
        }
        if self.placeholders.is_empty() {
            return serde_json::from_str(self.first_text()).map_err(ArgumentError::Invalid);
        }
        T::deserialize(&mut self.list().value(self.first.0)).map_err(ArgumentError::Invalid)
    }

    /// Reads the whole list into a tuple, an array, a `Vec` or a struct (its fields in order).
    ///
    /// A tuple ignores what the peer sent in excess, and what is missing at its end must be an
    /// `Option`.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Missing`] if there are too few, [`ArgumentError::Invalid`] if one does
    /// not fit its type.
    pub fn all<T: DeserializeOwned>(&self) -> Result<T, ArgumentError> {
        let list = self.list();
        T::deserialize(&list).map_err(|error| list.explain(error))
    }

    /// Takes the first argument as it stands, without reading it; `null` if it is missing.
    ///
    /// Placeholders of attachments stay placeholders.
    pub fn first_raw(&self) -> RawJson {
        if self.is_empty() {
            return RawJson::null();
        }
        RawJson::checked(self.first_text())
    }

    /// The arguments as a JSON list, without the event's name.
    pub fn json(&self) -> Cow<'a, str> {
        match self.first.0 {
            1 => Cow::Borrowed(self.json),
            start => Cow::Owned(format!("[{}", &self.json[start..])),
        }
    }

    /// The binary parts, in the order of their arrival.
    pub fn attachments(&self) -> &'a [Bytes] {
        self.attachments
    }

    /// A copy that can wait for its turn. Attachments are shared, not copied.
    pub fn to_owned(&self) -> OwnedArguments {
        OwnedArguments {
            json: self.json.into(),
            first: self.first,
            placeholders: self.placeholders.into(),
            attachments: self.attachments.into(),
        }
    }

    fn first_text(&self) -> &'a str {
        &self.json[self.first.0..self.first.1]
    }

    fn list(&self) -> List<'a> {
        List::new(self.json, self.first.0, self.placeholders, self.attachments)
    }
}

impl fmt::Debug for Arguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Arguments({}, {} attachments)",
            self.json(),
            self.attachments.len()
        )
    }
}

/// Arguments that have left the packet they came in, for an event that waits in a queue.
#[derive(Clone)]
pub struct OwnedArguments {
    json: Box<str>,
    first: (usize, usize),
    placeholders: Box<[Placeholder]>,
    attachments: Box<[Bytes]>,
}

impl OwnedArguments {
    /// The arguments, to read them.
    pub fn borrow(&self) -> Arguments<'_> {
        Arguments {
            json: &self.json,
            first: self.first,
            placeholders: &self.placeholders,
            attachments: &self.attachments,
        }
    }

    /// The bytes of text and attachments that they hold.
    pub fn weight(&self) -> usize {
        self.json.len() + self.attachments.iter().map(Bytes::len).sum::<usize>()
    }
}

impl fmt::Debug for OwnedArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrow().fmt(f)
    }
}
