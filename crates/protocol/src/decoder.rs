use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::header::{Header, Kind};
use crate::placeholder::{self, Placeholder};
use crate::scan::{self, Fault};
use crate::{Arguments, DecodeError, Event, Packet, is_reserved};

/// The longest namespace that is taken, in bytes.
pub const MAX_NAMESPACE_BYTES: usize = 255;

/// The longest name of an event that is taken, in bytes.
pub const MAX_NAME_BYTES: usize = 255;

/// How deep a packet's JSON may be nested. An event's list of arguments is the first level.
pub const MAX_DEPTH: u32 = 128;

/// What one packet may bring along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number of attachments.
    pub max_attachments: usize,
    /// The bytes of all attachments of one packet together.
    pub max_attachment_bytes: usize,
}

impl Default for Limits {
    /// 10 attachments, as in the reference, of 10 MB together.
    fn default() -> Self {
        Self {
            max_attachments: 10,
            max_attachment_bytes: 10_000_000,
        }
    }
}

/// Reads the packets of one connection.
///
/// The text of a packet goes to [`text`](Self::text), a binary message to
/// [`binary`](Self::binary), in the order of their arrival. After an error the connection is
/// lost: which packet the next message belongs to is unknown.
///
/// ```
/// use sockeye_protocol::{Decoder, Limits, Packet};
///
/// let mut decoder = Decoder::new(Limits::default());
/// let text = r#"51-7["upload",{"_placeholder":true,"num":0}]"#;
/// assert!(decoder.text(text)?.is_none());
/// let Some(Packet::Event(event)) = decoder.binary(b"abc")? else { panic!("an event") };
/// assert_eq!((event.namespace, event.id, &*event.name), ("/", Some(7), "upload"));
/// assert_eq!(event.args.first::<bytes::Bytes>().unwrap(), "abc");
/// # Ok::<_, sockeye_protocol::DecodeError>(())
/// ```
pub struct Decoder {
    limits: Limits,
    /// The packet that awaits attachments, or the one that was complete last.
    assembly: Option<Box<Assembly>>,
}

struct Assembly {
    text: String,
    expected: usize,
    bytes: usize,
    placeholders: Vec<Placeholder>,
    attachments: Vec<Bytes>,
}

impl Assembly {
    fn is_complete(&self) -> bool {
        self.attachments.len() == self.expected
    }

    fn packet(&self) -> Result<Option<Packet<'_>>, DecodeError> {
        let header = Header::parse(&self.text, self.expected)?;
        let mut packet = packet(&header)?;
        if let Packet::Event(Event { args, .. }) | Packet::Ack { args, .. } = &mut packet {
            *args = args.with_attachments(&self.placeholders, &self.attachments);
        }
        Ok(Some(packet))
    }
}

impl Decoder {
    /// A decoder that awaits a packet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            assembly: None,
        }
    }

    /// Reads the text of a packet; `None` means that it is complete with its attachments only.
    ///
    /// # Errors
    ///
    /// Any [`DecodeError`] but those of attachments' bytes; see there.
    #[inline]
    pub fn text<'a>(&'a mut self, text: &'a str) -> Result<Option<Packet<'a>>, DecodeError> {
        if self.assembly.is_some() {
            let waiting = self.is_waiting();
            self.assembly = None;
            if waiting {
                return Err(DecodeError::TextDuringAttachments);
            }
        }
        let header = Header::parse(text, self.limits.max_attachments)?;
        let packet = packet(&header)?;
        if header.attachments == 0 {
            return Ok(Some(packet));
        }
        self.await_attachments(text, &header)?;
        Ok(None)
    }

    fn await_attachments(&mut self, text: &str, header: &Header<'_>) -> Result<(), DecodeError> {
        // Checked before anything is held: what is illegal now does not become legal later.
        let placeholders = if header.data.is_empty() {
            Vec::new()
        } else {
            placeholder::locate(json(header.data), header.attachments)
                .ok_or(DecodeError::IllegalAttachments)?
        };
        self.assembly = Some(Box::new(Assembly {
            text: text.to_owned(),
            expected: header.attachments,
            bytes: 0,
            placeholders,
            attachments: Vec::new(),
        }));
        Ok(())
    }

    /// Takes a binary message, and gives the packet that it completes.
    ///
    /// The packet's bytes are held until the next call, or [`release`](Self::release).
    ///
    /// # Errors
    ///
    /// [`DecodeError::UnexpectedBinary`] if no attachment is awaited,
    /// [`DecodeError::AttachmentsTooLarge`] if it is one too much.
    pub fn binary<'a>(&'a mut self, data: &[u8]) -> Result<Option<Packet<'a>>, DecodeError> {
        let Some(assembly) = self
            .assembly
            .as_mut()
            .filter(|assembly| !assembly.is_complete())
        else {
            self.assembly = None;
            return Err(DecodeError::UnexpectedBinary);
        };
        assembly.bytes = assembly.bytes.saturating_add(data.len());
        if assembly.bytes > self.limits.max_attachment_bytes {
            self.assembly = None;
            return Err(DecodeError::AttachmentsTooLarge);
        }
        assembly.attachments.push(Bytes::copy_from_slice(data));
        match &self.assembly {
            Some(assembly) if assembly.is_complete() => assembly.packet(),
            _ => Ok(None),
        }
    }

    /// Whether attachments of a packet are still to come.
    pub fn is_waiting(&self) -> bool {
        self.assembly
            .as_ref()
            .is_some_and(|assembly| !assembly.is_complete())
    }

    /// Lets go of the last packet's attachments, once it has been handled.
    ///
    /// The next packet does so too, but an idle connection should not hold megabytes until then.
    pub fn release(&mut self) {
        if !self.is_waiting() {
            self.assembly = None;
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("limits", &self.limits)
            .field("is_waiting", &self.is_waiting())
            .finish()
    }
}

/// What a type of packet may carry, as the reference checks it.
#[inline]
fn packet<'a>(header: &Header<'a>) -> Result<Packet<'a>, DecodeError> {
    let Header {
        kind,
        namespace,
        id,
        data,
        ..
    } = *header;
    Ok(match kind {
        Kind::Connect => Packet::Connect {
            namespace,
            auth: if data.is_empty() {
                None
            } else {
                Some(object(data)?)
            },
        },
        Kind::Disconnect if data.is_empty() => Packet::Disconnect { namespace },
        Kind::Disconnect => return Err(DecodeError::InvalidPayload),
        Kind::Event if data.is_empty() => Packet::EmptyEvent { namespace },
        Kind::Event => {
            let (name, args) = event(data)?;
            Packet::Event(Event {
                namespace,
                id,
                name,
                args,
            })
        }
        Kind::Ack => Packet::Ack {
            namespace,
            id,
            args: if data.is_empty() {
                Arguments::none()
            } else {
                answer(data)?
            },
        },
        Kind::ConnectError => return Err(DecodeError::ConnectError),
    })
}

fn object(data: &str) -> Result<&str, DecodeError> {
    let text = data.as_bytes();
    if text.first() != Some(&b'{') {
        return Err(DecodeError::InvalidPayload);
    }
    let end = scan::value(text, 0, MAX_DEPTH)?;
    at_end(text, end)?;
    Ok(&data[..end])
}

#[inline]
fn event(data: &str) -> Result<(Cow<'_, str>, Arguments<'_>), DecodeError> {
    let text = data.as_bytes();
    let start = open(text)?;
    let (name, end) = match text.get(start) {
        Some(b'"') => {
            let content = start + 1;
            let close = scan::plain(text, content);
            if text.get(close) == Some(&b'"') {
                (Cow::Borrowed(&data[content..close]), close + 1)
            } else {
                let end = scan::string(text, start)?;
                (escaped_name(&data[start..end])?, end)
            }
        }
        Some(b'-' | b'0'..=b'9') => {
            let end = scan::number(text, start)?;
            (Cow::Borrowed(&data[start..end]), end)
        }
        _ => return Err(DecodeError::InvalidPayload),
    };
    if name.len() > MAX_NAME_BYTES {
        return Err(DecodeError::NameTooLong);
    }
    if is_reserved(&name) {
        return Err(DecodeError::ReservedName);
    }
    let end = scan::blanks(text, end);
    let at = match text.get(end) {
        Some(b',') => scan::blanks(text, end + 1),
        Some(b']') => {
            at_end(text, end + 1)?;
            return Ok((name, Arguments::new(&data[..=end], (end, end))));
        }
        _ => return Err(DecodeError::InvalidPayload),
    };
    Ok((name, arguments(data, at)?))
}

/// A string with escapes, in its quotes, as a name. Half a surrogate pair is no name in Rust.
#[cold]
fn escaped_name(quoted: &str) -> Result<Cow<'_, str>, DecodeError> {
    serde_json::from_str(quoted)
        .map(Cow::Owned)
        .map_err(|_| DecodeError::InvalidPayload)
}

fn answer(data: &str) -> Result<Arguments<'_>, DecodeError> {
    let text = data.as_bytes();
    let start = open(text)?;
    if text.get(start) == Some(&b']') {
        at_end(text, start + 1)?;
        return Ok(Arguments::new(&data[..=start], (start, start)));
    }
    arguments(data, start)
}

/// The arguments from `start` on, of which there is one at least, to the end of the text.
#[inline]
fn arguments(data: &str, start: usize) -> Result<Arguments<'_>, DecodeError> {
    let text = data.as_bytes();
    let first_end = scan::value(text, start, MAX_DEPTH - 1)?;
    let mut at = scan::blanks(text, first_end);
    while text.get(at) == Some(&b',') {
        let next = scan::blanks(text, at + 1);
        at = scan::blanks(text, scan::value(text, next, MAX_DEPTH - 1)?);
    }
    if text.get(at) != Some(&b']') {
        return Err(DecodeError::InvalidPayload);
    }
    at_end(text, at + 1)?;
    Ok(Arguments::new(&data[..=at], (start, first_end)))
}

/// The position of a list's first element.
#[inline]
fn open(text: &[u8]) -> Result<usize, DecodeError> {
    match text.first() {
        Some(b'[') => Ok(scan::blanks(text, 1)),
        _ => Err(DecodeError::InvalidPayload),
    }
}

#[inline]
fn at_end(text: &[u8], at: usize) -> Result<(), DecodeError> {
    if scan::blanks(text, at) == text.len() {
        Ok(())
    } else {
        Err(DecodeError::InvalidPayload)
    }
}

/// The text without the blanks behind it, which JSON allows.
fn json(data: &str) -> &str {
    data.trim_end_matches([' ', '\n', '\r', '\t'])
}

impl From<Fault> for DecodeError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Syntax => Self::InvalidPayload,
            Fault::TooDeep => Self::TooDeep,
        }
    }
}
