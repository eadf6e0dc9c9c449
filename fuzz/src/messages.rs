//! One end of a connection, driven any way: it sends frames that the other end may take, and
//! nothing behind its close frame; what it holds is bounded; and it ends.
//!
//! Input: settings, the script's length, the script, then what the peer sends.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use sockeye_websocket::deflate::Options;
use sockeye_websocket::{Config, Endpoint, Failure, Incoming, Kind, Limits, Role, SendError};

use super::frames::params;
use super::reads;
use super::seen::{Seen, Setup};

const MAX_MESSAGE: usize = 4_000;
/// What one step of a script sends at most, with its frame.
const STEP: usize = 400;

pub(crate) fn client(input: &[u8]) {
    run(Role::Client, input);
}

pub(crate) fn server(input: &[u8]) {
    run(Role::Server, input);
}

fn run(role: Role, input: &[u8]) {
    let Some((&[flags, extension, seed, length], rest)) = input.split_first_chunk() else {
        return;
    };
    let (script, stream) = rest.split_at(usize::from(length).min(rest.len()));
    let mut end = End::new(role, flags, extension);
    let mut script = script.iter();
    for read in reads::cut(stream, seed) {
        if let Some(step) = script.next() {
            end.step(*step);
        }
        end.read(read);
        end.check();
    }
    for step in script {
        end.step(*step);
        end.check();
    }
    end.finish();
}

/// The endpoint, and what is known of it.
struct End {
    endpoint: Endpoint,
    setup: Setup,
    now: Instant,
    /// All that it has written.
    written: Vec<u8>,
    /// Messages that came and were sent back.
    echoed: usize,
    /// What the application has sent besides.
    sent: usize,
    read: usize,
    blocked: bool,
    /// Answers in a message that is open, which cannot be sent.
    open: Option<Kind>,
}

impl End {
    fn new(role: Role, flags: u8, extension: u8) -> Self {
        let ping = (flags & 1 != 0).then_some(Duration::from_secs(20));
        let config = Config::new()
            .limits(Limits::default().max_message(MAX_MESSAGE))
            .ping_interval(ping)
            .idle_timeout(Some(Duration::from_secs(60)));
        let now = Instant::now();
        let mut endpoint = Endpoint::new(role, &config, now);
        let deflate = params(extension);
        if let Some(params) = deflate {
            endpoint = endpoint.with_deflate(params, &Options::new().threshold(8));
        }
        endpoint.stream_messages(flags & 2 != 0);
        // The other end, which reads what this one writes.
        let setup = Setup {
            role: if role == Role::Client {
                Role::Server
            } else {
                Role::Client
            },
            limits: Limits::default().max_empty_fragments(u32::MAX),
            deflate,
            streaming: false,
        };
        Self {
            endpoint,
            setup,
            now,
            written: Vec::new(),
            echoed: 0,
            sent: 0,
            read: 0,
            blocked: false,
            open: None,
        }
    }

    fn read(&mut self, read: &[u8]) {
        let mut bytes = read.to_vec();
        let before = self.endpoint.buffered_amount();
        let closing = self.endpoint.outgoing().is_closing();
        let mut echoed = 0;
        let (used, stopped) =
            self.endpoint
                .handle_input(&mut bytes, self.now, |incoming, answers| {
                    if let Incoming::Message(message) = incoming {
                        match answers.send(message) {
                            Ok(()) => echoed += message.as_bytes().len() + 14,
                            Err(SendError::Closed | SendError::MessageOpen) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    ControlFlow::<()>::Continue(())
                });
        assert_eq!((used, stopped), (read.len(), None));
        self.echoed += echoed;
        self.read += read.len();
        let grown = self.endpoint.buffered_amount() - before;
        if closing {
            assert_eq!(grown, 0, "answers behind the close frame");
        } else if self.blocked {
            // A close frame, and no pongs
            assert!(
                grown <= echoed + 131,
                "{grown} bytes grown, {echoed} echoed"
            );
        }
    }

    fn step(&mut self, step: u8) {
        let payload = vec![step; usize::from(step) % 200];
        let text = "\u{e9}".repeat(payload.len() / 2);
        let before = self.endpoint.buffered_amount();
        let closing = self.endpoint.outgoing().is_closing();
        match step % 12 {
            0 => self.transmit(usize::MAX),
            1 => self.transmit(usize::from(step)),
            2 => {
                if self.endpoint.buffered_amount() > 0 {
                    self.endpoint.handle_blocked();
                    self.blocked = true;
                }
            }
            3 => {
                self.now += Duration::from_secs(u64::from(step));
                self.endpoint.handle_timeout(self.now);
            }
            4 => {
                let result = self.endpoint.outgoing().text(&text);
                self.told(result, closing);
            }
            5 => {
                let result = self.endpoint.outgoing().binary(&payload);
                self.told(result, closing);
            }
            6 => {
                let result = self.endpoint.outgoing().ping(&payload);
                match result {
                    Err(SendError::ControlTooLong) => assert!(payload.len() > 125),
                    Err(SendError::Closed) => assert!(closing),
                    result => assert_eq!(result, Ok(())),
                }
            }
            7 | 8 => {
                let (kind, last) = (Kind::Binary, step % 12 == 8);
                match self.endpoint.outgoing().send_fragment(kind, &payload, last) {
                    Ok(()) => self.open = (!last).then_some(kind),
                    Err(error) => assert!(error == SendError::Closed && closing),
                }
            }
            9 => {
                let code = u16::from(step) * 20;
                self.endpoint.close(Some((code, &text)), self.now);
            }
            10 if step > 200 => self.endpoint.handle_eof(),
            10 => self.endpoint.fail(Failure::SlowPeer, self.now),
            _ if step > 200 => {
                self.endpoint.handle_write_error(self.now);
                self.written.clear();
            }
            _ => {
                if self.endpoint.wants_shutdown() {
                    self.endpoint.handle_shut_down();
                }
            }
        }
        let grown = self.endpoint.buffered_amount().saturating_sub(before);
        assert!(grown <= STEP, "{grown} bytes for a step");
        self.sent += grown;
    }

    fn told(&self, result: Result<(), SendError>, closing: bool) {
        match result {
            Ok(()) => assert!(!closing && self.open.is_none()),
            Err(SendError::Closed) => assert!(closing),
            Err(SendError::MessageOpen) => assert!(self.open.is_some()),
            Err(error) => panic!("{error}"),
        }
    }

    fn transmit(&mut self, most: usize) {
        let before = self.endpoint.buffered_amount();
        let bytes: Vec<u8> = self
            .endpoint
            .transmit(|slices| slices.iter().flat_map(|slice| slice.to_vec()).collect());
        assert!(bytes.len() <= before && bytes.is_empty() == (before == 0));
        let took = bytes.len().min(most);
        self.written.extend(&bytes[..took]);
        self.endpoint.handle_transmitted(took);
        // The latest pong may be queued by then.
        self.blocked &= took < before;
    }

    /// What holds at any time.
    fn check(&mut self) {
        let endpoint = &mut self.endpoint;
        // A ping of 2 bytes, or 6, is answered with as many, and a byte that came makes no more.
        let bound = self.echoed + self.sent + 3 * self.read + 400;
        assert!(endpoint.buffered_amount() <= bound);
        assert!(endpoint.unfinished() <= 192 * 1024 + 2 * MAX_MESSAGE);
        if endpoint.is_ended() {
            assert!(endpoint.poll_timeout().is_none() && endpoint.closed().is_some());
            assert!(!endpoint.is_open() && endpoint.outgoing().is_closing());
        }
        if !endpoint.is_open() {
            assert!(
                endpoint.is_ended() || endpoint.poll_timeout().is_some(),
                "may hang for ever"
            );
        }
    }

    /// Time alone ends it, and the other end understands all that was written.
    fn finish(mut self) {
        for _ in 0..8 {
            while self.endpoint.buffered_amount() > 0 {
                self.transmit(usize::MAX);
            }
            let Some(at) = self.endpoint.poll_timeout() else {
                break;
            };
            self.now = self.now.max(at);
            self.endpoint.handle_timeout(self.now);
        }
        assert!(self.endpoint.is_ended(), "{:?}", self.endpoint);
        assert_eq!(self.endpoint.buffered_amount(), 0);
        let closed = self.endpoint.closed().expect("ended");
        assert!(!closed.was_clean || closed.code != 1006, "{closed:?}");

        let seen = self.setup.decode(&[&self.written]);
        if let Some(Seen::Error(error)) = seen.last() {
            panic!("the other end finds {error}");
        }
    }
}
