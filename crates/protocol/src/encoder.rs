use std::fmt;

use crate::scan;
use crate::writer::{Attachments, Output};
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
    output: Output,
}

impl Encoder {
    /// An encoder that leaves `headroom` bytes free in front of each packet.
    pub fn new(headroom: usize) -> Self {
        Self {
            headroom,
            output: Output::default(),
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
        self.output.text().push(b'[');
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
        self.output.text().extend_from_slice(b"{\"sid\":");
        self.string(sid);
        self.output.text().push(b'}');
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
        self.output.text().extend_from_slice(b"{\"message\":");
        self.string(message);
        if let Some(data) = data {
            self.output.text().extend_from_slice(b",\"data\":");
            self.output
                .text()
                .extend_from_slice(data.as_str().as_bytes());
        }
        self.output.text().push(b'}');
        self.finish(b'4', b'4')
    }

    /// Writes a DISCONNECT.
    pub fn disconnect(&mut self, namespace: &str) -> Encoded<'_> {
        self.begin(namespace, None);
        self.finish(b'1', b'1')
    }

    /// Leaves the gap, and writes what is known of the header.
    #[inline]
    fn begin(&mut self, namespace: &str, id: Option<u64>) {
        self.reset();
        let text = self.output.text();
        if namespace != "/" {
            text.extend_from_slice(namespace.as_bytes());
            text.push(b',');
        }
        if let Some(id) = id {
            push_decimal(text, id);
        }
    }

    fn string(&mut self, text: &str) {
        serde_json::to_writer(self.output.text(), text).expect("a Vec takes everything");
    }

    /// Writes the rest of a list, which has its bracket and first element already if `begun`.
    #[inline]
    fn list<P: Payload + ?Sized>(&mut self, payload: &P, begun: bool) -> Result<(), EncodeError> {
        let arity = payload.arity();
        if arity == Arity::None {
            self.close_list(begun);
            return Ok(());
        }
        let start = self.output.text().len();
        // Right for one argument, and for a list the place of its own bracket.
        if arity == Arity::One {
            self.output.text().push(if begun { b',' } else { b'[' });
        }
        if let Err(error) = self.output.write(payload.value()) {
            self.reset();
            return Err(EncodeError::Json(error));
        }
        if arity == Arity::One {
            self.output.text().push(b']');
            return Ok(());
        }
        self.join_list(start, begun)
    }

    /// Makes the list at `start`, brackets and all, the rest of the one begun before.
    fn join_list(&mut self, start: usize, begun: bool) -> Result<(), EncodeError> {
        let text = self.output.text();
        match text[start..] {
            [b'[', ..] => {
                let empty = text[scan::blanks(text, start + 1)] == b']';
                if !begun {
                    return Ok(());
                }
                if !empty {
                    text[start] = b',';
                    return Ok(());
                }
            }
            [b'n', ..] => {}
            _ => {
                self.reset();
                return Err(EncodeError::NotAList);
            }
        }
        text.truncate(start);
        self.close_list(begun);
        Ok(())
    }

    fn close_list(&mut self, begun: bool) {
        let end: &[u8] = if begun { b"]" } else { b"[]" };
        self.output.text().extend_from_slice(end);
    }

    /// Writes the rest of the header, from its end towards the front.
    #[inline]
    fn finish(&mut self, plain: u8, binary: u8) -> Encoded<'_> {
        let mut start = self.headroom + TYPE_BYTES;
        let (buffer, attachments) = self.output.parts();
        let mut count = attachments.count();
        let kind = if count == 0 { plain } else { binary };
        if count > 0 {
            start -= 1;
            buffer[start] = b'-';
            while count > 0 {
                start -= 1;
                buffer[start] = b'0' + (count % 10) as u8;
                count /= 10;
            }
        }
        start -= 1;
        buffer[start] = kind;
        Encoded {
            buffer,
            attachments,
            start,
        }
    }

    /// Forgets the last packet but for the gap in front of it, whose content does not matter.
    #[inline]
    fn reset(&mut self) {
        let gap = self.headroom + TYPE_BYTES;
        let (text, attachments) = self.output.parts();
        if text.len() < gap || text.capacity() > WARM_BYTES || attachments.count() > 0 {
            text.clear();
            text.shrink_to(WARM_BYTES);
            text.resize(gap, 0);
            attachments.shrink(WARM_BYTES);
        }
        text.truncate(gap);
    }
}

/// Writes eight digits in one store: copying bytes just written one by one would wait for them.
#[inline]
fn push_decimal(text: &mut Vec<u8>, mut number: u64) {
    const EIGHT: u64 = 100_000_000;
    let padded = number >= EIGHT;
    if padded {
        push_decimal_long(text, number / EIGHT);
        number %= EIGHT;
    }
    let mut digits = 0;
    let mut count = 0;
    loop {
        digits = (digits << 8) | (u64::from(b'0') + number % 10);
        number /= 10;
        count += 1;
        if number == 0 && (!padded || count == 8) {
            break;
        }
    }
    text.extend_from_slice(&digits.to_le_bytes());
    text.truncate(text.len() - 8 + count);
}

#[cold]
fn push_decimal_long(text: &mut Vec<u8>, number: u64) {
    push_decimal(text, number);
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("headroom", &self.headroom)
            .field("capacity", &self.output.capacity())
            .finish_non_exhaustive()
    }
}

/// A packet in its encoder's buffer.
pub struct Encoded<'e> {
    buffer: &'e mut [u8],
    attachments: &'e Attachments,
    start: usize,
}

impl Encoded<'_> {
    /// Everything: room for headers up to [`start`](Self::start), then the text.
    pub fn buffer(&mut self) -> &mut [u8] {
        self.buffer
    }

    /// Where the text starts; not below the encoder's headroom.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The packet's text. It is UTF-8.
    pub fn text(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// The binary messages that follow the text, in this order.
    pub fn attachments(&self) -> impl Iterator<Item = &[u8]> {
        self.attachments.iter()
    }

    /// How many binary messages follow.
    pub fn attachment_count(&self) -> usize {
        self.attachments.count()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length() {
        for power in 0..20 {
            for number in [
                10_u64.pow(power) - 1,
                10_u64.pow(power),
                10_u64.pow(power) + 1,
            ] {
                let mut text = b"2".to_vec();
                push_decimal(&mut text, number);
                assert_eq!(text, format!("2{number}").as_bytes());
            }
        }
        let mut text = Vec::new();
        push_decimal(&mut text, u64::MAX);
        assert_eq!(text, u64::MAX.to_string().as_bytes());
    }
}
