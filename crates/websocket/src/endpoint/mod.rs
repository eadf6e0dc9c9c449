//! One end of a connection, without I/O and clock.

mod closing;
mod outgoing;
mod queue;

use std::io::IoSlice;
use std::ops::ControlFlow;
use std::time::Instant;

pub use closing::{Closed, Failure};
pub use outgoing::Outgoing;

use closing::Phase;

#[cfg(feature = "deflate")]
use crate::deflate;
use crate::{Config, Decoder, Event, MessageRef, Part, Role};

/// How many slices [`Endpoint::transmit`] gathers at most.
pub const MAX_SLICES: usize = 16;

/// One end of a WebSocket connection after the opening handshake: RFC 6455 without a socket.
///
/// It answers pings and close frames, sends pings of its own, and knows when the connection is
/// over. Whoever drives it hands in what was read ([`handle_input`](Self::handle_input),
/// [`handle_eof`](Self::handle_eof)) and the passing of time
/// ([`handle_timeout`](Self::handle_timeout)), and after each of them writes what
/// [`transmit`](Self::transmit) shows, ends its half of the stream when
/// [`wants_shutdown`](Self::wants_shutdown) says so, and sets a timer to
/// [`poll_timeout`](Self::poll_timeout). Times must not go backwards.
///
/// ```
/// use sockeye_websocket::{Config, Endpoint, Incoming, MessageRef, Role};
/// use std::{ops::ControlFlow, time::Instant};
///
/// let now = Instant::now();
/// let mut client = Endpoint::new(Role::Client, &Config::new(), now);
/// let mut server = Endpoint::new(Role::Server, &Config::new(), now);
///
/// client.outgoing().text("hello")?;
/// let mut wire: Vec<u8> = client.transmit(|slices| slices.iter().flat_map(|s| s.to_vec()).collect());
/// client.handle_transmitted(wire.len());
///
/// let (used, _) = server.handle_input(&mut wire, now, |incoming, answers| {
///     assert_eq!(incoming, Incoming::Message(MessageRef::Text("hello")));
///     match answers.text("hello back") {
///         Ok(()) => ControlFlow::Continue(()),
///         Err(error) => ControlFlow::Break(error),
///     }
/// });
/// assert_eq!(used, wire.len());
/// assert_eq!(server.outgoing().buffered_amount(), 12);
/// # Ok::<(), sockeye_websocket::SendError>(())
/// ```
#[derive(Debug)]
pub struct Endpoint {
    decoder: Decoder,
    outgoing: Outgoing,
    control: Control,
}

/// All but the two directions of messages.
#[derive(Debug)]
struct Control {
    config: Config,
    phase: Phase,
    role: Role,
    shut_down: bool,
    write_failed: bool,
    /// A ping was sent since the peer was heard last.
    pinged: bool,
    heard: Instant,
    /// When closing has taken too long.
    close_by: Option<Instant>,
    closed: Option<Box<Closed>>,
    failure: Option<Failure>,
}

/// What an endpoint received for its application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Incoming<'a> {
    /// A whole message.
    Message(MessageRef<'a>),
    /// A part of one, while [`Endpoint::stream_messages`] is on.
    Part(Part<'a>),
    /// An answer to a ping, or a sign of life.
    Pong(&'a [u8]),
}

impl Endpoint {
    /// An endpoint for the bytes behind the handshake, without extensions.
    #[must_use]
    pub fn new(role: Role, config: &Config, now: Instant) -> Self {
        Self {
            decoder: Decoder::new(role, config.get().limits),
            outgoing: Outgoing::new(role),
            control: Control {
                config: config.clone(),
                phase: Phase::Open,
                role,
                shut_down: false,
                write_failed: false,
                pinged: false,
                heard: now,
                close_by: None,
                closed: None,
                failure: None,
            },
        }
    }

    /// Uses permessage-deflate as agreed in the handshake (RFC 7692 5). `options` say from how
    /// many bytes on and how well this side compresses.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(mut self, params: deflate::Params, options: &deflate::Options) -> Self {
        let role = self.control.role;
        self.decoder = self.decoder.with_deflate(params);
        self.outgoing
            .compress(deflate::Compressor::new(role, params, options));
        self
    }

    /// Whether messages come as [`Incoming::Part`], as their bytes arrive, instead of whole. It
    /// counts from the next message on.
    pub fn stream_messages(&mut self, on: bool) {
        self.decoder.set_streaming(on);
    }

    /// Takes bytes that were read, which are unmasked in place, and shows what they brought to
    /// `visit`, with the way to answer it. Gives how many bytes were used, and what `visit` broke
    /// with: it then has to be called again with the other bytes, before anything newer.
    ///
    /// Pings and close frames are answered here. Violations end the connection:
    /// [`failure`](Self::failure) tells.
    #[inline]
    pub fn handle_input<B>(
        &mut self,
        input: &mut [u8],
        now: Instant,
        mut visit: impl FnMut(Incoming<'_>, &mut Outgoing) -> ControlFlow<B>,
    ) -> (usize, Option<B>) {
        let Self {
            decoder,
            outgoing,
            control,
        } = self;
        control.heard = now;
        control.pinged = false;
        let len = input.len();
        // What comes behind the end of the conversation is not looked at.
        if !matches!(control.phase, Phase::Open | Phase::CloseSent) {
            return (len, None);
        }
        let mut feed = decoder.feed(input);
        while let Some(event) = feed.next() {
            let incoming = match event {
                Ok(Event::Text(text)) => Incoming::Message(MessageRef::Text(text)),
                Ok(Event::Binary(bytes)) => Incoming::Message(MessageRef::Binary(bytes)),
                Ok(Event::Part(part)) => Incoming::Part(part),
                Ok(Event::Pong(payload)) => Incoming::Pong(payload),
                Ok(Event::Ping(payload)) => {
                    outgoing.pong(payload);
                    continue;
                }
                Ok(Event::Close(close)) => {
                    control.handle_close(outgoing, close, now);
                    return (len, None);
                }
                Err(error) => {
                    control.fail(outgoing, Failure::Protocol(error), now);
                    return (len, None);
                }
            };
            if let ControlFlow::Break(value) = visit(incoming, outgoing) {
                let used = len - feed.remaining().len();
                return (used, Some(value));
            }
        }
        (len, None)
    }

    /// The peer has ended its half of the stream, or the stream failed.
    pub fn handle_eof(&mut self) {
        let control = &mut self.control;
        if matches!(control.phase, Phase::Open | Phase::CloseSent) {
            control.failed(Failure::Lost);
        }
        self.end();
    }

    /// Writing has failed: what waits can never leave. What the peer sent before may still be read.
    pub fn handle_write_error(&mut self, now: Instant) {
        self.outgoing.abandon();
        self.control.write_failed = true;
        self.control.start_closing(now);
        if self.control.phase == Phase::Open {
            self.control.phase = Phase::CloseSent;
        }
    }

    fn end(&mut self) {
        self.outgoing.abandon();
        self.control.end();
    }

    /// The time that [`poll_timeout`](Self::poll_timeout) named may have come.
    pub fn handle_timeout(&mut self, now: Instant) {
        let control = &mut self.control;
        match control.phase {
            Phase::Open => {
                let settings = control.config.get();
                let due = |after| control.heard + after <= now;
                if settings.idle_timeout.is_some_and(due) {
                    control.fail(&mut self.outgoing, Failure::Idle, now);
                } else if !control.pinged && settings.ping_interval.is_some_and(due) {
                    control.pinged = true;
                    // It only fails on a connection that closes.
                    let _ = self.outgoing.ping(b"");
                }
            }
            Phase::CloseSent | Phase::Ending => {
                if control.close_by.is_some_and(|by| by <= now) {
                    if control.phase == Phase::CloseSent {
                        let failure = match control.write_failed {
                            true => Failure::Lost,
                            false => Failure::CloseTimeout,
                        };
                        control.failed(failure);
                    }
                    self.end();
                }
            }
            Phase::Ended => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has to be called, if nothing happens before.
    /// While messages come it may name a time that has passed without effect.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let control = &self.control;
        match control.phase {
            Phase::Open => {
                let settings = control.config.get();
                let ping = settings.ping_interval.filter(|_| !control.pinged);
                [ping, settings.idle_timeout]
                    .into_iter()
                    .flatten()
                    .min()
                    .map(|after| control.heard + after)
            }
            Phase::CloseSent | Phase::Ending => control.close_by,
            Phase::Ended => None,
        }
    }

    /// What this side sends.
    pub fn outgoing(&mut self) -> &mut Outgoing {
        &mut self.outgoing
    }

    /// How many bytes were accepted and are not written.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.outgoing.buffered_amount()
    }

    /// Shows what has to be written; nothing if the slices are empty.
    #[inline]
    pub fn transmit<R>(&self, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let count = self.outgoing.slices(&mut slices);
        write(&slices[..count])
    }

    /// Says that `bytes` of what [`transmit`](Self::transmit) showed were written.
    #[inline]
    pub fn handle_transmitted(&mut self, bytes: usize) {
        self.outgoing.written(bytes);
    }

    /// Says that the stream takes no bytes for now. Until all has left, only the latest ping will
    /// be answered.
    pub fn handle_blocked(&mut self) {
        self.outgoing.refused();
    }

    /// Begins the closing handshake (RFC 6455 7.1.2), unless it has begun. A code that may not be
    /// sent makes a close frame without code; a reason is cut at 123 bytes.
    pub fn close(&mut self, close: Option<(u16, &str)>, now: Instant) {
        self.control.close(&mut self.outgoing, close, now);
    }

    /// Ends the connection for a reason of this side's.
    pub fn fail(&mut self, failure: Failure, now: Instant) {
        self.control.fail(&mut self.outgoing, failure, now);
    }

    /// Whether this side of the stream is to be ended now: all has been written, and it is this
    /// side's turn (RFC 6455 7.1.1 lets the server be first). Call
    /// [`handle_shut_down`](Self::handle_shut_down) when that is done, and read on to the end.
    #[must_use]
    pub fn wants_shutdown(&self) -> bool {
        let control = &self.control;
        control.phase == Phase::Ending
            && !control.shut_down
            && self.outgoing.buffered_amount() == 0
            && (control.role == Role::Server || control.failure.is_some())
    }

    /// This side of the stream has ended.
    pub fn handle_shut_down(&mut self) {
        self.control.shut_down = true;
    }

    /// Whether some of what was accepted can never leave.
    #[must_use]
    pub fn has_lost_output(&self) -> bool {
        let control = &self.control;
        control.write_failed || (control.phase == Phase::Ended && control.failure.is_some())
    }

    /// Whether neither side has begun to close.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.control.phase == Phase::Open
    }

    /// Whether nothing is left to be done: the stream can be dropped.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.control.phase == Phase::Ended
    }

    /// How the connection ended, once a close frame came or the stream ended.
    #[must_use]
    pub fn closed(&self) -> Option<&Closed> {
        self.control.closed.as_deref()
    }

    /// Why it ended otherwise than by the closing handshake.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        self.control.failure
    }

    /// How many bytes of heap are held for a message whose end has not arrived.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.decoder.buffered()
    }
}

impl Control {
    fn start_closing(&mut self, now: Instant) {
        let by = now + self.config.get().close_timeout;
        self.close_by.get_or_insert(by);
    }

    fn close(&mut self, outgoing: &mut Outgoing, close: Option<(u16, &str)>, now: Instant) {
        if self.phase == Phase::Open && outgoing.close(close) {
            self.phase = Phase::CloseSent;
            self.start_closing(now);
        }
    }

    fn handle_close(
        &mut self,
        outgoing: &mut Outgoing,
        close: Option<crate::Close<'_>>,
        now: Instant,
    ) {
        let mut closed = Closed::by_peer(close);
        closed.was_clean = !self.write_failed;
        self.closed = Some(Box::new(closed));
        // RFC 6455 5.5.1: the answer echoes the code.
        outgoing.close(close.map(|close| (close.code, "")));
        self.phase = Phase::Ending;
        self.start_closing(now);
    }

    fn failed(&mut self, failure: Failure) {
        if self.failure.is_none() {
            self.config.count(failure.counter());
            self.failure = Some(failure);
        }
    }

    fn fail(&mut self, outgoing: &mut Outgoing, failure: Failure, now: Instant) {
        if matches!(self.phase, Phase::Ending | Phase::Ended) {
            return;
        }
        self.failed(failure);
        self.closed
            .get_or_insert_with(|| Box::new(Closed::abnormal()));
        outgoing.close(
            failure
                .close_code()
                .map(|code| (code, failure.close_reason())),
        );
        self.phase = Phase::Ending;
        self.start_closing(now);
    }

    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.close_by = None;
        self.closed
            .get_or_insert_with(|| Box::new(Closed::abnormal()));
    }
}
