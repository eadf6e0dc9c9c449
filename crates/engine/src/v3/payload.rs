//! Several packets in the body of one request or answer of long-polling.

use super::{Malformed, Packet};

/// Ends the length of a packet in a binary payload.
const LENGTH_END: u8 = 0xff;

/// Marks a packet of text in a binary payload.
const TEXT: u8 = 0;

/// Marks a binary packet in a binary payload.
const BINARY: u8 = 1;

/// Reads a payload of text: `<length>:<packet>`, one after the other.
///
/// Lengths count UTF-16 code units, as the strings of JavaScript do. Nothing is allocated by them: a
/// length that is longer than what came ends the reading. After the first error there is nothing more.
///
/// ```
/// use sockeye_engine::v3::{Data, TextPayload};
///
/// let packets: Result<Vec<_>, _> = TextPayload::new("3:4€a5:4😀bc").collect();
/// let texts: Vec<_> = packets?.into_iter().map(|packet| packet.data).collect();
/// assert_eq!(texts, [Data::Text("€a"), Data::Text("😀bc")]);
/// # Ok::<(), sockeye_engine::v3::Malformed>(())
/// ```
#[derive(Debug, Clone)]
pub struct TextPayload<'a> {
    rest: &'a str,
    /// A body without any packet is an error; one that has been read to its end is not.
    begun: bool,
}

impl<'a> TextPayload<'a> {
    /// Begins to read `body`.
    #[must_use]
    pub fn new(body: &'a str) -> Self {
        Self {
            rest: body,
            begun: false,
        }
    }

    /// The next packet's text; empty if its length is 0.
    fn cut(&mut self) -> Result<&'a str, Malformed> {
        let (length, rest) = self.rest.split_once(':').ok_or(Malformed)?;
        let length = decimal(length.bytes().map(|digit| digit.wrapping_sub(b'0')))?;
        let end = utf16_prefix(rest, length).ok_or(Malformed)?;
        let (packet, rest) = rest.split_at(end);
        self.rest = rest;
        Ok(packet)
    }
}

impl<'a> Iterator for TextPayload<'a> {
    type Item = Result<Packet<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() || !self.begun {
            self.begun = true;
            match self.cut() {
                // The reference writes `0:` where it has nothing to say.
                Ok("") => {}
                Ok(packet) => match Packet::from_text(packet) {
                    Ok(packet) => return Some(Ok(packet)),
                    Err(error) => {
                        self.rest = "";
                        return Some(Err(error));
                    }
                },
                Err(error) => {
                    self.rest = "";
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// Reads a binary payload: `<0 for text, 1 for binary><length, a digit a byte><0xff><packet>`, one after
/// the other.
///
/// Lengths count bytes. Nothing is allocated by them: a length that is longer than what came ends the
/// reading. After the first error there is nothing more.
#[derive(Debug, Clone)]
pub struct BinaryPayload<'a> {
    rest: &'a [u8],
}

impl<'a> BinaryPayload<'a> {
    /// Begins to read `body`.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    fn cut(&mut self) -> Result<Packet<'a>, Malformed> {
        let [mark, rest @ ..] = self.rest else {
            return Err(Malformed);
        };
        let end = rest
            .iter()
            .take(MAX_DIGITS + 1)
            .position(|byte| *byte == LENGTH_END)
            .ok_or(Malformed)?;
        let length = decimal(rest[..end].iter().copied())?;
        let (packet, rest) = rest[end + 1..].split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        match *mark {
            TEXT => Packet::from_text(std::str::from_utf8(packet).map_err(|_| Malformed)?),
            BINARY => Packet::from_bytes(packet),
            _ => Err(Malformed),
        }
    }
}

impl<'a> Iterator for BinaryPayload<'a> {
    type Item = Result<Packet<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let packet = self.cut();
        if packet.is_err() {
            self.rest = &[];
        }
        Some(packet)
    }
}

/// A packet to send, complete with its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the protocol has text and binary, and is not developed further"
)]
pub enum Part<'a> {
    /// The type's digit and text.
    Text(&'a str),
    /// A byte with the type, and bytes.
    Binary(&'a [u8]),
}

/// Appends packets to the body of an answer: in binary if one of them is, else in text. Returns whether
/// the body is binary.
///
/// For clients that take text alone, see [`Packet::message_as_text`].
///
/// ```
/// use sockeye_engine::v3::{Part, encode};
///
/// let mut body = Vec::new();
/// assert!(!encode(&mut body, [Part::Text("4€a"), Part::Text("2")]));
/// assert_eq!(body, "3:4€a1:2".as_bytes());
/// ```
pub fn encode<'a, I>(body: &mut Vec<u8>, packets: I) -> bool
where
    I: IntoIterator<Item = Part<'a>, IntoIter: Clone>,
{
    let packets = packets.into_iter();
    let binary = packets
        .clone()
        .any(|packet| matches!(packet, Part::Binary(_)));
    for packet in packets {
        match packet {
            Part::Text(text) if !binary => {
                let length = text.encode_utf16().count();
                body.extend_from_slice(length.to_string().as_bytes());
                body.push(b':');
                body.extend_from_slice(text.as_bytes());
            }
            Part::Text(text) => append_marked(body, TEXT, text.as_bytes()),
            Part::Binary(bytes) => append_marked(body, BINARY, bytes),
        }
    }
    binary
}

fn append_marked(body: &mut Vec<u8>, mark: u8, packet: &[u8]) {
    body.push(mark);
    body.extend(packet.len().to_string().bytes().map(|digit| digit - b'0'));
    body.push(LENGTH_END);
    body.extend_from_slice(packet);
}

/// No body has a length of more digits: the longest that is accepted is far below.
const MAX_DIGITS: usize = 10;

/// Reads digits, given as numbers.
fn decimal(digits: impl ExactSizeIterator<Item = u8>) -> Result<usize, Malformed> {
    if digits.len() == 0 || digits.len() > MAX_DIGITS {
        return Err(Malformed);
    }
    let mut number: u64 = 0;
    for digit in digits {
        if digit > 9 {
            return Err(Malformed);
        }
        number = number * 10 + u64::from(digit);
    }
    usize::try_from(number).map_err(|_| Malformed)
}

/// How many bytes the first `units` UTF-16 code units of `text` are. `None` if there are not so many, or
/// if they would part a surrogate pair.
fn utf16_prefix(text: &str, units: usize) -> Option<usize> {
    // Most packets are ASCII, where both counts are the same.
    if let Some(prefix) = text.as_bytes().get(..units)
        && prefix.is_ascii()
    {
        return Some(units);
    }
    let mut left = units;
    for (at, char) in text.char_indices() {
        if left == 0 {
            return Some(at);
        }
        left = left.checked_sub(char.len_utf16())?;
    }
    (left == 0).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{
        super::{Data, Kind},
        *,
    };

    fn message(text: &str) -> Result<Packet<'_>, Malformed> {
        Ok(Packet {
            kind: Kind::Message,
            data: Data::Text(text),
        })
    }

    fn bytes(data: &[u8]) -> Result<Packet<'_>, Malformed> {
        Ok(Packet {
            kind: Kind::Message,
            data: Data::Binary(Cow::Borrowed(data)),
        })
    }

    #[test]
    fn payloads_in_text() {
        for (body, packets) in [
            ("2:4a", vec![message("a")]),
            ("3:4€a", vec![message("€a")]),
            ("3:4😀", vec![message("😀")]),
            ("2:4a2:4b", vec![message("a"), message("b")]),
            ("3:4::2:4b", vec![message("::"), message("b")]),
            ("002:4a", vec![message("a")]),
            ("0:", vec![]),
            ("0:2:4a", vec![message("a")]),
            ("6:b4AQID", vec![bytes(&[1, 2, 3])]),
        ] {
            assert_eq!(
                TextPayload::new(body).collect::<Vec<_>>(),
                packets,
                "{body:?}"
            );
        }
    }

    #[test]
    fn a_malformed_payload_in_text_is_read_up_to_its_fault() {
        for body in [
            "",
            ":",
            ":4a",
            "4a",
            "a:4a",
            "-1:4a",
            "+2:4a",
            " 2:4a",
            "0x2:4a",
            "1e0:4",
            "2.0:4a",
            "3:4a",
            "2:4a2",
            "1:7",
            "2:4😀",
            "9999999999:4a",
            "18446744073709551618:4a",
            "00000000002:4a",
            "3:b7A",
        ] {
            let mut packets: Vec<_> = TextPayload::new(body).collect();
            assert_eq!(packets.pop(), Some(Err(Malformed)), "{body:?}");
            let before = if body == "2:4a2" {
                vec![message("a")]
            } else {
                vec![]
            };
            assert_eq!(packets, before, "{body:?}");
            let body = format!("2:4x{body}");
            let mut packets = TextPayload::new(&body);
            assert_eq!(packets.next(), Some(message("x")), "{body:?}");
        }
    }

    #[test]
    fn payloads_in_binary() {
        for (body, packets) in [
            (&b""[..], vec![]),
            (b"\0\x02\xff4a", vec![message("a")]),
            (b"\0\x03\xff4\xc3\xa9", vec![message("é")]),
            (b"\x01\x04\xff\x04\x01\x02\x03", vec![bytes(&[1, 2, 3])]),
            (
                b"\0\x02\xff4a\x01\x02\xff\x04\xff\0\x02\xff4b",
                vec![message("a"), bytes(&[0xff]), message("b")],
            ),
            (b"\0\0\x06\xffb4AQID", vec![bytes(&[1, 2, 3])]),
            (
                b"\x01\x01\x02\xff\x04xxxxxxxxxxx",
                vec![bytes(b"xxxxxxxxxxx")],
            ),
        ] {
            assert_eq!(
                BinaryPayload::new(body).collect::<Vec<_>>(),
                packets,
                "{body:?}"
            );
        }
    }

    #[test]
    fn a_malformed_payload_in_binary_is_read_up_to_its_fault() {
        for body in [
            &b"\0"[..],
            b"\0\x02",
            b"\0\xff",
            b"\0\0\xff",
            b"\x01\0\xff",
            b"\0\x03\xff4a",
            b"\x02\x02\xff4a",
            b"0\x02\xff4a",
            b"\0\x0a\xff4aaaaaaaaa",
            b"\0\x30\xff4a",
            b"\0\x01\xff7",
            b"\x01\x01\xff\x07",
            b"\x01\x02\xff4a",
            b"\0\x02\xff4\xe9",
            b"\0\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4",
            b"\0\0\0\0\0\0\0\0\0\0\0\x02\xff4a",
        ] {
            let packets: Vec<_> = BinaryPayload::new(body).collect();
            assert_eq!(packets, [Err(Malformed)], "{body:?}");
            let body = [b"\0\x02\xff4x", body].concat();
            let packets: Vec<_> = BinaryPayload::new(&body).collect();
            assert_eq!(packets, [message("x"), Err(Malformed)], "{body:?}");
        }
    }

    #[test]
    fn a_body_is_binary_only_if_a_packet_is() {
        for (packets, binary, expected) in [
            (&[][..], false, &b""[..]),
            (&[Part::Text("2")], false, b"1:2"),
            (
                &[Part::Text("4€a"), Part::Text("4😀")],
                false,
                "3:4€a3:4😀".as_bytes(),
            ),
            (
                &[Part::Text("4é"), Part::Binary(&[4, 1, 2])],
                true,
                b"\0\x03\xff4\xc3\xa9\x01\x03\xff\x04\x01\x02",
            ),
            (
                &[Part::Binary(b"\x04xxxxxxxxxxx")],
                true,
                b"\x01\x01\x02\xff\x04xxxxxxxxxxx",
            ),
        ] {
            let mut body = Vec::new();
            assert_eq!(encode(&mut body, packets.iter().copied()), binary);
            assert_eq!(body, expected, "{packets:?}");
        }
    }
}
