//! Broadcast to a thousand clients: at a pace, or as fast as a number under way allows.

use std::time::{Duration, Instant};

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::meter::{self, Latency, Metered};
use sockeye_bench::process::Server;
use sockeye_bench::ring::Ring;
use sockeye_bench::script;

use super::{Outcome, Plan};
use crate::expect::Expected;
use crate::session;

const LIMIT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_millis(20);
/// The connection that asks for the broadcasts; it receives them like all others.
const SENDER: usize = 0;

/// When the next broadcast is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// At fixed times.
    Every(Duration),
    /// When one of so many has come back to the sender.
    UnderWay(usize),
}

pub(crate) fn run(
    server: &Server,
    plan: &Plan,
    pace: Pace,
    recovery: bool,
) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    session::open(&mut fleet, server, plan.audience)?;
    let deliveries = if recovery {
        script::recoverable_deliveries()
    } else {
        script::broadcast_deliveries()
    };
    let mut fan = Fan::new(plan.audience, pace, deliveries);
    let cost = match pace {
        Pace::UnderWay(count) => {
            fan.send(&mut fleet.links[SENDER], count)?;
            meter::cost(&mut fleet, &mut fan, server, plan.warm_up, plan.span)?
        }
        // The measurement begins and ends half-way between two broadcasts, so that it holds whole ones only.
        Pace::Every(period) => {
            let warm_up = period * 5 + period / 2;
            meter::cost(
                &mut fleet,
                &mut fan,
                server,
                warm_up,
                plan.span.max(Duration::from_secs(2)),
            )?
        }
    };
    fan.asking = false;
    let latency = fan.latency.clone();
    fleet.turn_until(&mut fan, LIMIT, Fan::is_settled, Fan::owed)?;
    fleet.turn_for(&mut fan, SILENCE)?;
    Ok(Outcome::of(cost).with_latency(latency))
}

struct Fan {
    requests: Ring,
    deliveries: Ring,
    audience: Vec<Expected>,
    pace: Pace,
    asking: bool,
    due: Instant,
    sent: u64,
    sent_at: Vec<Instant>,
    delivered: u64,
    latency: Latency,
}

impl Fan {
    fn new(audience: usize, pace: Pace, deliveries: Ring) -> Self {
        let requests = script::broadcast_requests();
        let now = Instant::now();
        Self {
            sent_at: vec![now; requests.count()],
            requests,
            deliveries,
            audience: (0..audience).map(Expected::new).collect(),
            pace,
            asking: true,
            due: now,
            sent: 0,
            delivered: 0,
            latency: Latency::new(),
        }
    }

    fn send(&mut self, link: &mut Link, count: usize) -> Result<(), Fault> {
        let now = Instant::now();
        for number in self.sent..self.sent + count as u64 {
            let slot = number as usize % self.sent_at.len();
            self.sent_at[slot] = now;
        }
        link.send(self.requests.run(self.sent, count))?;
        self.sent += count as u64;
        Ok(())
    }

    fn is_settled(&self) -> bool {
        self.delivered == self.sent * self.audience.len() as u64
    }

    fn owed(&self) -> String {
        format!(
            "{} of {} deliveries",
            self.delivered,
            self.sent * self.audience.len() as u64
        )
    }
}

impl Work for Fan {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let now = Instant::now();
        let expected = &mut self.audience[index];
        let first = expected.received();
        let taken = expected.take(&self.deliveries, link, bytes)?;
        for number in first..expected.received() {
            if number >= self.sent {
                return Err(Fault::order(
                    index,
                    b"nothing",
                    self.deliveries.message(number),
                ));
            }
            self.latency
                .record(now - self.sent_at[number as usize % self.sent_at.len()]);
        }
        self.delivered += taken.messages as u64;
        if index == SENDER
            && self.asking
            && taken.messages > 0
            && matches!(self.pace, Pace::UnderWay(_))
        {
            self.send(link, taken.messages)?;
        }
        Ok(taken.bytes)
    }

    fn tick(&mut self, links: &mut [Link], now: Instant) -> Result<Option<Instant>, Fault> {
        let Pace::Every(period) = self.pace else {
            return Ok(None);
        };
        if !self.asking {
            return Ok(None);
        }
        if now >= self.due {
            self.due += period;
            self.send(&mut links[SENDER], 1)?;
        }
        Ok(Some(self.due))
    }
}

impl Metered for Fan {
    fn units(&self) -> u64 {
        self.delivered
    }

    fn latency(&mut self) -> &mut Latency {
        &mut self.latency
    }
}
