//! Broadcast over streaming to a thousand clients at a pace, and the memory of sessions that hear nothing.

use std::time::{Duration, Instant};

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::meter::{self, Latency, Metered};
use sockeye_bench::process::Server;
use sockeye_bench::ring::Ring;
use sockeye_bench::script;

use super::{Outcome, Plan};
use crate::streams::Streams;

const PERIOD: Duration = Duration::from_millis(100);
const LIMIT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_millis(20);
/// Sessions opened before the first look: what a server allots once is none of a session's memory.
const FIRST: usize = 64;
const SESSIONS: usize = 4000;
const SETTLING: Duration = Duration::from_millis(500);

/// What a delivery costs.
pub(crate) fn run(server: &Server, plan: &Plan) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    let mut streams = Streams::new(&mut fleet, server)?;
    streams.open(&mut fleet, server, plan.audience)?;
    let mut paced = Paced::new(streams);
    // The measurement begins and ends half-way between two broadcasts, so that it holds whole ones only.
    let warm_up = PERIOD * 5 + PERIOD / 2;
    let span = plan.span.max(Duration::from_secs(2));
    let cost = meter::cost(&mut fleet, &mut paced, server, warm_up, span)?;
    paced.asking = false;
    let latency = paced.latency.clone();
    fleet.turn_until(&mut paced, LIMIT, Paced::is_settled, Paced::owed)?;
    fleet.turn_for(&mut paced, SILENCE)?;
    Ok(Outcome::of(cost).with_latency(latency))
}

/// What a session takes that holds an answer.
pub(crate) fn held(server: &Server) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    let mut streams = Streams::new(&mut fleet, server)?;
    let mut open = |count| -> Result<f64, Fault> {
        streams.open(&mut fleet, server, count)?;
        fleet.turn_for(&mut streams, SETTLING)?;
        Ok(server.resident()? as f64)
    };
    let before = open(FIRST)?;
    let growth = open(SESSIONS)? - before;
    Ok(Outcome::new(growth / SESSIONS as f64))
}

struct Paced {
    streams: Streams,
    requests: Ring,
    asking: bool,
    due: Instant,
    asked_at: Vec<Instant>,
    delivered: u64,
    latency: Latency,
}

impl Paced {
    fn new(streams: Streams) -> Self {
        Self {
            streams,
            requests: script::broadcast_packets(),
            asking: true,
            due: Instant::now(),
            asked_at: Vec::new(),
            delivered: 0,
            latency: Latency::new(),
        }
    }

    fn all(&self) -> u64 {
        self.streams.asked * self.streams.count() as u64
    }

    fn is_settled(&self) -> bool {
        self.delivered == self.all()
    }

    fn owed(&self) -> String {
        format!("{} of {} deliveries", self.delivered, self.all())
    }
}

impl Work for Paced {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let now = Instant::now();
        let first = self.streams.heard(index);
        let taken = self.streams.received(index, link, bytes)?;
        for number in first..self.streams.heard(index) {
            self.latency.record(now - self.asked_at[number as usize]);
            self.delivered += 1;
        }
        Ok(taken)
    }

    fn tick(&mut self, links: &mut [Link], now: Instant) -> Result<Option<Instant>, Fault> {
        if self.asking && now >= self.due {
            self.due += PERIOD;
            self.asked_at.push(now);
            self.streams.ask(self.requests.message(self.streams.asked));
        }
        self.streams.tick(links, now)?;
        Ok(self.asking.then_some(self.due))
    }
}

impl Metered for Paced {
    fn units(&self) -> u64 {
        self.delivered
    }

    fn latency(&mut self) -> &mut Latency {
        &mut self.latency
    }
}
