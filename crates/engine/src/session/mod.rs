//! The state of one session, without I/O or clock.
//!
//! The driver tells what happened and when: `handle_*` for input, `handle_timeout` when
//! [`Session::next_timeout`] has passed. Each call returns what to do; nothing is done here.

#[cfg(test)]
mod bad_streams;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::{CloseReason, Protocol, packet::Kind};

/// How often a pending GET is answered with a noop while the client tries another transport.
const PROBE_NOOP: Duration = Duration::from_millis(100);

/// How long an ended session waits for the request or the peer that takes its last packets.
const CLOSE: Duration = Duration::from_secs(30);

/// The transport that a session uses now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// WebSocket.
    WebSocket,
    /// One HTTP answer that goes on for ever, or for a while and is followed by the next; POSTs the other way.
    Streaming,
}

impl Transport {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
            Self::Streaming => "streaming",
        }
    }
}

/// The durations that are options.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) ping_interval: Duration,
    pub(crate) ping_timeout: Duration,
    pub(crate) upgrade_timeout: Duration,
    /// How long a transport may refuse every byte before the session ends.
    pub(crate) stall_timeout: Option<Duration>,
}

/// What a received packet means for the session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// Hand the message to the application.
    Message,
    /// Answer with a pong.
    Ping,
    /// Nothing.
    Ignored,
    /// End the session.
    Close(CloseReason),
}

/// What a packet on a transport under trial means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Probed {
    /// Answer with `3probe`.
    Answer,
    /// The session uses this transport from now on.
    Upgrade,
    /// Drop this transport; the session goes on with the one it has.
    Refuse,
}

/// Something that is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Send a ping.
    Ping,
    /// Answer the pending GET, if any, with a noop.
    Noop,
    /// Drop the transport under trial.
    AbandonProbe,
    /// End the answer that goes on: the client asks for the next one.
    Rotate,
    /// The application's own deadline.
    Application,
    /// End the session.
    Close(CloseReason),
    /// The time for the last packets is over.
    Forget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closing,
    Closed,
}

#[derive(Debug, Clone, Copy)]
enum Timer {
    Heartbeat,
    Upgrade,
    Noop,
    Rotate,
    Application,
    Stall,
    Close,
}

const TIMERS: [Timer; 7] = [
    Timer::Heartbeat,
    Timer::Upgrade,
    Timer::Noop,
    Timer::Rotate,
    Timer::Application,
    Timer::Stall,
    Timer::Close,
];

/// Heartbeat, upgrade and end of one session.
#[derive(Debug)]
pub(crate) struct Session {
    state: State,
    protocol: Protocol,
    transport: Transport,
    /// The transport on trial.
    upgrading: Option<Transport>,
    awaiting_pong: bool,
    refreshed: bool,
    reason: Option<CloseReason>,
    deadlines: [Option<Instant>; TIMERS.len()],
}

impl Session {
    pub(crate) fn new(
        protocol: Protocol,
        transport: Transport,
        timing: &Timing,
        now: Instant,
    ) -> Self {
        let mut session = Self {
            state: State::Open,
            protocol,
            transport,
            upgrading: None,
            awaiting_pong: false,
            refreshed: false,
            reason: None,
            deadlines: [None; TIMERS.len()],
        };
        match protocol {
            Protocol::V4 => session.set(Timer::Heartbeat, Some(now + timing.ping_interval)),
            Protocol::V3 => session.await_ping(timing, now),
        }
        session
    }

    pub(crate) fn transport(&self) -> Transport {
        self.transport
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Why the session ends, once it does.
    pub(crate) fn reason(&self) -> Option<&CloseReason> {
        self.reason.as_ref()
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.deadlines.iter().flatten().min().copied()
    }

    /// Sets or clears the application's deadline.
    pub(crate) fn set_application_deadline(&mut self, deadline: Option<Instant>) {
        if self.state == State::Open {
            self.set(Timer::Application, deadline);
        }
    }

    /// A packet arrived on the session's own transport.
    pub(crate) fn handle_packet(&mut self, kind: Kind, timing: &Timing, now: Instant) -> Received {
        if self.state != State::Open {
            return Received::Ignored;
        }
        if self.protocol == Protocol::V3 {
            return self.handle_v3_packet(kind, timing, now);
        }
        if kind == Kind::Pong {
            self.awaiting_pong = false;
            self.refreshed = false;
            self.set(Timer::Heartbeat, Some(now + timing.ping_interval));
            return Received::Ignored;
        }
        self.handle_traffic(timing, now);
        match kind {
            Kind::Message => Received::Message,
            // The heartbeat of protocol 4 starts at the server.
            Kind::Ping => {
                Received::Close(CloseReason::TransportError("invalid heartbeat direction"))
            }
            Kind::Close if self.transport != Transport::WebSocket => {
                Received::Close(CloseReason::TransportClose)
            }
            Kind::Open | Kind::Close | Kind::Upgrade | Kind::Noop | Kind::Pong => Received::Ignored,
        }
    }

    /// The heartbeat of protocol 3 starts at the client, and nothing but its pings counts.
    fn handle_v3_packet(&mut self, kind: Kind, timing: &Timing, now: Instant) -> Received {
        match kind {
            Kind::Message => Received::Message,
            Kind::Ping => {
                self.await_ping(timing, now);
                Received::Ping
            }
            Kind::Pong => {
                Received::Close(CloseReason::TransportError("invalid heartbeat direction"))
            }
            Kind::Close if self.transport != Transport::WebSocket => {
                Received::Close(CloseReason::TransportClose)
            }
            Kind::Open | Kind::Close | Kind::Upgrade | Kind::Noop => Received::Ignored,
        }
    }

    /// A client of protocol 3 has to ping before both durations have passed.
    fn await_ping(&mut self, timing: &Timing, now: Instant) {
        let deadline = now + timing.ping_interval + timing.ping_timeout;
        self.set(Timer::Heartbeat, Some(deadline));
    }

    /// Any traffic while a pong is awaited shows that the peer lives: it gets its time once more.
    pub(crate) fn handle_traffic(&mut self, timing: &Timing, now: Instant) {
        if self.awaiting_pong && !self.refreshed {
            self.refreshed = true;
            self.set(Timer::Heartbeat, Some(now + timing.ping_timeout));
        }
    }

    /// The transport `to` asks to take over. `false` if one already does, or has.
    pub(crate) fn handle_upgrade_request(
        &mut self,
        to: Transport,
        timing: &Timing,
        now: Instant,
    ) -> bool {
        let open = self.state == State::Open && self.transport == Transport::Polling;
        if !open || self.upgrading.is_some() {
            return false;
        }
        self.upgrading = Some(to);
        self.set(Timer::Upgrade, Some(now + timing.upgrade_timeout));
        true
    }

    /// A packet arrived on the transport `on`, which is under trial.
    pub(crate) fn handle_probe(
        &mut self,
        on: Transport,
        kind: Kind,
        data: &str,
        now: Instant,
    ) -> Probed {
        match kind {
            _ if self.state == State::Closed || !self.is_upgrading_to(on) => Probed::Refuse,
            Kind::Ping if data == "probe" => {
                self.set(Timer::Noop, Some(now + PROBE_NOOP));
                Probed::Answer
            }
            Kind::Upgrade => {
                self.end_upgrade();
                self.transport = on;
                Probed::Upgrade
            }
            _ => Probed::Refuse,
        }
    }

    /// The transport under trial has gone; the session lives on where it is.
    pub(crate) fn end_upgrade(&mut self) {
        self.upgrading = None;
        self.set(Timer::Upgrade, None);
        self.set(Timer::Noop, None);
    }

    pub(crate) fn is_upgrading_to(&self, transport: Transport) -> bool {
        self.upgrading == Some(transport)
    }

    /// An answer that goes on has begun: it is to end after `lifetime`.
    pub(crate) fn handle_stream(&mut self, lifetime: Duration, now: Instant) {
        if self.state == State::Open {
            self.set(Timer::Rotate, Some(now + lifetime));
        }
    }

    /// The transport refuses bytes (`true`), or took some.
    pub(crate) fn handle_stall(&mut self, timing: &Timing, stalled: bool, now: Instant) {
        let longest = timing.stall_timeout.filter(|_| stalled);
        let deadline = longest.map(|longest| now + longest);
        if self.is_stalled() != stalled && self.state == State::Open {
            self.set(Timer::Stall, deadline);
        }
    }

    /// Begins to end the session; the first reason holds. `true` if it was open.
    pub(crate) fn close(&mut self, reason: CloseReason, now: Instant) -> bool {
        if self.state != State::Open {
            return false;
        }
        self.state = State::Closing;
        self.reason = Some(reason);
        // A trial goes on: the last packets may leave by the transport that is about to take over.
        self.set(Timer::Heartbeat, None);
        self.set(Timer::Rotate, None);
        self.set(Timer::Application, None);
        self.set(Timer::Stall, None);
        self.set(Timer::Close, Some(now + CLOSE));
        true
    }

    /// The last packets have left or never will. `true` the first time.
    pub(crate) fn forget(&mut self) -> bool {
        let first = self.state != State::Closed;
        self.state = State::Closed;
        self.upgrading = None;
        self.deadlines = [None; TIMERS.len()];
        first
    }

    /// What is due at `now`, one at a time until there is nothing.
    pub(crate) fn handle_timeout(&mut self, timing: &Timing, now: Instant) -> Option<Due> {
        let timer = TIMERS.into_iter().find(|timer| {
            self.deadlines[*timer as usize].is_some_and(|deadline| deadline <= now)
        })?;
        self.set(timer, None);
        Some(match timer {
            // Its pong cannot be read while nothing is read because nothing can be written.
            Timer::Heartbeat if self.awaits_peer() && self.is_stalled() => {
                self.set(Timer::Heartbeat, Some(now + timing.ping_timeout));
                return self.handle_timeout(timing, now);
            }
            Timer::Heartbeat if self.awaits_peer() => Due::Close(CloseReason::PingTimeout),
            Timer::Heartbeat => {
                self.awaiting_pong = true;
                self.refreshed = false;
                self.set(Timer::Heartbeat, Some(now + timing.ping_timeout));
                Due::Ping
            }
            Timer::Upgrade => {
                self.end_upgrade();
                Due::AbandonProbe
            }
            Timer::Noop => {
                self.set(Timer::Noop, Some(now + PROBE_NOOP));
                Due::Noop
            }
            Timer::Rotate => Due::Rotate,
            Timer::Application => Due::Application,
            Timer::Stall => Due::Close(CloseReason::SlowConsumer),
            Timer::Close => Due::Forget,
        })
    }

    /// Whether it is the peer's turn to ping or to answer.
    fn awaits_peer(&self) -> bool {
        self.awaiting_pong || self.protocol == Protocol::V3
    }

    fn is_stalled(&self) -> bool {
        self.deadlines[Timer::Stall as usize].is_some()
    }

    fn set(&mut self, timer: Timer, deadline: Option<Instant>) {
        self.deadlines[timer as usize] = deadline;
    }
}
