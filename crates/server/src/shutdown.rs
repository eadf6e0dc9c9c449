use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use rand::Rng;
use sockeye_engine::CloseReason;

use crate::{Server, application::Connection};

/// How long sessions are ended over.
const OVER: Duration = Duration::from_secs(10);

/// How long the end is waited for in all.
const HARD_STOP: Duration = Duration::from_secs(30);

/// How often sessions are ended.
const TURN: Duration = Duration::from_millis(20);

/// How long clients have to take their last frames.
const LAST_FRAMES: Duration = Duration::from_secs(1);

/// The end of a server, which comes when this is awaited.
///
/// New sessions are refused at once (503). Those there are end in random order, spread over 10 seconds, so
/// that their clients do not all come back in the same moment; one whose handlers run, or that owes
/// acknowledgements, is left alone until they are there or the time is over. The transports close, and no
/// client is told to stay away: each comes back by itself to whatever listens next. Then handlers are waited
/// for, those of the disconnects among them; 30 seconds after the beginning nothing is waited for any more.
///
/// ```
/// # async fn example(io: sockeye::Server) {
/// use std::time::Duration;
///
/// io.shutdown().over(Duration::from_secs(5)).hard_stop(Duration::from_secs(20)).await;
/// # }
/// ```
#[must_use = "nothing ends before it is awaited"]
#[derive(Debug)]
pub struct Shutdown {
    server: Server,
    over: Duration,
    hard_stop: Duration,
}

impl Shutdown {
    pub(crate) fn new(server: Server) -> Self {
        Self {
            server,
            over: OVER,
            hard_stop: HARD_STOP,
        }
    }

    /// Spreads the ends of sessions over so long. Zero ends all at once, whatever they are doing.
    pub fn over(mut self, over: Duration) -> Self {
        self.over = over;
        self
    }

    /// Waits no longer than this in all.
    pub fn hard_stop(mut self, after: Duration) -> Self {
        self.hard_stop = after;
        self
    }

    async fn run(self) {
        let start = Instant::now();
        let engine = &self.server.engine;
        engine.refuse_new();
        self.end_some_by_some(start).await;
        engine.close();
        let app = engine.application();
        let ended = async {
            engine.ended().await;
            app.running().none().await;
        };
        let left = self.hard_stop.saturating_sub(start.elapsed());
        if tokio::time::timeout(left, ended).await.is_err() {
            let handlers = app.running().count();
            tracing::warn!(handlers, "shutdown does not wait any longer");
        }
        // The last frames leave; who does not take them now will not.
        let start = Instant::now();
        while start.elapsed() < LAST_FRAMES && !engine.connections().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for namespace in app.namespaces().all() {
            namespace.adapter().close();
        }
    }

    /// Ends each session at a random moment, or as soon after it as it is at rest.
    async fn end_some_by_some(&self, start: Instant) {
        let over = self.over.min(self.hard_stop);
        if over.is_zero() {
            return;
        }
        let mut waiting: Vec<(Duration, Arc<Connection>)> = {
            let mut random = rand::rng();
            let connections = self.server.engine.connections().into_iter();
            // Half of the time is left for those that are not at rest.
            connections
                .map(|connection| (over.mul_f64(random.random_range(0.0..0.5)), connection))
                .collect()
        };
        while !waiting.is_empty() && start.elapsed() < over {
            let now = start.elapsed();
            waiting.retain(|(at, connection)| {
                if *at > now || is_busy(connection) {
                    return connection.is_open();
                }
                connection.close(CloseReason::ServerShuttingDown);
                false
            });
            tokio::time::sleep(TURN).await;
        }
    }
}

/// Whether handlers run for a client, or it owes acknowledgements.
fn is_busy(connection: &Connection) -> bool {
    let sockets = connection.client().sockets();
    sockets.iter().any(|socket| socket.0.is_busy())
}

impl IntoFuture for Shutdown {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
