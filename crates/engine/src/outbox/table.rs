//! What the queue does in each phase.

use super::queue::{Batch, Finished, PACKET_WEIGHT, Phase, Pushed, Queue, Sink};
use crate::{Encoded, Flags, outbox::Budget};

const LIMIT: usize = 1000;

fn queue(sink: Sink<()>) -> Queue<()> {
    Queue::new(sink, Budget::new(LIMIT, 0, usize::MAX))
}

fn waiting() -> Sink<()> {
    Sink::Poll {
        pending: Some(std::task::Waker::noop().clone()),
    }
}

fn bytes(batch: &Batch) -> Vec<u8> {
    batch.with_bytes(<[u8]>::to_vec)
}

fn all(batch: Batch) -> Vec<u8> {
    batch
        .into_items()
        .flat_map(|item| item.frames().to_vec())
        .collect()
}

#[test]
fn what_a_push_leaves_to_be_done() {
    for (phase, pushed, after) in [
        (Phase::Idle, Pushed::Dirty, Phase::Queued),
        (Phase::Queued, Pushed::Queued, Phase::Queued),
        (Phase::Corked, Pushed::Queued, Phase::Corked),
        (Phase::Writing, Pushed::Queued, Phase::Writing),
        (Phase::Blocked, Pushed::Queued, Phase::Blocked),
        (Phase::Closed, Pushed::Closed, Phase::Closed),
    ] {
        let mut queue = queue(Sink::Direct(()));
        queue.phase = phase;
        assert_eq!(queue.push_own(b"a", 1, Flags::NONE), pushed, "{phase:?}");
        assert_eq!(queue.phase(), after, "{phase:?}");
        let weight = if pushed == Pushed::Closed {
            0
        } else {
            1 + PACKET_WEIGHT
        };
        assert_eq!(queue.weight(), weight, "{phase:?}");
    }
}

// parity: 1.W6
#[test]
fn whom_volatile_packets_reach() {
    for (sink, phase, pushed) in [
        (Sink::Direct(()), Phase::Idle, Pushed::Dirty),
        (Sink::Direct(()), Phase::Blocked, Pushed::Dropped),
        (Sink::Owner, Phase::Corked, Pushed::Queued),
        (Sink::Owner, Phase::Blocked, Pushed::Dropped),
        (waiting(), Phase::Idle, Pushed::Dirty),
        (Sink::Poll { pending: None }, Phase::Idle, Pushed::Dropped),
        (Sink::Direct(()), Phase::Closed, Pushed::Closed),
    ] {
        let name = format!("{sink:?} {phase:?}");
        let mut queue = queue(sink);
        queue.phase = phase;
        let packet = Encoded::new(*b"a", 1);
        assert_eq!(
            queue.push_shared(&packet, Flags::VOLATILE),
            pushed,
            "{name}"
        );
    }
}

#[test]
fn what_is_volatile_waits_up_to_a_limit_of_its_own() {
    for sink in [Sink::Direct(()), Sink::Poll { pending: None }] {
        let mut queue = Queue::new(sink, Budget::new(LIMIT, LIMIT / 2, usize::MAX));
        queue.phase = Phase::Blocked;
        let half = vec![0; LIMIT / 2 - 1 - PACKET_WEIGHT];
        assert_eq!(queue.push_own(&half, 1, Flags::VOLATILE), Pushed::Queued);
        assert_eq!(queue.push_own(b"a", 1, Flags::VOLATILE), Pushed::Queued);
        assert_eq!(queue.push_own(b"b", 1, Flags::VOLATILE), Pushed::Dropped);
        assert_eq!(queue.push_own(b"c", 1, Flags::NONE), Pushed::Queued);
    }
}

#[test]
fn a_blocked_transport_is_too_slow_above_the_limit_and_not_at_it() {
    let mut queue = queue(Sink::Direct(()));
    queue.phase = Phase::Blocked;
    let long = vec![0; LIMIT - PACKET_WEIGHT];
    assert_eq!(queue.push_own(&long, 1, Flags::NONE), Pushed::Overfull);
    assert_eq!(queue.weight(), LIMIT);
    assert_eq!(queue.push_own(b"a", 1, Flags::NONE), Pushed::Overfull);
    assert_eq!(queue.push_own(b"a", 1, Flags::NONE), Pushed::Slow);
    queue.phase = Phase::Queued;
    assert_eq!(
        queue.push_own(b"a", 1, Flags::NONE),
        Pushed::Overfull,
        "whoever has not refused is not slow"
    );
}

#[test]
fn one_writes_at_a_time_and_what_did_not_leave_stays_in_front() {
    let mut queue = queue(Sink::Direct(()));
    queue.push_own(b"abc", 1, Flags::NONE);
    queue.push_shared(&Encoded::new(*b"def", 1), Flags::NONE);
    let batch = queue.begin().expect("something is queued");
    assert_eq!(bytes(&batch), b"abcdef");
    assert!(queue.begin().is_none(), "the role is taken");
    queue.push_own(b"ghi", 1, Flags::NONE);
    assert!(matches!(queue.finish(batch, 4, true), Finished::Blocked(_)));
    assert_eq!(
        queue.weight(),
        6 + 2 * PACKET_WEIGHT,
        "a packet counts until all of it has left"
    );
    assert!(queue.begin().is_none(), "only the owner leaves this phase");
    queue.phase = Phase::Queued;
    let batch = queue.begin().expect("the rest");
    assert_eq!(bytes(&batch), b"efghi");
    assert!(matches!(queue.finish(batch, 5, false), Finished::Idle));
    assert_eq!((queue.weight(), queue.phase()), (0, Phase::Idle));
}

#[test]
fn nothing_comes_after_the_last_frames() {
    let mut queue = queue(Sink::Direct(()));
    queue.push_own(b"a", 1, Flags::NONE);
    queue.end(b"end");
    assert_eq!(queue.push_own(b"b", 1, Flags::NONE), Pushed::Closed);
    assert_eq!(queue.end(b"end"), Pushed::Closed);
    let batch = queue.begin().expect("both");
    assert_eq!(bytes(&batch), b"aend");
    assert!(matches!(queue.finish(batch, 4, false), Finished::Ended(_)));
    assert_eq!(queue.phase(), Phase::Closed);
}

#[test]
fn a_get_takes_all_but_an_end_that_has_something_before_it() {
    let mut queue = queue(Sink::Poll { pending: None });
    queue.push_own(b"a", 1, Flags::NONE);
    queue.push_shared(&Encoded::new(*b"b", 1), Flags::NONE);
    queue.end(b"end");
    for (answer, phase) in [(&b"ab"[..], Phase::Blocked), (b"end", Phase::Closed)] {
        let batch = queue.take_all().expect("an answer");
        assert_eq!(all(batch), answer);
        assert_eq!(queue.phase(), phase);
    }
    assert!(queue.take_all().is_none());
    assert_eq!(queue.weight(), 0);
}

#[test]
fn another_transport_takes_what_waits() {
    let mut queue = queue(waiting());
    queue.push_own(b"a", 1, Flags::NONE);
    queue.phase = Phase::Blocked;
    assert!(queue.change_sink(Sink::Direct(())).is_some(), "the GET");
    assert_eq!(bytes(&queue.begin().expect("it waits no more")), b"a");
}

#[test]
fn a_writer_at_work_finds_the_end_when_it_finishes() {
    let mut queue = queue(Sink::Direct(()));
    queue.push_own(b"abc", 1, Flags::NONE);
    let batch = queue.begin().expect("something is queued");
    queue.close();
    assert!(matches!(queue.sink, Sink::Owner), "the stream is let go");
    assert!(matches!(queue.finish(batch, 1, true), Finished::Ended(_)));
    assert_eq!(queue.weight(), 0);
}

#[test]
fn an_end_that_is_told_twice_leaves_the_writers_count_alone() {
    let mut queue = queue(Sink::Direct(()));
    queue.push_own(b"abc", 1, Flags::NONE);
    let batch = queue.begin().expect("something waits");
    queue.close();
    queue.close();
    assert_eq!(queue.weight(), 3 + PACKET_WEIGHT);
    assert!(matches!(queue.finish(batch, 3, false), Finished::Ended(_)));
    assert_eq!(queue.weight(), 0);
}
