/// What a frame carries (RFC 6455 5.2); the reserved ones do not exist here.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Opcode {
    /// A further fragment of the message that is open.
    Continuation = 0x0,
    /// The first or only frame of a text message.
    Text = 0x1,
    /// The first or only frame of a binary message.
    Binary = 0x2,
    /// The last frame of its sender.
    Close = 0x8,
    /// Asks for a pong with the same payload.
    Ping = 0x9,
    /// Answers a ping, or tells that the sender lives.
    Pong = 0xA,
}

impl Opcode {
    /// The four bits on the wire.
    ///
    /// ```
    /// use sockeye_websocket::Opcode;
    /// assert_eq!(Opcode::Pong.bits(), 0xA);
    /// ```
    #[must_use]
    pub const fn bits(self) -> u8 {
        self as u8
    }

    /// The opcode with these four bits, or `None` for a reserved one.
    ///
    /// ```
    /// use sockeye_websocket::Opcode;
    /// assert_eq!(Opcode::from_bits(0x2), Some(Opcode::Binary));
    /// assert_eq!(Opcode::from_bits(0x3), None);
    /// ```
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Whether a frame of this kind may stand between the fragments of a message, and is
    /// itself short and whole (RFC 6455 5.5).
    ///
    /// ```
    /// use sockeye_websocket::Opcode;
    /// assert!(Opcode::Close.is_control());
    /// assert!(!Opcode::Continuation.is_control());
    /// ```
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.bits() & 0x8 != 0
    }
}
