use std::fmt;

use crate::decimal::push_decimal;
use crate::encoded::Encoded;
use crate::message_pack::{self, Body};
use crate::scan;
use crate::writer::Output;
use crate::{
    Args, Arity, Codec, EncodeError, Event, Messages, OwnedArguments, Packet, Payload, RawJson,
    is_reserved,
};

/// What stays allocated between packets, at most, of each buffer.
const WARM_BYTES: usize = 64 * 1024;

/// Room for a packet's type and `<attachments>-`.
const TYPE_BYTES: usize = 1 + 20 + 1;

/// Writes packets into a buffer of its own, one at a time.
///
/// JSON is written first; what stands in front of it depends on whether there were bytes in
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
/// assert_eq!(packet.message(), br#"61-/files,7[{"_placeholder":true,"num":0}]"#);
/// assert_eq!(packet.attachments().collect::<Vec<_>>(), [b"abc"]);
/// assert!(packet.start() >= 14);
/// # Ok::<_, sockeye_protocol::EncodeError>(())
/// ```
pub struct Encoder {
    headroom: usize,
    codec: Codec,
    output: Output,
}

impl Encoder {
    /// An encoder of JSON that leaves `headroom` bytes free in front of each packet.
    pub fn new(headroom: usize) -> Self {
        Self {
            headroom,
            codec: Codec::Json,
            output: Output::default(),
        }
    }

    /// Writes by this codec from now on.
    #[inline]
    pub fn speak(&mut self, codec: &Codec) {
        if !self.codec.is(codec) {
            self.codec = codec.clone();
        }
    }

    /// Writes an EVENT; as JSON a BINARY_EVENT if there are bytes in the payload.
    ///
    /// `namespace` starts with a slash and has no comma. A peer with the reference's settings
    /// refuses more than 10 attachments.
    ///
    /// # Errors
    ///
    /// [`EncodeError::ReservedName`], and what [`ack`](Self::ack) fails with.
    #[inline]
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
        if matches!(self.codec, Codec::Json) {
            self.begin(namespace, id);
            self.output.text().push(b'[');
            self.string(name);
            self.list(payload, true)?;
            return Ok(self.finish(b'2', b'5'));
        }
        self.other_event(namespace, id, name, payload)
    }

    /// Writes an EVENT with a text behind its arguments: the offset of connection state recovery, which
    /// the client remembers.
    ///
    /// # Errors
    ///
    /// Those of [`event`](Self::event).
    ///
    /// ```
    /// let mut encoder = sockeye_protocol::Encoder::new(0);
    /// let packet = encoder.event_with_offset("/", "news", &7, "k1")?;
    /// assert_eq!(packet.message(), br#"2["news",7,"k1"]"#);
    /// # Ok::<_, sockeye_protocol::EncodeError>(())
    /// ```
    pub fn event_with_offset<P: Payload + ?Sized>(
        &mut self,
        namespace: &str,
        name: &str,
        payload: &P,
        offset: &str,
    ) -> Result<Encoded<'_>, EncodeError> {
        if is_reserved(name) {
            return Err(EncodeError::ReservedName);
        }
        if !matches!(self.codec, Codec::Json) {
            let args = OwnedArguments::with_text(payload, offset)?;
            return self.other_event(namespace, None, name, &Args(args.borrow()));
        }
        self.begin(namespace, None);
        self.output.text().push(b'[');
        self.string(name);
        self.list(payload, true)?;
        let closed = self.output.text().pop();
        debug_assert_eq!(closed, Some(b']'), "a list");
        self.output.text().push(b',');
        self.string(offset);
        self.output.text().push(b']');
        Ok(self.finish(b'2', b'5'))
    }

    // Apart, so that JSON does not carry the others' code along.
    #[inline(never)]
    fn other_event<P: Payload + ?Sized>(
        &mut self,
        namespace: &str,
        id: Option<u64>,
        name: &str,
        payload: &P,
    ) -> Result<Encoded<'_>, EncodeError> {
        if matches!(self.codec, Codec::MessagePack) {
            return self.message_pack(|out| message_pack::event(out, namespace, id, name, payload));
        }
        let args = OwnedArguments::new(payload)?;
        self.own(&Packet::Event(Event {
            namespace,
            id,
            name: name.into(),
            args: args.borrow(),
        }))
    }

    /// Writes an ACK; as JSON a BINARY_ACK if there are bytes in the payload.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Json`] if the value has no form, [`EncodeError::NotAList`] if
    /// [`Args`](crate::Args) holds something else than a list, and with a parser of one's own
    /// whatever that fails with.
    #[inline]
    pub fn ack<P: Payload + ?Sized>(
        &mut self,
        namespace: &str,
        id: u64,
        payload: &P,
    ) -> Result<Encoded<'_>, EncodeError> {
        if matches!(self.codec, Codec::Json) {
            self.begin(namespace, Some(id));
            self.list(payload, false)?;
            return Ok(self.finish(b'3', b'6'));
        }
        self.other_ack(namespace, id, payload)
    }

    #[inline(never)]
    fn other_ack<P: Payload + ?Sized>(
        &mut self,
        namespace: &str,
        id: u64,
        payload: &P,
    ) -> Result<Encoded<'_>, EncodeError> {
        if matches!(self.codec, Codec::MessagePack) {
            return self.message_pack(|out| message_pack::ack(out, namespace, id, payload));
        }
        let args = OwnedArguments::new(payload)?;
        self.own(&Packet::Ack {
            namespace,
            id: Some(id),
            args: args.borrow(),
        })
    }

    /// Writes the CONNECT packet by which a server lets a client in.
    ///
    /// # Errors
    ///
    /// Whatever a parser of one's own fails with. JSON and MessagePack do not.
    pub fn connect(&mut self, namespace: &str, sid: &str) -> Result<Encoded<'_>, EncodeError> {
        self.connect_with(namespace, sid, None)
    }

    /// Writes the CONNECT packet for a client that may come back with the private id `pid`.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    ///
    /// ```
    /// let mut encoder = sockeye_protocol::Encoder::new(0);
    /// let packet = encoder.connect_recoverable("/", "A", "B")?;
    /// assert_eq!(packet.message(), br#"0{"sid":"A","pid":"B"}"#);
    /// # Ok::<_, sockeye_protocol::EncodeError>(())
    /// ```
    pub fn connect_recoverable(
        &mut self,
        namespace: &str,
        sid: &str,
        pid: &str,
    ) -> Result<Encoded<'_>, EncodeError> {
        self.connect_with(namespace, sid, Some(pid))
    }

    fn connect_with(
        &mut self,
        namespace: &str,
        sid: &str,
        pid: Option<&str>,
    ) -> Result<Encoded<'_>, EncodeError> {
        match self.codec {
            Codec::Json => {
                self.begin(namespace, None);
                self.ids(sid, pid);
                Ok(self.finish(b'0', b'0'))
            }
            Codec::MessagePack => {
                self.message_pack(|out| Body::Connect { sid, pid }.write(out, namespace))
            }
            Codec::Own(_) => {
                let json = Self::json(|this| this.ids(sid, pid));
                self.own(&Packet::Connect {
                    namespace,
                    auth: Some(&json),
                })
            }
        }
    }

    fn ids(&mut self, sid: &str, pid: Option<&str>) {
        self.output.text().extend_from_slice(b"{\"sid\":");
        self.string(sid);
        if let Some(pid) = pid {
            self.output.text().extend_from_slice(b",\"pid\":");
            self.string(pid);
        }
        self.output.text().push(b'}');
    }

    /// Writes the CONNECT_ERROR packet by which a server keeps a client out.
    ///
    /// # Errors
    ///
    /// Whatever a parser of one's own fails with; and in MessagePack, if the data holds half a
    /// surrogate pair.
    pub fn connect_error(
        &mut self,
        namespace: &str,
        message: &str,
        data: Option<&RawJson>,
    ) -> Result<Encoded<'_>, EncodeError> {
        match self.codec {
            Codec::Json => {
                self.begin(namespace, None);
                self.error(message, data);
                Ok(self.finish(b'4', b'4'))
            }
            Codec::MessagePack => {
                self.message_pack(|out| Body::ConnectError { message, data }.write(out, namespace))
            }
            Codec::Own(_) => {
                let json = Self::json(|this| this.error(message, data));
                self.own(&Packet::ConnectError {
                    namespace,
                    error: &json,
                })
            }
        }
    }

    /// Writes the CONNECT packet for a client of Socket.IO 2, which computes its id itself.
    ///
    /// Only JSON has a form of its own for it; other codecs name the `sid`, which those clients pass over.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    ///
    /// ```
    /// let mut encoder = sockeye_protocol::Encoder::new(0);
    /// assert_eq!(encoder.connect_v2("/", "A")?.message(), b"0");
    /// assert_eq!(encoder.connect_v2("/a", "/a#A")?.message(), b"0/a,");
    /// # Ok::<_, sockeye_protocol::EncodeError>(())
    /// ```
    pub fn connect_v2(&mut self, namespace: &str, sid: &str) -> Result<Encoded<'_>, EncodeError> {
        if !matches!(self.codec, Codec::Json) {
            return self.connect(namespace, sid);
        }
        self.begin(namespace, None);
        Ok(self.finish(b'0', b'0'))
    }

    /// Writes the ERROR packet by which a server keeps a client of Socket.IO 2 out.
    ///
    /// # Errors
    ///
    /// Those of [`connect_error`](Self::connect_error).
    ///
    /// ```
    /// let mut encoder = sockeye_protocol::Encoder::new(0);
    /// let packet = encoder.error_v2("/a", &sockeye_protocol::RawJson::from_value("no")?)?;
    /// assert_eq!(packet.message(), br#"4/a,"no""#);
    /// # Ok::<_, sockeye_protocol::EncodeError>(())
    /// ```
    pub fn error_v2(
        &mut self,
        namespace: &str,
        error: &RawJson,
    ) -> Result<Encoded<'_>, EncodeError> {
        match self.codec {
            Codec::Json => {
                self.begin(namespace, None);
                self.output
                    .text()
                    .extend_from_slice(error.as_str().as_bytes());
                Ok(self.finish(b'4', b'4'))
            }
            Codec::MessagePack => self.connect_error(namespace, "refused", Some(error)),
            Codec::Own(_) => self.own(&Packet::ConnectError {
                namespace,
                error: error.as_str(),
            }),
        }
    }

    fn error(&mut self, message: &str, data: Option<&RawJson>) {
        self.output.text().extend_from_slice(b"{\"message\":");
        self.string(message);
        if let Some(data) = data {
            self.output.text().extend_from_slice(b",\"data\":");
            self.output
                .text()
                .extend_from_slice(data.as_str().as_bytes());
        }
        self.output.text().push(b'}');
    }

    /// Writes a DISCONNECT.
    ///
    /// # Errors
    ///
    /// Whatever a parser of one's own fails with. JSON and MessagePack do not.
    pub fn disconnect(&mut self, namespace: &str) -> Result<Encoded<'_>, EncodeError> {
        match self.codec {
            Codec::Json => {
                self.begin(namespace, None);
                Ok(self.finish(b'1', b'1'))
            }
            Codec::MessagePack => self.message_pack(|out| Body::Disconnect.write(out, namespace)),
            Codec::Own(_) => self.own(&Packet::Disconnect { namespace }),
        }
    }

    /// Writes one binary message.
    fn message_pack(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<Encoded<'_>, EncodeError> {
        self.reset();
        if let Err(error) = write(self.output.text()) {
            self.reset();
            return Err(error);
        }
        Ok(self.encoded(true))
    }

    /// Has a parser of one's own write the packet.
    #[cold]
    fn own(&mut self, packet: &Packet<'_>) -> Result<Encoded<'_>, EncodeError> {
        self.reset();
        let mut messages = Messages::new(&mut self.output);
        let written = match &self.codec {
            Codec::Own(parser) => parser.encode(packet, &mut messages),
            Codec::Json | Codec::MessagePack => Ok(()),
        };
        match written.and_then(|()| messages.finish()) {
            Ok(binary) => Ok(self.encoded(binary)),
            Err(error) => {
                self.reset();
                Err(error)
            }
        }
    }

    /// The packet that stands behind the gap.
    fn encoded(&mut self, binary: bool) -> Encoded<'_> {
        let (buffer, attachments) = self.output.parts();
        Encoded {
            buffer,
            attachments,
            start: self.headroom + TYPE_BYTES,
            binary,
        }
    }

    /// What is written, as JSON that is not in a packet.
    fn json(write: impl FnOnce(&mut Self)) -> String {
        let mut encoder = Self::new(0);
        write(&mut encoder);
        String::from_utf8(std::mem::take(encoder.output.text())).expect("JSON is UTF-8")
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
            binary: false,
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

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("headroom", &self.headroom)
            .field("codec", &self.codec)
            .field("capacity", &self.output.capacity())
            .finish_non_exhaustive()
    }
}
