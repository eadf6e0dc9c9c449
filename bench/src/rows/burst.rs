//! A hundred broadcasts in one handler, to a thousand clients.

use std::time::{Duration, Instant};

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::meter::{Latency, Start};
use sockeye_bench::process::Server;
use sockeye_bench::ring::Ring;
use sockeye_bench::script;

use super::{Outcome, Plan};
use crate::expect::Expected;
use crate::session;

const COUNT: usize = 100;
const LIMIT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_millis(20);

pub(crate) fn run(server: &Server, plan: &Plan) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    session::open(&mut fleet, server, plan.audience)?;
    let mut burst = Burst {
        deliveries: script::burst_deliveries(COUNT),
        audience: (0..plan.audience).map(Expected::new).collect(),
        owed: 0,
        asked_at: Instant::now(),
        latency: Latency::new(),
    };
    let request = script::burst_request(COUNT);
    // Whole bursts only, each when the one before has arrived everywhere: the first ones warm up.
    rounds(&mut fleet, &mut burst, &request, plan.warm_up)?;
    burst.latency.reset();
    let start = Start::now(server);
    let bursts = rounds(&mut fleet, &mut burst, &request, plan.span)?;
    let cost = start.cost(server, bursts * (COUNT * plan.audience) as u64)?;
    fleet.turn_for(&mut burst, SILENCE)?;
    Ok(Outcome::of(cost).with_latency(burst.latency))
}

fn rounds(
    fleet: &mut Fleet,
    burst: &mut Burst,
    request: &[u8],
    span: Duration,
) -> Result<u64, Fault> {
    let begun = Instant::now();
    let mut bursts = 0;
    while begun.elapsed() < span {
        burst.owed = (COUNT * burst.audience.len()) as u64;
        burst.asked_at = Instant::now();
        fleet.links[0].send(request)?;
        fleet.turn_until(
            burst,
            LIMIT,
            |burst| burst.owed == 0,
            |burst| {
                format!(
                    "{} of {} deliveries",
                    burst.owed,
                    COUNT * burst.audience.len()
                )
            },
        )?;
        bursts += 1;
    }
    Ok(bursts)
}

struct Burst {
    deliveries: Ring,
    audience: Vec<Expected>,
    owed: u64,
    asked_at: Instant,
    latency: Latency,
}

impl Work for Burst {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let taken = self.audience[index].take(&self.deliveries, link, bytes)?;
        self.latency
            .record_n(self.asked_at.elapsed(), taken.messages);
        let Some(owed) = self.owed.checked_sub(taken.messages as u64) else {
            return Err(Fault::order(index, b"nothing", bytes));
        };
        self.owed = owed;
        Ok(taken.bytes)
    }
}
