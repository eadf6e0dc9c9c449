//! From the server's clock and the work done to the cost of a unit.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use nix::time::ClockId;

use crate::fault::Fault;
use crate::fleet::{Fleet, Work};
use crate::process::Server;

const LONGEST_NS: u64 = 60_000_000_000;

/// Work whose units are counted and timed.
pub trait Metered: Work {
    /// Units finished since the start.
    fn units(&self) -> u64;
    /// Where the latencies go.
    fn latency(&mut self) -> &mut Latency;
}

/// Latencies in nanoseconds, to two digits.
#[derive(Debug, Clone)]
pub struct Latency(Histogram<u64>);

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl Latency {
    /// None yet.
    ///
    /// # Panics
    /// Never: the bounds are constants.
    #[must_use]
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_NS, 2).expect("bounds in order"))
    }

    /// One more.
    pub fn record(&mut self, elapsed: Duration) {
        self.0.saturating_record((elapsed.as_nanos() as u64).max(1));
    }

    /// As many more that took the same time.
    pub fn record_n(&mut self, elapsed: Duration, count: usize) {
        self.0
            .saturating_record_n((elapsed.as_nanos() as u64).max(1), count as u64);
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// The value below which `share` percent lie, in microseconds.
    #[must_use]
    pub fn percentile(&self, share: f64) -> f64 {
        self.0.value_at_percentile(share) as f64 / 1e3
    }
}

/// A look at the clocks of server and generator.
#[derive(Debug)]
pub struct Start {
    server: Duration,
    generator: Duration,
    at: Instant,
}

/// What a measurement gave.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Microseconds of the server per unit.
    pub figure: f64,
    /// Share of its core that the generator needed.
    pub generator: f64,
}

impl Start {
    /// Both clocks now.
    #[must_use]
    pub fn now(server: &Server) -> Self {
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
    pub fn cost(&self, server: &Server, units: u64) -> Result<Cost, Fault> {
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
///
/// # Errors
/// What the work found, or [`Fault::Stalled`] if not one unit was done.
pub fn cost(
    fleet: &mut Fleet,
    work: &mut impl Metered,
    server: &Server,
    warm_up: Duration,
    span: Duration,
) -> Result<Cost, Fault> {
    fleet.turn_for(work, warm_up)?;
    work.latency().reset();
    let (start, units) = (Start::now(server), work.units());
    fleet.turn_for(work, span)?;
    start.cost(server, work.units() - units)
}

fn own_cpu() -> Duration {
    ClockId::CLOCK_PROCESS_CPUTIME_ID
        .now()
        .map_or(Duration::ZERO, Duration::from)
}
