//! Packets as text: JSON behind a short header, and binary messages for what JSON cannot hold.

use std::borrow::Cow;

use bytes::Bytes;

use crate::header::{Header, Kind};
use crate::packet::check_name;
use crate::placeholder::{self, Placeholder};
use crate::scan::{self, Fault};
use crate::{Arguments, DecodeError, Event, Limits, MAX_DEPTH, Packet};

/// Reads packets, each of which is a text and its attachments.
pub(crate) struct JsonDecoder {
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

impl JsonDecoder {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            assembly: None,
        }
    }

    #[inline]
    pub(crate) fn text<'a>(&'a mut self, text: &'a str) -> Result<Option<Packet<'a>>, DecodeError> {
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

    pub(crate) fn binary(&mut self, data: &[u8]) -> Result<Option<Packet<'_>>, DecodeError> {
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

    pub(crate) fn is_waiting(&self) -> bool {
        self.assembly
            .as_ref()
            .is_some_and(|assembly| !assembly.is_complete())
    }

    pub(crate) fn release(&mut self) {
        if !self.is_waiting() {
            self.assembly = None;
        }
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
    check_name(&name)?;
    let end = scan::blanks(text, end);
    let at = match text.get(end) {
        Some(b',') => scan::blanks(text, end + 1),
        Some(b']') => {
            at_end(text, end + 1)?;
            return Ok((name, Arguments::json_list(&data[..=end], (end, end))));
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
        return Ok(Arguments::json_list(&data[..=start], (start, start)));
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
    Ok(Arguments::json_list(&data[..=at], (start, first_end)))
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
