//! The state of one session, without I/O or clock.
//!
//! The driver tells what happened and when: `handle_*` for input, `handle_timeout` when
//! [`Session::next_timeout`] has passed. Each call returns what to do; nothing is done here.

use std::time::{Duration, Instant};

use crate::{CloseReason, Protocol, packet::Kind};

/// How often a pending GET is answered with a noop while the client tries another transport.
const PROBE_NOOP: Duration = Duration::from_millis(100);

/// How long an ended session waits for the request or the peer that takes its last packets.
const CLOSE: Duration = Duration::from_secs(30);

/// How long a transport may refuse every byte before the session ends.
const STALL: Duration = Duration::from_secs(20);

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

/// The heartbeat's and the upgrade's durations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) ping_interval: Duration,
    pub(crate) ping_timeout: Duration,
    pub(crate) upgrade_timeout: Duration,
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
    pub(crate) fn handle_stall(&mut self, stalled: bool, now: Instant) {
        let deadline = stalled.then(|| now + STALL);
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

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: Timing = Timing {
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        upgrade_timeout: Duration::from_secs(10),
    };

    struct Clock {
        session: Session,
        start: Instant,
        now: Instant,
    }

    impl Clock {
        fn new(transport: Transport) -> Self {
            Self::of(Protocol::V4, transport)
        }

        fn of(protocol: Protocol, transport: Transport) -> Self {
            let start = Instant::now();
            Self {
                session: Session::new(protocol, transport, &TIMING, start),
                start,
                now: start,
            }
        }

        /// Goes to the next deadline; returns its time in milliseconds and what is due.
        fn step(&mut self) -> (u128, Due) {
            self.now = self.session.next_timeout().expect("something is to come");
            let due = self
                .session
                .handle_timeout(&TIMING, self.now)
                .expect("it is due now");
            ((self.now - self.start).as_millis(), due)
        }

        fn at(&mut self, ms: u64) -> Instant {
            self.now = self.start + Duration::from_millis(ms);
            self.now
        }

        fn packet(&mut self, kind: Kind) -> Received {
            self.session.handle_packet(kind, &TIMING, self.now)
        }
    }

    #[test]
    fn a_silent_peer_is_pinged_and_then_given_up() {
        let mut clock = Clock::new(Transport::WebSocket);
        assert_eq!(clock.step(), (25_000, Due::Ping));
        assert_eq!(clock.step(), (45_000, Due::Close(CloseReason::PingTimeout)));
    }

    #[test]
    fn the_interval_starts_again_at_the_pong() {
        let mut clock = Clock::new(Transport::WebSocket);
        clock.step();
        clock.at(30_000);
        assert_eq!(clock.packet(Kind::Pong), Received::Ignored);
        assert_eq!(clock.step(), (55_000, Due::Ping));
    }

    #[test]
    fn an_unsolicited_pong_restarts_the_interval() {
        let mut clock = Clock::new(Transport::Polling);
        clock.at(10_000);
        clock.packet(Kind::Pong);
        assert_eq!(clock.step(), (35_000, Due::Ping));
    }

    #[test]
    fn traffic_refreshes_the_pong_deadline_once() {
        let mut clock = Clock::new(Transport::WebSocket);
        clock.step();
        clock.at(40_000);
        assert_eq!(clock.packet(Kind::Message), Received::Message);
        clock.at(50_000);
        assert_eq!(clock.packet(Kind::Message), Received::Message);
        assert_eq!(clock.step(), (60_000, Due::Close(CloseReason::PingTimeout)));
    }

    #[test]
    fn a_client_of_protocol_4_does_not_ping() {
        let mut clock = Clock::new(Transport::Polling);
        assert_eq!(
            clock.packet(Kind::Ping),
            Received::Close(CloseReason::TransportError("invalid heartbeat direction"))
        );
    }

    #[test]
    fn a_client_of_protocol_3_pings_and_nothing_else_counts() {
        let mut clock = Clock::of(Protocol::V3, Transport::WebSocket);
        clock.at(20_000);
        assert_eq!(clock.packet(Kind::Ping), Received::Ping);
        clock.at(60_000);
        assert_eq!(clock.packet(Kind::Message), Received::Message);
        clock.session.handle_traffic(&TIMING, clock.now);
        assert_eq!(clock.step(), (65_000, Due::Close(CloseReason::PingTimeout)));
        let mut clock = Clock::of(Protocol::V3, Transport::Polling);
        assert_eq!(clock.step(), (45_000, Due::Close(CloseReason::PingTimeout)));
    }

    #[test]
    fn a_client_of_protocol_3_is_not_pinged_and_does_not_answer() {
        let mut clock = Clock::of(Protocol::V3, Transport::Polling);
        assert_eq!(
            clock.packet(Kind::Pong),
            Received::Close(CloseReason::TransportError("invalid heartbeat direction"))
        );
        assert_eq!(
            clock.packet(Kind::Close),
            Received::Close(CloseReason::TransportClose)
        );
    }

    #[test]
    fn a_stalled_client_of_protocol_3_gets_time_for_its_ping() {
        let mut clock = Clock::of(Protocol::V3, Transport::WebSocket);
        clock.at(40_000);
        clock.session.handle_stall(true, clock.now);
        clock.at(45_000);
        assert_eq!(clock.session.handle_timeout(&TIMING, clock.now), None);
        assert_eq!(
            clock.step(),
            (60_000, Due::Close(CloseReason::SlowConsumer))
        );
    }

    #[test]
    fn the_close_packet_counts_where_it_comes_by_http() {
        let close = Received::Close(CloseReason::TransportClose);
        assert_eq!(Clock::new(Transport::Polling).packet(Kind::Close), close);
        assert_eq!(Clock::new(Transport::Streaming).packet(Kind::Close), close);
        assert_eq!(
            Clock::new(Transport::WebSocket).packet(Kind::Close),
            Received::Ignored
        );
    }

    #[test]
    fn an_upgrade_is_probed_and_done() {
        let mut clock = Clock::new(Transport::Polling);
        assert!(
            clock
                .session
                .handle_upgrade_request(Transport::WebSocket, &TIMING, clock.now)
        );
        assert!(
            !clock
                .session
                .handle_upgrade_request(Transport::WebSocket, &TIMING, clock.now),
            "one at a time"
        );
        for _ in 0..2 {
            assert_eq!(
                clock
                    .session
                    .handle_probe(Transport::WebSocket, Kind::Ping, "probe", clock.now),
                Probed::Answer
            );
        }
        assert_eq!(clock.step(), (100, Due::Noop));
        assert_eq!(clock.step(), (200, Due::Noop));
        assert_eq!(
            clock
                .session
                .handle_probe(Transport::WebSocket, Kind::Upgrade, "", clock.now),
            Probed::Upgrade
        );
        assert_eq!(clock.session.transport(), Transport::WebSocket);
        assert!(
            !clock
                .session
                .handle_upgrade_request(Transport::WebSocket, &TIMING, clock.now),
            "done once for all"
        );
        assert_eq!(clock.step(), (25_000, Due::Ping), "the heartbeat goes on");
    }

    #[test]
    fn an_upgrade_needs_no_probe() {
        let mut clock = Clock::new(Transport::Polling);
        clock
            .session
            .handle_upgrade_request(Transport::WebSocket, &TIMING, clock.now);
        assert_eq!(
            clock
                .session
                .handle_probe(Transport::WebSocket, Kind::Upgrade, "", clock.now),
            Probed::Upgrade
        );
    }

    #[test]
    fn an_abandoned_probe_leaves_the_session_on_polling() {
        let mut clock = Clock::new(Transport::Polling);
        clock
            .session
            .handle_upgrade_request(Transport::WebSocket, &TIMING, clock.now);
        assert_eq!(clock.step(), (10_000, Due::AbandonProbe));
        assert_eq!(clock.session.reason(), None);
        assert_eq!(clock.session.transport(), Transport::Polling);
        assert_eq!(
            clock
                .session
                .handle_probe(Transport::WebSocket, Kind::Upgrade, "", clock.now),
            Probed::Refuse,
            "too late"
        );
        assert!(
            clock
                .session
                .handle_upgrade_request(Transport::WebSocket, &TIMING, clock.now),
            "it may try again"
        );
    }

    #[test]
    fn other_packets_end_a_probe() {
        for (kind, data) in [
            (Kind::Message, "x"),
            (Kind::Ping, ""),
            (Kind::Pong, "probe"),
            (Kind::Close, ""),
        ] {
            let mut clock = Clock::new(Transport::Polling);
            clock
                .session
                .handle_upgrade_request(Transport::WebSocket, &TIMING, clock.now);
            assert_eq!(
                clock
                    .session
                    .handle_probe(Transport::WebSocket, kind, data, clock.now),
                Probed::Refuse,
                "{kind:?}"
            );
        }
    }

    #[test]
    fn one_transport_is_tried_at_a_time_and_only_its_packets_count() {
        let mut clock = Clock::new(Transport::Polling);
        let session = &mut clock.session;
        assert!(session.handle_upgrade_request(Transport::Streaming, &TIMING, clock.now));
        assert!(!session.handle_upgrade_request(Transport::WebSocket, &TIMING, clock.now));
        let foreign = session.handle_probe(Transport::WebSocket, Kind::Upgrade, "", clock.now);
        assert_eq!(foreign, Probed::Refuse);
        assert_eq!(session.transport(), Transport::Polling);
        let own = session.handle_probe(Transport::Streaming, Kind::Upgrade, "", clock.now);
        assert_eq!(own, Probed::Upgrade);
        assert_eq!(session.transport(), Transport::Streaming);
    }

    #[test]
    fn a_stream_is_rotated_and_the_session_goes_on() {
        let mut clock = Clock::new(Transport::Streaming);
        let lifetime = Duration::from_secs(20);
        clock.session.handle_stream(lifetime, clock.now);
        assert_eq!(clock.step(), (20_000, Due::Rotate));
        clock.session.handle_stream(lifetime, clock.now);
        assert_eq!(clock.step(), (25_000, Due::Ping), "the heartbeat goes on");
        assert_eq!(clock.step(), (40_000, Due::Rotate));
        clock.session.handle_stream(lifetime, clock.now);
        clock.session.close(CloseReason::ForcedClose, clock.now);
        assert_eq!(clock.step(), (70_000, Due::Forget));
    }

    #[test]
    fn the_first_reason_holds_and_packets_are_ignored_after_it() {
        let mut clock = Clock::new(Transport::Polling);
        assert!(clock.session.close(CloseReason::ForcedClose, clock.now));
        assert!(!clock.session.close(CloseReason::PingTimeout, clock.now));
        assert_eq!(clock.session.reason(), Some(&CloseReason::ForcedClose));
        assert_eq!(clock.packet(Kind::Message), Received::Ignored);
        assert_eq!(clock.step(), (30_000, Due::Forget));
    }

    #[test]
    fn a_transport_that_refuses_every_byte_is_given_up() {
        let mut clock = Clock::new(Transport::WebSocket);
        clock.session.handle_stall(true, clock.now);
        clock.at(10_000);
        clock.session.handle_stall(true, clock.now);
        assert_eq!(
            clock.step(),
            (20_000, Due::Close(CloseReason::SlowConsumer))
        );
        let mut clock = Clock::new(Transport::WebSocket);
        clock.session.handle_stall(true, clock.now);
        clock.session.handle_stall(false, clock.now);
        assert_eq!(clock.step(), (25_000, Due::Ping));
    }

    #[test]
    fn the_application_has_a_deadline_of_its_own() {
        let mut clock = Clock::new(Transport::WebSocket);
        clock
            .session
            .set_application_deadline(Some(clock.start + Duration::from_secs(1)));
        assert_eq!(clock.step(), (1_000, Due::Application));
    }
}
