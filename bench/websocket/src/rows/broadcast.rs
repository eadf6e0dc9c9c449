//! Broadcast to a thousand clients: at a pace, or the next when everybody has the last.

use std::time::{Duration, Instant};

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::meter::Start;
use sockeye_bench::process::Server;

use super::{Outcome, Plan};
use crate::deflate::Inflater;
use crate::lane::Lane;
use crate::opening::{self, Manner};
use crate::speech::Speech;

const LIMIT: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_millis(20);
/// Broadcasts before the measurement.
const WARM_UP: u32 = 3;
/// Broadcasts that are measured at a pace.
const PACED: u32 = 20;
/// The connection that asks for the broadcasts; it receives them like all others.
const SENDER: usize = 0;

/// When the next broadcast is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At fixed times.
    Every(Duration),
    /// When all have received the one before.
    WhenAllHaveIt,
}

pub(crate) fn run(
    server: &Server,
    plan: &Plan,
    manner: &Manner,
    speech: Speech,
    pace: Pace,
) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    opening::open(&mut fleet, server, plan.audience, manner)?;
    let mut hub = Audience::new(speech, plan.audience, pace);
    hub.ask(&mut fleet.links[SENDER])?;
    match pace {
        // The measurement begins and ends half-way between two broadcasts, so that it holds whole ones only.
        Pace::Every(period) => fleet.turn_for(&mut hub, period * WARM_UP - period / 2)?,
        Pace::WhenAllHaveIt => fleet.turn_for(&mut hub, plan.warm_up)?,
    }
    let (start, delivered, bytes) = (Start::now(server), hub.delivered, hub.bytes);
    let span = match pace {
        Pace::Every(period) => period * PACED,
        Pace::WhenAllHaveIt => plan.span * 2,
    };
    fleet.turn_for(&mut hub, span)?;
    let units = hub.delivered - delivered;
    let cost = start.cost(server, units)?;
    let bytes = (hub.bytes - bytes) as f64 / units as f64;
    hub.asking = false;
    fleet.turn_until(&mut hub, LIMIT, Audience::is_settled, Audience::owed)?;
    fleet.turn_for(&mut hub, SILENCE)?;
    Ok(Outcome {
        figures: vec![cost.figure, cost.figure * plan.audience as f64, bytes],
        generator: Some(cost.generator),
    })
}

struct Audience {
    speech: Speech,
    inflater: Inflater,
    lanes: Vec<Lane>,
    pace: Pace,
    asking: bool,
    due: Instant,
    sent: u64,
    delivered: u64,
    bytes: u64,
}

impl Audience {
    fn new(speech: Speech, count: usize, pace: Pace) -> Self {
        Self {
            speech,
            inflater: Inflater::default(),
            lanes: (0..count).map(Lane::new).collect(),
            pace,
            asking: true,
            due: Instant::now(),
            sent: 0,
            delivered: 0,
            bytes: 0,
        }
    }

    fn ask(&mut self, sender: &mut Link) -> Result<(), Fault> {
        if let Pace::Every(period) = self.pace {
            self.due += period;
        }
        sender.send(self.speech.requests.message(self.sent))?;
        self.sent += 1;
        Ok(())
    }

    fn is_settled(&self) -> bool {
        self.delivered == self.sent * self.lanes.len() as u64
    }

    fn owed(&self) -> String {
        let all = self.sent * self.lanes.len() as u64;
        format!("{} of {all} deliveries", all - self.delivered)
    }
}

impl Work for Audience {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let answers = &self.speech.answers;
        let unit = answers.message(0).len();
        let lane = &mut self.lanes[index];
        let before = lane.received(unit);
        let taken = lane.take(answers, &mut self.inflater, link, bytes)?;
        let received = lane.received(unit);
        if received > self.sent {
            return Err(Fault::order(
                index,
                b"nothing",
                answers.message(received - 1),
            ));
        }
        self.delivered += received - before;
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn tick(&mut self, links: &mut [Link], now: Instant) -> Result<Option<Instant>, Fault> {
        if !self.asking {
            return Ok(None);
        }
        match self.pace {
            Pace::Every(_) => {
                if now >= self.due {
                    self.ask(&mut links[SENDER])?;
                }
                Ok(Some(self.due))
            }
            Pace::WhenAllHaveIt => {
                if self.is_settled() {
                    self.ask(&mut links[SENDER])?;
                }
                Ok(None)
            }
        }
    }
}
