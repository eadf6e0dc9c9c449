//! The state machine in simulated time.

use super::*;

pub(super) const TIMING: Timing = Timing {
    ping_interval: Duration::from_secs(25),
    ping_timeout: Duration::from_secs(20),
    upgrade_timeout: Duration::from_secs(10),
    stall_timeout: Some(Duration::from_secs(20)),
};

pub(super) struct Clock {
    pub(super) session: Session,
    start: Instant,
    pub(super) now: Instant,
}

impl Clock {
    pub(super) fn new(transport: Transport) -> Self {
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
    pub(super) fn step(&mut self) -> (u128, Due) {
        self.now = self.session.next_timeout().expect("something is to come");
        let due = self
            .session
            .handle_timeout(&TIMING, self.now)
            .expect("it is due now");
        ((self.now - self.start).as_millis(), due)
    }

    pub(super) fn at(&mut self, ms: u64) -> Instant {
        self.now = self.start + Duration::from_millis(ms);
        self.now
    }

    pub(super) fn packet(&mut self, kind: Kind) -> Received {
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
    clock.session.handle_stall(&TIMING, true, clock.now);
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
    clock.session.handle_stall(&TIMING, true, clock.now);
    clock.at(10_000);
    clock.session.handle_stall(&TIMING, true, clock.now);
    assert_eq!(
        clock.step(),
        (20_000, Due::Close(CloseReason::SlowConsumer))
    );
    let mut clock = Clock::new(Transport::WebSocket);
    clock.session.handle_stall(&TIMING, true, clock.now);
    clock.session.handle_stall(&TIMING, false, clock.now);
    assert_eq!(clock.step(), (25_000, Due::Ping));
}

#[test]
fn without_that_limit_the_ping_ends_who_reads_nothing() {
    let mut clock = Clock::new(Transport::WebSocket);
    let timing = Timing {
        stall_timeout: None,
        ..TIMING
    };
    clock.session.handle_stall(&timing, true, clock.now);
    assert_eq!(clock.step(), (25_000, Due::Ping));
    assert_eq!(clock.step(), (45_000, Due::Close(CloseReason::PingTimeout)));
}

#[test]
fn the_application_has_a_deadline_of_its_own() {
    let mut clock = Clock::new(Transport::WebSocket);
    clock
        .session
        .set_application_deadline(Some(clock.start + Duration::from_secs(1)));
    assert_eq!(clock.step(), (1_000, Due::Application));
}
