//! Compressing messages, whole or piece by piece (RFC 7692 7.2.1).

use std::fmt;
use std::thread::LocalKey;

use zlib_rs::{Deflate, DeflateFlush};

use super::pool::{Context, Idle, Lent};

/// What a flush ends with, and the end of a message is sent without.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

thread_local! {
    static IDLE: Idle<Deflater> = const { Idle::new() };
}

/// A context that compresses, of one level and window.
pub(crate) struct Deflater {
    deflate: Deflate,
    level: u8,
    window_bits: u8,
}

impl Context for Deflater {
    fn idle() -> &'static LocalKey<Idle<Self>> {
        &IDLE
    }
}

impl Deflater {
    /// One that knows no messages yet. `window_bits` is 9 to 15.
    pub(crate) fn lend(level: u8, window_bits: u8) -> Lent<Self> {
        let fits = |idle: &Self| idle.level == level && idle.window_bits == window_bits;
        let mut lent = Lent::take(fits, || Self {
            deflate: Deflate::new(level.into(), false, window_bits),
            level,
            window_bits,
        });
        lent.reset();
        lent
    }

    /// Forgets all messages. The other side need not know: nothing refers to them then.
    pub(crate) fn reset(&mut self) {
        self.deflate.reset();
    }

    /// Appends a message if it is shorter compressed. If not, `out` is as it was, and the context
    /// knows a message that was not sent: it has to be reset.
    pub(crate) fn message(&mut self, out: &mut Vec<u8>, payload: &[u8]) -> bool {
        let start = out.len();
        out.resize(start + payload.len() + TAIL.len(), 0);
        let (read, written) = self.flush(payload, &mut out[start..]);
        // A flush that fills all of the space may not be complete. One that gives less than its
        // end came directly behind another: there was nothing to compress.
        let complete = TAIL.len()..payload.len() + TAIL.len();
        let shorter = read == payload.len() && complete.contains(&written);
        if !shorter {
            // zlib-rs 0.6.8 forgets on reset how far its buffer was written: nothing may wait in it.
            let mut rest = [0; 1024];
            while self.flush(&[], &mut rest).1 == rest.len() {}
        }
        let tail = if shorter { TAIL.len() } else { written };
        out.truncate(start + written - tail);
        shorter
    }

    /// Appends a piece of a message, so that the other side can inflate all of it.
    pub(crate) fn piece(&mut self, out: &mut Vec<u8>, mut payload: &[u8], last: bool) {
        let start = out.len();
        loop {
            let at = out.len();
            out.resize(at + payload.len() + payload.len() / 64 + 64, 0);
            let (read, written) = self.flush(payload, &mut out[at..]);
            let room = out.len() - at;
            out.truncate(at + written);
            payload = &payload[read..];
            if written < room && payload.is_empty() {
                break;
            }
        }
        if last {
            if out.len() == start {
                // A flush after a flush gives nothing; the message still needs a block to end
                // with (RFC 7692 7.2.3.6).
                out.push(0x00);
            } else {
                out.truncate(out.len() - TAIL.len());
            }
        }
    }

    /// How much was read and written.
    fn flush(&mut self, payload: &[u8], out: &mut [u8]) -> (usize, usize) {
        let (read, written) = (self.deflate.total_in(), self.deflate.total_out());
        // It only fails for what is no context or no flush.
        let done = self.deflate.compress(payload, out, DeflateFlush::SyncFlush);
        debug_assert!(done.is_ok(), "{done:?}");
        // Neither is more than a slice's length.
        let read = (self.deflate.total_in() - read) as usize;
        (read, (self.deflate.total_out() - written) as usize)
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater")
            .field("level", &self.level)
            .field("window_bits", &self.window_bits)
            .finish_non_exhaustive()
    }
}
