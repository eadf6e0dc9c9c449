//! The life of a short visit: connect, join a room, leave it, close.

use std::time::{Duration, Instant};

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::frame::{self, CLOSE, TEXT};
use sockeye_bench::link::Link;
use sockeye_bench::meter::{self, Latency, Metered};
use sockeye_bench::process::Server;
use sockeye_bench::script;

use super::{Outcome, Plan};
use crate::expect::{heartbeat, whole_frame};
use crate::session::Greeting;

const AT_ONCE: usize = 32;
/// Cycles that share a source address: its ports must not run out while closed ones cool down.
const CYCLES_PER_ADDRESS: u64 = 2000;
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn run(server: &Server, plan: &Plan) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    let mut visits = Visits::new(server);
    for _ in 0..AT_ONCE {
        let index = fleet.open(server)?;
        fleet.links[index].send(&visits.upgrade)?;
        visits.lanes.push(Lane {
            phase: Phase::Greeting(Greeting::Upgrade),
            begun: Instant::now(),
        });
    }
    let cost = meter::cost(&mut fleet, &mut visits, server, plan.warm_up, plan.span)?;
    visits.again = false;
    let latency = visits.latency.clone();
    let owed =
        |visits: &Visits<'_>| format!("{} of {AT_ONCE} visits unfinished", AT_ONCE - visits.over);
    fleet.turn_until(&mut visits, LIMIT, |visits| visits.over == AT_ONCE, owed)?;
    Ok(Outcome::of(cost).with_latency(latency))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting(Greeting),
    Joining,
    Leaving,
    /// The Close frame is sent, the server's is awaited.
    Closing,
    /// The server has answered and ends the stream (RFC 6455 section 7.1.1).
    Closed,
}

struct Lane {
    phase: Phase,
    begun: Instant,
}

struct Visits<'s> {
    server: &'s Server,
    upgrade: Vec<u8>,
    join: Vec<u8>,
    leave: Vec<u8>,
    close: Vec<u8>,
    lanes: Vec<Lane>,
    again: bool,
    over: usize,
    completed: u64,
    latency: Latency,
}

impl<'s> Visits<'s> {
    fn new(server: &'s Server) -> Self {
        Self {
            server,
            upgrade: script::upgrade_request(&server.host(), &server.path),
            join: script::event(r#"420["join","lobby"]"#),
            leave: script::event(r#"421["leave","lobby"]"#),
            close: frame::from_client(CLOSE, &1000_u16.to_be_bytes()),
            lanes: Vec::new(),
            again: true,
            over: 0,
            completed: 0,
            latency: Latency::new(),
        }
    }
}

impl Work for Visits<'_> {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let lane = &mut self.lanes[index];
        let mut taken = 0;
        loop {
            let rest = &bytes[taken..];
            if let Phase::Greeting(greeting) = &mut lane.phase {
                taken += greeting.take(index, link, rest)?;
                if *greeting != Greeting::Done {
                    return Ok(taken);
                }
                link.send(&self.join)?;
                lane.phase = Phase::Joining;
                continue;
            }
            let Some(frame) = whole_frame(index, rest)? else {
                return Ok(taken);
            };
            taken += frame.len;
            match (lane.phase, frame.opcode, frame.payload) {
                (Phase::Joining, TEXT, [b'4', b'3', b'0', ..]) => {
                    link.send(&self.leave)?;
                    lane.phase = Phase::Leaving;
                }
                (Phase::Leaving, TEXT, [b'4', b'3', b'1', ..]) => {
                    link.send(&self.close)?;
                    lane.phase = Phase::Closing;
                }
                (Phase::Closing, CLOSE, _) => lane.phase = Phase::Closed,
                // A client that has said goodbye answers nothing any more.
                (Phase::Closing, TEXT, b"2") => {}
                _ if heartbeat(index, &frame, link)? => {}
                (phase, ..) => {
                    return Err(Fault::protocol(index, &format!("{phase:?}"), frame.payload));
                }
            }
        }
    }

    fn ended(&mut self, index: usize, link: &mut Link) -> Result<(), Fault> {
        let lane = &mut self.lanes[index];
        if !matches!(lane.phase, Phase::Closing | Phase::Closed) {
            return Err(Fault::Closed { connection: index });
        }
        let now = Instant::now();
        self.completed += 1;
        self.latency.record(now - lane.begun);
        if !self.again {
            self.over += 1;
            link.close();
            return Ok(());
        }
        *lane = Lane {
            phase: Phase::Greeting(Greeting::Upgrade),
            begun: now,
        };
        link.reopen(
            self.server.address,
            (self.completed / CYCLES_PER_ADDRESS) as u32 + 100,
        )?;
        link.send(&self.upgrade)?;
        Ok(())
    }
}

impl Metered for Visits<'_> {
    fn units(&self) -> u64 {
        self.completed
    }

    fn latency(&mut self) -> &mut Latency {
        &mut self.latency
    }
}
