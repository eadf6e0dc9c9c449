use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use rand::Rng;
use sockeye_engine::CloseReason;

use crate::{Server, application::Connection};

/// How long sessions are ended over, at most.
pub(crate) const OVER: Duration = Duration::from_secs(10);

/// How long the end is waited for in all.
pub(crate) const HARD_STOP: Duration = Duration::from_secs(30);

/// How often sessions are ended.
const TURN: Duration = Duration::from_millis(20);

/// What each session adds to the time over which they end.
const FOR_EACH: Duration = Duration::from_millis(10);

/// How often those are looked for that began in the moment in which new ones were refused.
const LATE: Duration = Duration::from_millis(100);

/// How long clients have to take their last frames.
const LAST_FRAMES: Duration = Duration::from_secs(1);

/// The end of a server, which comes when this is awaited.
///
/// New sessions are refused at once (503). Those there are end in random order, so that their clients do not
/// all come back in the same moment: within 10 milliseconds for each of them, and 5 seconds at most. One whose
/// handlers run, or that owes acknowledgements, is left alone until they are there or 10 seconds are over. The
/// transports close, and no client is told to stay away: each comes back by itself to whatever listens next.
/// Then handlers are waited for, those of the disconnects among them; 30 seconds after the beginning nothing
/// is waited for any more. Where nothing is to be waited for, the end comes at once.
///
/// [`Serve::with_graceful_shutdown`](crate::Serve::with_graceful_shutdown) does this too.
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

    /// How long sessions may take to end: those at rest end within the first half of it, or sooner if they are
    /// few, and those that are busy have all of it. Zero ends all at once, whatever they are doing.
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
        let app = engine.application();
        let ended = async {
            loop {
                engine.close();
                if tokio::time::timeout(LATE, engine.ended()).await.is_ok() {
                    break;
                }
            }
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
            let connections = self.server.engine.connections();
            let spread = spread(connections.len(), over);
            connections
                .into_iter()
                .map(|connection| (spread.mul_f64(random.random_range(0.0..1.0)), connection))
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

/// How long so many sessions end over. Half of the time is left for those that are not at rest.
fn spread(sessions: usize, over: Duration) -> Duration {
    let sessions = u32::try_from(sessions).unwrap_or(u32::MAX);
    FOR_EACH.saturating_mul(sessions).min(over / 2)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_spread_by_the_number_of_sessions() {
        for (sessions, over, spread_over) in [
            (0, 10_000, 0),
            (3, 10_000, 30),
            (500, 10_000, 5000),
            (1_000_000, 10_000, 5000),
            (40, 200, 100),
            (40, 0, 0),
        ] {
            assert_eq!(
                spread(sessions, Duration::from_millis(over)),
                Duration::from_millis(spread_over),
                "{sessions} sessions, {over} ms"
            );
        }
    }
}
