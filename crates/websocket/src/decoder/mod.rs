//! From bytes to messages.

mod feed;
mod header;
#[cfg(feature = "deflate")]
mod inflating;
mod unfinished;

pub use feed::Feed;
use unfinished::Unfinished;

#[cfg(feature = "deflate")]
use crate::deflate::{Direction, Params, Window};
use crate::{Limits, Opcode, Role};

/// The receiving half of a connection: takes the bytes as they were read, gives whole messages.
///
/// It knows no socket and no clock. Between messages it owns no heap memory, unless context
/// takeover was agreed on. After an error or a close frame it is over: whatever is fed then is not
/// looked at.
///
/// ```
/// use sockeye_websocket::{Decoder, Event, Limits, Role, frame};
///
/// let mut bytes = Vec::new();
/// frame::append_masked(&mut bytes, sockeye_websocket::Opcode::Text, b"hello", [1, 2, 3, 4]);
///
/// let mut decoder = Decoder::new(Role::Server, Limits::default());
/// let (first, second) = bytes.split_at_mut(3);
/// assert_eq!(decoder.feed(first).next(), None);
/// assert_eq!(decoder.feed(second).next(), Some(Ok(Event::Text("hello"))));
/// ```
#[derive(Debug)]
pub struct Decoder {
    state: State,
    unfinished: Option<Box<Unfinished>>,
    /// What the next compressed message may refer to, with context takeover.
    #[cfg(feature = "deflate")]
    history: Option<Box<Window>>,
    limits: Limits,
    role: Role,
    over: bool,
    streaming: bool,
    /// Whole messages below this length go the short way; none in streaming mode. 126 tells that
    /// longer ones may go it too.
    short: u8,
    /// How the peer compresses, if that was agreed.
    #[cfg(feature = "deflate")]
    inflate: Option<Direction>,
}

/// Where in a frame the last feed ended.
#[derive(Clone, Copy, Debug)]
enum State {
    /// In the header: at most 13 of its 14 bytes.
    Header {
        spill: [u8; 13],
        len: u8,
    },
    Payload(Frame),
}

impl State {
    const START: Self = Self::Header {
        spill: [0; 13],
        len: 0,
    };

    /// Where the next byte is after these of a frame.
    const fn after(frame: Frame) -> Self {
        if frame.left > 0 {
            Self::Payload(frame)
        } else {
            Self::START
        }
    }
}

/// A frame whose payload is being read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    fin: bool,
    /// It is of a message that is compressed.
    compressed: bool,
    /// It is of a message that is handed out in parts.
    parts: bool,
    /// For the next byte of the payload.
    key: [u8; 4],
    left: usize,
}

impl Decoder {
    /// A decoder for the bytes after the handshake. `role` is the own one: [`Role::Server`]
    /// reads what a client sends.
    #[must_use]
    pub const fn new(role: Role, limits: Limits) -> Self {
        Self {
            state: State::START,
            unfinished: None,
            #[cfg(feature = "deflate")]
            history: None,
            limits,
            role,
            over: false,
            streaming: false,
            short: short(limits, false),
            #[cfg(feature = "deflate")]
            inflate: None,
        }
    }

    /// Takes compressed messages as it was agreed (RFC 7692 7): RSV1 is legal on the first frame
    /// of a message. What is given out is inflated, and bounded by the limit while it comes out.
    ///
    /// ```
    /// use sockeye_websocket::{Decoder, Event, Limits, Role, deflate::Params};
    ///
    /// // RFC 7692 7.2.3.1
    /// let mut frame = [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    /// let mut decoder =
    ///     Decoder::new(Role::Client, Limits::default()).with_deflate(Params::default());
    /// assert_eq!(decoder.feed(&mut frame).next(), Some(Ok(Event::Text("Hello"))));
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub const fn with_deflate(mut self, params: Params) -> Self {
        self.inflate = Some(params.written_by(match self.role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        }));
        self
    }

    /// Whether messages come as [`Event::Part`](crate::Event::Part), as their bytes arrive, instead of whole. It
    /// counts from the next message on.
    ///
    /// A part is what one read brought of a message, or at most 8 KiB that came out of
    /// compressed bytes; text is cut between characters. [`Limits::max_message`] does not count
    /// then, [`Limits::max_frame`] does.
    ///
    /// ```
    /// use sockeye_websocket::{Decoder, Event, Limits, Part, PartData, Role};
    ///
    /// let mut decoder = Decoder::new(Role::Client, Limits::default());
    /// decoder.set_streaming(true);
    /// let mut read = *b"\x82\x06abc";
    /// let part = Part { data: PartData::Binary(b"abc"), last: false };
    /// assert_eq!(decoder.feed(&mut read).next(), Some(Ok(Event::Part(part))));
    /// let mut read = *b"def";
    /// let part = Part { data: PartData::Binary(b"def"), last: true };
    /// assert_eq!(decoder.feed(&mut read).next(), Some(Ok(Event::Part(part))));
    /// ```
    pub const fn set_streaming(&mut self, on: bool) {
        self.streaming = on;
        self.short = short(self.limits, on);
    }

    /// Takes bytes just read, which are unmasked in place.
    ///
    /// Ask [`Feed::next`] until it gives `None`. A caller that stops before keeps
    /// [`Feed::remaining`] and feeds it again, before anything newer.
    pub fn feed<'d>(&'d mut self, input: &'d mut [u8]) -> Feed<'d> {
        Feed::new(self, input)
    }

    /// How many bytes of heap are held for a message whose end has not arrived, and for those to
    /// come with context takeover. A context that inflates is counted by its usual size.
    #[must_use]
    pub fn buffered(&self) -> usize {
        let unfinished = self
            .unfinished
            .as_ref()
            .map_or(0, |unfinished| unfinished.heap());
        #[cfg(feature = "deflate")]
        let unfinished = unfinished + self.history.as_ref().map_or(0, |history| history.heap());
        unfinished
    }

    #[cfg(feature = "deflate")]
    fn inflates(&self) -> bool {
        self.inflate.is_some()
    }

    #[cfg(not(feature = "deflate"))]
    fn inflates(&self) -> bool {
        false
    }
}

/// Below which length a whole message can go the short way.
const fn short(limits: Limits, streaming: bool) -> u8 {
    let most = if limits.max_message < limits.max_frame {
        limits.max_message
    } else {
        limits.max_frame
    };
    match most {
        _ if streaming => 0,
        // The longest that has its length in the second byte is 125.
        125.. => 126,
        _ => most as u8 + 1,
    }
}
