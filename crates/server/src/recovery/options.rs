use std::{sync::Arc, time::Duration};

use sockeye_engine::{Config, ConfigError};

use super::{Budget, Sequencer};

/// How clients that were cut off come back; given to
/// [`ServerBuilder::connection_state_recovery`](crate::ServerBuilder::connection_state_recovery).
///
/// ```
/// use std::time::Duration;
/// use sockeye::{Recovery, Server};
///
/// let io = Server::builder()
///     .connection_state_recovery(Recovery::new().max_disconnection(Duration::from_secs(60)))
///     .build();
/// # let _ = io;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "it does nothing before the builder has it"]
pub struct Recovery {
    pub(super) max_disconnection: Duration,
    pub(super) skip_middlewares: bool,
    pub(crate) max_log_bytes: usize,
    pub(crate) max_sessions: usize,
}

impl Recovery {
    /// The reference's settings where it has them: two minutes, and checks are skipped.
    pub fn new() -> Self {
        Self {
            max_disconnection: Duration::from_secs(120),
            skip_middlewares: true,
            max_log_bytes: 64 * 1024 * 1024,
            max_sessions: 100_000,
        }
    }

    /// Makes the log of each namespace.
    pub(crate) fn sequencers(&self, config: &Config) -> Box<dyn Fn() -> Sequencer + Send + Sync> {
        let options = self.clone();
        // The ping that tells of the cut may be due an interval later, and the one before it may have been
        // answered late.
        let silence = config
            .ping_interval
            .saturating_add(config.ping_timeout.saturating_mul(2));
        let send_limit = config.send_limit;
        let budget = Arc::new(Budget::new(options.max_log_bytes));
        Box::new(move || Sequencer::new(&options, silence, send_limit, &budget))
    }

    /// Whether it can do anything, in a server whose queues may hold `outbox_budget` bytes.
    pub(crate) fn check(&self, outbox_budget: usize) -> Result<(), ConfigError> {
        for (name, zero) in [
            (
                "Recovery::max_disconnection",
                self.max_disconnection.is_zero(),
            ),
            ("Recovery::max_log_bytes", self.max_log_bytes == 0),
            ("Recovery::max_sessions", self.max_sessions == 0),
        ] {
            if zero {
                return Err(ConfigError::Zero(name));
            }
        }
        if outbox_budget <= self.max_log_bytes && outbox_budget < usize::MAX {
            return Err(ConfigError::BudgetWithinLog);
        }
        Ok(())
    }

    pub(crate) fn longest(&self) -> Duration {
        self.max_disconnection
    }

    /// How long a client may be away. Default: 2 minutes.
    pub fn max_disconnection(mut self, duration: Duration) -> Self {
        self.max_disconnection = duration;
        self
    }

    /// Whether a client that comes back is let in without asking the namespace's `auth` and checks again;
    /// its [`Session`](crate::Session) is the one it had. Default: yes.
    pub fn skip_middlewares(mut self, skip: bool) -> Self {
        self.skip_middlewares = skip;
        self
    }

    /// How many bytes the logs of all namespaces may hold. Default: 64 MiB.
    ///
    /// Beyond it the oldest packets go; a client that has missed one of them is not recovered.
    pub fn max_log_bytes(mut self, bytes: usize) -> Self {
        self.max_log_bytes = bytes;
        self
    }

    /// How many clients that are away are remembered, in each namespace; beyond it those that left first
    /// are forgotten. Default: 100,000.
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.max_sessions = sessions;
        self
    }
}

impl Default for Recovery {
    fn default() -> Self {
        Self::new()
    }
}
