use std::fmt;

use sockeye_websocket::{Opcode, frame};

/// A message that each session is told with its open packet: text, or bytes.
///
/// ```
/// use sockeye_engine::InitialPacket;
///
/// let text = InitialPacket::from("welcome");
/// let bytes = InitialPacket::from(&[1u8, 2, 3][..]);
/// assert_ne!(text, bytes);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InitialPacket {
    /// One frame of protocol 4.
    frame: Box<[u8]>,
}

impl InitialPacket {
    fn new(opcode: Opcode, payload: &[u8]) -> Self {
        let mut frame = Vec::new();
        frame::append(&mut frame, opcode, payload);
        Self {
            frame: frame.into_boxed_slice(),
        }
    }

    pub(crate) fn frame(&self) -> &[u8] {
        &self.frame
    }
}

impl From<&str> for InitialPacket {
    fn from(text: &str) -> Self {
        Self::new(Opcode::Text, format!("4{text}").as_bytes())
    }
}

impl From<String> for InitialPacket {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&[u8]> for InitialPacket {
    fn from(bytes: &[u8]) -> Self {
        Self::new(Opcode::Binary, bytes)
    }
}

impl From<Vec<u8>> for InitialPacket {
    fn from(bytes: Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl fmt::Debug for InitialPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InitialPacket")
            .field("bytes", &self.frame.len())
            .finish_non_exhaustive()
    }
}
