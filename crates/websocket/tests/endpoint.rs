//! The state machine of a connection, with a clock that only the test moves.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use sockeye_websocket::{
    Closed, Config, Endpoint, Failure, Incoming, Kind, MessageRef, Opcode, ProtocolError, Role,
    SendError, frame,
};

const SECOND: Duration = Duration::from_secs(1);

/// Two ends, and what each of them heard.
struct Pair {
    client: Endpoint,
    server: Endpoint,
    now: Instant,
}

impl Pair {
    fn new(config: &Config) -> Self {
        let now = Instant::now();
        Self {
            client: Endpoint::new(Role::Client, config, now),
            server: Endpoint::new(Role::Server, config, now),
            now,
        }
    }

    /// Carries what the client sends, and gives what the server heard.
    fn carry_to_server(&mut self) -> Vec<String> {
        carry(&mut self.client, &mut self.server, self.now)
    }

    fn carry_to_client(&mut self) -> Vec<String> {
        carry(&mut self.server, &mut self.client, self.now)
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.client.handle_timeout(self.now);
        self.server.handle_timeout(self.now);
    }
}

/// Takes all that waits.
fn written(from: &mut Endpoint) -> Vec<u8> {
    let mut wire = Vec::new();
    while from.buffered_amount() > 0 {
        let bytes = from.transmit(|slices| {
            let before = wire.len();
            slices
                .iter()
                .for_each(|slice| wire.extend_from_slice(slice));
            wire.len() - before
        });
        from.handle_transmitted(bytes);
    }
    wire
}

fn carry(from: &mut Endpoint, to: &mut Endpoint, now: Instant) -> Vec<String> {
    let mut wire = written(from);
    heard(to, &mut wire, now)
}

fn heard(endpoint: &mut Endpoint, wire: &mut [u8], now: Instant) -> Vec<String> {
    let mut heard = Vec::new();
    let (used, stopped) = endpoint.handle_input(wire, now, |incoming, _| {
        heard.push(match incoming {
            Incoming::Message(MessageRef::Text(text)) => text.to_owned(),
            Incoming::Message(MessageRef::Binary(bytes)) => format!("{bytes:?}"),
            Incoming::Pong(payload) => format!("pong {}", String::from_utf8_lossy(payload)),
            other => format!("{other:?}"),
        });
        ControlFlow::<()>::Continue(())
    });
    assert_eq!((used, stopped), (wire.len(), None));
    heard
}

fn closed(code: u16, reason: &str, was_clean: bool) -> Closed {
    let mut closed = Closed::default();
    closed.code = code;
    closed.reason = reason.to_owned();
    closed.was_clean = was_clean;
    closed
}

#[test]
fn closing_handshake_from_either_side() {
    for client_first in [true, false] {
        let mut pair = Pair::new(&Config::new());
        let (Pair { client, server, .. }, now) = (&mut pair, Instant::now());
        let (first, second) = match client_first {
            true => (client, server),
            false => (server, client),
        };
        first.close(Some((4001, "enough")), now);
        assert!(!first.is_open());
        // A second attempt changes nothing (RFC 6455 5.5.1).
        first.close(Some((1000, "")), now);
        carry(first, second, now);
        assert_eq!(second.closed(), Some(&closed(4001, "enough", true)));
        assert_eq!(first.closed(), None);
        carry(second, first, now);
        // RFC 6455 5.5.1: the code comes back.
        assert_eq!(first.closed(), Some(&closed(4001, "", true)));

        for endpoint in [first, second] {
            assert_eq!(endpoint.failure(), None);
            assert!(!endpoint.is_ended(), "the stream has not ended");
        }
        // RFC 6455 7.1.1: the server ends the stream first.
        assert!(pair.server.wants_shutdown());
        assert!(!pair.client.wants_shutdown());
        pair.server.handle_shut_down();
        assert!(!pair.server.wants_shutdown());
        pair.client.handle_eof();
        pair.server.handle_eof();
        assert!(pair.client.is_ended() && pair.server.is_ended());
        assert_eq!(pair.client.failure(), None);
    }
}

#[test]
fn close_frames_without_a_code() {
    // RFC 6455 7.1.5: none is 1005, and 1005, 1006, 1015 are never sent.
    for close in [None, Some((1005, "")), Some((1006, "")), Some((1015, ""))] {
        let mut pair = Pair::new(&Config::new());
        pair.server.close(close, pair.now);
        let wire = written(&mut pair.server);
        assert_eq!(wire, [0x88, 0], "{close:?}");
        heard(&mut pair.client, &mut wire.clone(), pair.now);
        assert_eq!(pair.client.closed(), Some(&closed(1005, "", true)));
        let answer = written(&mut pair.client);
        assert_eq!(answer[..2], [0x88, 0x80], "{close:?}");
    }
}

#[test]
fn messages_come_until_the_peer_closes_too() {
    let mut pair = Pair::new(&Config::new());
    pair.client.close(Some((1000, "")), pair.now);
    assert_eq!(pair.client.outgoing().text("late"), Err(SendError::Closed));
    assert_eq!(pair.client.outgoing().ping(b""), Err(SendError::Closed));
    pair.server.outgoing().text("on its way").unwrap();
    assert_eq!(pair.carry_to_client(), ["on its way"]);
    pair.carry_to_server();
    assert_eq!(pair.server.outgoing().text("late"), Err(SendError::Closed));
    pair.carry_to_client();
    assert_eq!(pair.client.closed(), Some(&closed(1000, "", true)));
}

#[test]
fn nothing_is_heard_behind_a_close_frame() {
    let mut pair = Pair::new(&Config::new());
    let mut wire = Vec::new();
    frame::append_close(&mut wire, Role::Client, Some((1001, "")));
    frame::append_masked(&mut wire, Opcode::Text, b"behind", [1, 2, 3, 4]);
    assert!(heard(&mut pair.server, &mut wire, pair.now).is_empty());
    let mut more = Vec::new();
    frame::append(&mut more, Opcode::Text, b"unmasked, and nobody looks");
    assert!(heard(&mut pair.server, &mut more, pair.now).is_empty());
    assert_eq!(pair.server.failure(), None);
}

#[test]
fn an_unanswered_close_frame() {
    let mut pair = Pair::new(&Config::new().close_timeout(3 * SECOND));
    pair.client.close(Some((1000, "")), pair.now);
    assert_eq!(pair.client.poll_timeout(), Some(pair.now + 3 * SECOND));
    pair.wait(2 * SECOND);
    assert!(!pair.client.is_ended());
    pair.wait(SECOND);
    assert!(pair.client.is_ended());
    assert_eq!(pair.client.failure(), Some(Failure::CloseTimeout));
    assert_eq!(pair.client.closed(), Some(&closed(1006, "", false)));
    assert_eq!(pair.client.poll_timeout(), None);
}

#[test]
fn a_stream_that_does_not_end_after_the_handshake() {
    let mut pair = Pair::new(&Config::new());
    pair.client.close(Some((1000, "")), pair.now);
    pair.carry_to_server();
    pair.carry_to_client();
    pair.wait(5 * SECOND);
    for endpoint in [&pair.client, &pair.server] {
        assert!(endpoint.is_ended());
        assert_eq!(endpoint.failure(), None, "both close frames came");
    }
}

#[test]
fn a_stream_that_ends_without_a_close_frame() {
    let mut pair = Pair::new(&Config::new());
    pair.server.outgoing().text("never read").unwrap();
    pair.server.handle_eof();
    assert!(pair.server.is_ended());
    assert_eq!(pair.server.failure(), Some(Failure::Lost));
    assert_eq!(pair.server.closed(), Some(&closed(1006, "", false)));
    assert_eq!(pair.server.buffered_amount(), 0);
    assert!(pair.server.has_lost_output());

    // Also between our close frame and the peer's.
    pair.client.close(Some((1000, "")), pair.now);
    pair.client.handle_eof();
    assert_eq!(pair.client.failure(), Some(Failure::Lost));
}

#[test]
fn what_came_before_a_failed_write_is_heard() {
    let mut pair = Pair::new(&Config::new());
    pair.client.outgoing().text("last words").unwrap();
    pair.client.close(Some((1001, "")), pair.now);
    pair.server.outgoing().text("into the void").unwrap();
    pair.server.handle_write_error(pair.now);
    assert_eq!(pair.server.outgoing().text("more"), Err(SendError::Closed));
    assert_eq!(pair.carry_to_server(), ["last words"]);
    assert_eq!(pair.server.closed(), Some(&closed(1001, "", false)));
    assert_eq!(pair.server.buffered_amount(), 0);
    pair.server.handle_eof();
    assert_eq!(pair.server.failure(), None);

    // A stream that can neither be written nor read has its time, too.
    pair.client = Endpoint::new(Role::Client, &Config::new(), pair.now);
    pair.client.handle_write_error(pair.now);
    pair.wait(5 * SECOND);
    assert_eq!(pair.client.failure(), Some(Failure::Lost));
}

#[test]
fn a_violation_is_told_and_ends_the_stream() {
    for (role, bytes, error) in [
        (
            Role::Server,
            &b"\x81\x01a"[..],
            ProtocolError::UnmaskedFrame,
        ),
        (Role::Client, b"\x81\x81abcde", ProtocolError::MaskedFrame),
        (Role::Client, b"\x81\x01\xff", ProtocolError::InvalidUtf8),
    ] {
        let now = Instant::now();
        let mut endpoint = Endpoint::new(role, &Config::new(), now);
        assert!(heard(&mut endpoint, &mut bytes.to_vec(), now).is_empty());
        assert_eq!(endpoint.failure(), Some(Failure::Protocol(error)));
        assert_eq!(endpoint.closed(), Some(&closed(1006, "", false)));
        assert!(!endpoint.wants_shutdown(), "the close frame comes first");
        let mut told = written(&mut endpoint);
        // RFC 6455 7.1.7: the code says why.
        let code = match role {
            Role::Server => u16::from_be_bytes([told[2], told[3]]),
            Role::Client => u16::from_be_bytes([told[6] ^ told[2], told[7] ^ told[3]]),
        };
        assert_eq!(code, error.close_code());
        assert!(endpoint.wants_shutdown());
        told.clear();
        endpoint.handle_eof();
        assert!(endpoint.is_ended());
        assert_eq!(endpoint.failure(), Some(Failure::Protocol(error)));
    }
}

#[test]
fn silence_is_asked_about_and_then_ends() {
    let config = Config::new()
        .ping_interval(Some(10 * SECOND))
        .idle_timeout(Some(25 * SECOND));
    let mut pair = Pair::new(&config);
    let start = pair.now;
    assert_eq!(pair.server.poll_timeout(), Some(start + 10 * SECOND));
    pair.wait(9 * SECOND);
    assert_eq!(pair.server.buffered_amount(), 0);

    // Both ask; each hears the other's ping, and its answer.
    pair.wait(SECOND);
    let mut ping = written(&mut pair.server);
    assert_eq!(ping, [0x89, 0]);
    heard(&mut pair.client, &mut ping, pair.now);
    assert_eq!(pair.carry_to_server(), ["pong "]);
    assert_eq!(pair.carry_to_client(), ["pong "]);
    assert_eq!(pair.server.poll_timeout(), Some(pair.now + 10 * SECOND));

    // Nobody answers any more: one ping a silence, then the end.
    pair.server.handle_timeout(pair.now + 10 * SECOND);
    assert_eq!(written(&mut pair.server), [0x89, 0]);
    pair.server.handle_timeout(pair.now + 20 * SECOND);
    assert_eq!(pair.server.buffered_amount(), 0);
    assert_eq!(pair.server.poll_timeout(), Some(pair.now + 25 * SECOND));
    pair.server.handle_timeout(pair.now + 25 * SECOND);
    assert_eq!(pair.server.failure(), Some(Failure::Idle));
    assert_eq!(written(&mut pair.server), b"\x88\x06\x03\xe9idle");
}

#[test]
fn no_times_means_no_timer() {
    let config = Config::new().ping_interval(None).idle_timeout(None);
    let mut pair = Pair::new(&config);
    assert_eq!(pair.server.poll_timeout(), None);
    pair.wait(1_000_000 * SECOND);
    assert!(pair.server.is_open());
    assert_eq!(pair.server.buffered_amount(), 0);
}

#[test]
fn while_the_stream_refuses_bytes_only_the_latest_ping_is_answered() {
    let mut pair = Pair::new(&Config::new());
    let pings = |payloads: &[&str]| {
        let mut wire = Vec::new();
        for payload in payloads {
            frame::append_masked(&mut wire, Opcode::Ping, payload.as_bytes(), [9, 8, 7, 6]);
        }
        wire
    };
    heard(&mut pair.server, &mut pings(&["a", "b"]), pair.now);
    assert_eq!(pair.carry_to_client(), ["pong a", "pong b"]);

    pair.server.outgoing().text("stuck").unwrap();
    pair.server.handle_blocked();
    let before = pair.server.buffered_amount();
    for _ in 0..1000 {
        heard(&mut pair.server, &mut pings(&["c", "d", "e"]), pair.now);
    }
    assert_eq!(pair.server.buffered_amount(), before);
    assert_eq!(pair.carry_to_client(), ["stuck", "pong e"]);
    heard(&mut pair.server, &mut pings(&["f"]), pair.now);
    assert_eq!(pair.carry_to_client(), ["pong f"]);
}

#[test]
fn fragments_keep_other_messages_out_and_let_pings_in() {
    for role in [Role::Server, Role::Client] {
        let mut pair = Pair::new(&Config::new());
        let sender = match role {
            Role::Server => &mut pair.server,
            Role::Client => &mut pair.client,
        };
        let out = sender.outgoing();
        out.send_fragment(Kind::Text, b"one ", false).unwrap();
        assert!(out.is_message_open());
        assert_eq!(out.text("other"), Err(SendError::MessageOpen));
        let other = out.send_fragment(Kind::Binary, b"", false);
        assert_eq!(other, Err(SendError::MessageOpen));
        out.ping(b"still there?").unwrap();
        assert_eq!(out.ping(&[0; 126]), Err(SendError::ControlTooLong));
        out.send_fragment(Kind::Text, b"two", true).unwrap();
        out.binary(&[7]).unwrap();
        let (heard, answers) = match role {
            Role::Server => (pair.carry_to_client(), pair.carry_to_server()),
            Role::Client => (pair.carry_to_server(), pair.carry_to_client()),
        };
        assert_eq!(heard, ["one two", "[7]"]);
        assert_eq!(answers, ["pong still there?"]);
    }
}

#[test]
fn what_a_visitor_does_not_take_stays() {
    let mut pair = Pair::new(&Config::new());
    for text in ["a", "b", "c"] {
        pair.client.outgoing().text(text).unwrap();
    }
    let mut wire = written(&mut pair.client);
    let mut taken = Vec::new();
    let mut rest = &mut wire[..];
    while !rest.is_empty() {
        let (used, message) = pair.server.handle_input(rest, pair.now, |incoming, _| {
            ControlFlow::Break(format!("{incoming:?}"))
        });
        taken.extend(message);
        rest = &mut rest[used..];
    }
    let expected = ["a", "b", "c"].map(|text| format!("Message(Text({text:?}))"));
    assert_eq!(taken, expected);
}
