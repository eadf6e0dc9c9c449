use thiserror::Error;

/// How the peer broke the protocol: one variant a rule.
///
/// The connection is over after any of them; [`close_code`](Self::close_code) is what to tell
/// the peer before it is cut.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A close code that no endpoint may send (RFC 6455 7.4).
    #[error("close code {0} may not be sent")]
    InvalidCloseCode(u16),
    /// The reason of a close frame is not UTF-8 (RFC 6455 5.5.1).
    #[error("close reason is not utf-8")]
    InvalidCloseReason,
    /// A close frame of one byte has half a code (RFC 6455 5.5.1).
    #[error("close frame of one byte")]
    CloseLengthOne,
    /// A control frame of more than 125 bytes (RFC 6455 5.5).
    #[error("control frame longer than 125 bytes")]
    ControlTooLong,
    /// A new message before the last fragment of the open one (RFC 6455 5.4).
    #[error("new message while a fragmented one is open")]
    ExpectedContinuation,
    /// A frame longer than [`Limits::max_frame`](crate::Limits::max_frame).
    #[error("frame longer than {limit} bytes")]
    FrameTooBig {
        /// The limit in bytes.
        limit: usize,
    },
    /// A control frame without FIN (RFC 6455 5.5).
    #[error("fragmented control frame")]
    FragmentedControl,
    /// A compressed message that cannot be inflated (RFC 7692 7.2.2).
    #[error("compressed message is not deflate")]
    InvalidDeflate,
    /// A text message that is not UTF-8 (RFC 6455 8.1).
    #[error("text message is not utf-8")]
    InvalidUtf8,
    /// A 64-bit length with the top bit set (RFC 6455 5.2).
    #[error("frame length has its top bit set")]
    LengthTopBit,
    /// A masked frame from a server (RFC 6455 5.1).
    #[error("masked frame from the server")]
    MaskedFrame,
    /// A message longer than [`Limits::max_message`](crate::Limits::max_message), after inflating
    /// if it is compressed; or one of which far more is compressed than such a message needs.
    #[error("message longer than {limit} bytes")]
    MessageTooBig {
        /// The limit in bytes.
        limit: usize,
    },
    /// A length in more bytes than it needs (RFC 6455 5.2).
    #[error("frame length is not in its shortest form")]
    NonMinimalLength,
    /// A reserved bit that no negotiated extension gave a meaning (RFC 6455 5.2), or the one for
    /// compression elsewhere than on the first frame of a message (RFC 7692 6).
    #[error("reserved bit set")]
    ReservedBits,
    /// More empty fragments than [`Limits::max_empty_fragments`](crate::Limits::max_empty_fragments).
    #[error("too many empty fragments")]
    TooManyEmptyFragments,
    /// More last blocks in a compressed message than its length explains (RFC 7692 7.2.3.4). Each
    /// costs the time of a new context.
    #[error("too many last blocks in a compressed message")]
    TooManyFinalBlocks,
    /// A continuation with no message open (RFC 6455 5.4).
    #[error("continuation without a message")]
    UnexpectedContinuation,
    /// A reserved opcode (RFC 6455 5.2).
    #[error("unknown opcode {0:#x}")]
    UnknownOpcode(u8),
    /// An unmasked frame from a client (RFC 6455 5.1).
    #[error("unmasked frame from the client")]
    UnmaskedFrame,
}

impl ProtocolError {
    /// The code for the close frame that answers the violation (RFC 6455 7.4.1).
    ///
    /// ```
    /// use sockeye_websocket::ProtocolError;
    /// assert_eq!(ProtocolError::UnmaskedFrame.close_code(), 1002);
    /// assert_eq!(ProtocolError::InvalidUtf8.close_code(), 1007);
    /// ```
    #[must_use]
    pub const fn close_code(&self) -> u16 {
        match self {
            // RFC 6455 7.4.1: "data within a message that was not consistent with the type of the
            // message"; the package `ws` answers the same to what it cannot inflate.
            Self::InvalidDeflate | Self::InvalidUtf8 | Self::InvalidCloseReason => 1007,
            Self::TooManyEmptyFragments | Self::TooManyFinalBlocks => 1008,
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } => 1009,
            _ => 1002,
        }
    }
}

/// Why a message is not sent.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SendError {
    /// This side has sent its close frame, or the connection is over (RFC 6455 5.5.1).
    #[error("connection is closing or closed")]
    Closed,
    /// The payload of a ping is longer than 125 bytes (RFC 6455 5.5).
    #[error("control frame longer than 125 bytes")]
    ControlTooLong,
    /// [`Settings::high_mark`](crate::Settings::high_mark) bytes wait already.
    #[error("too many bytes wait to be written")]
    Full,
    /// A message sent in fragments has not had its last one (RFC 6455 5.4).
    #[error("a message sent in fragments is open")]
    MessageOpen,
    /// The peer is disconnected because it reads too slowly, with
    /// [`Overflow::Close`](crate::Overflow::Close).
    #[error("peer reads too slowly and is disconnected")]
    SlowPeer,
}
