//! The rows of the tables: what is done, what is counted, what is to be reached.

mod broadcast;
mod echo;
mod memory;

use std::time::Duration;

use sockeye_bench::fault::Fault;
use sockeye_bench::process::Server;

use crate::contestant::Service;
use crate::opening::Manner;
use crate::speech::Speech;
use crate::tls;

/// The sizes of a run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) warm_up: Duration,
    pub(crate) span: Duration,
    /// Clients that hear a broadcast.
    pub(crate) audience: usize,
    /// Connections whose memory is weighed.
    pub(crate) idle: usize,
    /// The same over TLS, where the generator needs memory of its own for each.
    pub(crate) idle_secure: usize,
}

/// What one run of one row gave: a number for each of [`Row::figures`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) figures: Vec<f64>,
    /// Share of its core that the generator needed.
    pub(crate) generator: Option<f64>,
}

/// A row of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Row {
    #[value(name = "echo32")]
    Echo32,
    #[value(name = "echo1k")]
    Echo1k,
    #[value(name = "echo64k")]
    Echo64k,
    #[value(name = "echo32x16")]
    Echo32x16,
    #[value(name = "echo1kx16")]
    Echo1kx16,
    Memory,
    MemoryDeflate,
    MemoryTls,
    Paced,
    PacedTls,
    Json,
    JsonDeflate,
}

/// The table that a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Echo,
    Memory,
    Broadcast,
}

/// What ours is to reach: at most so many times the figure of another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    Ratios { yardstick: f64, best_crate: f64 },
    AtMost(f64),
}

impl Row {
    pub(crate) const ALL: [Self; 12] = [
        Self::Echo32,
        Self::Echo1k,
        Self::Echo64k,
        Self::Echo32x16,
        Self::Echo1kx16,
        Self::Memory,
        Self::MemoryDeflate,
        Self::MemoryTls,
        Self::Paced,
        Self::PacedTls,
        Self::Json,
        Self::JsonDeflate,
    ];

    pub(crate) fn table(self) -> Table {
        match self {
            Self::Echo32 | Self::Echo1k | Self::Echo64k | Self::Echo32x16 | Self::Echo1kx16 => {
                Table::Echo
            }
            Self::Memory | Self::MemoryDeflate | Self::MemoryTls => Table::Memory,
            Self::Paced | Self::PacedTls | Self::Json | Self::JsonDeflate => Table::Broadcast,
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Echo32 => "32 B",
            Self::Echo1k => "1 KiB",
            Self::Echo64k => "64 KiB",
            Self::Echo32x16 => "32 B, 16 in flight",
            Self::Echo1kx16 => "1 KiB, 16 in flight",
            Self::Memory => "ws",
            Self::MemoryDeflate => "ws, deflate negotiated",
            Self::MemoryTls => "wss",
            Self::Paced => "64 B, 10 a second",
            Self::PacedTls => "64 B, 10 a second, wss",
            Self::Json => "4 KiB of JSON, one after another",
            Self::JsonDeflate => "4 KiB of JSON, one after another, deflate",
        }
    }

    /// What is measured, the first being what is compared.
    pub(crate) fn figures(self) -> &'static [&'static str] {
        match self.table() {
            Table::Echo => &["µs a message"],
            Table::Memory => &[
                "after the handshake",
                "after 32 B",
                "after 16 KiB",
                "after 32 B again",
            ],
            Table::Broadcast => &["µs a delivery", "µs a broadcast", "bytes a delivery"],
        }
    }

    pub(crate) fn target(self) -> Option<Target> {
        match self {
            Self::Echo32 | Self::Echo1k | Self::Echo64k => Some(Target::Ratios {
                yardstick: 1.15,
                best_crate: 1.05,
            }),
            Self::Echo32x16 | Self::Echo1kx16 => Some(Target::Ratios {
                yardstick: 1.05,
                best_crate: 1.0,
            }),
            Self::Memory | Self::MemoryDeflate => Some(Target::AtMost(1536.0)),
            _ => None,
        }
    }

    /// How a server has to be started for it.
    pub(crate) fn service(self) -> Service {
        Service {
            hub: self.table() == Table::Broadcast,
            deflate: matches!(self, Self::MemoryDeflate | Self::JsonDeflate),
            tls: matches!(self, Self::MemoryTls | Self::PacedTls),
            sparing: self.table() == Table::Memory,
        }
    }

    /// Rounds beyond this tell nothing new: memory repeats itself to a percent.
    pub(crate) fn rounds(self, asked: usize) -> usize {
        match self.table() {
            Table::Echo => asked,
            Table::Memory => 1,
            Table::Broadcast => asked.min(3),
        }
    }

    pub(crate) fn run(self, server: &Server, plan: &Plan) -> Result<Outcome, Fault> {
        let service = self.service();
        let manner = Manner {
            tls: service.tls.then(tls::config),
            deflate: service.deflate,
        };
        match self {
            Self::Echo32 => echo::run(server, plan, Speech::texts(32), 1),
            Self::Echo1k => echo::run(server, plan, Speech::texts(1024), 1),
            Self::Echo64k => echo::run(server, plan, Speech::texts(64 * 1024), 1),
            Self::Echo32x16 => echo::run(server, plan, Speech::texts(32), 16),
            Self::Echo1kx16 => echo::run(server, plan, Speech::texts(1024), 16),
            Self::Memory | Self::MemoryDeflate => memory::run(server, &manner, plan.idle),
            Self::MemoryTls => memory::run(server, &manner, plan.idle_secure),
            Self::Paced | Self::PacedTls => {
                let pace = broadcast::Pace::Every(Duration::from_millis(100));
                broadcast::run(server, plan, &manner, Speech::texts(64), pace)
            }
            Self::Json | Self::JsonDeflate => {
                let pace = broadcast::Pace::WhenAllHaveIt;
                broadcast::run(server, plan, &manner, Speech::documents(4096), pace)
            }
        }
    }
}
