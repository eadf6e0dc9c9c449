//! What can go wrong with a stream, in simulated time: each test names one thing, and shows what the session makes of it.

use super::{
    tests::{Clock, TIMING},
    *,
};

const STREAMING: Transport = Transport::Streaming;

const CUT: CloseReason = CloseReason::TransportError("stream closed prematurely");

impl Clock {
    /// A session on polling, and a stream on trial for it.
    fn on_trial() -> Self {
        let mut clock = Self::new(Transport::Polling);
        assert!(clock.get());
        clock
    }

    /// A GET of streaming while the session polls: whether its trial begins.
    fn get(&mut self) -> bool {
        self.session
            .handle_upgrade_request(STREAMING, &TIMING, self.now)
    }

    fn probe(&mut self, kind: Kind, data: &str) -> Probed {
        self.session.handle_probe(STREAMING, kind, data, self.now)
    }

    /// Goes on to that time, and asserts that only noops were due until then.
    fn only_noops_until(&mut self, ms: u64) {
        while self.session.next_timeout() < Some(self.at(ms)) {
            let (at, due) = self.step();
            assert_eq!(due, Due::Noop, "at {at}");
        }
    }
}

#[test]
fn a_stream_that_is_cut_ends_its_session_for_that_reason() {
    let mut clock = Clock::new(STREAMING);
    clock
        .session
        .handle_stream(Duration::from_secs(5), clock.now);
    clock.at(1_000);
    assert!(clock.session.close(CUT, clock.now));
    assert!(!clock.session.close(CloseReason::TransportClose, clock.now));
    assert_eq!(clock.session.reason(), Some(&CUT));
    assert_eq!(clock.packet(Kind::Message), Received::Ignored);
    assert_eq!(clock.step(), (31_000, Due::Forget), "no ping, no next GET");
}

#[test]
fn a_stream_that_is_cut_on_trial_leaves_the_session_on_polling() {
    let mut clock = Clock::on_trial();
    assert_eq!(clock.probe(Kind::Ping, "probe"), Probed::Answer);
    clock.session.end_upgrade();
    assert_eq!(clock.probe(Kind::Upgrade, ""), Probed::Refuse);
    assert_eq!(clock.session.transport(), Transport::Polling);
    assert_eq!(clock.session.reason(), None);
    assert_eq!(clock.step(), (25_000, Due::Ping), "nor a noop");
    assert!(clock.get(), "it may try again");
}

#[test]
fn a_half_open_stream_ends_with_the_ping_that_nobody_answers() {
    let mut clock = Clock::new(STREAMING);
    let lifetime = Duration::from_secs(600);
    clock.session.handle_stream(lifetime, clock.now);
    assert_eq!(clock.step(), (25_000, Due::Ping));
    assert_eq!(clock.step(), (45_000, Due::Close(CloseReason::PingTimeout)));
}

#[test]
fn a_buffered_stream_is_never_changed_to() {
    let mut clock = Clock::on_trial();
    assert_eq!(clock.probe(Kind::Ping, "probe"), Probed::Answer);
    // The answer does not arrive, so the client sends no `5`; its GETs are answered so that it goes on.
    clock.only_noops_until(10_000);
    assert_eq!(clock.step(), (10_000, Due::AbandonProbe));
    assert_eq!(clock.session.transport(), Transport::Polling);
    assert_eq!(clock.session.reason(), None);
    assert_eq!(clock.step(), (25_000, Due::Ping));
}

#[test]
fn duplicated_packets_of_a_trial_change_nothing() {
    let mut clock = Clock::on_trial();
    assert_eq!(clock.probe(Kind::Ping, "probe"), Probed::Answer);
    assert_eq!(clock.probe(Kind::Ping, "probe"), Probed::Answer);
    assert_eq!(clock.probe(Kind::Upgrade, ""), Probed::Upgrade);
    // The session's own transport is streaming by now: the second comes as one of its packets.
    assert_eq!(clock.packet(Kind::Upgrade), Received::Ignored);
    assert_eq!(clock.probe(Kind::Upgrade, ""), Probed::Refuse);
    assert_eq!(clock.session.transport(), STREAMING);
    assert_eq!(clock.session.reason(), None);
    assert_eq!(clock.step(), (25_000, Due::Ping));
}

#[test]
fn a_duplicated_pong_gives_one_interval() {
    let mut clock = Clock::new(STREAMING);
    assert_eq!(clock.step(), (25_000, Due::Ping));
    clock.at(26_000);
    assert_eq!(clock.packet(Kind::Pong), Received::Ignored);
    assert_eq!(clock.packet(Kind::Pong), Received::Ignored);
    assert_eq!(clock.step(), (51_000, Due::Ping));
    assert_eq!(clock.step(), (71_000, Due::Close(CloseReason::PingTimeout)));
}

#[test]
fn a_replayed_change_is_refused_after_its_trial() {
    let mut clock = Clock::on_trial();
    assert_eq!(clock.probe(Kind::Ping, "probe"), Probed::Answer);
    clock.only_noops_until(10_000);
    assert_eq!(clock.step(), (10_000, Due::AbandonProbe));
    for (kind, data) in [(Kind::Ping, "probe"), (Kind::Upgrade, "")] {
        assert_eq!(clock.probe(kind, data), Probed::Refuse, "{kind:?}");
    }
    assert_eq!(clock.session.transport(), Transport::Polling);
    assert_eq!(clock.step(), (25_000, Due::Ping), "no noop is due for it");
}

#[test]
fn a_replayed_stream_finds_no_trial_once_the_session_changed_or_ended() {
    let mut clock = Clock::on_trial();
    assert_eq!(clock.probe(Kind::Upgrade, ""), Probed::Upgrade);
    assert!(!clock.get(), "it streams");
    let mut clock = Clock::new(Transport::Polling);
    clock.session.close(CloseReason::ForcedClose, clock.now);
    assert!(!clock.get(), "it ends");
    clock.session.forget();
    assert!(!clock.get(), "it has ended");
}

#[test]
fn a_foreign_stream_gets_nothing_of_a_session_that_uses_or_tries_another_transport() {
    let mut clock = Clock::new(Transport::WebSocket);
    assert!(!clock.get());
    assert_eq!(clock.probe(Kind::Upgrade, ""), Probed::Refuse);
    let mut clock = Clock::new(Transport::Polling);
    let websocket = Transport::WebSocket;
    assert!(
        clock
            .session
            .handle_upgrade_request(websocket, &TIMING, clock.now)
    );
    assert!(!clock.get());
    assert_eq!(clock.probe(Kind::Upgrade, ""), Probed::Refuse);
    let own = clock
        .session
        .handle_probe(websocket, Kind::Upgrade, "", clock.now);
    assert_eq!(own, Probed::Upgrade, "the trial goes on");
}

#[test]
fn of_two_gets_with_one_sid_the_first_is_on_trial() {
    let mut clock = Clock::on_trial();
    clock.at(4_000);
    assert!(!clock.get());
    assert_eq!(clock.probe(Kind::Ping, "probe"), Probed::Answer);
    clock.only_noops_until(10_000);
    assert_eq!(
        clock.step(),
        (10_000, Due::AbandonProbe),
        "nor does it get the first more time"
    );
}

#[test]
fn two_gets_with_one_sid_end_a_session_that_streams() {
    let mut clock = Clock::new(STREAMING);
    let overlap = CloseReason::TransportError("overlap from client");
    assert!(clock.session.close(overlap, clock.now));
    // The first is cut then.
    assert!(!clock.session.close(CUT, clock.now));
    assert_eq!(clock.session.reason(), Some(&overlap));
}

#[test]
fn a_lost_post_with_the_change_leaves_the_session_on_polling() {
    let mut clock = Clock::on_trial();
    assert_eq!(clock.probe(Kind::Ping, "probe"), Probed::Answer);
    clock.only_noops_until(9_000);
    // Sent again before the trial is over, it counts.
    assert_eq!(clock.probe(Kind::Upgrade, ""), Probed::Upgrade);
    assert_eq!(clock.session.transport(), STREAMING);
    let mut clock = Clock::on_trial();
    assert_eq!(clock.step(), (10_000, Due::AbandonProbe), "not even 2probe");
    assert_eq!(clock.session.transport(), Transport::Polling);
}

#[test]
fn a_lost_post_with_a_pong_is_made_up_for_by_the_next_within_its_time() {
    let mut clock = Clock::new(STREAMING);
    assert_eq!(clock.step(), (25_000, Due::Ping));
    clock.at(44_999);
    assert_eq!(clock.packet(Kind::Message), Received::Message);
    clock.at(64_998);
    assert_eq!(clock.packet(Kind::Pong), Received::Ignored);
    assert_eq!(clock.step(), (89_998, Due::Ping));
}

#[test]
fn a_proxy_that_answers_502_for_a_while_costs_nothing_if_the_pong_is_in_time() {
    let mut clock = Clock::new(STREAMING);
    let lifetime = Duration::from_secs(30);
    clock.session.handle_stream(lifetime, clock.now);
    assert_eq!(clock.step(), (25_000, Due::Ping));
    // Neither the pong nor the next GET come through, and the session waits for both.
    assert_eq!(clock.step(), (30_000, Due::Rotate));
    clock.at(44_000);
    assert_eq!(clock.session.handle_timeout(&TIMING, clock.now), None);
    clock.session.handle_stream(lifetime, clock.now);
    assert_eq!(clock.packet(Kind::Pong), Received::Ignored);
    assert_eq!(clock.session.reason(), None);
    assert_eq!(clock.step(), (69_000, Due::Ping));
    assert_eq!(clock.step(), (74_000, Due::Rotate));
}

#[test]
fn a_proxy_that_answers_502_for_longer_ends_the_session() {
    let mut clock = Clock::new(STREAMING);
    clock
        .session
        .handle_stream(Duration::from_secs(30), clock.now);
    assert_eq!(clock.step(), (25_000, Due::Ping));
    assert_eq!(clock.step(), (30_000, Due::Rotate));
    assert_eq!(clock.step(), (45_000, Due::Close(CloseReason::PingTimeout)));
}

#[test]
fn a_proxy_that_answers_502_during_a_trial_ends_the_trial_alone() {
    let mut clock = Clock::on_trial();
    clock.only_noops_until(10_000);
    assert_eq!(clock.step(), (10_000, Due::AbandonProbe));
    clock.at(12_000);
    assert_eq!(clock.packet(Kind::Message), Received::Message);
    assert!(clock.get(), "it may try again");
}
