use crate::{Limits, Opcode, ProtocolError, Role};

/// A frame's header (RFC 6455 5.2), already judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    pub(super) fin: bool,
    /// RSV1 on the first frame of a message (RFC 7692 6).
    pub(super) compressed: bool,
    /// Of the payload, in bytes; within the limits of a frame and of a message.
    pub(super) len: usize,
    /// All zero where the role forbids masking.
    pub(super) key: [u8; 4],
}

/// What decides whether a header is allowed here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) role: Role,
    pub(super) limits: Limits,
    /// How many bytes may still come of the message that is open, if one is.
    pub(super) open: Option<usize>,
    /// The next message comes in parts, and may be of any length.
    pub(super) parts: bool,
    /// Messages may be compressed.
    pub(super) deflate: bool,
}

impl Header {
    /// Reads a header and gives its own length with it, or `None` while bytes are missing.
    /// Each byte is judged when it is there, so a wrong one fails before the rest arrives, and
    /// the same one fails however the header was cut.
    #[inline]
    pub(super) fn parse(
        bytes: &[u8],
        expected: Expected,
    ) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some(&first) = bytes.first() else {
            return Ok(None);
        };
        // RFC 6455 5.2: zero unless an extension says otherwise, as RFC 7692 6 does of RSV1 on the
        // first frame of a message. This is the only place that looks at them.
        let compressed = match first & 0x70 {
            0x00 => false,
            0x40 if expected.deflate && matches!(first & 0x0F, 0x1 | 0x2) => true,
            _ => return Err(ProtocolError::ReservedBits),
        };
        let fin = first & 0x80 != 0;
        let Some(opcode) = Opcode::from_bits(first & 0x0F) else {
            return Err(ProtocolError::UnknownOpcode(first & 0x0F));
        };
        match opcode {
            Opcode::Continuation if expected.open.is_none() => {
                return Err(ProtocolError::UnexpectedContinuation);
            }
            Opcode::Text | Opcode::Binary if expected.open.is_some() => {
                return Err(ProtocolError::ExpectedContinuation);
            }
            // RFC 6455 5.5: control frames are never fragmented.
            Opcode::Close | Opcode::Ping | Opcode::Pong if !fin => {
                return Err(ProtocolError::FragmentedControl);
            }
            _ => {}
        }

        let Some(&second) = bytes.get(1) else {
            return Ok(None);
        };
        let masked = second & 0x80 != 0;
        match expected.role {
            // RFC 6455 5.1: both must close the connection.
            Role::Server if !masked => return Err(ProtocolError::UnmaskedFrame),
            Role::Client if masked => return Err(ProtocolError::MaskedFrame),
            _ => {}
        }
        let short = second & 0x7F;
        // RFC 6455 5.5
        if opcode.is_control() && short > 125 {
            return Err(ProtocolError::ControlTooLong);
        }
        let (len, at) = match short {
            126 => {
                let Some(&[a, b]) = bytes.get(2..).and_then(<[u8]>::first_chunk) else {
                    return Ok(None);
                };
                (u64::from(u16::from_be_bytes([a, b])), 4)
            }
            127 => {
                let Some(&long) = bytes.get(2..).and_then(<[u8]>::first_chunk) else {
                    return Ok(None);
                };
                (u64::from_be_bytes(long), 10)
            }
            _ => (u64::from(short), 2),
        };
        // RFC 6455 5.2: the top bit is zero, and the shortest form is the only one.
        if len >> 63 != 0 {
            return Err(ProtocolError::LengthTopBit);
        }
        if (short == 126 && len < 126) || (short == 127 && len <= 0xFFFF) {
            return Err(ProtocolError::NonMinimalLength);
        }
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if !opcode.is_control() {
            let limits = expected.limits;
            if len > limits.max_frame {
                return Err(ProtocolError::FrameTooBig {
                    limit: limits.max_frame,
                });
            }
            let room = match expected.open {
                Some(room) => room,
                None if expected.parts => usize::MAX,
                None if compressed => limits.max_compressed(),
                None => limits.max_message,
            };
            if len > room {
                return Err(ProtocolError::MessageTooBig {
                    limit: limits.max_message,
                });
            }
        }

        let (key, end) = if masked {
            let Some(&key) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
                return Ok(None);
            };
            (key, at + 4)
        } else {
            ([0; 4], at)
        };
        let header = Self {
            opcode,
            fin,
            compressed,
            len,
            key,
        };
        Ok(Some((header, end)))
    }
}
