use std::{
    cmp::Reverse,
    fmt,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Notify,
};

use crate::{
    CloseReason, Config, Connection, EngineStats, Handshake, Sid,
    admission::Admissions,
    outbox::Budget,
    session::Timing,
    shard::Shard,
    stats::{Counters, count},
};

/// What runs on top of the engine.
///
/// Its methods are called on the task that reads from the client: they return soon and never block.
pub trait Application: Sized + Send + Sync + 'static {
    /// What the application keeps for a connection, for all to reach.
    type Client: Send + Sync + 'static;
    /// What reads a connection's messages, one at a time.
    type Reader: Send + 'static;

    /// A session begins.
    fn open(&self, handshake: &Handshake) -> (Self::Client, Self::Reader);

    /// The session can be written to.
    fn opened(&self, connection: &Arc<Connection<Self>>);

    /// A text message arrived. Breaks with the reason if the session is to end.
    fn text(
        &self,
        connection: &Arc<Connection<Self>>,
        reader: &mut Self::Reader,
        text: &str,
    ) -> ControlFlow<CloseReason>;

    /// A binary message arrived. Breaks with the reason if the session is to end.
    fn binary(
        &self,
        connection: &Arc<Connection<Self>>,
        reader: &mut Self::Reader,
        data: &[u8],
    ) -> ControlFlow<CloseReason>;

    /// The deadline set by [`Connection::set_deadline`] has passed.
    fn timeout(&self, connection: &Arc<Connection<Self>>);

    /// The session has changed to another transport. Messages of the one before may be handled meanwhile.
    fn upgraded(&self, _connection: &Arc<Connection<Self>>) {}

    /// Handling at most 16 messages in a row held the worker for so long that others had to wait.
    fn slow(&self, connection: &Arc<Connection<Self>>, elapsed: Duration);

    /// The session has ended; called once, after the last message.
    fn closed(&self, connection: &Arc<Connection<Self>>, reader: Self::Reader, reason: CloseReason);
}

/// An Engine.IO server: the sessions of all clients, whatever transport they use.
pub struct Engine<A: Application> {
    application: A,
    config: Config,
    pub(crate) admissions: Admissions,
    timing: Timing,
    shards: Box<[Shard<A>]>,
    counters: Counters,
    budget: Arc<Budget>,
    closing: AtomicBool,
    /// Sessions whose end the application has not been told of.
    living: AtomicUsize,
    none_lives: Notify,
}

impl<A: Application> Engine<A> {
    /// Makes an engine. No runtime is needed before the first request.
    ///
    /// # Panics
    ///
    /// If the options contradict one another; [`Config::check`] asks.
    #[must_use]
    pub fn new(config: Config, application: A) -> Arc<Self> {
        Self::with_shards(config, |_| application)
    }

    /// Makes an engine whose application is told how many shards there will be.
    ///
    /// # Panics
    ///
    /// If the options contradict one another; [`Config::check`] asks.
    #[must_use]
    pub fn with_shards(config: Config, application: impl FnOnce(usize) -> A) -> Arc<Self> {
        if let Err(error) = config.check() {
            panic!("{error}");
        }
        let now = Instant::now();
        let shards = config.shards.unwrap_or_else(default_shards).max(1);
        Arc::new(Self {
            application: application(shards),
            timing: config.timing(),
            admissions: Admissions::new(&config, now),
            shards: (0..shards).map(|_| Shard::new(now)).collect(),
            counters: Counters::default(),
            budget: Budget::new(
                config.send_limit,
                config.volatile_limit,
                config.outbox_budget,
            ),
            config,
            closing: AtomicBool::new(false),
            living: AtomicUsize::new(0),
            none_lives: Notify::new(),
        })
    }

    /// The application on top.
    #[must_use]
    pub fn application(&self) -> &A {
        &self.application
    }

    /// The options.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many shards hold the sessions.
    #[must_use]
    pub fn shard_count(&self) -> usize {
        self.shards.len()
    }

    pub(crate) fn timing(&self) -> &Timing {
        &self.timing
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Ends the sessions whose queues are the fullest, if all together hold too much. Whose transport takes
    /// what it is given is none of them.
    pub(crate) fn keep_budget(&self) {
        if !self.budget.is_to_look() {
            return;
        }
        let connections = self.connections();
        let sessions = connections.len();
        let mut waiting: Vec<_> = connections
            .into_iter()
            .filter_map(|connection| {
                let held = connection.outbox.lock().refused()?;
                Some((held, connection))
            })
            .collect();
        if waiting.is_empty() {
            return self.budget.found_none(sessions);
        }
        waiting.sort_unstable_by_key(|(held, _)| Reverse(*held));
        // What others hold too stays: that is no reason to end everybody.
        let mut excess = self.budget.excess();
        for (held, connection) in waiting {
            if excess == 0 || self.budget.excess() == 0 {
                break;
            }
            excess = excess.saturating_sub(held.max(1));
            if connection.abort(CloseReason::SlowConsumer) {
                count(&self.counters.outbox_budget);
                tracing::warn!(sid = ?connection.sid(), held, "all queues together hold too much: ended the fullest");
            }
        }
    }

    pub(crate) fn shards(&self) -> &[Shard<A>] {
        &self.shards
    }

    pub(crate) fn shard(&self, index: usize) -> &Shard<A> {
        &self.shards[index]
    }

    pub(crate) fn find(&self, sid: Sid) -> Option<Arc<Connection<A>>> {
        self.shards[sid.spread(self.shards.len())].get(sid)
    }

    /// All sessions, at some moment during the call.
    #[must_use]
    pub fn connections(&self) -> Vec<Arc<Connection<A>>> {
        self.shards.iter().flat_map(Shard::connections).collect()
    }

    /// What was counted, and what is there now.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        let connections = self.connections();
        EngineStats {
            held: self.budget.charged() as u64,
            ..self.counters.snapshot(
                connections
                    .iter()
                    .map(|connection| (connection.transport(), connection.buffered())),
            )
        }
    }

    /// Refuses new sessions from now on; those there are go on.
    pub fn refuse_new(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Refuses new sessions from now on and ends all there are.
    pub fn close(&self) {
        self.refuse_new();
        for connection in self.connections() {
            connection.close(CloseReason::ServerShuttingDown);
        }
    }

    /// Waits until the application has been told of the end of every session.
    pub async fn ended(&self) {
        loop {
            let none_lives = self.none_lives.notified();
            if self.living.load(Ordering::Acquire) == 0 {
                return;
            }
            none_lives.await;
        }
    }

    pub(crate) fn session_begins(&self) {
        self.living.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn session_ends(&self) {
        if self.living.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.none_lives.notify_waiters();
        }
    }

    /// Whether new sessions are refused.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }
}

impl<A: Application> fmt::Debug for Engine<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// One on a current-thread runtime; otherwise two a worker, so that workers seldom meet.
fn default_shards() -> usize {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::CurrentThread => 1,
        Ok(handle) => handle.metrics().num_workers() * 2,
        Err(_) => std::thread::available_parallelism().map_or(1, |n| n.get() * 2),
    }
}
