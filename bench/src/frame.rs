//! WebSocket frames (RFC 6455 section 5.2), as far as a generator of whole messages needs them.

use std::ops::Range;

/// Opcode of a text frame.
pub const TEXT: u8 = 0x1;
/// Opcode of a Close frame.
pub const CLOSE: u8 = 0x8;
/// Opcode of a Ping frame.
pub const PING: u8 = 0x9;
/// Opcode of a Pong frame.
pub const PONG: u8 = 0xa;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Any key but zero makes the server unmask for real.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as the server sent it: whole, unmasked.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Opcode, without the FIN bit.
    pub opcode: u8,
    /// Application data.
    pub payload: &'a [u8],
    /// Length of header and payload together.
    pub len: usize,
}

/// A server's frame that no reference server sends: fragmented, masked, or with a reserved bit.
#[derive(Debug, PartialEq, Eq)]
pub struct Unexpected {
    /// The first two bytes of the frame.
    pub head: [u8; 2],
}

/// The first frame of `bytes`, or `None` while it is incomplete.
///
/// # Errors
/// [`Unexpected`] if the frame is fragmented, masked or has a reserved bit set.
///
/// ```
/// use sockeye_bench::frame;
/// let bytes = frame::from_server(frame::TEXT, b"2");
/// let first = frame::split(&bytes).expect("well formed").expect("complete");
/// assert_eq!((first.opcode, first.payload, first.len), (frame::TEXT, &b"2"[..], 3));
/// ```
pub fn split(bytes: &[u8]) -> Result<Option<Frame<'_>>, Unexpected> {
    let [first, second, ..] = *bytes else {
        return Ok(None);
    };
    if first & 0xf0 != FIN || second & MASKED != 0 {
        return Err(Unexpected {
            head: [first, second],
        });
    }
    Ok(payload(bytes).map(|payload| Frame {
        opcode: first & 0x0f,
        payload: &bytes[payload.clone()],
        len: payload.end,
    }))
}

/// Where the payload of the first, unmasked frame is, whatever its first byte says; `None` while it is incomplete.
#[must_use]
pub fn payload(bytes: &[u8]) -> Option<Range<usize>> {
    let (start, len): (usize, usize) = match *bytes.get(1)? {
        126 => {
            let &long = bytes[2..].first_chunk::<2>()?;
            (4, usize::from(u16::from_be_bytes(long)))
        }
        127 => {
            let &long = bytes[2..].first_chunk::<8>()?;
            (10, usize::try_from(u64::from_be_bytes(long)).ok()?)
        }
        short => (2, usize::from(short)),
    };
    let end = start.checked_add(len)?;
    (end <= bytes.len()).then_some(start..end)
}

/// A masked frame of a client.
#[must_use]
pub fn from_client(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(opcode, payload.len(), MASKED);
    bytes.extend_from_slice(&KEY);
    bytes.extend(
        payload
            .iter()
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

/// A frame of a server.
#[must_use]
pub fn from_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(opcode, payload.len(), 0);
    bytes.extend_from_slice(payload);
    bytes
}

/// The payload of the first frame of a client's `bytes` with its mask taken off, cut where the bytes end.
///
/// Only a server that trusts its client completely, as the floor does, can use this.
#[must_use]
pub fn peek_client(bytes: &[u8]) -> Vec<u8> {
    let start = match bytes.get(1).map(|byte| byte & 0x7f) {
        None => return Vec::new(),
        Some(126) => 4,
        Some(127) => 10,
        Some(_) => 2,
    };
    let Some(key) = bytes.get(start..start + 4) else {
        return Vec::new();
    };
    bytes[start + 4..]
        .iter()
        .zip(key.iter().cycle())
        .map(|(byte, key)| byte ^ key)
        .collect()
}

fn header(opcode: u8, len: usize, mask: u8) -> Vec<u8> {
    let mut bytes = vec![FIN | opcode];
    if len < 126 {
        bytes.push(mask | len as u8);
    } else if let Ok(len) = u16::try_from(len) {
        bytes.push(mask | 126);
        bytes.extend_from_slice(&len.to_be_bytes());
    } else {
        bytes.push(mask | 127);
        bytes.extend_from_slice(&(len as u64).to_be_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_form_is_split_where_it_ends() {
        for len in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; len];
            let mut bytes = from_server(TEXT, &payload);
            let whole = bytes.len();
            assert_eq!(split(&bytes[..whole - 1]), Ok(None), "{len}");
            bytes.extend_from_slice(b"next");
            assert_eq!(
                split(&bytes),
                Ok(Some(Frame {
                    opcode: TEXT,
                    payload: &payload,
                    len: whole
                }))
            );
        }
    }

    #[test]
    fn masked_and_fragmented_frames_are_refused() {
        assert_eq!(split(&[0x81, 0x80]), Err(Unexpected { head: [0x81, 0x80] }));
        assert_eq!(split(&[0x01, 0x00]), Err(Unexpected { head: [0x01, 0x00] }));
        assert_eq!(split(&[0xc1, 0x00]), Err(Unexpected { head: [0xc1, 0x00] }));
    }

    #[test]
    fn a_client_frame_unmasks_to_what_was_masked() {
        for len in [3, 200, 70_000] {
            let payload: Vec<u8> = (0..len).map(|i| i as u8).collect();
            assert_eq!(peek_client(&from_client(TEXT, &payload)), payload);
        }
    }
}
