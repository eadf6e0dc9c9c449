//! Streams of frames, valid ones and others.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sockeye_websocket::Role;

/// The longest message that either side takes, in bytes.
pub const MAX_MESSAGE: usize = 4_000;

const TEXTS: [&str; 6] = [
    "",
    "plain",
    "\u{e4}\u{f6}\u{fc}",
    "\u{20ac}",
    "a\u{1f41f}b",
    "\u{7ff}\u{800}\u{ffff}\u{10000}",
];

/// What a peer of `role` would send: the first byte as given, the shortest length, masked if the
/// peer is a client.
pub fn frame(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(len as u8),
        len @ 126..=0xFFFF => {
            bytes.push(126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    if role == Role::Server {
        let key = [0x51, 0xc8, 0x0f, 0xe6];
        bytes[1] |= 0x80;
        bytes.extend(key);
        bytes.extend(
            payload
                .iter()
                .zip(key.iter().cycle())
                .map(|(byte, key)| byte ^ key),
        );
    } else {
        bytes.extend(payload);
    }
    bytes
}

/// The stream with so many wrong bytes behind it that every frame in it ends. Without them the
/// one that looks at headers first would be ahead of the one that waits for whole frames.
pub fn filled(mut stream: Vec<u8>) -> Vec<u8> {
    stream.extend([0xFF; MAX_MESSAGE + 32]);
    stream
}

/// Makes streams, the same ones for the same seed.
pub struct Generator {
    random: StdRng,
    role: Role,
}

impl Generator {
    /// For the peers of an endpoint of this role.
    pub fn new(role: Role, seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self { random, role }
    }

    /// Some messages with control frames between and inside them, mostly by the rules.
    pub fn stream(&mut self) -> Vec<u8> {
        let mut stream = Vec::new();
        for _ in 0..self.random.random_range(1..6) {
            match self.random.random_range(0..8) {
                0 => self.control(&mut stream),
                1 => self.close(&mut stream),
                2 => self.odd(&mut stream),
                _ => self.message(&mut stream),
            }
        }
        stream
    }

    /// A stream with some bytes changed, inserted or lost.
    pub fn mutated(&mut self) -> Vec<u8> {
        let mut stream = self.stream();
        for _ in 0..self.random.random_range(1..4) {
            let at = self.random.random_range(0..stream.len());
            match self.random.random_range(0..5) {
                0 => stream[at] ^= 1 << self.random.random_range(0..8),
                1 => stream[at] = self.random.random(),
                2 => stream.insert(at, self.random.random()),
                3 if stream.len() > 1 => drop(stream.remove(at)),
                _ => {
                    stream[at] = *[0, 1, 125, 126, 127, 128, 254, 255]
                        .choose(&mut self.random)
                        .expect("not empty")
                }
            }
        }
        stream
    }

    /// Cuts a stream into reads.
    pub fn cut<'a>(&mut self, stream: &'a [u8]) -> Vec<&'a [u8]> {
        let longest = *[1, 4, 30, 1_000, 10_000]
            .choose(&mut self.random)
            .expect("not empty");
        let mut reads = Vec::new();
        let mut rest = stream;
        while !rest.is_empty() {
            let length = self.random.random_range(1..=longest).min(rest.len());
            let (read, after) = rest.split_at(length);
            reads.push(read);
            rest = after;
        }
        reads
    }

    /// A payload, and whether it is text.
    pub fn payload(&mut self) -> (Vec<u8>, bool) {
        let length = *[0, 1, 5, 125, 126, 127, 500, 3_900]
            .choose(&mut self.random)
            .expect("not empty");
        let text = self.random.random();
        let mut payload = Vec::new();
        while payload.len() < length {
            if text {
                payload.extend(
                    TEXTS
                        .choose(&mut self.random)
                        .expect("not empty")
                        .as_bytes(),
                );
            } else {
                payload.push(self.random.random());
            }
            if length == 1 {
                break;
            }
        }
        (payload, text)
    }

    fn message(&mut self, stream: &mut Vec<u8>) {
        let (payload, text) = self.payload();
        let mut opcode = if text { 1 } else { 2 };
        let mut rest = &payload[..];
        while self.random.random_bool(0.4) {
            // Also in the middle of a character, and without bytes.
            let (fragment, after) = rest.split_at(self.random.random_range(0..=rest.len()));
            stream.extend(frame(self.role, opcode, fragment));
            (opcode, rest) = (0, after);
            if self.random.random_bool(0.2) {
                self.control(stream);
            }
        }
        stream.extend(frame(self.role, 0x80 | opcode, rest));
    }

    fn control(&mut self, stream: &mut Vec<u8>) {
        let first = if self.random.random() { 0x89 } else { 0x8A };
        let length = *[0, 1, 4, 124, 125]
            .choose(&mut self.random)
            .expect("not empty");
        let payload: Vec<u8> = (0..length).map(|_| self.random.random()).collect();
        stream.extend(frame(self.role, first, &payload));
    }

    fn close(&mut self, stream: &mut Vec<u8>) {
        let mut payload = Vec::new();
        if self.random.random_bool(0.9) {
            let code = match self.random.random_range(0..3) {
                0 => self.random.random_range(995..1020),
                1 => *[0, 999, 2_999, 3_000, 4_999, 5_000, 65_535]
                    .choose(&mut self.random)
                    .expect("not empty"),
                _ => self.random.random_range(1_000..1_004),
            };
            payload.extend(u16::to_be_bytes(code));
            payload.extend(
                TEXTS
                    .choose(&mut self.random)
                    .expect("not empty")
                    .as_bytes(),
            );
        }
        stream.extend(frame(self.role, 0x88, &payload));
    }

    /// Something against the rules.
    fn odd(&mut self, stream: &mut Vec<u8>) {
        let mask = if self.role == Role::Server { 0x80 } else { 0 };
        let key: &[u8] = if self.role == Role::Server {
            &[0; 4]
        } else {
            &[]
        };
        match self.random.random_range(0..7) {
            0 => {
                let first = self.random.random();
                stream.extend(frame(self.role, first, b"any"));
            }
            1 => stream.extend([&[0x82, 126 | mask, 0, 5], key, b"short"].concat()),
            2 => {
                stream.extend([&[0x82, 127 | mask, 0, 0, 0, 0, 0, 0, 0, 5], key, b"short"].concat())
            }
            3 => {
                let top = self.random.random_range(0..=255);
                stream.extend([&[0x82, 127 | mask, top, 0, 0, 0, 0, 0, 0, 5], key].concat());
            }
            4 => {
                stream.extend(frame(self.role, 0x02, b""));
                for _ in 0..self.random.random_range(10..24) {
                    stream.extend(frame(self.role, 0x00, b""));
                }
            }
            5 => {
                let length = self.random.random_range(MAX_MESSAGE - 2..MAX_MESSAGE + 3);
                stream.extend(frame(self.role, 0x82, &vec![7; length]));
            }
            _ => {
                let other = if self.role == Role::Server {
                    Role::Client
                } else {
                    Role::Server
                };
                stream.extend(frame(other, 0x81, b"masked or not"));
            }
        }
    }
}
