/// What a [`Feed`](crate::Feed) found. It borrows from the bytes that were fed where a message
/// lies whole in them, and else from what the decoder had kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event<'a> {
    /// A whole text message.
    Text(&'a str),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// A part of a message, instead of [`Text`](Self::Text) and [`Binary`](Self::Binary) after
    /// [`Decoder::set_streaming`](crate::Decoder::set_streaming).
    Part(Part<'a>),
    /// A ping, which wants a pong with the same payload (RFC 6455 5.5.2).
    Ping(&'a [u8]),
    /// A pong, asked for or not.
    Pong(&'a [u8]),
    /// The peer sends nothing more. `None` is a close frame without a code.
    Close(Option<Close<'a>>),
}

/// The next bytes of a message, where the reads, the frames or the compression happened to cut it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part<'a> {
    /// The bytes; there may be none in the last part.
    pub data: PartData<'a>,
    /// Whether the message ends here.
    pub last: bool,
}

/// What a [`Part`] carries; it is of the same kind in all parts of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PartData<'a> {
    /// Whole characters of a text message.
    Text(&'a str),
    /// Bytes of a binary message.
    Binary(&'a [u8]),
}

/// What a close frame says (RFC 6455 5.5.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Close<'a> {
    /// The reason in numbers; always one that may be sent.
    pub code: u16,
    /// The reason in words, often empty.
    pub reason: &'a str,
}
