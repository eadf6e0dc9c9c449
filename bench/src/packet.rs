//! Packets as an answer of streaming carries them: a header of 1, 3 or 9 bytes before each, then its bytes.

use std::ops::Range;

/// Bit 7 of a header's first byte says what the packet holds, not how long it is.
const LENGTH: u8 = 0x7f;

/// A text packet behind its header.
///
/// ```
/// use sockeye_bench::packet;
/// assert_eq!(packet::from_server(b"2"), b"\x012");
/// ```
#[must_use]
pub fn from_server(packet: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(9 + packet.len());
    if packet.len() < 126 {
        bytes.push(packet.len() as u8);
    } else if let Ok(len) = u16::try_from(packet.len()) {
        bytes.push(126);
        bytes.extend_from_slice(&len.to_be_bytes());
    } else {
        bytes.push(127);
        bytes.extend_from_slice(&(packet.len() as u64).to_be_bytes());
    }
    bytes.extend_from_slice(packet);
    bytes
}

/// Where the first packet of `bytes` is, without its header; `None` while it is incomplete.
///
/// ```
/// use sockeye_bench::packet;
/// assert_eq!(packet::split(b"\x0240\x012"), Some(1..3));
/// assert_eq!(packet::split(b"\x024"), None);
/// ```
#[must_use]
pub fn split(bytes: &[u8]) -> Option<Range<usize>> {
    let (start, len): (usize, usize) = match *bytes.first()? & LENGTH {
        126 => {
            let &long = bytes[1..].first_chunk::<2>()?;
            (3, usize::from(u16::from_be_bytes(long)))
        }
        127 => {
            let &long = bytes[1..].first_chunk::<8>()?;
            (9, usize::try_from(u64::from_be_bytes(long)).ok()?)
        }
        short => (1, usize::from(short)),
    };
    let end = start.checked_add(len)?;
    (end <= bytes.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_form_is_split_where_it_ends() {
        for len in [1, 125, 126, 65_535, 65_536] {
            let packet = vec![b'x'; len];
            let mut bytes = from_server(&packet);
            let whole = bytes.len();
            assert_eq!(split(&bytes[..whole - 1]), None, "{len}");
            bytes.extend_from_slice(b"next");
            assert_eq!(split(&bytes), Some(whole - len..whole));
        }
    }
}
