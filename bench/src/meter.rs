//! From the server's clock and the work done to the cost of a unit.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use nix::time::ClockId;

use crate::fault::Fault;
use crate::fleet::{Fleet, Work};
use crate::process::Server;

const LONGEST_NS: u64 = 60_000_000_000;

/// Work whose units are counted and timed.
pub(crate) trait Metered: Work {
    /// Units finished since the start.
    fn units(&self) -> u64;
    /// Where the latencies go.
    fn latency(&mut self) -> &mut Latency;
}

/// Latencies in nanoseconds, to two digits.
#[derive(Debug, Clone)]
pub(crate) struct Latency(pub(crate) Histogram<u64>);

impl Latency {
    pub(crate) fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_NS, 2).expect("bounds in order"))
    }

    pub(crate) fn record(&mut self, elapsed: Duration) {
        self.0.saturating_record((elapsed.as_nanos() as u64).max(1));
    }

    pub(crate) fn record_n(&mut self, elapsed: Duration, count: usize) {
        self.0
            .saturating_record_n((elapsed.as_nanos() as u64).max(1), count as u64);
    }

    /// The value below which `share` percent lie, in microseconds.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        self.0.value_at_percentile(share) as f64 / 1e3
    }
}

/// A look at the clocks of server and generator.
#[derive(Debug)]
pub(crate) struct Start {
    server: Duration,
    generator: Duration,
    at: Instant,
}

/// What a measurement gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Microseconds of the server per unit.
    pub(crate) figure: f64,
    /// Share of its core that the generator needed.
    pub(crate) generator: f64,
}

impl Start {
    pub(crate) fn now(server: &Server) -> Self {
        Self {
            server: server.cpu(),
            generator: own_cpu(),
            at: Instant::now(),
        }
    }

    /// The cost of `units` done since.
    ///
    /// # Errors
    /// [`Fault::Stalled`] if there are none.
    pub(crate) fn cost(&self, server: &Server, units: u64) -> Result<Cost, Fault> {
        let wall = self.at.elapsed();
        if units == 0 {
            return Err(Fault::Stalled {
                owed: format!("not one unit in {wall:?}"),
            });
        }
        let busy = server.cpu() - self.server;
        Ok(Cost {
            figure: busy.as_nanos() as f64 / 1e3 / units as f64,
            generator: (own_cpu() - self.generator).as_secs_f64() / wall.as_secs_f64(),
        })
    }
}

/// Turns for `warm_up`, then for `span`, and gives the cost of a unit of the latter.
pub(crate) fn cost(
    fleet: &mut Fleet,
    work: &mut impl Metered,
    server: &Server,
    warm_up: Duration,
    span: Duration,
) -> Result<Cost, Fault> {
    fleet.turn_for(work, warm_up)?;
    work.latency().0.reset();
    let (start, units) = (Start::now(server), work.units());
    fleet.turn_for(work, span)?;
    start.cost(server, work.units() - units)
}

fn own_cpu() -> Duration {
    ClockId::CLOCK_PROCESS_CPUTIME_ID
        .now()
        .map_or(Duration::ZERO, Duration::from)
}
