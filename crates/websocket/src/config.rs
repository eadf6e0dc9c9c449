use std::sync::Arc;
use std::time::Duration;

use crate::stats::{Counter, Counters, Stats};
use crate::{Limits, deflate};

/// How a connection behaves: limits, times and marks. Cheap to clone; connections share it.
///
/// ```
/// use sockeye_websocket::{Config, Limits};
/// use std::time::Duration;
///
/// let config = Config::new()
///     .limits(Limits::default().max_message(64 * 1024))
///     .ping_interval(Some(Duration::from_secs(20)))
///     .idle_timeout(Some(Duration::from_secs(60)));
/// assert_eq!(config.get().limits.max_message, 65_536);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Config(Arc<Settings>);

/// What a [`Config`] says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// What a peer may make this side hold.
    pub limits: Limits,
    /// What is offered or granted of permessage-deflate (RFC 7692). Default `None`: nothing.
    pub deflate: Option<deflate::Options>,
    /// After how much silence a ping is sent. Default 30 seconds; `None` sends none.
    pub ping_interval: Option<Duration>,
    /// After how much silence the connection is over. Default 120 seconds; `None` waits for ever.
    pub idle_timeout: Option<Duration>,
    /// How long the peer may take to answer a close frame and to end the stream. Default 5 seconds.
    pub close_timeout: Duration,
    /// How long the opening handshake may take, from the first byte on. Default 10 seconds.
    pub handshake_timeout: Duration,
    /// Above how many waiting bytes nothing more is accepted. Default 1 MiB.
    pub high_mark: usize,
    /// Down to how many waiting bytes a sender waits that met the high mark. Default 256 KiB.
    pub low_mark: usize,
    /// What meeting the high mark leads to. Default [`Overflow::Wait`].
    pub overflow: Overflow,
    /// Who may close all connections at once. Default `None`.
    #[cfg(feature = "tokio")]
    pub closer: Option<crate::Closer>,
    /// Shared by all that were made from one another.
    counters: Arc<Counters>,
}

/// What happens to a message when [`Settings::high_mark`] bytes wait already.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Overflow {
    /// The sender waits, or is told that the queue is full if it cannot wait.
    #[default]
    Wait,
    /// The peer is disconnected with code 1008 as too slow.
    Close,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            deflate: None,
            ping_interval: Some(Duration::from_secs(30)),
            idle_timeout: Some(Duration::from_secs(120)),
            close_timeout: Duration::from_secs(5),
            handshake_timeout: Duration::from_secs(10),
            high_mark: 1 << 20,
            low_mark: 256 << 10,
            overflow: Overflow::Wait,
            #[cfg(feature = "tokio")]
            closer: None,
            counters: Arc::default(),
        }
    }
}

impl Config {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The values.
    #[must_use]
    pub fn get(&self) -> &Settings {
        &self.0
    }

    /// How the connections failed that have this configuration, or one made from it.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.counters.snapshot()
    }

    pub(crate) fn count(&self, counter: Counter) {
        self.0.counters.count(counter);
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Sets [`Settings::limits`].
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.set(|settings| settings.limits = limits)
    }

    /// Sets [`Settings::deflate`].
    #[must_use]
    pub fn deflate(self, options: Option<deflate::Options>) -> Self {
        self.set(|settings| settings.deflate = options)
    }

    /// Sets [`Settings::ping_interval`].
    #[must_use]
    pub fn ping_interval(self, interval: Option<Duration>) -> Self {
        self.set(|settings| settings.ping_interval = interval)
    }

    /// Sets [`Settings::idle_timeout`].
    #[must_use]
    pub fn idle_timeout(self, timeout: Option<Duration>) -> Self {
        self.set(|settings| settings.idle_timeout = timeout)
    }

    /// Sets [`Settings::close_timeout`].
    #[must_use]
    pub fn close_timeout(self, timeout: Duration) -> Self {
        self.set(|settings| settings.close_timeout = timeout)
    }

    /// Sets [`Settings::handshake_timeout`].
    #[must_use]
    pub fn handshake_timeout(self, timeout: Duration) -> Self {
        self.set(|settings| settings.handshake_timeout = timeout)
    }

    /// Sets [`Settings::low_mark`] and [`Settings::high_mark`]. A low mark above the high one is
    /// taken for the high one.
    #[must_use]
    pub fn marks(self, low: usize, high: usize) -> Self {
        self.set(|settings| {
            settings.low_mark = low.min(high);
            settings.high_mark = high;
        })
    }

    /// Sets [`Settings::overflow`].
    #[must_use]
    pub fn overflow(self, overflow: Overflow) -> Self {
        self.set(|settings| settings.overflow = overflow)
    }

    /// Sets [`Settings::closer`].
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn closer(self, closer: &crate::Closer) -> Self {
        self.set(|settings| settings.closer = Some(closer.clone()))
    }
}
