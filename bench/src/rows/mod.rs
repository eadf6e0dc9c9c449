//! The rows of the table: what is done, what is counted, what is to be reached.

mod broadcast;
mod burst;
mod connect;
mod echo;
mod held;
mod memory;
mod polling;
mod streaming;
mod stuck;
mod waves;

use std::time::Duration;

use sockeye_bench::fault::Fault;
use sockeye_bench::meter::{Cost, Latency};
use sockeye_bench::process::Server;
use sockeye_bench::script::Argument;

use crate::contestant::Contestant;

/// The sizes of a run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) warm_up: Duration,
    pub(crate) span: Duration,
    /// Clients that hear a broadcast.
    pub(crate) audience: usize,
    /// Sessions whose memory is weighed.
    pub(crate) sessions: usize,
}

/// What one run of one row gave.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) figure: f64,
    /// The memory row's second look.
    pub(crate) second: Option<f64>,
    pub(crate) latency: Option<Latency>,
    /// Share of its core that the generator needed.
    pub(crate) generator: Option<f64>,
    pub(crate) note: Option<String>,
    /// What must hold besides the figure.
    pub(crate) condition: bool,
}

impl Outcome {
    fn new(figure: f64) -> Self {
        Self {
            figure,
            second: None,
            latency: None,
            generator: None,
            note: None,
            condition: true,
        }
    }

    fn of(cost: Cost) -> Self {
        Self {
            generator: Some(cost.generator),
            ..Self::new(cost.figure)
        }
    }

    fn with_second(self, second: f64) -> Self {
        Self {
            second: Some(second),
            ..self
        }
    }

    fn with_latency(self, latency: Latency) -> Self {
        Self {
            latency: Some(latency),
            ..self
        }
    }

    fn with_note(self, note: String) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }

    fn with_condition(self, condition: bool) -> Self {
        Self { condition, ..self }
    }
}

/// What our own server is to reach in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// At most so many times another's figure.
    Ratio(f64, Contestant),
    /// At most so much, in the row's unit.
    AtMost(f64),
    /// Another's figure is at most so many times ours.
    Overhead(f64, Contestant),
    /// At most so much above another's figure, in the row's unit.
    Beyond(f64, Contestant),
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Row {
    Echo1,
    Echo16,
    Json16,
    Paced,
    Four,
    Burst,
    Recovery,
    Connect,
    Polling,
    Memory,
    Held,
    Streaming,
    Streamed,
    Waves,
    Stuck,
}

impl Row {
    pub(crate) const ALL: [Self; 15] = [
        Self::Echo1,
        Self::Echo16,
        Self::Json16,
        Self::Paced,
        Self::Four,
        Self::Burst,
        Self::Recovery,
        Self::Connect,
        Self::Polling,
        Self::Memory,
        Self::Held,
        Self::Streaming,
        Self::Streamed,
        Self::Waves,
        Self::Stuck,
    ];

    /// The rows whose order, bounds and fairness depend on how many threads serve.
    pub(crate) const UNPINNED: [Self; 3] = [Self::Echo16, Self::Burst, Self::Stuck];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Echo1 => "echo with ack, 64 connections, 32 B, one in flight",
            Self::Echo16 => "echo with ack, 64 connections, 32 B, 16 in flight",
            Self::Json16 => "echo with ack, 64 connections, 1 KiB of JSON, 16 in flight",
            Self::Paced => "broadcast to 1,000, 10 a second, per delivery",
            Self::Four => "broadcast to 1,000, four under way, per delivery",
            Self::Burst => "100 broadcasts in one handler, per delivery",
            Self::Recovery => "the same four under way, what recovery adds",
            Self::Connect => "connect, join a room, leave, close",
            Self::Polling => "echo with ack over polling, 16 in flight",
            Self::Memory => "memory of an idle session; after 16 KiB and its ack",
            Self::Held => "memory of a session that waits over polling",
            Self::Streaming => "broadcast to 1,000 over streaming, 10 a second, per delivery",
            Self::Streamed => "memory of a session that holds a streaming answer",
            Self::Waves => "a second wave of clients: growth of memory",
            Self::Stuck => "one reader that stops, 64 KiB × 500/s × 4 s: growth",
        }
    }

    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Memory | Self::Held | Self::Streamed => "KiB",
            Self::Waves => "%",
            Self::Stuck => "MiB",
            _ => "µs",
        }
    }

    pub(crate) fn target(self) -> Target {
        match self {
            Self::Echo1 => Target::Ratio(1.3, Contestant::Floor),
            Self::Echo16 => Target::Ratio(0.35, Contestant::Socketioxide),
            Self::Json16 => Target::Ratio(0.25, Contestant::Socketioxide),
            Self::Paced => Target::Ratio(1.15, Contestant::Floor),
            Self::Four => Target::Ratio(0.4, Contestant::Floor),
            Self::Burst => Target::Ratio(0.27, Contestant::Socketioxide),
            Self::Recovery => Target::Overhead(1.3, Contestant::Recovery),
            Self::Connect => Target::Ratio(1.45, Contestant::Floor),
            Self::Polling => Target::Ratio(0.8, Contestant::Socketioxide),
            Self::Memory => Target::AtMost(4.0),
            Self::Held => Target::Beyond(3.0, Contestant::Hyper),
            Self::Streaming => Target::Ratio(1.15, Contestant::Hyper),
            Self::Streamed => Target::Beyond(3.0, Contestant::Hyper),
            Self::Waves => Target::AtMost(5.0),
            Self::Stuck => Target::AtMost(2.0),
        }
    }

    /// Whether a server takes part: the floor knows only prebuilt answers, the second mount differs in accepting only,
    /// and streaming is no part of Socket.IO.
    pub(crate) fn suits(self, contestant: Contestant) -> bool {
        match contestant {
            Contestant::Floor => !matches!(
                self,
                Self::Recovery
                    | Self::Burst
                    | Self::Polling
                    | Self::Held
                    | Self::Streaming
                    | Self::Streamed
                    | Self::Waves
                    | Self::Stuck
            ),
            Contestant::Hyper => matches!(self, Self::Held | Self::Streaming | Self::Streamed),
            Contestant::Recovery => self == Self::Recovery,
            Contestant::Sockeye => true,
            _ if matches!(self, Self::Recovery | Self::Streaming | Self::Streamed) => false,
            Contestant::SockeyeAxum => self == Self::Connect,
            _ => true,
        }
    }

    pub(crate) fn run(
        self,
        contestant: Contestant,
        server: &Server,
        plan: &Plan,
    ) -> Result<Outcome, Fault> {
        match self {
            Self::Echo1 => echo::run(server, plan, Argument::Short, 1),
            Self::Echo16 => echo::run(server, plan, Argument::Short, 16),
            Self::Json16 => echo::run(server, plan, Argument::Json, 16),
            Self::Paced => broadcast::run(
                server,
                plan,
                broadcast::Pace::Every(Duration::from_millis(100)),
                false,
            ),
            Self::Four | Self::Recovery => broadcast::run(
                server,
                plan,
                broadcast::Pace::UnderWay(4),
                contestant == Contestant::Recovery,
            ),
            Self::Burst => burst::run(server, plan),
            Self::Connect => connect::run(server, plan),
            Self::Polling => polling::run(server, plan),
            Self::Memory => memory::run(server, plan),
            Self::Held => held::run(server),
            Self::Streaming => streaming::run(server, plan),
            Self::Streamed => streaming::held(server),
            Self::Waves => waves::run(server, plan),
            Self::Stuck => stuck::run(server),
        }
    }
}
