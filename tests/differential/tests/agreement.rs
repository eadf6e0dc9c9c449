//! Random streams, valid and not, for both roles. `DIFFERENTIAL_ROUNDS` makes more of them.

use sockeye_differential::{
    DIFFERENCES, Difference, End, Generator, Message, Outcome, Role, filled, frame, ours, theirs,
    written_by_them,
};
use sockeye_websocket::{Opcode, frame as writing};

const ROLES: [Role; 2] = [Role::Client, Role::Server];

fn rounds(default: u64) -> u64 {
    let asked = std::env::var("DIFFERENTIAL_ROUNDS").ok();
    asked.map_or(default, |rounds| {
        rounds.parse().expect("DIFFERENTIAL_ROUNDS is a number")
    })
}

/// Compares the two on many streams; gives how often each row of the table was needed.
fn compare(make: fn(&mut Generator) -> Vec<u8>, rounds: u64) -> [u64; DIFFERENCES.len()] {
    let mut explained = [0; DIFFERENCES.len()];
    for role in ROLES {
        for seed in 0..rounds {
            let mut generator = Generator::new(role, seed);
            let stream = filled(make(&mut generator));
            let reads = generator.cut(&stream);
            let (ours, broken) = ours(role, &reads);
            let theirs = theirs(role, &reads);
            if ours == theirs {
                continue;
            }
            match Difference::of(&ours, &theirs, broken) {
                Some(row) => explained[row] += 1,
                None => panic!(
                    "{role:?}, seed {seed}\nours:   {ours:?} ({broken:?})\ntheirs: {theirs:?}\n{stream:02x?}"
                ),
            }
        }
    }
    explained
}

#[test]
fn streams_mostly_by_the_rules() {
    compare(Generator::stream, rounds(3_000));
}

#[test]
fn streams_with_mistakes() {
    let explained = compare(Generator::mutated, rounds(3_000));
    for (row, count) in DIFFERENCES.iter().zip(explained) {
        assert!(count > 0, "never needed: {}, {}", row.name, row.reason);
    }
}

/// One stream a row, so that each difference is there as it is told.
#[test]
fn each_difference_is_there() {
    let role = Role::Client;
    let empty = [
        frame(role, 0x02, b""),
        frame(role, 0x00, b"").repeat(16),
        frame(role, 0x80, b""),
    ]
    .concat();
    let streams: [(&[u8], End, End); DIFFERENCES.len()] = [
        (b"\x82\x7e\x00\x05short", End::Violation(1002), End::Open),
        (
            b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x05",
            End::Violation(1002),
            End::Violation(1009),
        ),
        (
            b"\x88\x02\x03\xf6",
            End::Close(Some((1014, String::new()))),
            End::Violation(1002),
        ),
        (&empty, End::Violation(1008), End::Open),
        (
            b"\x8a\x7e\xff\xff",
            End::Violation(1002),
            End::Violation(1009),
        ),
        (
            b"\x88\x03\x03\xed\xff",
            End::Violation(1002),
            End::Violation(1007),
        ),
    ];
    for (nth, (stream, our_end, their_end)) in streams.into_iter().enumerate() {
        let name = DIFFERENCES[nth].name;
        let (ours, broken) = ours(role, &[stream]);
        let theirs = theirs(role, &[stream]);
        assert_eq!((&ours.end, &theirs.end), (&our_end, &their_end), "{name}");
        assert_eq!(Difference::of(&ours, &theirs, broken), Some(nth), "{name}");
    }
}

/// Random messages, and what a reader of them should see.
fn conversation(role: Role, seed: u64) -> Outcome {
    let mut generator = Generator::new(role, seed);
    let messages = (0..seed % 5)
        .map(|nth| match (nth, generator.payload()) {
            (2, (mut payload, _)) => {
                payload.truncate(125);
                Message::Ping(payload)
            }
            (_, (payload, true)) => Message::Text(String::from_utf8(payload).expect("text")),
            (_, (payload, false)) => Message::Binary(payload),
        })
        .collect();
    let end = End::Close((!seed.is_multiple_of(3)).then(|| (3_000, "done".to_owned())));
    Outcome { messages, end }
}

fn other(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}

#[test]
fn they_read_what_we_write() {
    for role in ROLES {
        for seed in 0..rounds(1_000) {
            let told = conversation(role, seed);
            let mut stream = Vec::new();
            let mut append = |opcode, payload: &[u8]| match role {
                Role::Client => {
                    writing::append_masked(&mut stream, opcode, payload, writing::mask_key())
                }
                Role::Server => writing::append(&mut stream, opcode, payload),
            };
            for message in &told.messages {
                match message {
                    Message::Text(text) => append(Opcode::Text, text.as_bytes()),
                    Message::Binary(bytes) => append(Opcode::Binary, bytes),
                    Message::Ping(payload) => append(Opcode::Ping, payload),
                    Message::Pong(payload) => append(Opcode::Pong, payload),
                }
            }
            let End::Close(close) = &told.end else {
                unreachable!("conversations are closed")
            };
            let close = close
                .as_ref()
                .map(|(code, reason)| (*code, reason.as_str()));
            writing::append_close(&mut stream, role, close);
            assert_eq!(
                theirs(other(role), &[&stream]),
                told,
                "{role:?}, seed {seed}"
            );
        }
    }
}

#[test]
fn we_read_what_they_write() {
    for role in ROLES {
        for seed in 0..rounds(1_000) {
            let told = conversation(role, seed);
            let End::Close(close) = &told.end else {
                unreachable!("conversations are closed")
            };
            let close = close
                .as_ref()
                .map(|(code, reason)| (*code, reason.as_str()));
            let stream = written_by_them(role, &told.messages, close);
            let reads = Generator::new(role, seed).cut(&stream).to_vec();
            assert_eq!(ours(other(role), &reads).0, told, "{role:?}, seed {seed}");
        }
    }
}
