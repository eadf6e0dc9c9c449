use std::fmt;

use crate::{DecodeError, EncodeError, Limits, Messages, Packet};

/// A parser of one's own: how packets are written, and how they are read.
///
/// The client needs the same one: `io({ parser: { Encoder, Decoder } })`. What an event carries is
/// seen here as [`Arguments`](crate::Arguments): a list that any format of serde can write, since
/// it is `Serialize`; one that was read becomes [`OwnedArguments`](crate::OwnedArguments). On the
/// way through, both are MessagePack in memory, which costs one copy of the data that JSON and
/// MessagePack themselves do without.
///
/// A parser is trusted as the built-in ones are. They refuse what is nested deeper than
/// [`MAX_DEPTH`](crate::MAX_DEPTH), names and namespaces longer than
/// [`MAX_NAME_BYTES`](crate::MAX_NAME_BYTES) and [`MAX_NAMESPACE_BYTES`](crate::MAX_NAMESPACE_BYTES),
/// they allocate nothing by a length that is only announced, and they never panic.
///
/// ```
/// use sockeye_protocol::*;
///
/// /// Events alone, one a line: a name, a blank, a text.
/// #[derive(Debug)]
/// struct Lines;
///
/// #[derive(Default)]
/// struct ReadLines(Option<OwnedArguments>);
///
/// impl Parser for Lines {
///     fn decoder(&self, _: Limits) -> Box<dyn ReadPackets> {
///         Box::new(ReadLines::default())
///     }
///
///     fn encode(&self, packet: &Packet<'_>, to: &mut Messages<'_>) -> Result<(), EncodeError> {
///         let Packet::Event(event) = packet else {
///             return Err(EncodeError::Refused("not by lines"));
///         };
///         let text: String = event.args.first().map_err(|_| EncodeError::Refused("no text"))?;
///         to.text(&format!("{} {text}", event.name));
///         Ok(())
///     }
/// }
///
/// impl ReadPackets for ReadLines {
///     fn text<'a>(&'a mut self, line: &'a str) -> Result<Option<Packet<'a>>, DecodeError> {
///         let (name, text) = line.split_once(' ').ok_or(DecodeError::InvalidPayload)?;
///         let args = OwnedArguments::new(text).map_err(|_| DecodeError::InvalidPayload)?;
///         let args = self.0.insert(args).borrow();
///         Ok(Some(Packet::Event(Event::new("/", None, name, args)?)))
///     }
///
///     fn binary<'a>(&'a mut self, _: &'a [u8]) -> Result<Option<Packet<'a>>, DecodeError> {
///         Err(DecodeError::Refused("lines are text"))
///     }
/// }
///
/// let codec = Codec::from(Lines);
/// let mut encoder = codec.encoder(0);
/// let mut packet = encoder.event("/", None, "say", "good morning")?;
/// assert_eq!(packet.message(), b"say good morning");
/// # Ok::<_, EncodeError>(())
/// ```
pub trait Parser: fmt::Debug + Send + Sync + 'static {
    /// What reads the packets of one connection.
    fn decoder(&self, limits: Limits) -> Box<dyn ReadPackets>;

    /// Writes a packet.
    ///
    /// # Errors
    ///
    /// If it cannot be written; the packet is not sent then.
    fn encode(&self, packet: &Packet<'_>, to: &mut Messages<'_>) -> Result<(), EncodeError>;
}

/// Reads the packets of one connection, in the order of their messages.
///
/// An error ends the connection.
pub trait ReadPackets: Send {
    /// Takes a text message; `None` means that more messages belong to the packet.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn text<'a>(&'a mut self, text: &'a str) -> Result<Option<Packet<'a>>, DecodeError>;

    /// Takes a binary message; `None` means that more messages belong to the packet.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn binary<'a>(&'a mut self, data: &'a [u8]) -> Result<Option<Packet<'a>>, DecodeError>;

    /// The last packet has been handled: what is held for it can go.
    fn release(&mut self) {}
}
