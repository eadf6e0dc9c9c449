use std::fmt;

use crate::scan;
use crate::writer::{self, Attachments};
use crate::{Arity, EncodeError, Payload, RawJson, is_reserved};

/// What stays allocated between packets, at most, of each buffer.
const WARM_BYTES: usize = 64 * 1024;

/// Room for a packet's type and `<attachments>-`.
const TYPE_BYTES: usize = 1 + 20 + 1;

/// Writes packets into a buffer of its own, one at a time.
///
/// The JSON is written first; what stands in front of it depends on whether there were bytes in
/// it, and is put into a gap that ends where the JSON starts. In front of the packet `headroom`
/// bytes stay free, for the headers of the layers below. What a large packet took beyond 64 KiB is
/// given back when the next one is written.
///
/// ```
/// use bytes::Bytes;
/// use sockeye_protocol::Encoder;
///
/// let mut encoder = Encoder::new(14);
/// let packet = encoder.ack("/files", 7, &Bytes::from_static(b"abc"))?;
/// assert_eq!(packet.text(), br#"61-/files,7[{"_placeholder":true,"num":0}]"#);
/// assert_eq!(packet.attachments().collect::<Vec<_>>(), [b"abc"]);
/// assert!(packet.start() >= 14);
/// # Ok::<_, sockeye_protocol::EncodeError>(())
/// ```
pub struct Encoder {
    headroom: usize,
    buffer: Vec<u8>,
    attachments: Attachments,
    /// For JSON that passes through.
    scratch: Vec<u8>,
}

impl Encoder {
    /// An encoder that leaves `headroom` bytes free in front of each packet.
    pub fn new(headroom: usize) -> Self {
        Self {
            headroom,
            buffer: Vec::new(),
            attachments: Attachments::default(),
            scratch: Vec::new(),
        }
    }

    /// Writes an EVENT, or a BINARY_EVENT if there are bytes in the payload.
    ///
    /// `namespace` starts with a slash and has no comma. A peer with the reference's settings
    /// refuses more than 10 attachments.
    ///
    /// # Errors
    ///
    /// [`EncodeError::ReservedName`], and what [`ack`](Self::ack) fails with.
    pub fn event<P: Payload + ?Sized>(
        &mut self,
        namespace: &str,
        id: Option<u64>,
        name: &str,
        payload: &P,
    ) -> Result<Encoded<'_>, EncodeError> {
        if is_reserved(name) {
            return Err(EncodeError::ReservedName);
        }
        self.begin(namespace, id);
        self.buffer.push(b'[');
        self.string(name);
        self.list(payload, true)?;
        Ok(self.finish(b'2', b'5'))
    }

    /// Writes an ACK, or a BINARY_ACK if there are bytes in the payload.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Json`] if the value has no JSON form, [`EncodeError::NotAList`] if
    /// [`Args`](crate::Args) holds something else than a list.
    pub fn ack<P: Payload + ?Sized>(
        &mut self,
        namespace: &str,
        id: u64,
        payload: &P,
    ) -> Result<Encoded<'_>, EncodeError> {
        self.begin(namespace, Some(id));
        self.list(payload, false)?;
        Ok(self.finish(b'3', b'6'))
    }

    /// Writes the CONNECT packet by which a server lets a client in.
    pub fn connect(&mut self, namespace: &str, sid: &str) -> Encoded<'_> {
        self.begin(namespace, None);
        self.buffer.extend_from_slice(b"{\"sid\":");
        self.string(sid);
        self.buffer.push(b'}');
        self.finish(b'0', b'0')
    }

    /// Writes the CONNECT_ERROR packet by which a server keeps a client out.
    pub fn connect_error(
        &mut self,
        namespace: &str,
        message: &str,
        data: Option<&RawJson>,
    ) -> Encoded<'_> {
        self.begin(namespace, None);
        self.buffer.extend_from_slice(b"{\"message\":");
        self.string(message);
        if let Some(data) = data {
            self.buffer.extend_from_slice(b",\"data\":");
            self.buffer.extend_from_slice(data.as_str().as_bytes());
        }
        self.buffer.push(b'}');
        self.finish(b'4', b'4')
    }

    /// Writes a DISCONNECT.
    pub fn disconnect(&mut self, namespace: &str) -> Encoded<'_> {
        self.begin(namespace, None);
        self.finish(b'1', b'1')
    }

    /// Leaves the gap, and writes what is known of the header.
    fn begin(&mut self, namespace: &str, id: Option<u64>) {
        self.shrink();
        self.buffer.resize(self.headroom + TYPE_BYTES, 0);
        if namespace != "/" {
            self.buffer.extend_from_slice(namespace.as_bytes());
            self.buffer.push(b',');
        }
        if let Some(id) = id {
            push_decimal(&mut self.buffer, id);
        }
    }

    fn string(&mut self, text: &str) {
        serde_json::to_writer(&mut self.buffer, text).expect("a Vec takes everything");
    }

    /// Writes the rest of a list, which has its bracket and first element already if `begun`.
    fn list<P: Payload + ?Sized>(&mut self, payload: &P, begun: bool) -> Result<(), EncodeError> {
        let arity = payload.arity();
        if arity != Arity::None {
            let start = self.buffer.len();
            // Right for one argument, and for a list the place of its own bracket.
            if arity == Arity::One {
                self.buffer.push(if begun { b',' } else { b'[' });
            }
            let written = writer::write(
                payload.value(),
                &mut self.buffer,
                &mut self.attachments,
                &mut self.scratch,
            );
            if let Err(error) = written {
                self.shrink();
                return Err(EncodeError::Json(error));
            }
            if arity == Arity::One {
                self.buffer.push(b']');
                return Ok(());
            }
            match self.buffer[start..] {
                [b'[', ..] => {
                    let empty = self.buffer[scan::blanks(&self.buffer, start + 1)] == b']';
                    if !begun {
                        return Ok(());
                    }
                    if !empty {
                        self.buffer[start] = b',';
                        return Ok(());
                    }
                }
                [b'n', ..] => {}
                _ => {
                    self.shrink();
                    return Err(EncodeError::NotAList);
                }
            }
            self.buffer.truncate(start);
        }
        self.buffer
            .extend_from_slice(if begun { b"]" } else { b"[]" });
        Ok(())
    }

    /// Writes the rest of the header, from its end towards the front.
    fn finish(&mut self, plain: u8, binary: u8) -> Encoded<'_> {
        let mut start = self.headroom + TYPE_BYTES;
        let mut count = self.attachments.count();
        let kind = if count == 0 { plain } else { binary };
        if count > 0 {
            start -= 1;
            self.buffer[start] = b'-';
            while count > 0 {
                start -= 1;
                self.buffer[start] = b'0' + (count % 10) as u8;
                count /= 10;
            }
        }
        start -= 1;
        self.buffer[start] = kind;
        Encoded {
            encoder: self,
            start,
        }
    }

    fn shrink(&mut self) {
        self.buffer.clear();
        self.buffer.shrink_to(WARM_BYTES);
        self.attachments.shrink(WARM_BYTES);
        self.scratch.clear();
        self.scratch.shrink_to(WARM_BYTES);
    }
}

fn push_decimal(buffer: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    buffer.extend_from_slice(&digits[start..]);
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("headroom", &self.headroom)
            .field("capacity", &self.buffer.capacity())
            .finish_non_exhaustive()
    }
}

/// A packet in its encoder's buffer.
pub struct Encoded<'e> {
    encoder: &'e mut Encoder,
    start: usize,
}

impl Encoded<'_> {
    /// Everything: room for headers up to [`start`](Self::start), then the text.
    pub fn buffer(&mut self) -> &mut [u8] {
        &mut self.encoder.buffer
    }

    /// Where the text starts; not below the encoder's headroom.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The packet's text. It is UTF-8.
    pub fn text(&self) -> &[u8] {
        &self.encoder.buffer[self.start..]
    }

    /// The binary messages that follow the text, in this order.
    pub fn attachments(&self) -> impl Iterator<Item = &[u8]> {
        self.encoder.attachments.iter()
    }

    /// How many binary messages follow.
    pub fn attachment_count(&self) -> usize {
        self.encoder.attachments.count()
    }
}

impl fmt::Debug for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.text());
        write!(
            f,
            "Encoded({text}, {} attachments)",
            self.attachment_count()
        )
    }
}
