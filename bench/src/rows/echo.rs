//! Echo with ack over WebSocket: every connection keeps a number of events in flight.

use std::time::{Duration, Instant};

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::meter::{self, Latency, Metered};
use sockeye_bench::process::Server;
use sockeye_bench::ring::Ring;
use sockeye_bench::script::Argument;

use super::{Outcome, Plan};
use crate::expect::Expected;
use crate::session;

const CONNECTIONS: usize = 64;
const LIMIT: Duration = Duration::from_secs(10);
/// Long enough for a doubled answer to arrive.
const SILENCE: Duration = Duration::from_millis(20);

pub(crate) fn run(
    server: &Server,
    plan: &Plan,
    argument: Argument,
    window: usize,
) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    session::open(&mut fleet, server, CONNECTIONS)?;
    let mut echo = Echo::new(argument, window, CONNECTIONS);
    for index in 0..CONNECTIONS {
        echo.fill(index, &mut fleet.links[index], window)?;
    }
    let cost = meter::cost(&mut fleet, &mut echo, server, plan.warm_up, plan.span)?;
    echo.refill = false;
    let latency = echo.latency.clone();
    fleet.turn_until(&mut echo, LIMIT, Echo::is_settled, Echo::owed)?;
    fleet.turn_for(&mut echo, SILENCE)?;
    Ok(Outcome::of(cost).with_latency(latency))
}

/// Sessions that echo; the memory row uses it too.
pub(super) struct Echo {
    requests: Ring,
    answers: Ring,
    window: usize,
    lanes: Vec<Lane>,
    pub(super) refill: bool,
    completed: u64,
    latency: Latency,
}

struct Lane {
    expected: Expected,
    sent: u64,
    stamps: Vec<Instant>,
}

impl Echo {
    pub(super) fn new(argument: Argument, window: usize, connections: usize) -> Self {
        let now = Instant::now();
        let lane = |index| Lane {
            expected: Expected::new(index),
            sent: 0,
            stamps: vec![now; window],
        };
        Self {
            requests: argument.requests(),
            answers: argument.answers(),
            window,
            lanes: (0..connections).map(lane).collect(),
            refill: true,
            completed: 0,
            latency: Latency::new(),
        }
    }

    /// Sends `count` more events on one connection.
    pub(super) fn fill(
        &mut self,
        index: usize,
        link: &mut Link,
        count: usize,
    ) -> Result<(), Fault> {
        let lane = &mut self.lanes[index];
        let now = Instant::now();
        for number in lane.sent..lane.sent + count as u64 {
            lane.stamps[number as usize % self.window] = now;
        }
        link.send(self.requests.run(lane.sent, count))?;
        lane.sent += count as u64;
        Ok(())
    }

    pub(super) fn is_settled(&self) -> bool {
        self.completed == self.lanes.iter().map(|lane| lane.sent).sum::<u64>()
    }

    pub(super) fn owed(&self) -> String {
        let sent: u64 = self.lanes.iter().map(|lane| lane.sent).sum();
        format!("{} of {sent} acks", sent - self.completed)
    }
}

impl Work for Echo {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let now = Instant::now();
        let lane = &mut self.lanes[index];
        let first = lane.expected.received();
        let taken = lane.expected.take(&self.answers, link, bytes)?;
        for number in first..lane.expected.received() {
            if number >= lane.sent {
                return Err(Fault::order(
                    index,
                    b"nothing",
                    self.answers.message(number),
                ));
            }
            self.latency
                .record(now - lane.stamps[number as usize % self.window]);
        }
        self.completed += taken.messages as u64;
        if self.refill && taken.messages > 0 {
            self.fill(index, link, taken.messages)?;
        }
        Ok(taken.bytes)
    }
}

impl Metered for Echo {
    fn units(&self) -> u64 {
        self.completed
    }

    fn latency(&mut self) -> &mut Latency {
        &mut self.latency
    }
}
