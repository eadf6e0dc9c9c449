//! Writing frames, and walking frames that were written here.

use std::fmt;

use rand::Rng;

use crate::{Opcode, Role, close, mask};

/// The longest header: two bytes, eight of length, four of key.
pub const MAX_HEADER: usize = 14;
/// The longest header of a server, which never masks.
pub const MAX_SERVER_HEADER: usize = 10;
/// The longest payload of a control frame (RFC 6455 5.5).
const MAX_CONTROL: usize = 125;

/// How long the header of an unmasked frame is.
///
/// ```
/// use sockeye_websocket::frame::header_len;
/// assert_eq!([header_len(125), header_len(126), header_len(65_536)], [2, 4, 10]);
/// ```
#[must_use]
pub const fn header_len(payload: usize) -> usize {
    // RFC 6455 5.2: the shortest form is the only one.
    match payload {
        0..=125 => 2,
        126..=0xFFFF => 4,
        _ => 10,
    }
}

/// Writes the header of a final, unmasked frame in front of a payload that is in place already:
/// `buf[payload_start..]`. Gives where the frame starts.
///
/// So a message can be encoded with [`MAX_SERVER_HEADER`] bytes left free before it, and is never
/// moved.
///
/// ```
/// use sockeye_websocket::{Opcode, frame};
///
/// let mut buffer = vec![0; frame::MAX_SERVER_HEADER];
/// buffer.extend_from_slice(b"hello");
/// let start = frame::put_header_before(&mut buffer, frame::MAX_SERVER_HEADER, Opcode::Text);
/// assert_eq!(&buffer[start..], b"\x81\x05hello");
/// ```
///
/// # Panics
/// If there is no room: `payload_start` has to be at least [`header_len`] of the payload.
pub fn put_header_before(buf: &mut [u8], payload_start: usize, opcode: Opcode) -> usize {
    let len = buf[payload_start..].len();
    let header = Header::new(First::new(opcode), len, None);
    let start = payload_start
        .checked_sub(header.as_slice().len())
        .expect("room for the header before the payload");
    buf[start..payload_start].copy_from_slice(header.as_slice());
    start
}

/// Appends a final, unmasked frame, as a server sends it.
///
/// ```
/// use sockeye_websocket::{Opcode, frame};
///
/// let mut out = Vec::new();
/// frame::append(&mut out, Opcode::Text, b"hi");
/// assert_eq!(out, b"\x81\x02hi");
/// ```
pub fn append(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    let header = Header::new(First::new(opcode), payload.len(), None);
    out.reserve(header.as_slice().len() + payload.len());
    out.extend_from_slice(header.as_slice());
    out.extend_from_slice(payload);
}

/// Appends a final, masked frame, as a client sends it. Each frame has to have a new key, from
/// [`mask_key`].
///
/// ```
/// use sockeye_websocket::{Opcode, frame};
///
/// let mut out = Vec::new();
/// frame::append_masked(&mut out, Opcode::Text, b"hi", [1, 2, 3, 4]);
/// assert_eq!(out, [0x81, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2]);
/// ```
pub fn append_masked(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], key: [u8; 4]) {
    append_with_key(out, First::new(opcode), payload, key);
}

/// Appends the header of a final, unmasked frame, whose payload of `len` bytes the caller sends
/// behind it.
///
/// ```
/// use sockeye_websocket::{Opcode, frame};
///
/// let mut out = Vec::new();
/// frame::append_header(&mut out, Opcode::Binary, 70_000);
/// assert_eq!(out, [0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
/// ```
pub fn append_header(out: &mut Vec<u8>, opcode: Opcode, len: usize) {
    let header = Header::new(First::new(opcode), len, None);
    out.extend_from_slice(header.as_slice());
}

/// Appends a fragment of a message, masked with a new key if `role` is the client's. `opcode` is
/// that of the message, in each of its fragments (RFC 6455 5.4).
///
/// ```
/// use sockeye_websocket::{Opcode, Role, frame};
///
/// let mut out = Vec::new();
/// frame::append_fragment(&mut out, Role::Server, Opcode::Text, b"in ", true, false);
/// frame::append_fragment(&mut out, Role::Server, Opcode::Text, b"parts", false, true);
/// assert_eq!(out, b"\x01\x03in \x80\x05parts");
/// ```
pub fn append_fragment(
    out: &mut Vec<u8>,
    role: Role,
    opcode: Opcode,
    fragment: &[u8],
    first: bool,
    last: bool,
) {
    append_first(out, role, First::fragment(opcode, first, last), fragment);
}

/// Appends a frame that begins with `first`, masked with a new key if `role` is the client's.
pub(crate) fn append_first(out: &mut Vec<u8>, role: Role, first: First, payload: &[u8]) {
    match role {
        Role::Client => append_with_key(out, first, payload, mask_key()),
        Role::Server => {
            let header = Header::new(first, payload.len(), None);
            out.reserve(header.as_slice().len() + payload.len());
            out.extend_from_slice(header.as_slice());
            out.extend_from_slice(payload);
        }
    }
}

fn append_with_key(out: &mut Vec<u8>, first: First, payload: &[u8], key: [u8; 4]) {
    let header = Header::new(first, payload.len(), Some(key));
    out.reserve(header.as_slice().len() + payload.len());
    out.extend_from_slice(header.as_slice());
    let start = out.len();
    out.extend_from_slice(payload);
    mask::apply(&mut out[start..], key);
}

/// Makes a frame of the payload `out[payload..]`, which moves up against its header if between
/// `start` and it there is more room than that needs, and down if there is less.
#[cfg(feature = "deflate")]
pub(crate) fn complete(out: &mut Vec<u8>, role: Role, first: First, start: usize, payload: usize) {
    let key = match role {
        Role::Client => Some(mask_key()),
        Role::Server => None,
    };
    let len = out.len() - payload;
    let header = Header::new(first, len, key);
    let at = start + header.as_slice().len();
    if at > payload {
        out.resize(at + len, 0);
    }
    out.copy_within(payload..payload + len, at);
    out.truncate(at + len);
    out[start..at].copy_from_slice(header.as_slice());
    if let Some(key) = key {
        mask::apply(&mut out[at..], key);
    }
}

/// Appends a close frame, masked if `role` is the client's.
///
/// A code that may not be sent, such as 1005, 1006 and 1015 which only exist locally (RFC 6455
/// 7.4.1), gives a frame without code and reason. A reason of more than 123 bytes is cut at the
/// last character that fits.
///
/// ```
/// use sockeye_websocket::{Role, frame};
///
/// let mut out = Vec::new();
/// frame::append_close(&mut out, Role::Server, Some((1001, "bye")));
/// assert_eq!(out, b"\x88\x05\x03\xe9bye");
/// out.clear();
/// frame::append_close(&mut out, Role::Server, Some((1006, "")));
/// assert_eq!(out, b"\x88\x00");
/// ```
pub fn append_close(out: &mut Vec<u8>, role: Role, close: Option<(u16, &str)>) {
    let mut payload = [0; MAX_CONTROL];
    let mut len = 0;
    if let Some((code, reason)) = close
        && close::may_be_sent(code)
    {
        let mut end = reason.len().min(MAX_CONTROL - 2);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = &reason[..end];
        len = 2 + reason.len();
        payload[..2].copy_from_slice(&code.to_be_bytes());
        payload[2..len].copy_from_slice(reason.as_bytes());
    }
    match role {
        Role::Client => append_masked(out, Opcode::Close, &payload[..len], mask_key()),
        Role::Server => append(out, Opcode::Close, &payload[..len]),
    }
}

/// A key for one frame, which nobody can predict (RFC 6455 10.3).
///
/// It comes out of this thread's block of a generator made for cryptography, so it costs no
/// system call.
///
/// ```
/// use sockeye_websocket::frame::mask_key;
/// assert_ne!([mask_key(), mask_key()], [mask_key(), mask_key()]);
/// ```
#[must_use]
pub fn mask_key() -> [u8; 4] {
    rand::rng().random()
}

/// The first byte of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First(u8);

impl First {
    const FIN: u8 = 0x80;
    #[cfg(feature = "deflate")]
    const RSV1: u8 = 0x40;

    /// Of a whole message, or a control frame.
    #[inline]
    pub(crate) const fn new(opcode: Opcode) -> Self {
        Self(Self::FIN | opcode.bits())
    }

    /// Of a fragment of a message that has this opcode.
    pub(crate) const fn fragment(opcode: Opcode, first: bool, last: bool) -> Self {
        let opcode = if first { opcode } else { Opcode::Continuation };
        Self(opcode.bits() | if last { Self::FIN } else { 0 })
    }

    /// Says whether the message is compressed, in its first frame (RFC 7692 6).
    #[cfg(feature = "deflate")]
    pub(crate) const fn compressed(self, on: bool) -> Self {
        Self(self.0 | if on { Self::RSV1 } else { 0 })
    }
}

/// The bytes of a header, in the shortest form.
struct Header {
    bytes: [u8; MAX_HEADER],
    len: usize,
}

impl Header {
    #[inline]
    fn new(first: First, payload: usize, key: Option<[u8; 4]>) -> Self {
        let mut bytes = [0; MAX_HEADER];
        bytes[0] = first.0;
        let mut len = header_len(payload);
        match len {
            2 => bytes[1] = payload as u8,
            4 => {
                bytes[1] = 126;
                bytes[2..4].copy_from_slice(&(payload as u16).to_be_bytes());
            }
            _ => {
                bytes[1] = 127;
                bytes[2..10].copy_from_slice(&(payload as u64).to_be_bytes());
            }
        }
        if let Some(key) = key {
            bytes[1] |= 0x80;
            bytes[len..len + 4].copy_from_slice(&key);
            len += 4;
        }
        Self { bytes, len }
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// The frames in bytes that [`append`] or [`put_header_before`] made, for a transport that
/// carries the same messages in another form.
///
/// Anything else ends it: a masked or fragmented frame, a reserved bit or opcode, a length that
/// goes beyond the end.
///
/// ```
/// use sockeye_websocket::{Opcode, frame};
///
/// let mut bytes = Vec::new();
/// frame::append(&mut bytes, Opcode::Text, b"one");
/// frame::append(&mut bytes, Opcode::Binary, b"two");
/// let frames: Vec<_> = frame::Frames::new(&bytes).collect();
/// assert_eq!(frames, [(Opcode::Text, &b"one"[..]), (Opcode::Binary, b"two")]);
/// ```
#[derive(Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    /// Walks `bytes`, which begin with a frame.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn split_first(&self) -> Option<(Opcode, &'a [u8], &'a [u8])> {
        let (&[first, short], rest) = self.rest.split_first_chunk()?;
        // FIN set, the reserved bits clear
        if first & 0xF0 != 0x80 {
            return None;
        }
        let opcode = Opcode::from_bits(first & 0x0F)?;
        let (len, rest) = match short {
            0..=125 => (usize::from(short), rest),
            126 => {
                let (&len, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(len)), rest)
            }
            127 => {
                let (&len, rest) = rest.split_first_chunk()?;
                (usize::try_from(u64::from_be_bytes(len)).ok()?, rest)
            }
            _ => return None,
        };
        let (payload, rest) = rest.split_at_checked(len)?;
        Some((opcode, payload, rest))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (Opcode, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let Some((opcode, payload, rest)) = self.split_first() else {
            self.rest = &[];
            return None;
        };
        self.rest = rest;
        Some((opcode, payload))
    }
}

impl fmt::Debug for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [(usize, &[u8]); 6] = [
        (0, &[0]),
        (125, &[125]),
        (126, &[126, 0, 126]),
        (0xFFFF, &[126, 0xFF, 0xFF]),
        (0x1_0000, &[127, 0, 0, 0, 0, 0, 1, 0, 0]),
        (0x1_2345, &[127, 0, 0, 0, 0, 0, 1, 0x23, 0x45]),
    ];

    #[test]
    fn lengths_are_in_the_shortest_form() {
        for (len, form) in LENGTHS {
            let payload = vec![7; len];
            let mut plain = Vec::new();
            append(&mut plain, Opcode::Binary, &payload);
            assert_eq!(plain, [&[0x82], form, &payload].concat(), "{len}");
            assert_eq!(plain.len(), header_len(len) + len);

            let mut in_place = [vec![0xEE; MAX_SERVER_HEADER], payload.clone()].concat();
            let start = put_header_before(&mut in_place, MAX_SERVER_HEADER, Opcode::Binary);
            assert_eq!(in_place[start..], plain, "{len}");
            assert!(
                in_place[..start].iter().all(|byte| *byte == 0xEE),
                "nothing before is touched"
            );

            let mut masked = Vec::new();
            append_masked(&mut masked, Opcode::Binary, &payload, [1, 2, 3, 4]);
            let mut expected = [&[0x82], form, &[1, 2, 3, 4]].concat();
            expected[1] |= 0x80;
            expected.extend((0..len).map(|i| 7 ^ (i % 4 + 1) as u8));
            assert_eq!(masked, expected, "{len}");
        }
    }

    #[test]
    fn close_codes_that_stay_local() {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
            let mut out = Vec::new();
            append_close(&mut out, Role::Server, Some((code, "why")));
            assert_eq!(out, [0x88, 0], "{code}");
        }
        let mut out = Vec::new();
        append_close(&mut out, Role::Server, None);
        assert_eq!(out, [0x88, 0]);
        out.clear();
        append_close(&mut out, Role::Client, Some((1000, "")));
        assert_eq!(out[..2], [0x88, 0x82]);
        assert_eq!(out.len(), 8);
        assert_eq!([out[6] ^ out[2], out[7] ^ out[3]], [0x03, 0xE8]);
    }

    #[test]
    fn long_reasons_end_with_a_whole_character() {
        for (reason, fits) in [
            ("a".repeat(123), 123),
            ("a".repeat(124), 123),
            ("\u{20ac}".repeat(42), 123),
        ] {
            let mut out = Vec::new();
            append_close(&mut out, Role::Server, Some((1001, &reason)));
            assert_eq!(usize::from(out[1]), 2 + fits);
            assert_eq!(out[4..], reason.as_bytes()[..fits]);
        }
        let mut out = Vec::new();
        append_close(
            &mut out,
            Role::Server,
            Some((1001, &"\u{1f41f}".repeat(40))),
        );
        assert_eq!(usize::from(out[1]), 2 + 120);
    }

    #[test]
    fn walking_ends_at_what_was_not_written_here() {
        let mut written = Vec::new();
        for (len, _) in LENGTHS {
            append(&mut written, Opcode::Text, &vec![b'a'; len]);
        }
        let lengths: Vec<_> = Frames::new(&written)
            .map(|(_, payload)| payload.len())
            .collect();
        assert_eq!(lengths, LENGTHS.map(|(len, _)| len));

        let others: [&[u8]; 10] = [
            b"",
            b"\x81",
            b"\x81\x01",
            b"\x01\x01a",
            b"\xc1\x01a",
            b"\x83\x01a",
            b"\x81\x81abcde",
            b"\x81\x7e\x00",
            b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00",
            b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
        ];
        for other in others {
            let bytes = [b"\x82\x00", other].concat();
            let frames: Vec<_> = Frames::new(&bytes).collect();
            assert_eq!(frames, [(Opcode::Binary, &b""[..])], "{other:02x?}");
        }
    }

    #[test]
    #[should_panic(expected = "room for the header")]
    fn no_room_for_the_header() {
        put_header_before(&mut [0; 3], 1, Opcode::Text);
    }
}
