//! What stands in front of a packet's JSON: `<type>[<attachments>-][<namespace>,][<id>]`.

use crate::{DecodeError, MAX_NAMESPACE_BYTES};

/// The highest ack id: the last one before JavaScript's numbers skip integers.
pub(crate) const MAX_ACK_ID: u64 = 1 << 53;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    pub(crate) kind: Kind,
    /// The announced number of attachments; none for the types that have no such field.
    pub(crate) attachments: usize,
    pub(crate) namespace: &'a str,
    pub(crate) id: Option<u64>,
    /// What follows: JSON, or nothing.
    pub(crate) data: &'a str,
}

impl<'a> Header<'a> {
    #[inline]
    pub(crate) fn parse(text: &'a str, max_attachments: usize) -> Result<Self, DecodeError> {
        let (kind, binary) = match text.as_bytes().first() {
            Some(b'0') => (Kind::Connect, false),
            Some(b'1') => (Kind::Disconnect, false),
            Some(b'2') => (Kind::Event, false),
            Some(b'3') => (Kind::Ack, false),
            Some(b'4') => (Kind::ConnectError, false),
            Some(b'5') => (Kind::Event, true),
            Some(b'6') => (Kind::Ack, true),
            _ => return Err(DecodeError::UnknownType),
        };
        let mut rest = &text[1..];
        let mut attachments = 0;
        if binary {
            (attachments, rest) = count(rest, max_attachments)?;
        }
        let mut namespace = "/";
        if rest.starts_with('/') {
            (namespace, rest) = take_namespace(rest)?;
        }
        let (id, data) = match short_id(rest.as_bytes()) {
            Some((_, 0)) => (None, rest),
            Some((id, length)) => (Some(id), &rest[length..]),
            None => ack_id(rest)?,
        };
        Ok(Self {
            kind,
            attachments,
            namespace,
            id,
            data,
        })
    }
}

/// `<attachments>-`: one at least, since a packet that awaits none would never be complete.
fn count(text: &str, max: usize) -> Result<(usize, &str), DecodeError> {
    let length = digits(text);
    let Some(rest) = text[length..].strip_prefix('-') else {
        return Err(DecodeError::IllegalAttachments);
    };
    match decimal(&text[..length]) {
        0 => Err(DecodeError::IllegalAttachments),
        count => match usize::try_from(count) {
            Ok(count) if count <= max => Ok((count, rest)),
            _ => Err(DecodeError::TooManyAttachments),
        },
    }
}

/// `/<name>,`, or `/<name>` when nothing follows.
fn take_namespace(text: &str) -> Result<(&str, &str), DecodeError> {
    // A name that is too long is not read to its end.
    let bytes = text.as_bytes();
    let window = &bytes[..bytes.len().min(MAX_NAMESPACE_BYTES + 1)];
    match window.iter().position(|byte| *byte == b',') {
        Some(comma) => Ok((&text[..comma], &text[comma + 1..])),
        None if bytes.len() <= MAX_NAMESPACE_BYTES => Ok((text, "")),
        None => Err(DecodeError::NamespaceTooLong),
    }
}

/// The digits in front of the data, as a number with their count, if there are so few that the number
/// is legal, and no blank is near. Nearly all packets are like this.
#[inline]
fn short_id(text: &[u8]) -> Option<(u64, usize)> {
    let mut id = 0;
    for (length, byte) in text.iter().enumerate().take(16) {
        match byte {
            b'0'..=b'9' => id = id * 10 + u64::from(byte - b'0'),
            // What JavaScript strips is below `!` or no ASCII.
            b'!'..=b'~' => return Some((id, length)),
            _ => return None,
        }
    }
    if text.is_empty() { Some((0, 0)) } else { None }
}

/// The run of digits and blanks in front of the data.
///
/// A blank counts, since the reference takes any character that JavaScript's `Number` does not
/// change: `2 ["x"]` has the id 0.
fn ack_id(text: &str) -> Result<(Option<u64>, &str), DecodeError> {
    let mut end = digits(text);
    if text[end..].starts_with(is_blank) {
        end = text
            .find(|c: char| !c.is_ascii_digit() && !is_blank(c))
            .unwrap_or(text.len());
    }
    if end == 0 {
        return Ok((None, text));
    }
    let (id, data) = text.split_at(end);
    let id = id.trim_matches(is_blank);
    if digits(id) != id.len() {
        return Err(DecodeError::InvalidAckId);
    }
    match decimal(id) {
        id if id <= MAX_ACK_ID => Ok((Some(id), data)),
        _ => Err(DecodeError::InvalidAckId),
    }
}

/// What JavaScript's `Number` strips: white space and line ends of ECMA-262.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r'
            | ' '
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
            | '\u{feff}'
    )
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The value of a run of digits, however long: it stays at the largest number.
fn decimal(digits: &str) -> u64 {
    digits.bytes().fold(0_u64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    })
}
