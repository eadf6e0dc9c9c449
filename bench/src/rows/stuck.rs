//! One reader stops while a room is flooded: what it costs the server, and what the others notice.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::frame::{CLOSE, TEXT};
use sockeye_bench::link::Link;
use sockeye_bench::meter::Latency;
use sockeye_bench::process::{Server, kept_waiting};
use sockeye_bench::script;

use super::Outcome;
use crate::expect::{heartbeat, whole_frame};
use crate::session;

const HEALTHY: usize = 10;
const STUCK: usize = HEALTHY;
const MEMBERS: usize = HEALTHY + 1;
/// Outside the room: asks, and is told the reasons of disconnects.
const CONTROL: usize = MEMBERS;
const COUNT: u64 = 2000;
const LIMIT: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_millis(500);
/// At 32 MiB a second a reader owes 2 MiB after so long.
const TOLERABLE_PAUSE: Duration = Duration::from_millis(60);

pub(crate) fn run(server: &Server) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    session::open(&mut fleet, server, MEMBERS + 1)?;
    let mut room = Room::new();
    for link in &mut fleet.links[..MEMBERS] {
        link.send(&script::event(r#"420["join","flood"]"#))?;
    }
    fleet.turn_until(
        &mut room,
        LIMIT,
        |room| room.joined == MEMBERS,
        |room| format!("{} joins", room.joined),
    )?;

    let before = server.resident()?;
    server.reset_peak()?;
    fleet.links[STUCK].pause()?;
    fleet.links[CONTROL].send(&script::event(r#"42["flood"]"#))?;
    serve_all(&mut fleet, &mut room)?;
    let growth = server.peak()?.saturating_sub(before) as f64 / 1024.0;

    // Now the stuck one looks at what there is for it.
    fleet.links[STUCK].resume()?;
    let mut quiet_since = Instant::now();
    let mut seen = 0;
    while !room.stuck_ended && quiet_since.elapsed() < SILENCE {
        fleet.turn(&mut room, Duration::from_millis(20))?;
        if room.received[STUCK] != seen {
            (seen, quiet_since) = (room.received[STUCK], Instant::now());
        }
    }
    fleet.links[CONTROL].send(&script::event(r#"420["reasons"]"#))?;
    fleet.turn_until(
        &mut room,
        LIMIT,
        |room| room.reasons.is_some(),
        |_| "the reasons".to_owned(),
    )?;
    let reasons = room.reasons.clone().expect("awaited above");
    let disconnected = room.stuck_ended && !reasons.is_empty();
    let fate = match (room.stuck_ended, COUNT - seen) {
        (true, _) => format!("disconnected ({reasons}) after {seen} of {COUNT}"),
        (false, 0) => format!("kept, {COUNT} of {COUNT} delivered late"),
        (false, dropped) => format!("kept, {dropped} of {COUNT} dropped unsaid"),
    };
    Ok(Outcome::new(growth)
        .with_latency(room.delay)
        .with_note(format!("the stuck reader was {fate}"))
        .with_condition(disconnected))
}

/// Turns until every healthy reader has everything.
///
/// # Errors
/// [`Fault::Disturbed`] if one of them was closed, and this thread had not been allowed to read for longer than its
/// window and the server's bound can hold: then it was no healthy reader.
fn serve_all(fleet: &mut Fleet, room: &mut Room) -> Result<(), Fault> {
    let end = Instant::now() + LIMIT;
    let mut longest = Duration::ZERO;
    let mut waited = kept_waiting()?;
    while room.received[..HEALTHY].iter().any(|&count| count < COUNT) {
        if Instant::now() >= end {
            let owed = format!("healthy readers got {:?}", &room.received[..HEALTHY]);
            return Err(Fault::Stalled { owed });
        }
        let turn = fleet.turn(room, Duration::from_millis(10));
        let now = kept_waiting()?;
        longest = longest.max(now - waited);
        waited = now;
        match turn {
            Err(fault @ Fault::Closed { .. }) if longest >= TOLERABLE_PAUSE => {
                return Err(Fault::Disturbed {
                    pause: longest,
                    fault: Box::new(fault),
                });
            }
            turn => turn?,
        }
    }
    Ok(())
}

struct Room {
    joined: usize,
    received: [u64; MEMBERS],
    next_of_stuck: u64,
    stuck_ended: bool,
    reasons: Option<String>,
    delay: Latency,
}

impl Room {
    fn new() -> Self {
        Self {
            joined: 0,
            received: [0; MEMBERS],
            next_of_stuck: 0,
            stuck_ended: false,
            reasons: None,
            delay: Latency::new(),
        }
    }

    fn flood(&mut self, index: usize, packet: &[u8]) -> Result<(), Fault> {
        let (Some((sequence, sent_at)), true) = (stamp(packet), index < MEMBERS) else {
            return Err(Fault::protocol(index, "no flood event", packet));
        };
        if index == STUCK {
            // What it misses is counted when all is over; what comes must still come in order.
            if sequence < self.next_of_stuck {
                let due = self.next_of_stuck.to_string();
                return Err(Fault::order(
                    index,
                    due.as_bytes(),
                    sequence.to_string().as_bytes(),
                ));
            }
            self.next_of_stuck = sequence + 1;
        } else {
            let due = self.received[index];
            if sequence != due {
                return Err(Fault::order(
                    index,
                    due.to_string().as_bytes(),
                    sequence.to_string().as_bytes(),
                ));
            }
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            self.delay
                .record(now.saturating_sub(Duration::from_micros(sent_at)));
        }
        self.received[index] += 1;
        Ok(())
    }
}

impl Work for Room {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let mut taken = 0;
        while let Some(frame) = whole_frame(index, &bytes[taken..])? {
            taken += frame.len;
            match (frame.opcode, frame.payload) {
                (CLOSE, _) if index == STUCK => self.stuck_ended = true,
                (TEXT, [b'4', b'3', b'0', list @ ..]) if index == CONTROL => {
                    self.reasons = Some(reasons(list));
                }
                (TEXT, [b'4', b'3', b'0', ..]) => self.joined += 1,
                // The stuck one's goodbye of either layer.
                (TEXT, b"1" | b"41") if index == STUCK => {}
                _ if heartbeat(index, &frame, link)? => {}
                (_, packet) => self.flood(index, packet)?,
            }
        }
        Ok(taken)
    }

    fn ended(&mut self, index: usize, link: &mut Link) -> Result<(), Fault> {
        link.close();
        if index != STUCK {
            return Err(Fault::Closed { connection: index });
        }
        self.stuck_ended = true;
        Ok(())
    }
}

/// Sequence number and time of sending (microseconds since 1970) of a flood event.
fn stamp(packet: &[u8]) -> Option<(u64, u64)> {
    let head = packet.strip_prefix(br#"42["flood","#)?;
    let head = std::str::from_utf8(&head[..head.len().min(40)]).ok()?;
    let (sequence, rest) = head.split_once(',')?;
    let (micros, _) = rest.split_once(',')?;
    Some((sequence.parse().ok()?, micros.parse().ok()?))
}

/// The reasons in an ack `[["a","b"]]`, as one line.
fn reasons(list: &[u8]) -> String {
    let value: Value = serde_json::from_slice(list).unwrap_or_default();
    let items = value
        .get(0)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    items
        .iter()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_event_shows_its_number_and_time() {
        assert_eq!(
            stamp(br#"42["flood",17,1790000000000000,"xxx"]"#),
            Some((17, 1_790_000_000_000_000))
        );
        assert_eq!(stamp(br#"42["other",17,18,"x"]"#), None);
    }
}
