//! Inflating a message piece by piece (RFC 7692 7.2.2).

use std::fmt;
use std::thread::LocalKey;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::pool::{Context, Idle, Lent};

/// How many bytes come out in one piece: what a bomb costs beyond the limit of a message.
const CHUNK: usize = 8 * 1024;
/// The longest window there is.
const MAX_WINDOW: usize = 32 * 1024;
/// The four bytes that the sender left out (RFC 7692 7.2.2), and an empty last block behind them:
/// it is only read as such if the message ended at the end of a block.
const END: [u8; 9] = [0x00, 0x00, 0xFF, 0xFF, 0x01, 0x00, 0x00, 0xFF, 0xFF];
/// How many last blocks a message may have, and how many bytes have to come for each further one:
/// beginning again costs more time than a block of two bytes may.
const FREE_ENDS: u64 = 64;
const BYTES_PER_END: u64 = 64;

thread_local! {
    static IDLE: Idle<Inflater> = const { Idle::new() };
}

/// A context to inflate messages of any window, with the piece that came out last.
pub(crate) struct Inflater {
    inflate: Inflate,
    chunk: Box<[u8]>,
    filled: usize,
    /// Nothing was read since the message began, or since its last block so far.
    fresh: bool,
    /// How much of [`END`] was read.
    ended: usize,
    ends: u64,
    /// What was read of the message.
    read: u64,
}

/// Why inflating paused. In each case [`Inflater::chunk`] may have bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// All input was read and what it gave is in the chunk.
    Hungry,
    /// The chunk has no room; more may come without further input.
    Full,
    /// The block was marked as the last one: [`Inflater::restart`] has to be called.
    Ended,
    /// The message is whole.
    Complete,
    /// What follows the bytes in the chunk is not deflate.
    Corrupt,
}

impl Context for Inflater {
    fn idle() -> &'static LocalKey<Idle<Self>> {
        &IDLE
    }
}

impl Inflater {
    /// About how many bytes one owns.
    pub(crate) const HEAP: usize = 48 * 1024 + CHUNK;

    /// One for a new message, which may refer to `dictionary`: what came before, the oldest first.
    pub(crate) fn lend(dictionary: [&[u8]; 2]) -> Lent<Self> {
        let mut lent = Lent::take(|_| true, Self::new);
        lent.filled = 0;
        lent.ended = 0;
        lent.ends = 0;
        lent.read = 0;
        lent.begin(dictionary);
        lent
    }

    fn new() -> Self {
        Self {
            inflate: Inflate::new(false, 15),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            filled: 0,
            fresh: true,
            ended: 0,
            ends: 0,
            read: 0,
        }
    }

    fn begin(&mut self, dictionary: [&[u8]; 2]) {
        self.inflate.reset(false);
        self.fresh = true;
        for part in dictionary {
            if !part.is_empty() {
                let last = &part[part.len().saturating_sub(MAX_WINDOW)..];
                // It only fails for streams with a header.
                let _ = self.inflate.set_dictionary(last);
            }
        }
    }

    /// Reads `input`, and moves its beginning behind what was read.
    pub(crate) fn inflate(&mut self, input: &mut &[u8]) -> Progress {
        loop {
            let (read, status) = self.step(input);
            *input = &input[read..];
            self.read += read as u64;
            self.fresh &= read == 0;
            return match status {
                Err(_) => Progress::Corrupt,
                Ok(Status::StreamEnd) => Progress::Ended,
                Ok(_) if self.filled == self.chunk.len() => Progress::Full,
                Ok(_) if input.is_empty() => Progress::Hungry,
                // One step takes at most four gigabytes.
                Ok(_) if read > 0 => continue,
                Ok(_) => Progress::Corrupt,
            };
        }
    }

    /// Goes on behind a last block, with a window of its own (RFC 7692 7.2.3.4). False if there
    /// were too many.
    pub(crate) fn restart(&mut self, dictionary: [&[u8]; 2]) -> bool {
        self.ends += 1;
        self.begin(dictionary);
        self.ends <= FREE_ENDS + self.read / BYTES_PER_END
    }

    /// Says that all of the message was read: [`Progress::Complete`], unless the chunk is full
    /// before that or the end is in the middle of a block.
    pub(crate) fn finish(&mut self) -> Progress {
        // A message without bytes, or whose sender left out the empty block that has to follow a
        // last one: there is nothing to misunderstand.
        if self.fresh && self.ended == 0 {
            return Progress::Complete;
        }
        let (read, status) = self.step(&END[self.ended..]);
        self.ended += read;
        match status {
            Ok(Status::StreamEnd) if self.ended == END.len() => Progress::Complete,
            Ok(Status::StreamEnd) | Err(_) => Progress::Corrupt,
            Ok(_) if self.filled == self.chunk.len() => Progress::Full,
            Ok(_) => Progress::Corrupt,
        }
    }

    fn step(&mut self, input: &[u8]) -> (usize, Result<Status, zlib_rs::InflateError>) {
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let room = &mut self.chunk[self.filled..];
        let status = self.inflate.decompress(input, room, InflateFlush::NoFlush);
        // Neither is more than a slice's length.
        self.filled += (self.inflate.total_out() - written) as usize;
        ((self.inflate.total_in() - read) as usize, status)
    }

    /// What came out and was not cleared.
    pub(crate) fn chunk(&self) -> &[u8] {
        &self.chunk[..self.filled]
    }

    /// Makes room in the chunk; what is behind `end` stays.
    pub(crate) fn clear(&mut self, end: usize) {
        self.chunk.copy_within(end..self.filled, 0);
        self.filled -= end;
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}
