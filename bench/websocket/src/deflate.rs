//! permessage-deflate (RFC 7692) without context takeover, as the generator needs it: independent of what is tested.

use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush, Status};

/// The bit of a compressed message's first frame (RFC 7692 section 6).
pub(crate) const RSV1: u8 = 0x40;
/// What is asked for, and what has to be granted.
pub(crate) const OFFER: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

const LEVEL: i32 = 6;
const WINDOW_BITS: u8 = 15;
/// Ends every flushed block and is left out on the wire (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// No answer of a right server is longer.
const LONGEST: usize = 1024 * 1024;

/// A message's payload on the wire.
pub(crate) fn compress(message: &[u8]) -> Vec<u8> {
    let mut deflate = Deflate::new(LEVEL, false, WINDOW_BITS);
    let mut out = vec![0; message.len() + 1024];
    deflate
        .compress(message, &mut out, DeflateFlush::SyncFlush)
        .expect("room for it all");
    out.truncate(deflate.total_out() as usize);
    assert!(out.ends_with(&TAIL), "flushed to its end");
    out.truncate(out.len() - TAIL.len());
    out
}

/// Inflates, and remembers the last payload: a broadcast brings the same one many times.
#[derive(Debug, Default)]
pub(crate) struct Inflater {
    payload: Vec<u8>,
    message: Option<Vec<u8>>,
}

impl Inflater {
    /// The message of a payload; `None` if it is none.
    pub(crate) fn message(&mut self, payload: &[u8]) -> Option<&[u8]> {
        if self.payload != payload {
            self.message = inflate(payload);
            self.payload = payload.to_vec();
        }
        self.message.as_deref()
    }
}

fn inflate(payload: &[u8]) -> Option<Vec<u8>> {
    let mut inflate = Inflate::new(false, WINDOW_BITS);
    let mut out = vec![0; LONGEST];
    let input = [payload, &TAIL].concat();
    let status = inflate
        .decompress(&input, &mut out, InflateFlush::SyncFlush)
        .ok()?;
    if status == Status::BufError || inflate.total_in() != input.len() as u64 {
        return None;
    }
    out.truncate(inflate.total_out() as usize);
    Some(out)
}
