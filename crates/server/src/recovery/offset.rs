//! The offset that each packet carries: a text of fixed width, so that it can be written into frames that
//! are encoded already.

use sockeye_engine::Encoded;
use sockeye_protocol::Codec;
use sockeye_websocket::{Opcode, frame::Frames};

/// The alphabet of URL-safe base64: nothing in it is escaped in JSON.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const EPOCH_DIGITS: usize = 5;
const NUMBER_DIGITS: usize = 11;
const WIDTH: usize = EPOCH_DIGITS + NUMBER_DIGITS;

/// What stands where the offset comes.
pub(crate) const HOLE: &str = "________________";

/// How much of a namespace's log a client has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    /// Which log: that of a server that ran before counts differently.
    pub(super) epoch: u32,
    /// How many packets.
    pub(super) seen: u64,
}

impl Offset {
    pub(super) fn text(self) -> [u8; WIDTH] {
        let mut text = [0; WIDTH];
        let (epoch, seen) = text.split_at_mut(EPOCH_DIGITS);
        put(epoch, u64::from(self.epoch));
        put(seen, self.seen);
        text
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let text: &[u8; WIDTH] = text.as_bytes().try_into().ok()?;
        let (epoch, seen) = text.split_at(EPOCH_DIGITS);
        Some(Self {
            epoch: u32::try_from(number(epoch)?).ok()?,
            seen: number(seen)?,
        })
    }

    /// The frames with the offset in their hole; `None` if they have none.
    pub(super) fn written_into(self, codec: &Codec, packet: &Encoded) -> Option<Encoded> {
        let at = hole(codec, packet.frames())?;
        let mut frames = packet.frames().to_vec();
        frames[at..at + WIDTH].copy_from_slice(&self.text());
        Some(Encoded::new(frames, packet.packets()))
    }
}

fn put(text: &mut [u8], mut number: u64) {
    for digit in text.iter_mut().rev() {
        *digit = DIGITS[(number % 64) as usize];
        number /= 64;
    }
}

fn number(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0u64, |number, digit| {
        let value = DIGITS.iter().position(|known| known == digit)? as u64;
        number.checked_mul(64)?.checked_add(value)
    })
}

/// Where the hole is: at the end of the arguments, which come last in JSON.
fn hole(codec: &Codec, frames: &[u8]) -> Option<usize> {
    let (_, payload) = Frames::new(frames).next()?;
    let start = payload.as_ptr() as usize - frames.as_ptr() as usize;
    let at = match codec {
        Codec::Json => {
            let at = payload.len().checked_sub(WIDTH + 2)?;
            (payload[at..at + WIDTH] == *HOLE.as_bytes()).then_some(at)?
        }
        _ => payload
            .windows(WIDTH)
            .rposition(|text| text == HOLE.as_bytes())?,
    };
    Some(start + at)
}

/// Whether a client would take an event's last argument, or its bare name, for an offset.
pub(crate) fn ends_with_text(codec: &Codec, packet: &Encoded) -> bool {
    let Some((opcode, payload)) = Frames::new(packet.frames()).next() else {
        return false;
    };
    // Other parsers put the arguments anywhere: one offset too many does no harm.
    !matches!(codec, Codec::Json) || opcode != Opcode::Text || payload.ends_with(b"\"]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_reads_as_it_was_written() {
        for seen in [0, 1, 63, 64, 4095, u64::from(u32::MAX), u64::MAX] {
            for epoch in [0, 7, (1 << 30) - 1] {
                let offset = Offset { epoch, seen };
                let text = offset.text();
                let text = std::str::from_utf8(&text).expect("ASCII");
                assert_eq!(Offset::parse(text), Some(offset));
            }
        }
    }

    #[test]
    fn other_texts_are_no_offsets() {
        for text in [
            "",
            "hello",
            "AAAAAAAAAAAAAAA",
            "AAAAA\u{e9}AAAAAAAAA",
            "AAAAA-----------",
            "AAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(Offset::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_hole_of_a_long_packet_is_found_too() {
        let payload = format!(r#"42["e","{}","{HOLE}"]"#, "x".repeat(70_000));
        let mut frames = vec![0x81, 127];
        frames.extend((payload.len() as u64).to_be_bytes());
        frames.extend(payload.as_bytes());
        let packet = Encoded::new(frames, 1);
        let offset = Offset { epoch: 1, seen: 2 };
        let written = offset.written_into(&Codec::Json, &packet).expect("a hole");
        assert!(written.frames().ends_with(br#""AAAABAAAAAAAAAAC"]"#));
        assert!(offset.written_into(&Codec::Json, &written).is_none());
    }
}
