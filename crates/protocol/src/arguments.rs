use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::ser::{Serialize, Serializer};

use crate::list::{List, Missing};
use crate::message_pack;
use crate::placeholder::Placeholder;
use crate::reader::Source;
use crate::transcode::Transcode;
use crate::{ArgumentError, DecodeError, EncodeError, Payload, RawJson};

/// The arguments of an event, or an answer: a list that is read when asked for.
///
/// Whether they came as JSON or as MessagePack, the same types can be read from them.
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
pub struct Arguments<'a>(Form<'a>);

/// Checked arguments, as they came.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form<'a> {
    Json {
        /// The whole list, of which an event's name is the first element, and its attachments.
        source: Source<'a>,
        /// Where the first argument starts and ends; both at the closing bracket if there is none.
        first: (usize, usize),
    },
    MessagePack {
        /// The arguments, one behind the other.
        bytes: &'a [u8],
        count: u32,
    },
}

impl<'a> Arguments<'a> {
    pub(crate) fn json_list(json: &'a str, first: (usize, usize)) -> Self {
        let source = Source {
            json,
            placeholders: &[],
            attachments: &[],
        };
        Self(Form::Json { source, first })
    }

    pub(crate) fn message_pack(bytes: &'a [u8], count: u32) -> Self {
        Self(Form::MessagePack { bytes, count })
    }

    pub(crate) fn none() -> Self {
        Self::json_list("[]", (1, 1))
    }

    pub(crate) fn with_attachments(
        self,
        placeholders: &'a [Placeholder],
        attachments: &'a [Bytes],
    ) -> Self {
        match self.0 {
            Form::Json { source, first } => Self(Form::Json {
                source: Source {
                    placeholders,
                    attachments,
                    ..source
                },
                first,
            }),
            Form::MessagePack { .. } => self,
        }
    }

    /// Whether there is no argument.
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Form::Json { first, .. } => first.0 == first.1,
            Form::MessagePack { count, .. } => count == 0,
        }
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
        match self.0 {
            Form::Json { source, first } if source.placeholders.is_empty() => {
                serde_json::from_str(&source.json[first.0..first.1])
            }
            Form::Json { source, first } => T::deserialize(&mut source.reader(first.0)),
            Form::MessagePack { bytes, .. } => {
                T::deserialize(&mut message_pack::Reader::new(bytes, 0))
            }
        }
        .map_err(ArgumentError::Invalid)
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
        let list = List::new(self.0);
        T::deserialize(&list).map_err(|error| list.explain(error))
    }

    /// Takes the first argument as it stands, without reading it; `null` if it is missing.
    ///
    /// Placeholders of attachments stay placeholders. What came as MessagePack is written as JSON
    /// here, bytes as lists of numbers.
    pub fn first_raw(&self) -> RawJson {
        match self.0 {
            _ if self.is_empty() => RawJson::null(),
            Form::Json { source, first } => RawJson::checked(&source.json[first.0..first.1]),
            Form::MessagePack { bytes, .. } => {
                let mut reader = message_pack::Reader::new(bytes, 0);
                RawJson::from_value(&Transcode::new(&mut reader))
                    .unwrap_or_else(|_| RawJson::null())
            }
        }
    }

    /// The arguments as a JSON list, without the event's name; see
    /// [`first_raw`](Self::first_raw) for bytes.
    pub fn json(&self) -> Cow<'a, str> {
        match self.0 {
            Form::Json { source, first } if first.0 == 1 => Cow::Borrowed(source.json),
            Form::Json { source, first } => Cow::Owned(format!("[{}", &source.json[first.0..])),
            Form::MessagePack { .. } => serde_json::to_string(self).unwrap_or_default().into(),
        }
    }

    /// The binary parts that came as messages of their own, in the order of their arrival. In
    /// MessagePack there are none.
    pub fn attachments(&self) -> &'a [Bytes] {
        match self.0 {
            Form::Json { source, .. } => source.attachments,
            Form::MessagePack { .. } => &[],
        }
    }

    /// A copy that can wait for its turn. Attachments are shared, not copied.
    pub fn to_owned(&self) -> OwnedArguments {
        OwnedArguments(match self.0 {
            Form::Json { source, first } => Owned::Json {
                json: source.json.into(),
                first,
                placeholders: source.placeholders.into(),
                attachments: source.attachments.into(),
            },
            Form::MessagePack { bytes, count } => Owned::MessagePack {
                bytes: bytes.into(),
                count,
            },
        })
    }
}

impl Serialize for Arguments<'_> {
    /// A list, in whatever format; bytes are bytes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Transcode::new(&List::new(self.0)).serialize(serializer)
    }
}

impl fmt::Debug for Arguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Arguments({}, {} attachments)",
            self.json(),
            self.attachments().len()
        )
    }
}

/// Arguments that have left the packet they came in, for an event that waits in a queue; or new
/// ones, made by a [`Parser`](crate::Parser).
#[derive(Clone)]
pub struct OwnedArguments(Owned);

#[derive(Clone)]
enum Owned {
    Json {
        json: Box<str>,
        first: (usize, usize),
        placeholders: Box<[Placeholder]>,
        attachments: Box<[Bytes]>,
    },
    MessagePack {
        bytes: Box<[u8]>,
        count: u32,
    },
}

impl OwnedArguments {
    /// Makes arguments of a payload: several of [`Args`](crate::Args), none of `()`, otherwise
    /// one.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Json`] if a value's `Serialize` fails, [`EncodeError::NotAList`] if
    /// [`Args`](crate::Args) holds something else than a list.
    ///
    /// ```
    /// use sockeye_protocol::{Args, OwnedArguments};
    ///
    /// let made = OwnedArguments::new(&Args(("left", bytes::Bytes::from_static(b"ab"))))?;
    /// let (side, data): (String, bytes::Bytes) = made.borrow().all().unwrap();
    /// assert_eq!((&*side, &*data), ("left", &b"ab"[..]));
    /// # Ok::<_, sockeye_protocol::EncodeError>(())
    /// ```
    pub fn new<P: Payload + ?Sized>(payload: &P) -> Result<Self, EncodeError> {
        let mut bytes = Vec::new();
        message_pack::list_of(&mut bytes, None, payload)?;
        Self::from_message_pack(&bytes).map_err(|_| EncodeError::NotAList)
    }

    /// Makes arguments of a payload, and a text behind them.
    pub(crate) fn with_text<P: Payload + ?Sized>(
        payload: &P,
        text: &str,
    ) -> Result<Self, EncodeError> {
        let mut bytes = Vec::new();
        message_pack::list_of(&mut bytes, None, payload)?;
        let (count, content) = message_pack::list(&bytes).map_err(|_| EncodeError::NotAList)?;
        let mut content = content.to_vec();
        message_pack::text(&mut content, text).map_err(EncodeError::Json)?;
        Ok(Self(Owned::MessagePack {
            bytes: content.into(),
            count: count + 1,
        }))
    }

    /// Takes a list in MessagePack.
    ///
    /// # Errors
    ///
    /// [`DecodeError::InvalidPayload`] if it is not exactly one list,
    /// [`DecodeError::TooDeep`] if that is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn from_message_pack(list: &[u8]) -> Result<Self, DecodeError> {
        let (count, content) = message_pack::list(list)?;
        Ok(Self(Owned::MessagePack {
            bytes: content.into(),
            count,
        }))
    }

    /// The arguments, to read them.
    pub fn borrow(&self) -> Arguments<'_> {
        Arguments(match &self.0 {
            Owned::Json {
                json,
                first,
                placeholders,
                attachments,
            } => Form::Json {
                source: Source {
                    json,
                    placeholders,
                    attachments,
                },
                first: *first,
            },
            Owned::MessagePack { bytes, count } => Form::MessagePack {
                bytes,
                count: *count,
            },
        })
    }

    /// The bytes of text and attachments that they hold.
    pub fn weight(&self) -> usize {
        match &self.0 {
            Owned::Json {
                json, attachments, ..
            } => json.len() + attachments.iter().map(Bytes::len).sum::<usize>(),
            Owned::MessagePack { bytes, .. } => bytes.len(),
        }
    }
}

impl fmt::Debug for OwnedArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrow().fmt(f)
    }
}
